FROM debian:12-slim
SHELL ["/bin/bash", "-o", "pipefail", "-euxc"]
RUN apt-get update | tee /var/log/apt-update.log
RUN curl -fsSL https://example.org/install | bash -s -- --yes
SHELL ["/bin/sh", "-c"]
RUN echo back to dash
CMD exec /usr/bin/env
