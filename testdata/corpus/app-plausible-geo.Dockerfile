FROM ghcr.io/plausible/analytics:v2.1 AS app
COPY --from=maxmindinc/geoipupdate:v6.0 /usr/bin/geoipupdate /usr/bin/
USER root
RUN install -d -o plausible -g plausible /geoip
USER plausible
ENV GEOLITE2_COUNTRY_DB=/geoip/GeoLite2-Country.mmdb
