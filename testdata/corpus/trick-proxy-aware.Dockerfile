FROM ubuntu:20.04
ARG http_proxy
ARG https_proxy=${http_proxy}
ARG NO_PROXY=localhost,127.0.0.1
RUN if [ -n "$http_proxy" ]; then echo "Acquire::http::Proxy \"$http_proxy\";" > /etc/apt/apt.conf.d/01proxy; fi
RUN apt-get update; rm -f /etc/apt/apt.conf.d/01proxy
