FROM tomcat:9.0-jdk11-temurin
LABEL maintainer="platform@example.com" \
      version="2.4.1" description="Internal \
portal"
RUN rm -rf /usr/local/tomcat/webapps/*
COPY ./portal.war /usr/local/tomcat/webapps/ROOT.war
COPY context.xml server.xml /usr/local/tomcat/conf/
ENV CATALINA_OPTS="-Xms512m -Xmx1024m -Dfile.encoding=UTF-8"
EXPOSE 8080 8443
CMD ["catalina.sh", "run"]
