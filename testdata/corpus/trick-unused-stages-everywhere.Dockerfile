FROM example.invalid/never/pulled AS never
RUN false
FROM golang AS generator
RUN go generate ./...
FROM never AS also-never
COPY --from=generator /x /
FROM alpine
RUN echo the only one that counts
