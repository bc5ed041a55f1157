FROM composer:2 AS vendor
WORKDIR /app
COPY database/ database/
COPY composer.json composer.lock ./
RUN composer install \
    --ignore-platform-reqs \
    --no-interaction \
    --no-plugins \
    --no-scripts \
    --prefer-dist

FROM node:18 AS frontend
RUN mkdir -p /app/public
COPY package.json vite.config.js /app/
COPY resources/ /app/resources/
WORKDIR /app
RUN npm install && npm run build

FROM php:8.2-fpm-alpine
RUN docker-php-ext-install pdo_mysql opcache bcmath \
 && apk add --no-cache --virtual .phpize $PHPIZE_DEPS \
 && pecl install redis && docker-php-ext-enable redis \
 && apk del .phpize
COPY . /var/www/html
COPY --from=vendor /app/vendor/ /var/www/html/vendor/
COPY --from=frontend /app/public/build/ /var/www/html/public/build/
RUN chown -R www-data:www-data storage bootstrap/cache
USER www-data
