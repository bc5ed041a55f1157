ARG GRAFANA=10.2.3
FROM grafana/grafana-oss:$GRAFANA
USER 0
RUN grafana-cli --pluginsDir /var/lib/grafana/plugins plugins install grafana-piechart-panel
USER 472
COPY --chown=472:0 provisioning /etc/grafana/provisioning
COPY --chown=472:0 dashboards/*.json /var/lib/grafana/dashboards/
ENV GF_AUTH_ANONYMOUS_ENABLED=true GF_LOG_LEVEL=warn
