# syntax=docker/dockerfile:1
FROM alpine:3.19 AS src
ARG LINUX=6.6.8
ADD --checksum=sha256:24fa7bc5d4dfb1e6f7a1d1f4b5bd3a4e0b3b2a1cc8c0a7c5f7fb21b0d2b8a1f0 https://cdn.example.org/linux-${LINUX}.tar.xz /src/
ADD --chmod=0755 https://dl.example.org/release/v1.28.4/bin/linux/amd64/kubectl /usr/local/bin/kubectl
ADD --keep-git-dir=true https://git.example.org/tools/checker.git#v2.1:cmd /checker
ADD git@git.example.org:team/private.git#main /private
ADD --unpack=true https://example.org/site.tgz /srv/
FROM scratch
COPY --from=src /src /usr/local/bin/kubectl /
