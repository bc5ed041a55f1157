FROM alpine/helm:3.13.2 as chart
ARG HELM_UNITTEST_VERSION=0.3.6
RUN helm plugin install https://github.com/helm-unittest/helm-unittest.git --version $HELM_UNITTEST_VERSION
WORKDIR /charts
COPY . .
RUN for c in */; do helm dependency build "$c" && helm lint "$c" && helm unittest "$c"; done
RUN helm package --destination /out */
FROM nginx:alpine
COPY --from=chart /out /usr/share/nginx/html
RUN cd /usr/share/nginx/html && ls -1
