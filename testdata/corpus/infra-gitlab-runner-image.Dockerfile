FROM docker:24-dind AS dind
FROM alpine:edge
COPY --from=dind /usr/local/bin/docker /usr/local/bin/docker
COPY --from=docker/buildx-bin:0.12 /buildx /usr/libexec/docker/cli-plugins/docker-buildx
RUN --mount=type=cache,target=/etc/apk/cache apk add --update-cache git git-lfs make bash
ENV DOCKER_BUILDKIT=1 \
    BUILDX_EXPERIMENTAL=1
