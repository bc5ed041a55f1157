# syntax=docker/dockerfile:1-labs
FROM node:20-alpine AS deps
WORKDIR /repo
COPY --parents package.json yarn.lock packages/*/package.json ./
RUN yarn install --immutable
FROM deps AS src
COPY --exclude=**/node_modules --exclude=**/*.test.ts --exclude=docs . .
COPY --parents ./libs/./*/dist /out/
RUN yarn build
