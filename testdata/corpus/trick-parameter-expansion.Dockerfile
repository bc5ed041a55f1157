# syntax=docker/dockerfile:1
ARG TAG=v1.24.3-rc.1+build.7
ARG IMAGE=registry.example.com:5000/team/base
FROM ${IMAGE}:${TAG%%+*} AS base
ARG TAG
ARG FLAVOUR
ENV VERSION=${TAG#v} \
    MAJOR_MINOR=${TAG%.*.*} \
    SAFE=${TAG//[+]/-}
ENV CHANNEL=${FLAVOUR:-stable} DEBUG=${FLAVOUR:+1}
LABEL version=${VERSION/rc./rc} \
      channel="${CHANNEL}" \
      registry="${IMAGE%%/*}"
ENV GREETING="it costs \$5, '${CHANNEL}'" PATHS=/opt/$CHANNEL/bin:/opt/${CHANNEL}_x/bin
COPY ${CHANNEL}/config.yaml "/etc/${CHANNEL}/"
