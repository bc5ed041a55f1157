FROM quay.io/wildfly/wildfly-s2i:latest-jdk17 AS s2i
COPY --chown=jboss:root . /tmp/src
ENV GALLEON_PROVISION_LAYERS=jaxrs-server,-deployment-scanner,microprofile-health
RUN /usr/local/s2i/assemble
FROM quay.io/wildfly/wildfly-runtime:latest-jdk17
COPY --from=s2i --chown=jboss:root $JBOSS_HOME $JBOSS_HOME
COPY --from=s2i --chown=jboss:root /server /opt/server
RUN chmod -R ug+rwX /opt/server
CMD ["/opt/server/bin/standalone.sh", "-b", "0.0.0.0", "-bmanagement", "127.0.0.1"]
