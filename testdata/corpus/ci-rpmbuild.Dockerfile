ARG OS_RELEASE=8
FROM registry.access.redhat.com/ubi$OS_RELEASE/ubi
RUN yum install -y rpm-build make gcc git && yum clean all
WORKDIR /root/rpmbuild
COPY *.spec SPECS/
COPY sources/ SOURCES/
RUN rpmbuild -bb SPECS/*.spec
FROM scratch
COPY --from=0 /root/rpmbuild/RPMS/ /
