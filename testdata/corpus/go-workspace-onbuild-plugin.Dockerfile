FROM golang:1.22 AS plugin-base
WORKDIR /work
COPY go.work go.work.sum ./
COPY pkg pkg
ONBUILD ARG PLUGIN
ONBUILD COPY plugins/${PLUGIN} plugins/${PLUGIN}
ONBUILD RUN --mount=type=cache,target=/root/.cache/go-build go build -buildmode=plugin -o /out/${PLUGIN}.so ./plugins/${PLUGIN}
FROM plugin-base AS auth
FROM debian:12-slim
COPY --from=auth /out/ /usr/lib/app/plugins/
CMD ["/usr/lib/app/run"]
