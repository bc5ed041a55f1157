FROM python:3.11-slim-bookworm
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1
RUN apt-get update && apt-get install -y --no-install-recommends \
      build-essential \
      libpq-dev \
      gettext \
  && rm -rf /var/lib/apt/lists/*
RUN groupadd -r django && useradd -r -g django django
COPY ./requirements /requirements
RUN pip install -r /requirements/production.txt
COPY --chmod=755 ./compose/production/django/entrypoint /entrypoint
COPY --chmod=755 ./compose/production/django/start /start
COPY --chown=django:django . /app
RUN mkdir -p /app/staticfiles && chown django /app/staticfiles
USER django
WORKDIR /app
ENTRYPOINT ["/entrypoint"]
CMD ["/start"]
