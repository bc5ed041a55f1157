FROM openresty/openresty:1.21.4.3-buster-fat
ARG LUAROCKS_PACKAGES="lua-resty-jwt lua-resty-redis-connector"
RUN for rock in ${LUAROCKS_PACKAGES}; do /usr/local/openresty/luajit/bin/luarocks install "$rock" || exit 1; done
COPY conf/nginx.conf.tmpl /etc/openresty/nginx.conf
COPY lua /etc/openresty/lua
RUN ["openresty", "-t", "-c", "/etc/openresty/nginx.conf"]
STOPSIGNAL SIGQUIT
