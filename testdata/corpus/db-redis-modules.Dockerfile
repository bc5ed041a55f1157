FROM redis:7.2 AS build
RUN apt-get update -qq && apt-get install -y curl gcc make
WORKDIR /mods
COPY module.c Makefile redismodule.h ./
RUN make XCFLAGS="-fPIC -O2 -std=gnu99"
FROM redis:7.2-alpine
COPY --from=build /mods/module.so /usr/lib/redis/modules/counter.so
CMD ["redis-server", "--loadmodule", "/usr/lib/redis/modules/counter.so", "--save", ""]
