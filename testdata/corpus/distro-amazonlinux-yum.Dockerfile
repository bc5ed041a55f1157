FROM amazonlinux:2
RUN yum -y update && yum -y install python3 shadow-utils tar gzip && yum clean all && rm -rf /var/cache/yum
ARG AWSCLI_SHA=unset
ADD awscli-exe-linux-x86_64.tar.gz /tmp/
RUN /tmp/aws/install && rm -rf /tmp/aws && aws --version
ENTRYPOINT ["/usr/local/bin/aws"]
