FROM node:20 AS build
WORKDIR /a
COPY . .
RUN npm ci && npm run build
FROM build AS test
RUN npm test && touch /passed
FROM nginx
COPY --from=test /passed /tmp/
COPY --from=build /a/dist /usr/share/nginx/html
