FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND noninteractive
RUN apt-get -qq update && apt-get -qq install dovecot-imapd dovecot-lmtpd dovecot-sieve dovecot-managesieved
RUN groupadd -g 5000 vmail && useradd -u 5000 -g 5000 -d /srv/vmail -M -s /usr/sbin/nologin vmail
RUN ["chown", "-R", "vmail:vmail", "/srv"]
COPY dovecot/ /etc/dovecot/
EXPOSE 143 993 4190
VOLUME /srv/vmail /etc/dovecot/ssl
CMD ["dovecot", "-F"]
