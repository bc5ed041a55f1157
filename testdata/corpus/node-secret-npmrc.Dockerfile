FROM node:16.20-bullseye-slim
WORKDIR /srv
COPY package.json package-lock.json /srv/
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,required \
    npm ci --ignore-scripts && npm cache clean --force
COPY --chown=node:node lib lib
COPY --chown=node:node index.js ./
ENV NODE_OPTIONS="--max-old-space-size=512 --enable-source-maps"
USER node
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node", "index.js"]
