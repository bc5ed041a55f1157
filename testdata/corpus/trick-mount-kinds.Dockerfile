FROM ubuntu:22.04 AS tools
RUN mkdir -p /opt/tools && echo t > /opt/tools/t
FROM ubuntu:22.04
WORKDIR /build
RUN --mount=type=bind,from=tools,source=/opt/tools,target=/opt/tools,ro \
    --mount=type=bind,source=scripts,target=/scripts \
    --mount=type=bind,target=.,rw \
    --mount=type=cache,target=/root/.ccache,id=ccache-$TARGETARCH,uid=0,gid=0,mode=0750 \
    --mount=type=cache,target=rel,from=tools,source=/opt,sharing=private \
    --mount=type=tmpfs,target=/scratch,size=512m \
    --mount=type=secret,id=token,env=API_TOKEN \
    --mount=type=secret,id=aws,target=/root/.aws/credentials,mode=0400,uid=0,required=false \
    --mount=type=ssh,id=default \
    /scripts/build.sh
RUN --mount=type=cache,dst=/c,readonly --mount=src=a,destination=/a --mount='type=bind,"source=with,comma",target=/x' ls
