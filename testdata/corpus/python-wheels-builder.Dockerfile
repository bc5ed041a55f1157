ARG PYTHON=3.10
FROM python:${PYTHON}-alpine AS wheels
RUN apk add --no-cache --virtual .build-deps gcc musl-dev libffi-dev openssl-dev cargo
WORKDIR /wheels
COPY requirements.txt .
RUN pip wheel --wheel-dir=/wheels -r requirements.txt

FROM python:${PYTHON}-alpine
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-index --find-links=/wheels -r /wheels/requirements.txt
COPY src/ /opt/probe/
CMD ["python", "/opt/probe/main.py"]
