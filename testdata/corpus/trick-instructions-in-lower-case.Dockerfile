from alpine as x
run apk add curl
copy . /src
env a=b
workdir /src
expose 80
user nobody
entrypoint ["x"]
cmd ["y"]
