FROM swipl:9.1.21
RUN git clone https://github.com/SWI-Prolog/swish.git /swish && make -C /swish yarn-zip packs
WORKDIR /swish
VOLUME ["/data"]
COPY config-enabled/*.pl config-enabled/
HEALTHCHECK --interval=30s --timeout=2m --start-period=1m CMD swipl /swish/health.pl
CMD ["swipl", "daemon.pl", "--port=3050", "--no-fork", "--workers=16", "--user=daemon"]
