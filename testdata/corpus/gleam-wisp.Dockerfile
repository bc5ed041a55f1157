FROM ghcr.io/gleam-lang/gleam:v0.33.0-erlang-alpine AS build
COPY . /build/
RUN cd /build \
  && gleam export erlang-shipment \
  && mv build/erlang-shipment /app \
  && rm -r /build \
  && addgroup -S todo \
  && adduser -S todo -G todo \
  && chown -R todo /app
USER todo
WORKDIR /app
ENTRYPOINT ["/app/entrypoint.sh"]
CMD ["run"]
