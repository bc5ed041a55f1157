FROM erlang:26-alpine AS build
RUN apk add --no-cache git
WORKDIR /b
COPY rebar.config rebar.lock ./
RUN rebar3 get-deps && rebar3 compile
COPY . .
RUN rebar3 as prod tar && mkdir -p /opt/rel && tar -zxf _build/prod/rel/*/*.tar.gz -C /opt/rel
FROM alpine:3.18
RUN apk add --no-cache ncurses-libs libstdc++ openssl
COPY --from=build /opt/rel /opt/broker
ENV RELX_REPLACE_OS_VARS=true NODE_NAME=broker@127.0.0.1
EXPOSE 1883 4369 9100-9105
ENTRYPOINT ["/opt/broker/bin/broker"]
CMD ["foreground"]
