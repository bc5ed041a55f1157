FROM debian:bullseye-slim
RUN apt-get update \
	&& DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
		avr-libc avrdude binutils-avr gcc-avr make srecord simavr \
	&& apt-get clean
COPY . /fw
RUN make -C /fw MCU=atmega328p F_CPU=16000000UL clean all size
