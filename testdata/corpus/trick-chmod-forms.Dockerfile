FROM alpine
COPY --chmod=0755 a /usr/bin/a
COPY --chmod=u+x b /usr/bin/b
COPY --chmod=u=rwX,g=rX,o= dir /srv/dir
COPY --chmod=a-w --chown=nobody:nobody c /etc/c
ARG MODE=640
COPY --chmod=$MODE d /etc/d
