FROM node:18
ARG DEBIAN_FRONTEND=noninteractive
RUN dpkg --add-architecture i386 \
    && apt-get update \
    && apt-get install -qq -y --no-install-recommends \
       gnupg2 \
       # wine for the windows target

       wine wine32 \
       rpm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /project
COPY package.json .
RUN npm i
COPY . .
CMD ["npx", "electron-builder", "--linux", "--win"]
