FROM mariadb:10.11-jammy
RUN set -x; \
	apt-get update; \
	apt-get install -y --no-install-recommends galera-4 rsync socat lsof netcat; \
	rm -rf /var/lib/apt/lists/*
COPY galera.cnf /etc/mysql/conf.d/
COPY --chmod=0755 cluster-entrypoint.sh /usr/local/bin/
EXPOSE 3306 4444 4567/tcp 4567/udp 4568
HEALTHCHECK --interval=15s --retries=20 --timeout=5s CMD ["healthcheck.sh", "--su-mysql", "--connect", "--innodb_initialized"]
ENTRYPOINT ["cluster-entrypoint.sh"]
CMD ["mariadbd"]
