FROM golang:alpine AS wg-go
RUN apk add -U git make && git clone https://git.zx2c4.com/wireguard-go && cd wireguard-go && git checkout tags/0.0.20230223 && make
FROM alpine:3.18
RUN apk add -U --no-cache wireguard-tools iptables iproute2 openresolv
COPY --from=wg-go /go/wireguard-go/wireguard-go /usr/bin/
COPY --chmod=0700 wg-up /usr/local/sbin/
ENV WG_SUDO=1 LOG_LEVEL=info WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go
CMD ["wg-up"]
