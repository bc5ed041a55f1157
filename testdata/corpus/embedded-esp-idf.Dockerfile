FROM espressif/idf:release-v5.1
ARG IDF_TARGET=esp32c3
SHELL ["/bin/bash", "-c"]
WORKDIR /project
COPY sdkconfig.defaults CMakeLists.txt partitions.csv ./
COPY main main
COPY components components
RUN . $IDF_PATH/export.sh && idf.py set-target ${IDF_TARGET} && idf.py build
FROM scratch AS firmware
COPY --from=0 /project/build/*.bin /project/build/bootloader/bootloader.bin /
