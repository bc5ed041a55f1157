FROM sbtscala/scala-sbt:eclipse-temurin-jammy-17.0.9_9_1.9.7_2.13.12 AS build
WORKDIR /build
COPY project/build.properties project/plugins.sbt project/
COPY build.sbt .
RUN sbt update
COPY . .
RUN sbt 'set assembly / test := {}' clean assembly
FROM gcr.io/distroless/java17-debian12
COPY --from=build /build/target/scala-2.13/*.jar /srv/app.jar
USER nonroot
CMD ["/srv/app.jar"]
