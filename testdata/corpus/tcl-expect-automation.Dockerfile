FROM efrecon/mini-tcl:3.8
RUN apk --update --no-cache add expect openssh
ADD *.tcl lib/ /opt/auto/
WORKDIR /opt/auto
USER guest
ENTRYPOINT [ "tclsh8.6", "/opt/auto/main.tcl" ]
CMD [ "-verbose", "*.tcl notice utils* debug" ]
