FROM eclipse-temurin:17-jre-focal
ARG PAPER_BUILD=196
ARG MC=1.20.1
ARG JAR=paper-${MC}-${PAPER_BUILD}.jar
ENV MEMORY=4G EULA=false
RUN groupadd -g 1500 mc && useradd -u 1500 -g mc -d /data -m mc
COPY --chown=mc:mc ${JAR} /opt/paper.jar
USER mc
WORKDIR /data
EXPOSE 25565/tcp 25565/udp
ENTRYPOINT exec java -Xms$MEMORY -Xmx$MEMORY -XX:+UseG1GC -Dcom.mojang.eula.agree=$EULA -jar /opt/paper.jar nogui
