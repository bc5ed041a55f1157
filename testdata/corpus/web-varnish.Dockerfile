FROM varnish:7.4
USER root
RUN set -e; apt-get update; apt-get -y install $VMOD_DEPS /pkgs/*.deb; install-vmod https://github.com/varnish/varnish-modules/releases/download/0.22.0/varnish-modules-0.22.0.tar.gz; apt-get -y purge --auto-remove $VMOD_DEPS varnish-dev; rm -rf /var/lib/apt/lists/*
USER varnish
COPY default.vcl /etc/varnish/
ENV VARNISH_SIZE=2G
