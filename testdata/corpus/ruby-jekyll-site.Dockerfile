FROM ruby:3.1-alpine AS jekyll
RUN apk add --no-cache build-base gcc cmake git
RUN gem update --system && gem install bundler jekyll && gem cleanup
WORKDIR /site
COPY Gemfile* /site/
RUN bundle install --jobs 4 --retry 3
COPY . /site
ARG JEKYLL_ENV=production
RUN JEKYLL_ENV=${JEKYLL_ENV} bundle exec jekyll build -d /public
FROM busybox:1.36 AS serve
COPY --from=jekyll /public /www
EXPOSE 80
CMD ["httpd", "-f", "-v", "-h", "/www"]
