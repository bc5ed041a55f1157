FROM busybox AS fetch-amd64
ADD vendor/tool-x86_64.tar.gz /tool/
FROM busybox AS fetch-arm64
ADD vendor/tool-aarch64.tar.gz /tool/
FROM busybox AS fetch-riscv64
RUN echo "no binary for riscv64" && exit 1
FROM fetch-${TARGETARCH} AS fetch
FROM scratch
COPY --from=fetch /tool /
