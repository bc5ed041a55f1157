FROM klakegg/hugo:0.111.3-ext-alpine-onbuild AS hugo
FROM pierrezemb/gostatic
COPY --from=hugo /target /srv/http/
