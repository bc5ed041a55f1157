#!/usr/bin/env bash
# make-tarball.sh CBUILD CBUILD-NET VERSION OUTDIR: a tarball that runs on any Linux of this
# architecture: cbuild is static; cbuild-net comes with its own loader and libraries, started by a
# small script that calls that loader. CA bundles are looked for where distributions put them.
set -euo pipefail
cbuild=$1 net=$2 version=$3 out=$4
name=cbuild-$version-$(uname -m)
tree=$out/$name
rm -rf --one-file-system "$tree"
mkdir -p "$tree/bin" "$tree/libexec/cbuild/lib"
install -s -m 755 "$cbuild" "$tree/bin/cbuild"
install -s -m 755 "$net" "$tree/libexec/cbuild/cbuild-net.bin"
ldd "$net" | sed -nE 's/.*=> (\/[^ ]+) .*/\1/p' | while read -r library; do
  cp -L "$library" "$tree/libexec/cbuild/lib/"
done
loader=$(ldd "$net" | sed -nE 's/^[[:space:]]*(\/[^ ]+) \(.*/\1/p' | head -1)
cp -L "$loader" "$tree/libexec/cbuild/lib/ld.so"
# where it lies is asked of the kernel: no /bin/sh is assumed to be a particular one
cat >"$tree/libexec/cbuild/cbuild-net" <<'SCRIPT'
#!/bin/sh
here=${0%/*}
exec "$here/lib/ld.so" --library-path "$here/lib" "$here/cbuild-net.bin" "$@"
SCRIPT
chmod 755 "$tree/libexec/cbuild/cbuild-net"
for text in LICENSE README.md; do
  install -m 644 "$(dirname "$0")/../$text" "$tree/$text"
done
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out/$name.tar.gz" "$name"
echo "$out/$name.tar.gz"
