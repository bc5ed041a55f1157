FROM alpine:3.18 AS b
RUN apk add -q build-base linux-headers
ADD https://ftp.example.org/pub/lzip-1.23.tar.gz /tmp/
RUN cd /tmp && tar xf lzip-1.23.tar.gz && cd lzip-1.23 && ./configure LDFLAGS=-static && make -j"$(nproc)" && make install-strip DESTDIR=/o
FROM scratch
COPY --from=b /o/usr/local/bin/lzip /
ENTRYPOINT ["/lzip"]
