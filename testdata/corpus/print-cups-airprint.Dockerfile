FROM debian:stable-slim
ENV \
  CUPS_ADMIN=admin \
  CUPS_WEBINTERFACE="yes"
RUN apt update && apt -y install cups cups-filters hplip printer-driver-all-enforce avahi-daemon inotify-tools python3-cups \
  && rm -rf /var/lib/apt/lists/*
ADD root /
RUN chmod +x /root/*
# Baked-in config file changes
RUN sed -i 's/Listen localhost:631/Listen 0.0.0.0:631/' /etc/cups/cupsd.conf && \
	sed -i 's/Browsing Off/Browsing On/' /etc/cups/cupsd.conf && \
	sed -i 's/.*enable\-dbus=.*/enable\-dbus\=no/' /etc/avahi/avahi-daemon.conf && \
	echo "ServerAlias *" >> /etc/cups/cupsd.conf
EXPOSE 631
VOLUME /config
VOLUME /services
CMD ["/root/run_cups.sh"]
