FROM archlinux:base-devel
RUN pacman -Syu --noconfirm --needed git namcap && yes | pacman -Scc
RUN useradd -m builder && echo 'builder ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/builder
USER builder
WORKDIR /home/builder/pkg
ONBUILD COPY --chown=builder PKGBUILD *.patch ./
ONBUILD RUN makepkg -si --noconfirm
