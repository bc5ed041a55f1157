FROM ghcr.io/foundry-rs/foundry:nightly AS foundry
FROM rust:1.74-slim-bookworm
COPY --from=foundry /usr/local/bin/forge /usr/local/bin/cast /usr/local/bin/anvil /usr/local/bin/
RUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y git jq make
WORKDIR /contracts
COPY foundry.toml remappings.txt ./
COPY lib lib
COPY src src
COPY test test
COPY script script
RUN forge build --sizes && forge test -vvv --no-match-test 'testFork.*'
ENTRYPOINT ["anvil", "--host", "0.0.0.0"]
EXPOSE 8545
