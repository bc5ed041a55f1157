FROM postgres:16-bookworm AS ext
RUN apt-get update && apt-get install -y build-essential postgresql-server-dev-16 git
RUN git clone --branch v0.5.1 https://github.com/pgvector/pgvector.git /tmp/pgvector
RUN make -C /tmp/pgvector OPTFLAGS="" && make -C /tmp/pgvector install DESTDIR=/ext
FROM postgres:16-bookworm
COPY --from=ext /ext/usr /usr
COPY initdb/*.sql initdb/*.sh /docker-entrypoint-initdb.d/
ENV POSTGRES_INITDB_ARGS="--data-checksums --encoding=UTF8"
