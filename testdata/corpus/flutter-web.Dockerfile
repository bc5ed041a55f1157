FROM debian:latest AS build-env
RUN apt-get update \
&& apt-get install -y curl git wget unzip libgconf-2-4 gdb libstdc++6 libglu1-mesa fonts-droid-fallback python3 \
&& apt-get clean
RUN git clone --depth 1 -b stable https://github.com/flutter/flutter.git /usr/local/flutter
ENV PATH="/usr/local/flutter/bin:/usr/local/flutter/bin/cache/dart-sdk/bin:${PATH}"
RUN flutter doctor -v
RUN flutter config --enable-web
RUN mkdir /app/
COPY . /app/
WORKDIR /app/
RUN flutter build web --release --web-renderer=canvaskit
FROM nginx:1.25.3-alpine
COPY --from=build-env /app/build/web /usr/share/nginx/html
