FROM barichello/godot-ci:4.2.1 AS export
COPY . /game
RUN mkdir -v -p /out/web && cd /game && godot --headless --verbose --export-release "Web" /out/web/index.html
FROM nginx:alpine
RUN sed -i '/add_header/d;s|location / {|location / { add_header Cross-Origin-Opener-Policy same-origin; add_header Cross-Origin-Embedder-Policy require-corp;|' /etc/nginx/conf.d/default.conf
COPY --from=export /out/web /usr/share/nginx/html
