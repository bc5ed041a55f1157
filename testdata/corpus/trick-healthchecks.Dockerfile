FROM alpine AS a
HEALTHCHECK --interval=5m --timeout=3s CMD curl -f http://localhost/ || exit 1
FROM a AS b
HEALTHCHECK --retries=5 --start-period=1m30s --start-interval=500ms CMD ["wget", "-q", "--spider", "http://127.0.0.1/"]
FROM b
HEALTHCHECK NONE
