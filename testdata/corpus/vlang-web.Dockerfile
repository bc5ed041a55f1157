FROM thevlang/vlang:alpine-build AS v
WORKDIR /srv
COPY v.mod *.v ./
COPY templates templates
RUN v -prod -cflags -static -o site . && ldd site ; true
FROM scratch
COPY --from=v /srv/site /site
CMD ["/site"]
