FROM debian:stretch
# the archive has moved
RUN sed -i -e 's/deb.debian.org/archive.debian.org/g' -e '/stretch-updates/d' -e 's/security.debian.org/archive.debian.org/g' /etc/apt/sources.list
RUN apt-get update && apt-get install -yq --force-yes apache2 libcgi-pm-perl libdbd-mysql-perl
RUN a2enmod cgi && a2dissite 000-default
COPY vhost.conf /etc/apache2/sites-enabled/
COPY cgi-bin/ /usr/lib/cgi-bin/
RUN find /usr/lib/cgi-bin -name '*.pl' -exec chmod 0755 {} +
ENV APACHE_RUN_USER www-data
ENV APACHE_RUN_GROUP www-data
ENV APACHE_LOG_DIR /var/log/apache2
ENV APACHE_PID_FILE /var/run/apache2.pid
EXPOSE 80
CMD /usr/sbin/apache2ctl -D FOREGROUND
