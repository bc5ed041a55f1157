#!/usr/bin/env bash
# make-tarball.sh CBUILD CBUILD-NET VERSION OUTDIR: a tarball that runs on any Linux of this
# architecture: cbuild is static; cbuild-net comes with its loader and its libraries in one folder,
# and cbuild starts it through that loader. No shell, no libc of the machine is asked for.
set -euo pipefail
cbuild=$1 net=$2 version=$3 out=$4
name=cbuild-$version-$(uname -m)
tree=$out/$name helper=$out/$name/libexec/cbuild
rm -rf --one-file-system "$tree"
install -D -s -m 755 "$cbuild" "$tree/bin/cbuild"
install -D -s -m 755 "$net" "$helper/cbuild-net"
# "name => path (address)" are libraries, "path (address)" is the loader
ldd "$net" | sed -nE 's/.*=> (\/[^ ]+) .*/\1/p' | while read -r library; do
  install -m 644 "$library" "$helper/"
done
loader=$(ldd "$net" | sed -nE 's/^[[:space:]]*(\/[^ ]+) \(.*/\1/p')
install -m 755 "$loader" "$helper/ld.so"
here=$(cd "$(dirname "$0")/.." && pwd)
install -D -m 644 "$here/docs/cbuild.1" "$tree/share/man/man1/cbuild.1"
install -m 644 "$here/LICENSE" "$here/README.md" "$tree"
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out/$name.tar.gz" "$name"
echo "$out/$name.tar.gz"
