FROM haproxy:2.8-alpine
USER root
RUN apk add --no-cache lua5.3 lua5.3-cjson
COPY --chown=haproxy:haproxy haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg
COPY --chown=haproxy:haproxy lua/ /usr/local/etc/haproxy/lua/
RUN haproxy -c -f /usr/local/etc/haproxy/haproxy.cfg
USER haproxy
STOPSIGNAL SIGUSR1
