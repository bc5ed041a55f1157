# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.3.0 AS xx
FROM --platform=$BUILDPLATFORM golang:1.21-alpine AS build
RUN apk add clang lld
COPY --link --from=xx / /
ARG TARGETPLATFORM
RUN xx-apk add --no-cache musl-dev gcc
WORKDIR /src
RUN --mount=target=. --mount=type=cache,target=/root/.cache,sharing=locked \
    CGO_ENABLED=1 xx-go build -o /out/tool ./cmd/tool && xx-verify /out/tool
FROM scratch AS binary
COPY --from=build /out/ /
FROM alpine AS image
COPY --from=binary /tool /usr/local/bin/tool
ENTRYPOINT ["tool"]
