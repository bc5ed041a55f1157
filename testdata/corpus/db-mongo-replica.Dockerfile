FROM mongo:6.0
COPY keyfile /etc/mongo/keyfile
RUN chmod 400 /etc/mongo/keyfile && chown 999:999 /etc/mongo/keyfile
COPY rs-init.js /docker-entrypoint-initdb.d/
CMD mongod --replSet rs0 --keyFile /etc/mongo/keyfile --bind_ip_all
