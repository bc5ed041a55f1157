FROM httpd:2.4
RUN apt-get update -y \
  ; apt-get install -y libapache2-mod-perl2 libdbd-pg-perl \
  ; apt-get clean
ADD conf/httpd.conf /usr/local/apache2/conf/httpd.conf
ADD ["conf/extra file.conf", "/usr/local/apache2/conf/extra/"]
ADD htdocs /usr/local/apache2/htdocs
ENV APACHE_LOG_LEVEL warn
