FROM alpine
ARG CI_COMMIT_SHA CI_COMMIT_REF_NAME CI_PROJECT_URL
ARG BUILD_TIMESTAMP="1970-01-01T00:00:00Z"
LABEL org.opencontainers.image.source=$CI_PROJECT_URL \
      org.opencontainers.image.revision=$CI_COMMIT_SHA \
      org.opencontainers.image.version=${CI_COMMIT_REF_NAME#v} \
      org.opencontainers.image.created=$BUILD_TIMESTAMP
