FROM crops/poky:ubuntu-22.04
USER root
RUN apt-get update && apt-get install -y lz4 zstd && locale-gen en_US.UTF-8
USER usersetup
ENV BB_ENV_PASSTHROUGH_ADDITIONS="DL_DIR SSTATE_DIR" DL_DIR=/cache/dl SSTATE_DIR=/cache/sstate
VOLUME [ "/cache" ]
WORKDIR /workdir
