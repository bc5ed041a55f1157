FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
	cmake ninja-build gcc libc6-dev libuv1-dev \
	&& rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt /src/
COPY include /src/include/
COPY src /src/src/
RUN cmake -S /src -B /build -G Ninja -DCMAKE_BUILD_TYPE=MinSizeRel && cmake --build /build && DESTDIR=/stage cmake --install /build

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends libuv1 && rm -rf /var/lib/apt/lists/*
COPY --from=build /stage/ /
USER nobody:nogroup
EXPOSE 11211
ENTRYPOINT ["memd"]
CMD ["-m", "64"]
