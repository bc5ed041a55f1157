FROM alpine
ENV A="a b" B='c d' C=e\ f D="g\"h" E='i"j' F=k'l m'n"o p" G="$A" H='$A' I=\$A
LABEL "quoted key"="v" 'single key'='w' plain=x\ y
RUN echo "$A" '$B' \$C "\$D" `echo E`
USER "1000"
WORKDIR "/a b"
