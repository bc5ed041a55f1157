FROM debian:buster AS fpc
RUN echo 'deb http://archive.debian.org/debian buster main' > /etc/apt/sources.list
RUN apt-get update && apt-get install -y fp-compiler fp-units-fcl
WORKDIR /p
COPY *.pas *.inc ./
RUN fpc -O3 -XX -CX main.pas
FROM gcr.io/distroless/base
COPY --from=fpc /p/main /main
CMD ["/main"]
