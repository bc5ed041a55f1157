FROM ocaml/opam:debian-12-ocaml-5.1 AS build
RUN sudo apt-get update && sudo apt-get install -y libgmp-dev libev-dev pkg-config
WORKDIR /home/opam/src
COPY --chown=opam *.opam dune-project ./
RUN opam install . --deps-only --with-test -y
COPY --chown=opam . .
RUN eval $(opam env) && dune build --profile release bin/main.exe && dune runtest
FROM debian:12-slim
RUN apt-get update && apt-get -y install libev4 libgmp10 --no-install-recommends
COPY --from=build /home/opam/src/_build/default/bin/main.exe /usr/local/bin/proofd
ENTRYPOINT ["proofd"]
