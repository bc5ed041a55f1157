FROM alpine:3.19 AS builder
# note: prefix with _ to not conflict with configure scripts
ARG FDK_AAC_VERSION=2.0.2
ARG FDK_AAC_URL="https://github.com/mstorsjo/fdk-aac/archive/v$FDK_AAC_VERSION.tar.gz"
ARG LAME_VERSION=3.100
ARG LAME_URL="https://sourceforge.net/projects/lame/files/lame/$LAME_VERSION/lame-$LAME_VERSION.tar.gz/download"
ARG CFLAGS="-O3 -s -static-libgcc -fno-strict-overflow -fstack-protector-all -fPIC"
ARG LDFLAGS="-Wl,-z,relro,-z,now"
RUN apk add --no-cache coreutils wget bash tar build-base autoconf automake libtool nasm yasm
RUN \
  wget -O fdk-aac.tar.gz "$FDK_AAC_URL" && \
  tar xf fdk-aac.tar.gz && cd fdk-aac-* && ./autogen.sh && ./configure --disable-shared --enable-static && \
  make -j$(nproc) install
RUN \
  wget -O lame.tar.gz "$LAME_URL" && \
  tar xf lame.tar.gz && \
  cd lame-* && ./configure --disable-shared --enable-static --enable-nasm --disable-gtktest --disable-cpml --disable-frontend && \
  make -j$(nproc) install
FROM scratch AS final
COPY --from=builder /usr/local/lib/*.a /lib/
COPY --from=builder /usr/local/include /include
