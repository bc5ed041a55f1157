FROM alpine
RUN    [   "/bin/sh"   ,"-c",	"echo hello"]
ENTRYPOINT	["/bin/sh",
CMD [ "sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done" ]
VOLUME	[ "/a",	"/b b" ]
COPY [ "file with spaces.txt", "another one.txt", "/data dir/" ]
