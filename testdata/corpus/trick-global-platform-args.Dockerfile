ARG TARGETARCH
ARG BASE_amd64=debian
FROM --platform=$TARGETPLATFORM debian:bookworm AS target
FROM --platform=${BUILDPLATFORM:-linux/amd64} debian:bookworm AS host
ARG BUILDOS BUILDARCH TARGETOS TARGETVARIANT
RUN echo "building on $BUILDOS/$BUILDARCH for $TARGETOS/$TARGETVARIANT" > /info
FROM target
COPY --from=host /info /info
