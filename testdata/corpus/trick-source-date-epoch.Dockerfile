ARG SOURCE_DATE_EPOCH=1700000000
FROM debian:bookworm-20231120
ARG SOURCE_DATE_EPOCH
RUN --mount=type=cache,target=/var/cache/apt --mount=type=cache,target=/var/lib/apt/lists \
  : "${SOURCE_DATE_EPOCH:=$(stat -c %Y /etc/debian_version)}" && export SOURCE_DATE_EPOCH \
  && apt-get update && apt-get install -y gcc && rm -rf /var/log/* /var/cache/ldconfig/aux-cache
