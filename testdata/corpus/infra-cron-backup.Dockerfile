FROM restic/restic:0.16.2
RUN apk add --no-cache tzdata supercronic
ENV TZ=Europe/Berlin \
  RESTIC_CACHE_DIR=/cache
WORKDIR /jobs
COPY <<crontab <<backup.sh ./
# m h dom mon dow command
15 2 * * * /bin/sh /jobs/backup.sh
crontab
#!/bin/sh
set -eu
restic backup --host "\${HOST_TAG:-nas}" /data
restic forget --keep-daily 7 --keep-weekly 5 --prune
backup.sh
ENTRYPOINT ["supercronic"]
CMD ["/jobs/crontab"]
