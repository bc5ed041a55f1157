ARG LLVM=17
FROM silkeh/clang:${LLVM} AS lint-base
RUN apt-get update && apt-get install -y cmake ninja-build python3-yaml
FROM lint-base AS configure
COPY . /s
RUN cmake -S /s -B /b -G Ninja -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
FROM configure AS tidy
RUN run-clang-tidy -p /b -quiet 2>&1 | tee /tidy.txt
FROM configure AS iwyu
RUN apt-get install -y iwyu && iwyu_tool -p /b > /iwyu.txt || true
FROM scratch AS reports
COPY --from=tidy /tidy.txt /
COPY --from=iwyu /iwyu.txt /
