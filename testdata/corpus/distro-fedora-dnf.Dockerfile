FROM registry.fedoraproject.org/fedora-minimal:39
RUN microdnf -y --nodocs --setopt=install_weak_deps=0 install httpd mod_ssl && microdnf clean all
RUN sed -i -e 's/Listen 80/Listen 8080/' \
           -e 's/^User apache/#&/' /etc/httpd/conf/httpd.conf && \
    chgrp -R 0 /var/log/httpd /run/httpd && chmod -R g=u /var/log/httpd /run/httpd
EXPOSE 8080
USER 1001
CMD httpd -D FOREGROUND
