FROM --platform=linux/amd64 golang:1.21 AS coredns
ARG COREDNS=v1.11.1
ARG TARGETARCH
RUN git clone -q --depth 1 -b $COREDNS https://github.com/coredns/coredns /c
WORKDIR /c
RUN sed -i '/^forward:/i alternate:github.com/coredns/alternate' plugin.cfg && make coredns GOARCH=$TARGETARCH CHECKS=
FROM gcr.io/distroless/static-debian11
COPY --from=coredns /c/coredns /coredns
EXPOSE 53 53/udp
ENTRYPOINT ["/coredns"]
