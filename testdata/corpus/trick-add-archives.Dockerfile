FROM alpine
ADD rootfs.tar /
ADD a.tar.gz b.tar.xz c.tar.bz2 d.tar.zst /srv/
ADD --chown=1000:1000 home.tgz /home/user
ADD --unpack=false sources.tar.gz /usr/src/
