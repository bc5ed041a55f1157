ARG VARIANT=release
FROM alpine:3.19 AS common
RUN apk add --no-cache ca-certificates
FROM common AS debug
RUN apk add --no-cache gdb strace
COPY bin/app-debug /usr/bin/app
FROM common AS release
COPY bin/app /usr/bin/app
FROM ${VARIANT} AS final
ENTRYPOINT ["/usr/bin/app"]
