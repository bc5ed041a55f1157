FROM golang:1.21-alpine as builder
RUN apk --no-cache add git ca-certificates tzdata && update-ca-certificates
ENV USER=appuser UID=10001
RUN adduser \
    --disabled-password \
    --gecos "" \
    --home "/nonexistent" \
    --shell "/sbin/nologin" \
    --no-create-home \
    --uid "${UID}" \
    "${USER}"
WORKDIR $GOPATH/src/shortener/
COPY . .
RUN go get -d -v && CGO_ENABLED=0 go build -o /go/bin/shortener

FROM scratch
COPY --from=builder /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=builder /etc/passwd /etc/group /etc/
COPY --from=builder /go/bin/shortener /go/bin/shortener
USER appuser:appuser
ENTRYPOINT ["/go/bin/shortener"]
