FROM hashicorp/terraform:1.6 AS tf
FROM alpine/helm:3.13.3 AS helm
FROM bitnami/kubectl:1.28 AS kubectl
FROM alpine:3.19
RUN apk add --no-cache bash curl git jq openssh-client python3 py3-pip
COPY --from=tf /bin/terraform /usr/local/bin/
COPY --from=helm /usr/bin/helm /usr/local/bin/
COPY --from=kubectl /opt/bitnami/kubectl/bin/kubectl /usr/local/bin/
ARG TFLINT_VERSION=0.50.0
RUN curl -fsSL "https://github.com/terraform-linters/tflint/releases/download/v${TFLINT_VERSION}/tflint_linux_amd64.zip" -o t.zip && unzip t.zip -d /usr/local/bin && rm t.zip
WORKDIR /infra
ENTRYPOINT []
CMD ["bash"]
