FROM wordpress:6.4-php8.2-apache
ARG XDEBUG_VERSION
RUN if [ -n "$XDEBUG_VERSION" ]; then pecl install "xdebug-${XDEBUG_VERSION}" && docker-php-ext-enable xdebug; fi
RUN a2enmod headers expires remoteip
COPY --chown=www-data:www-data wp-content/themes/harbor /usr/src/wordpress/wp-content/themes/harbor
COPY <<'EOF' /usr/local/etc/php/conf.d/uploads.ini
file_uploads = On
upload_max_filesize = 64M
post_max_size = 64M
max_execution_time = 600
EOF
