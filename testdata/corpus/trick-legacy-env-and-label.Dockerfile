FROM debian:jessie
MAINTAINER somebody@example.com
ENV PATH /usr/local/bin:$PATH
ENV JAVA_OPTS -Xmx256m -Dkey="quoted value"
ENV EMPTY= ONE=1
LABEL description This is the old form of a label
LABEL "com.example.vendor"="ACME Incorporated" com.example.label-with-value="foo"
LABEL multi.label1="value1" multi.label2="value2" other="value3"
LABEL multi.line="first \
second"
