FROM alpine AS x
RUN echo 1 > /f
FROM x AS x
RUN echo 2 >> /f
FROM busybox AS y
COPY --from=x /f /f
FROM x
COPY --from=y /f /g
