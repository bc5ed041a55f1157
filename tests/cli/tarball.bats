# The relocatable tarball on a machine that has no libc of its own: a root with nothing in it but
# busybox, linked statically, and what the tarball holds.

load helper

setup_file() {
  start_registry
  export TARBALL=$BATS_FILE_TMPDIR/cbuild.tar.gz
  "$BATS_TEST_DIRNAME/../../cmake/make-tarball.sh" "$CBUILD" "$(dirname "$CBUILD")/cbuild-net" 0 "$BATS_FILE_TMPDIR" >&2
  mv "$BATS_FILE_TMPDIR"/cbuild-0-*.tar.gz "$TARBALL"
}
teardown_file() { stop_registry; }

setup() {
  fresh
  ROOT=$BATS_TEST_TMPDIR/root
  mkdir -p "$ROOT/opt/somewhere" "$ROOT/context"
  tar -xzf "$TARBALL" -C "$ROOT/opt/somewhere" --strip-components=1
  INSIDE=/opt/somewhere/bin/cbuild
}

# inside PROGRAM ARGUMENT...: with $ROOT as the whole file system, in /context
inside() { "$SUPPORT/enter_root.py" "$ROOT" /context "$@"; }

@test "the root has no loader and no libc where programs look for them" {
  [[ ! -e $ROOT/lib && ! -e $ROOT/lib64 && ! -e $ROOT/usr ]]
  run inside $INSIDE version
  assert_status 0
  [[ $output == "$("$CBUILD" version)" ]]
  # cbuild-net without its loader does not start there: the next tests prove something
  run inside /opt/somewhere/libexec/cbuild/cbuild-net
  [[ $status -ne 0 ]]
  assert_contains "$output" "No such file"
}

@test "it pulls, builds and pushes there" {
  printf 'FROM %s/busybox\nRUN echo built-inside > /made\n' "$REGISTRY" >"$ROOT/context/Dockerfile"
  run inside $INSIDE -t "$REGISTRY/inside:v1" --push --progress=plain .
  assert_status 0
  skopeo copy -q --insecure-policy --src-tls-verify=false "docker://$REGISTRY/inside:v1" "oci:$OUT/layout:image"
  umoci unpack --image "$OUT/layout:image" "$OUT/bundle" >&2
  [[ $(cat "$OUT/bundle/rootfs/made") == built-inside ]]
}

@test "it works from any folder, and through a link" {
  printf 'FROM %s/busybox\nENV A=b\n' "$REGISTRY" >"$ROOT/context/Dockerfile"
  mv "$ROOT/opt/somewhere" "$ROOT/opt/elsewhere"
  ln -s elsewhere/bin/cbuild "$ROOT/opt/cbuild"
  run inside /opt/cbuild -t app:v1 .
  assert_status 0
}

@test "every library that is asked for is in the tarball" {
  folder=$ROOT/opt/somewhere/libexec/cbuild
  missing=$(for file in "$folder"/cbuild-net "$folder"/*.so*; do
    objdump -p "$file" | sed -n 's/^ *NEEDED *//p'
  done | sort -u | while read -r name; do
    [[ -e $folder/$name || $name == ld-linux* ]] || echo "$name"
  done)
  [[ -z $missing ]] || { echo "missing: $missing"; return 1; }
}
