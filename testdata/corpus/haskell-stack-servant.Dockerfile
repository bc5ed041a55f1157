FROM haskell:9.4 AS build
WORKDIR /opt/build
RUN stack config set install-ghc --global false && stack config set system-ghc --global true
COPY stack.yaml stack.yaml.lock package.yaml *.cabal ./
RUN stack build --only-dependencies --haddock=false
COPY . .
RUN stack install --local-bin-path /opt/bin

FROM debian:bullseye-slim
RUN apt-get update && apt-get install -y libgmp10 libpq5 netbase && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/bin/census-exe /usr/local/bin/census
CMD census +RTS -N -RTS
