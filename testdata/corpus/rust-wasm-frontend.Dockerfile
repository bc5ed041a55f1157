FROM rust:1.74-bullseye AS wasm
RUN curl https://rustwasm.github.io/wasm-pack/installer/init.sh -sSf | sh
RUN rustup target add wasm32-unknown-unknown
COPY . /src
RUN cd /src && wasm-pack build --target web --out-dir /pkg

FROM nginx:1.25-alpine
COPY --from=wasm /pkg /usr/share/nginx/html/pkg
COPY --chown=nginx:nginx static/ /usr/share/nginx/html/
COPY nginx.conf /etc/nginx/conf.d/default.conf
