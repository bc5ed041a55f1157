FROM gradle:8.5-jdk21 AS build
COPY --chown=gradle:gradle . /home/gradle/src
WORKDIR /home/gradle/src
USER gradle
RUN gradle shadowJar --no-daemon

FROM eclipse-temurin:21-jdk-alpine AS jre
RUN apk add --no-cache binutils
COPY --from=build /home/gradle/src/build/libs/*-all.jar /app.jar
RUN jdeps --ignore-missing-deps -q --recursive --multi-release 21 --print-module-deps /app.jar > deps.info \
 && jlink --verbose --add-modules "$(cat deps.info)" --strip-debug --no-man-pages --no-header-files --compress=2 --output /jre

FROM alpine:3.19
ENV JAVA_HOME=/opt/java
ENV PATH="${JAVA_HOME}/bin:${PATH}"
COPY --from=jre /jre $JAVA_HOME
COPY --from=jre /app.jar /opt/app/app.jar
RUN adduser -D -H worker
USER worker
CMD ["java", "-XX:+UseContainerSupport", "-XX:MaxRAMPercentage=75.0", "-jar", "/opt/app/app.jar"]
