FROM perl:5.38-slim
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make libssl-dev zlib1g-dev && rm -rf /var/lib/apt/lists/*
RUN cpanm --notest Carton && rm -rf /root/.cpanm
WORKDIR /opt/quotes
COPY cpanfile cpanfile.snapshot /opt/quotes/
RUN carton install --deployment && rm -rf local/cache
COPY . .
ENV PERL5LIB=/opt/quotes/local/lib/perl5 \
    MOJO_LISTEN="http://*:3000?single_accept=1"
EXPOSE 3000
CMD ["carton", "exec", "hypnotoad", "-f", "script/quotes"]
