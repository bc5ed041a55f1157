#!/usr/bin/env bash
# collect-libraries.sh ROOT PROGRAM: copies the loader and the shared libraries of PROGRAM below
# ROOT, to the paths where the loader looks for them.
set -euo pipefail
root=$1 program=$2
ldd "$program" | sed -nE 's/.*=> (\/[^ ]+) .*/\1/p; s/^[[:space:]]*(\/[^ ]+) \(.*/\1/p' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
