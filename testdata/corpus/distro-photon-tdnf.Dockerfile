FROM photon:5.0
RUN tdnf install -y shadow-utils openjre11 && tdnf clean all
RUN groupadd -g 10000 harness \
 && useradd --no-log-init -u 10000 -g 10000 -m harness
COPY ./build/libs/*.jar /home/harness/
HEALTHCHECK NONE
USER harness
CMD ["sh", "-c", "exec java $JAVA_OPTS -jar /home/harness/*.jar"]
