# Builds a fully static binary; the image has nothing but it.
FROM clux/muslrust:stable AS build
WORKDIR /volume
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo 'fn main() {}' > src/main.rs && cargo build --release && rm -r src
COPY src src
RUN touch src/main.rs && cargo build --release \
    && strip target/x86_64-unknown-linux-musl/release/tailer

FROM scratch
LABEL org.opencontainers.image.title="tailer" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.source="https://git.example.org/tailer"
COPY --from=build /volume/target/x86_64-unknown-linux-musl/release/tailer /tailer
ENTRYPOINT ["/tailer"]
