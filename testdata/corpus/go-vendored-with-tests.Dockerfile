FROM golang:1.20 AS base
WORKDIR /go/src/github.com/acme/relay
ENV GO111MODULE=on GOFLAGS=-mod=vendor

FROM base AS source
COPY . ./

FROM source AS lint
COPY --from=golangci/golangci-lint:v1.55 /usr/bin/golangci-lint /usr/bin/golangci-lint
RUN golangci-lint run --timeout 5m ./...

FROM source AS test
RUN go test -race -coverprofile=/cover.out ./...

FROM source AS build
RUN make build && install -D -m 0755 bin/relay /dist/relay

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /dist/relay /usr/bin/
COPY --from=test /cover.out /usr/share/relay/
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD ["relay", "ping"]
STOPSIGNAL SIGQUIT
CMD ["relay"]
