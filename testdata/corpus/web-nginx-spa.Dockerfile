FROM node:20-alpine AS dist
WORKDIR /ui
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json vite.config.ts index.html ./
COPY public ./public
COPY src ./src
ARG VITE_API_BASE=/api
RUN npm run build

FROM nginx:1.25-alpine-slim
RUN rm /etc/nginx/conf.d/default.conf
COPY --from=dist /ui/dist /usr/share/nginx/html
COPY <<-'CONF' /etc/nginx/templates/spa.conf.template
	server {
	  listen ${PORT};
	  root /usr/share/nginx/html;
	  location / { try_files $uri $uri/ /index.html; }
	  location ~* \.(js|css|woff2)$ { expires 1y; add_header Cache-Control "public, immutable"; }
	}
CONF
ENV PORT=8080
EXPOSE ${PORT}
