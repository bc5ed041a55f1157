FROM alpine AS template
ONBUILD RUN apk add --no-cache $PKGS
ONBUILD COPY --from=assets /assets /usr/share/assets
FROM busybox AS assets
COPY assets /assets
FROM template AS one
FROM template
LABEL of=two
