FROM ubuntu:23.10
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y software-properties-common && add-apt-repository ppa:mozillateam/ppa
RUN <<EOF cat > /etc/apt/preferences.d/mozilla
Package: *
Pin: release o=LP-PPA-mozillateam
Pin-Priority: 1001
EOF
RUN apt-get install -y firefox openbox x11vnc xvfb
RUN useradd -ms /bin/bash kiosk
USER kiosk
ENV HOME=/home/kiosk DISPLAY=:0
COPY --chown=kiosk:kiosk autostart ${HOME:-/home/kiosk}/.config/openbox/autostart
EXPOSE 5900
ENTRYPOINT Xvfb :0 -screen 0 1280x720x24 & openbox-session & x11vnc -forever -nopw
