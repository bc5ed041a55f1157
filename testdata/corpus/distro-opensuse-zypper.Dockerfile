FROM registry.opensuse.org/opensuse/leap:15.5
RUN zypper --non-interactive ref && \
    zypper --non-interactive in --no-recommends postfix cyrus-sasl-plain && \
    zypper clean -a
COPY main.cf master.cf /etc/postfix/
RUN postmap /etc/postfix/transport ; newaliases
EXPOSE 25 587
CMD [ "postfix", "start-fg" ]
