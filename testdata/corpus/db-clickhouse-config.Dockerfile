FROM clickhouse/clickhouse-server:23.11
COPY <<EOF /etc/clickhouse-server/config.d/keeper.xml
<clickhouse>
  <keeper_server>
    <tcp_port>9181</tcp_port>
    <server_id>1</server_id>
  </keeper_server>
</clickhouse>
EOF
COPY --chown=101:101 users.d /etc/clickhouse-server/users.d
EXPOSE 9181
