FROM apache/spark:3.5.0-scala2.12-java11-python3-ubuntu
USER root
ENV SPARK_HISTORY_OPTS="-Dspark.history.fs.logDirectory=s3a://logs/events -Dspark.history.ui.port=18080"
ADD --chown=spark:spark jars/*.jar $SPARK_HOME/jars/
USER spark
ENTRYPOINT ["/opt/spark/bin/spark-class", "org.apache.spark.deploy.history.HistoryServer"]
