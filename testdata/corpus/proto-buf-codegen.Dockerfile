FROM --platform=$BUILDPLATFORM bufbuild/buf:1.28.1 AS buf
FROM --platform=$BUILDPLATFORM golang:1.21-alpine AS plugins
RUN --mount=type=cache,target=/go/pkg GOBIN=/out go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.31.0 \
 && GOBIN=/out go install connectrpc.com/connect/cmd/protoc-gen-connect-go@v1.13.0
FROM --platform=$BUILDPLATFORM alpine:3.19 AS generate
COPY --from=buf /usr/local/bin/buf /usr/local/bin/
COPY --from=plugins /out/ /usr/local/bin/
WORKDIR /proto
RUN --mount=type=bind,target=/proto,rw buf lint && buf generate -o /gen
FROM scratch AS update
COPY --from=generate /gen /
