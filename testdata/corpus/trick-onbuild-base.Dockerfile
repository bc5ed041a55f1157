FROM python:3.11-slim
WORKDIR /app
ONBUILD ARG REQUIREMENTS=requirements.txt
ONBUILD COPY ${REQUIREMENTS} ./
ONBUILD RUN --mount=type=cache,target=/root/.cache/pip pip install -r $REQUIREMENTS
ONBUILD COPY --chown=nobody . .
ONBUILD RUN <<EOF
python -m compileall -q .
EOF
ONBUILD USER nobody
CMD ["python", "main.py"]
