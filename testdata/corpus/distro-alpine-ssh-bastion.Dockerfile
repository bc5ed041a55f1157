FROM alpine:3.19.1
RUN apk add --no-cache openssh-server tini \
 && ssh-keygen -A \
 && sed -ri 's/^#?PermitRootLogin.*/PermitRootLogin no/; s/^#?PasswordAuthentication.*/PasswordAuthentication no/' /etc/ssh/sshd_config
ARG JUMP_USER=jump
RUN adduser -D -s /bin/ash "$JUMP_USER" && passwd -u "$JUMP_USER"
COPY --chown=root:root --chmod=0444 authorized_keys /etc/ssh/authorized_keys
EXPOSE 22
ENTRYPOINT ["/sbin/tini", "--"]
CMD ["/usr/sbin/sshd", "-D", "-e"]
