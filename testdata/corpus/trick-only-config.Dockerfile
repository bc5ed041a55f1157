FROM alpine:3.19
ENV A=1
LABEL only=config
WORKDIR /
CMD ["true"]
