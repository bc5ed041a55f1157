FROM cgr.dev/chainguard/wolfi-base AS build
RUN apk add --no-cache build-base python-3.12-dev py3.12-pip
WORKDIR /wheelhouse
COPY requirements.lock .
RUN python -m venv /venv && /venv/bin/pip install --require-hashes -r requirements.lock
FROM cgr.dev/chainguard/python:latest
COPY --from=build /venv /venv
COPY app.py /
ENTRYPOINT ["/venv/bin/python", "/app.py"]
