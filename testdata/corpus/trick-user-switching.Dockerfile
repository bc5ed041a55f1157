FROM debian:12
RUN useradd -u 1001 one && useradd -u 1002 -G one two
WORKDIR /srv/root-owned
USER one
WORKDIR /tmp/one/deep
RUN id > id
USER two:one
WORKDIR rel
RUN id > id
USER 1234:5678
RUN id || true
USER root
COPY --chown=one:two x y z/ ./
