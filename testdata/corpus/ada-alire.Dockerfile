FROM ubuntu:22.04 AS alr
RUN apt-get update && apt-get -y install gnat-12 gprbuild unzip curl git make && rm -rf /var/lib/apt/lists/*
ARG ALR=1.2.2
RUN curl -sSL -o /tmp/alr.zip "https://github.com/alire-project/alire/releases/download/v${ALR}/alr-${ALR}-bin-x86_64-linux.zip" && unzip -d /usr/local /tmp/alr.zip
COPY alire.toml *.gpr /w/
COPY src /w/src
RUN cd /w && alr -n toolchain --select gnat_external gprbuild && alr -n build --release
FROM gcr.io/distroless/cc
COPY --from=alr /w/bin/flight_ctl /flight_ctl
ENTRYPOINT ["/flight_ctl"]
