FROM quay.io/fedora/fedora-bootc:40
RUN dnf -y install cloud-init && \
    ln -s ../cloud-init.target /usr/lib/systemd/system/default.target.wants && \
    rm -rf /var/{cache,log} /var/lib/{dnf,rhsm}
COPY usr/ /usr/
RUN <<EORUN
set -xeuo pipefail
touch /.dockerenv
dnf -y remove subscription-manager
bootc container lint
EORUN
LABEL containers.bootc=1 ostree.bootable=1
