FROM cassandra:4.1
ARG AGENT=0.20.0
ENV JVM_OPTS="-javaagent:/opt/jmx_prometheus_javaagent-${AGENT}.jar=7070:/opt/jmx.yml"
ADD jmx_prometheus_javaagent-${AGENT}.jar jmx.yml /opt/
EXPOSE 7070
