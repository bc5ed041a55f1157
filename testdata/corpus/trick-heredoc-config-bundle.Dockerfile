FROM nginx:alpine
ARG SERVER_NAME=localhost
ENV UPSTREAM=app:9000
COPY <<default.conf <<"security.conf" <<-health.html /etc/nginx/conf.d/
upstream backend { server ${UPSTREAM}; }
server {
  server_name ${SERVER_NAME:-_};
  location / { proxy_pass http://backend; proxy_set_header Host \$host; }
}
default.conf
add_header X-Frame-Options "$frame_options_stay_as_written";
security.conf
	<html><body>ok</body></html>
	health.html
