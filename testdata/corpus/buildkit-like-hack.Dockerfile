ARG ALPINE_VERSION=3.19
FROM alpine:${ALPINE_VERSION} AS git
RUN apk add --no-cache git
FROM git AS runc-src
ARG RUNC_VERSION=v1.1.10
WORKDIR /usr/src
RUN git clone https://github.com/opencontainers/runc.git runc \
	&& cd runc && git checkout -q "$RUNC_VERSION"
FROM golang:1.21-alpine AS runc
WORKDIR $GOPATH/src/github.com/opencontainers/runc
RUN apk add --no-cache make pkgconf libseccomp-dev libseccomp-static gcc musl-dev
ARG TARGETPLATFORM
RUN --mount=from=runc-src,src=/usr/src/runc,target=.,rw --mount=target=/root/.cache,type=cache \
  set -e; go build -mod=vendor -ldflags '-extldflags -static' -tags 'apparmor seccomp netgo cgo static_build osusergo' -o /usr/bin/runc ./ \
  && ldd /usr/bin/runc 2>&1 | grep -i "not a valid"
FROM scratch AS release
COPY --link --from=runc /usr/bin/runc /
