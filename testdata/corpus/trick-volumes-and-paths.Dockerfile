FROM alpine
ENV BASE=/srv
VOLUME $BASE/data ${BASE}/log
VOLUME ["/json/a", "$BASE/json"]
WORKDIR $BASE
WORKDIR relative/path
WORKDIR ../up
WORKDIR /a/../b//c/
RUN pwd
