FROM rockylinux:9 AS rpms
RUN dnf -y install 'dnf-command(config-manager)' epel-release && dnf config-manager --set-enabled crb
RUN mkdir -p /mnt/rootfs && dnf install --installroot /mnt/rootfs --releasever 9 --setopt=install_weak_deps=false --nodocs -y coreutils-single glibc-minimal-langpack nginx && dnf --installroot /mnt/rootfs clean all
RUN cp /etc/yum.repos.d/*.repo /mnt/rootfs/etc/yum.repos.d/
FROM scratch
COPY --from=rpms /mnt/rootfs /
EXPOSE 80/tcp
CMD ["nginx", "-g", "daemon off;"]
