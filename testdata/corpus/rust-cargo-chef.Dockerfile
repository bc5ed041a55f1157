FROM rust:1.75 AS chef
RUN cargo install cargo-chef --locked
WORKDIR /app

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
RUN cargo chef cook --release --recipe-path recipe.json
COPY . .
RUN cargo build --release --bin gatekeeper

FROM debian:bookworm-slim AS runtime
WORKDIR /app
COPY --from=builder /app/target/release/gatekeeper /usr/local/bin
COPY config/ ./config/
ENTRYPOINT ["/usr/local/bin/gatekeeper"]
