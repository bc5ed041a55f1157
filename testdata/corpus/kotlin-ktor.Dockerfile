FROM gradle:8-jdk17-alpine AS build
WORKDIR /home/gradle/app
COPY build.gradle.kts settings.gradle.kts gradle.properties ./
COPY gradle gradle
RUN gradle dependencies --no-daemon > /dev/null
COPY src src
RUN gradle installDist --no-daemon
FROM amazoncorretto:17-alpine
COPY --from=build /home/gradle/app/build/install/chat /opt/chat
WORKDIR /opt/chat/bin
ENTRYPOINT ["./chat"]
