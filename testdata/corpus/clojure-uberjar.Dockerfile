FROM clojure:temurin-21-tools-deps-bookworm-slim AS builder
WORKDIR /build
COPY deps.edn .
RUN clojure -P -X:build
COPY ./ /build
RUN clojure -T:build uber :uber-file '"target/ledger.jar"'
FROM eclipse-temurin:21-alpine AS final
ENV HTTP_PORT=8080 MALLI_TOKEN=
RUN apk add --no-cache dumb-init~=1.2.5
COPY --from=builder /build/target/ledger.jar /service/
EXPOSE ${HTTP_PORT}
ENTRYPOINT ["/usr/bin/dumb-init", "--"]
CMD ["java", "-jar", "/service/ledger.jar"]
