FROM nvidia/cuda:12.2.2-cudnn8-runtime-ubuntu22.04 AS base
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 LC_ALL=C.UTF-8
RUN apt-get update -y && \
    apt-get install -y --no-install-recommends python3.10 python3-pip git curl && \
    ln -sf /usr/bin/python3.10 /usr/bin/python && \
    apt-get clean && rm -rf /var/lib/apt/lists/*

FROM base AS train
ARG TORCH_VERSION=2.1.2
ARG TORCH_INDEX=https://download.pytorch.org/whl/cu121
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip install --upgrade pip && \
    python -m pip install torch==${TORCH_VERSION}+cu121 --extra-index-url ${TORCH_INDEX}
WORKDIR /workspace
COPY setup.cfg pyproject.toml /workspace/
COPY trainer/ /workspace/trainer/
RUN python -m pip install -e '.[train]'
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    OMP_NUM_THREADS=8
ENTRYPOINT ["torchrun", "--nproc_per_node=auto", "-m", "trainer"]
