FROM docker.elastic.co/elasticsearch/elasticsearch:8.11.3
RUN for p in analysis-icu analysis-phonetic repository-s3; do bin/elasticsearch-plugin install --batch $p; done
COPY --chown=elasticsearch:root elasticsearch.yml /usr/share/elasticsearch/config/
COPY --chown=elasticsearch:root synonyms.txt /usr/share/elasticsearch/config/analysis/
