FROM golang:1.22-bullseye AS build
RUN dpkg --add-architecture arm64 && apt-get update && apt-get install -y gcc-aarch64-linux-gnu libsqlite3-dev
WORKDIR /w
COPY go.* .
RUN go mod download && go mod verify
COPY cmd cmd
COPY internal internal
ARG CC=gcc
RUN CGO_ENABLED=1 CC=$CC go build -tags "sqlite_omit_load_extension libsqlite3" -o /app ./cmd/indexer

FROM gcr.io/distroless/base-debian11
COPY --from=build /app /
COPY --from=build /usr/lib/x86_64-linux-gnu/libsqlite3.so.0* /usr/lib/x86_64-linux-gnu/
VOLUME ["/data"]
ENTRYPOINT ["/app", "-db", "/data/index.db"]
