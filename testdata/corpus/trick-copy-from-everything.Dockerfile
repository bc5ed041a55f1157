FROM alpine AS Builder
RUN mkdir /o && touch /o/a
FROM busybox AS helper
COPY --from=builder /o /o
FROM scratch
COPY --from=0 /o/a /zero
COPY --from=BUILDER /o/a /one
COPY --from=helper /o/ /two/
COPY --from=nginx:1.25 /etc/nginx/nginx.conf /three
COPY --from=ghcr.io/x/y@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 / /four/
COPY --from=scratch / /five/
