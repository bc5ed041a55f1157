# cbuild builds cbuild. The base is a Debian with the packages of group "build" in scripts/packages;
# tests/support/debian-base makes one.
ARG BASE=cbuild/debian-build:bookworm

FROM ${BASE} AS builder
WORKDIR /src
COPY . .
RUN cmake --preset static && cmake --build --preset static
RUN ctest --preset static -L pure
RUN cmake --install build/static --prefix /out/usr --strip \
 && cmake/collect-libraries.sh /out /out/usr/libexec/cbuild/cbuild-net \
 && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ca-certificates.crt

# Only what it needs to run: the program, its helper for the network with its libraries, the CAs.
FROM scratch
COPY --from=builder /out /
ENV PATH=/usr/bin
ENTRYPOINT ["/usr/bin/cbuild"]
