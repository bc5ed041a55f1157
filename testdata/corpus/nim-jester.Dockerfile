FROM nimlang/nim:2.0.0-alpine-regular as nim
RUN apk --no-cache add libsass-dev pcre
WORKDIR /src/birdcage
COPY birdcage.nimble .
RUN nimble install -y --depsOnly
COPY . .
RUN nimble build -d:danger -d:lto -d:strip --mm:refc && nimble scss && nimble md
FROM alpine:3.18
WORKDIR /src/
RUN apk --no-cache add pcre ca-certificates
COPY --from=nim /src/birdcage/birdcage ./
COPY --from=nim /src/birdcage/public ./public
EXPOSE 8080
RUN adduser -h /src/ -D -s /bin/sh birdcage
USER birdcage
CMD ./birdcage
