FROM alpine AS a
FROM a AS b-1
FROM b-1 AS c.2
FROM c.2 AS d_3
FROM d_3
RUN echo end
