FROM squidfunk/mkdocs-material:9 AS build
WORKDIR /docs
COPY mkdocs.yml .
COPY docs docs
RUN ["mkdocs", "build", "--strict", "--site-dir", "/site"]
FROM ghcr.io/static-web-server/static-web-server:2-alpine
COPY --from=build /site /public
ENV SERVER_LOG_LEVEL=info
