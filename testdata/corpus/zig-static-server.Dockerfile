ARG ZIG=0.11.0
FROM alpine:3.19 AS zig
ARG ZIG
ARG TARGETARCH
RUN case "$TARGETARCH" in arm64) A=aarch64;; *) A=x86_64;; esac \
 && wget -qO- https://ziglang.org/download/$ZIG/zig-linux-$A-$ZIG.tar.xz | tar xJ -C /opt \
 && ln -s /opt/zig-linux-*/zig /usr/bin/zig
WORKDIR /s
COPY build.zig build.zig.zon ./
COPY src ./src
RUN zig build -Doptimize=ReleaseSmall -Dtarget=native-linux-musl
FROM scratch
COPY --from=zig /s/zig-out/bin/httpz /
EXPOSE 8000
CMD ["/httpz"]
