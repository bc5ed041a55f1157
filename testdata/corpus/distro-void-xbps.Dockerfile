FROM ghcr.io/void-linux/void-musl:20230204RC01
RUN xbps-install -Suy xbps && xbps-install -uy && xbps-install -y runit-void socklog-void lighttpd && rm -rf /var/cache/xbps/*
RUN ln -s /etc/sv/lighttpd /etc/runit/runsvdir/default/ ; rm -f /etc/runit/runsvdir/default/agetty-*
COPY lighttpd.conf /etc/lighttpd/lighttpd.conf
CMD ["/sbin/runit-init"]
