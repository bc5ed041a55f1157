ARG PYTHON_VERSION=3.11
FROM docker.io/library/python:${PYTHON_VERSION}-slim-bookworm as requirements
RUN --mount=type=cache,target=/root/.cache/pip pip install --user "poetry==1.3.2"
WORKDIR /synapse
COPY pyproject.toml poetry.lock /synapse/
ARG TEST_ONLY_SKIP_DEP_HASH_VERIFICATION
ARG TEST_ONLY_IGNORE_POETRY_LOCKFILE
RUN if [ -z "$TEST_ONLY_IGNORE_POETRY_LOCKFILE" ]; then \
  /root/.local/bin/poetry export --extras all -o /synapse/requirements.txt ${TEST_ONLY_SKIP_DEP_HASH_VERIFICATION:+--without-hashes}; \
  else \
  touch /synapse/requirements.txt; \
  fi
FROM docker.io/library/python:${PYTHON_VERSION}-slim-bookworm as builder
ENV RUSTUP_HOME=/rust
ENV CARGO_HOME=/cargo
ENV PATH=/cargo/bin:/rust/bin:$PATH
COPY --from=requirements /synapse/requirements.txt /synapse/
RUN --mount=type=cache,target=/root/.cache/pip \
  pip install --prefix="/install" --no-deps --no-warn-script-location -r /synapse/requirements.txt
COPY synapse /synapse/synapse/
COPY rust /synapse/rust/
COPY pyproject.toml README.rst build_rust.py Cargo.toml Cargo.lock /synapse/
RUN --mount=type=cache,target=/synapse/target,sharing=locked \
  --mount=type=cache,target=${CARGO_HOME}/registry,sharing=locked \
  pip install --prefix="/install" --no-deps /synapse[all]
FROM docker.io/library/python:${PYTHON_VERSION}-slim-bookworm
COPY --from=builder /install /usr/local
COPY ./docker/start.py /start.py
EXPOSE 8008/tcp 8009/tcp 8448/tcp
ENTRYPOINT ["/start.py"]
HEALTHCHECK --start-period=5s --interval=15s --timeout=5s \
  CMD curl -fSs http://localhost:8008/health || exit 1
