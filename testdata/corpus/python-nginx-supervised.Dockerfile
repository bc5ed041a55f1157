FROM tiangolo/uwsgi-nginx-flask:python3.10
LABEL maintainer="web@example.com"
ENV STATIC_URL=/static STATIC_PATH=/app/static UWSGI_CHEAPER=4 UWSGI_PROCESSES=${UWSGI_PROCESSES:-16}
COPY ./requirements.txt /var/www/requirements.txt
RUN pip install -r /var/www/requirements.txt \
 && rm -f /etc/nginx/conf.d/default.conf
COPY [ "./app", "/app" ]
COPY [ "deploy/nginx.conf", "deploy/uwsgi.ini", "/etc/app/" ]
