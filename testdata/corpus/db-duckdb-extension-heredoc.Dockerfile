# syntax=docker/dockerfile:1
FROM debian:bookworm-slim
RUN <<'SETUP' bash -euo pipefail
apt-get update
apt-get install -y --no-install-recommends curl ca-certificates unzip
curl -fsSL https://github.com/duckdb/duckdb/releases/download/v0.9.2/duckdb_cli-linux-amd64.zip -o /tmp/d.zip
unzip /tmp/d.zip -d /usr/local/bin
rm /tmp/d.zip
SETUP
RUN duckdb :memory: <<SQL
INSTALL httpfs;
INSTALL json;
SQL
ENTRYPOINT ["duckdb"]
