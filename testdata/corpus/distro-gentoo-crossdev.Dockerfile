ARG PORTAGE_TAG=20240115
FROM gentoo/portage:${PORTAGE_TAG} AS portage
FROM gentoo/stage3:musl
COPY --from=portage /var/db/repos/gentoo /var/db/repos/gentoo
ENV FEATURES="-ipc-sandbox -network-sandbox -pid-sandbox -usersandbox buildpkg" MAKEOPTS="-j4"
RUN emerge -qv sys-devel/crossdev app-eselect/eselect-repository && eselect repository create crossdev
RUN crossdev --stable -t riscv64-unknown-linux-musl
