FROM debian:12-slim AS target
RUN apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
COPY rootfs/ /
FROM aquasec/trivy:0.48.1 AS trivy
FROM target AS scan
ARG SEVERITY=CRITICAL,HIGH
RUN --mount=type=bind,from=trivy,source=/usr/local/bin/trivy,target=/usr/local/bin/trivy \
    --mount=type=cache,target=/root/.cache/trivy \
    trivy rootfs --exit-code 1 --severity ${SEVERITY} --no-progress / && touch /scanned
FROM target
COPY --from=scan /scanned /
USER 65534
