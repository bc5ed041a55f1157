FROM debian:bookworm AS build
RUN sed -i 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/debian.sources
RUN apt-get update && apt-get -y install build-essential devscripts equivs
WORKDIR /pkg/src
COPY debian/control debian/
RUN mk-build-deps --install --remove --tool='apt-get -o Debug::pkgProblemResolver=yes --no-install-recommends --yes' debian/control
COPY . .
RUN dpkg-buildpackage -us -uc -b && mkdir /debs && mv ../*.deb /debs/
FROM debian:bookworm-slim AS verify
RUN --mount=type=bind,from=build,source=/debs,target=/debs apt-get update && apt-get install -y /debs/*.deb
FROM scratch
COPY --from=build /debs /
