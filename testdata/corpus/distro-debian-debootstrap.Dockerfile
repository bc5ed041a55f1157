FROM debian:bookworm AS strap
ARG SUITE=trixie MIRROR=http://deb.debian.org/debian
RUN apt-get update && apt-get install -y debootstrap
RUN --security=sandbox debootstrap --variant=minbase $SUITE /target $MIRROR
RUN rm -rf /target/var/cache/apt/* /target/var/lib/apt/lists/* && \
    printf 'path-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\n' > /target/etc/dpkg/dpkg.cfg.d/slim
FROM scratch
COPY --from=strap /target /
CMD ["/bin/bash"]
