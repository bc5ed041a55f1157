FROM jenkins/inbound-agent:latest-jdk17
USER root
RUN curl -fsSL https://get.docker.com | sh && usermod -aG docker jenkins
RUN apt-get update && \
# the toolchain
    apt-get install -y maven \
# and the fonts for the reports
    fontconfig && \
    apt-get clean
USER jenkins
