FROM fedora:39 AS kmod
ARG KVER=6.6.6-200.fc39.x86_64
RUN dnf install -y kernel-devel-$KVER kernel-modules-$KVER gcc make elfutils-libelf-devel && dnf clean all
COPY module/ /usr/src/wg-probe/
RUN make -C /usr/src/kernels/${KVER} M=/usr/src/wg-probe modules
RUN install -D -m0644 /usr/src/wg-probe/wg-probe.ko /opt/lib/modules/${KVER}/extra/wg-probe.ko && depmod -b /opt ${KVER}
FROM registry.fedoraproject.org/fedora-minimal:39
ARG KVER=6.6.6-200.fc39.x86_64
COPY --from=kmod /opt/lib/modules/${KVER} /opt/lib/modules/${KVER}
RUN microdnf install -y kmod && microdnf clean all
CMD ["modprobe", "-d", "/opt", "wg-probe"]
