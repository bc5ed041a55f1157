# syntax=docker/dockerfile:1
FROM debian:stable-slim
RUN apt-get update && apt-get install -y gnupg2 reprepro && rm -rf /var/lib/apt/lists/*
COPY debs/*.deb /incoming/
COPY conf/ /repo/conf/
RUN --network=none \
    --mount=type=secret,id=signing-key,target=/run/key.asc \
    --mount=type=tmpfs,target=/root/.gnupg,size=16m \
    gpg --batch --import /run/key.asc \
    && for d in /incoming/*.deb; do reprepro -b /repo includedeb stable "$d"; done
