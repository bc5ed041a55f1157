FROM debian:bookworm-slim AS builder
ARG VERSION=26.0
ARG CHECKSUM="23e5ab226d9e01ffaadef5ffabe8868d0db23db952b90b0593652993680bb8ab"
WORKDIR /tmp
COPY bitcoin-${VERSION}-x86_64-linux-gnu.tar.gz* ./
RUN echo "${CHECKSUM}  bitcoin-${VERSION}-x86_64-linux-gnu.tar.gz" | sha256sum -c - \
 && tar -xzvf *.tar.gz -C /opt && ln -sv bitcoin-${VERSION} /opt/bitcoin \
 && rm -v /opt/bitcoin/bin/test_bitcoin /opt/bitcoin/bin/bitcoin-qt
FROM debian:bookworm-slim
COPY --from=builder /opt/bitcoin/bin/bitcoind /opt/bitcoin/bin/bitcoin-cli /usr/local/bin/
ARG USER=bitcoin DIR=/data
RUN adduser --disabled-password --home "$DIR/" --gecos "" "$USER"
USER $USER
RUN mkdir -p "$DIR/.bitcoin/"
VOLUME $DIR/.bitcoin/
EXPOSE 8332 8333 18332 18333 18444
ENTRYPOINT ["bitcoind"]
CMD ["-zmqpubrawblock=tcp://0.0.0.0:28332", "-printtoconsole"]
