FROM ubuntu:22.04 AS toolchain
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y g++-12 cmake python3-pip git \
    && update-alternatives --install /usr/bin/g++ g++ /usr/bin/g++-12 100
RUN pip3 install 'conan<2'
FROM toolchain AS deps
WORKDIR /w
COPY conanfile.txt .
RUN conan profile new default --detect && conan profile update settings.compiler.libcxx=libstdc++11 default && conan install . --build=missing
FROM deps AS build
COPY . .
RUN cmake -B build . && cmake --build build --parallel && ctest --test-dir build --output-on-failure
FROM ubuntu:22.04
COPY --from=build /w/build/bin/router /usr/local/bin/
EXPOSE 50051
CMD ["router"]
