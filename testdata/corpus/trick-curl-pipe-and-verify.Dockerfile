FROM buildpack-deps:bookworm-curl AS fetch
ARG TINI_VERSION=v0.19.0
ARG TARGETARCH
ADD https://github.com/krallin/tini/releases/download/${TINI_VERSION}/tini-static-${TARGETARCH} /tini
ADD https://github.com/krallin/tini/releases/download/${TINI_VERSION}/tini-static-${TARGETARCH}.asc /tini.asc
RUN gpg --batch --keyserver hkps://keys.example.org --recv-keys 595E85A6B1B4779EA4DAAEC70B588DFF0527A9B7 \
 && gpg --batch --verify /tini.asc /tini && chmod +x /tini
FROM python:3.12-alpine
COPY --from=fetch /tini /sbin/tini
COPY worker.py /
ENTRYPOINT ["/sbin/tini", "-g", "--"]
CMD ["python", "/worker.py"]
