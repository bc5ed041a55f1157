# syntax=docker/dockerfile:1.4
FROM alpine:3.17 AS a
RUN mkdir -p /out && date > /out/a
FROM alpine:3.17 AS b
RUN mkdir -p /out && date > /out/b
FROM gcr.io/distroless/cc-debian12
COPY --link --from=a /out/ /srv/a/
COPY --link --from=b --chown=65532:65532 /out/ /srv/b/
ADD --link --chown=0:0 site.tar.xz /srv/site/
