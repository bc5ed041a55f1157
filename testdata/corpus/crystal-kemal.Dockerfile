FROM crystallang/crystal:1.10-alpine AS build
WORKDIR /app
COPY ./shard.yml ./shard.lock ./
RUN shards install --production
COPY ./src/ ./src/
RUN crystal build ./src/pastebin.cr --release --static --warnings all
FROM scratch
COPY --from=build /app/pastebin /pastebin
ENTRYPOINT ["/pastebin"]
