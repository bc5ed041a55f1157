ARG REGISTRY
FROM ${REGISTRY:?missing}/golden/ubi9:latest
ARG COMMIT
ARG BUILD_DATE
LABEL org.opencontainers.image.revision=${COMMIT:?} \
      org.opencontainers.image.created=$BUILD_DATE
RUN microdnf update -y && microdnf clean all
