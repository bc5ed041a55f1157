FROM alpine
RUN [ -f /etc/alpine-release ] && echo alpine
RUN [[ "$(id -u)" = 0 ]] || exit 1
CMD ['single', 'quotes']
ENTRYPOINT ["/entry", 'mixed']
