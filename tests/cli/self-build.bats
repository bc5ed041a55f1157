# The proof of the main job: cbuild builds cbuild, on a real Debian base out of a registry, as the
# top-level Dockerfile says; the image is pushed, unpacked by another program, and works.

load helper

PROJECT=$BATS_TEST_DIRNAME/../..

# What a clone holds, and nothing else that lies about: build trees, editors' files.
clean_copy() {
  mkdir "$1"
  if git -C "$PROJECT" rev-parse --git-dir >/dev/null 2>&1; then
    git -C "$PROJECT" ls-files -z --cached --others --exclude-standard
  else
    (cd "$PROJECT" && find . -path ./build -prune -o -path ./.git -prune -o -type f -print0)
  fi | tar -C "$PROJECT" --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -C "$1" -xf -
}

setup_file() {
  start_registry
  debian=$("$SUPPORT/shared-debian" build)
  skopeo copy -q --insecure-policy --dest-tls-verify=false \
    "oci-archive:$debian" "docker://$REGISTRY/debian-build:bookworm"
  # one store for the tests of this file: the second builds on what the first left
  export STORE=$BATS_FILE_TMPDIR/store SOURCE=$BATS_FILE_TMPDIR/source
  clean_copy "$SOURCE"
}

teardown_file() { stop_registry; }

setup() {
  fresh
  export CBUILD_ROOT=$STORE
  cd "$SOURCE" || return 1
}

self_build() {
  "$CBUILD" --progress=plain --build-arg "BASE=$REGISTRY/debian-build:bookworm" \
    -t "$REGISTRY/cbuild:self" --push "$@" .
}

# The image's files, unpacked by umoci from the registry.
unpack_image() {
  skopeo copy -q --insecure-policy --src-tls-verify=false \
    "docker://$REGISTRY/cbuild:self" "oci:$OUT/layout:image" >&2
  umoci unpack --image "$OUT/layout:image" "$OUT/bundle" >&2
  IMAGE=$OUT/bundle/rootfs
}

@test "cbuild builds cbuild: static, its pure tests run in the build" {
  run self_build --digest-file "$BATS_FILE_TMPDIR/digest"
  assert_status 0
  assert_contains "$output" "100% tests passed, 0 tests failed out of"
  digest=$(cat "$BATS_FILE_TMPDIR/digest")
  [[ $(skopeo inspect --tls-verify=false "docker://$REGISTRY/cbuild:self" | jq -r .Digest) == "$digest" ]]
}

@test "the second build is CACHED throughout and gives the same manifest" {
  run self_build --digest-file "$OUT/digest"
  assert_status 0
  # every step of both stages, and no line of any command's output
  steps=$(sed -nE 's/^(#[0-9]+) \[(builder|stage-1) .*/\1/p' <<<"$output")
  [[ $(wc -l <<<"$steps") -ge 7 ]]
  for step in $steps; do
    [[ $(grep "^$step " <<<"$output" | tail -n +2) == "$step CACHED" ]] || { echo "$step:"; echo "$output"; return 1; }
  done
  refute_contains "$output" "tests passed"
  [[ $(cat "$OUT/digest") == "$(cat "$BATS_FILE_TMPDIR/digest")" ]]
}

@test "the image holds the programs, libraries and CAs, and no more" {
  unpack_image
  refute_contains "$(readelf --program-headers "$IMAGE/usr/bin/cbuild")" INTERP
  [[ -x $IMAGE/usr/libexec/cbuild/cbuild-net && -s $IMAGE/etc/ssl/certs/ca-certificates.crt ]]
  [[ ! -e $IMAGE/bin && ! -e $IMAGE/src && ! -e $IMAGE/usr/bin/gcc ]]
  [[ $(du -sk "$IMAGE" | cut -f1) -lt 40000 ]]
  [[ $(skopeo inspect --tls-verify=false --config "docker://$REGISTRY/cbuild:self" |
    jq -c .config.Entrypoint) == '["/usr/bin/cbuild"]' ]]
}

@test "the image runs, prints its version, pulls from the registry and builds" {
  unpack_image
  run "$SUPPORT/enter_root.py" "$IMAGE" / /usr/bin/cbuild version
  assert_status 0
  [[ $output == "$("$CBUILD" version)" ]]

  mkdir "$IMAGE/context"
  printf 'FROM %s/busybox\nRUN echo made by the image > /made\n' "$REGISTRY" >"$IMAGE/context/Dockerfile"
  run "$SUPPORT/enter_root.py" "$IMAGE" /context /usr/bin/cbuild --progress=plain \
    -t "$REGISTRY/grandchild:v1" --push .
  assert_status 0
  skopeo copy -q --insecure-policy --src-tls-verify=false \
    "docker://$REGISTRY/grandchild:v1" "oci:$OUT/grandchild:image"
  umoci unpack --image "$OUT/grandchild:image" "$OUT/grandchild-bundle" >&2
  [[ $(cat "$OUT/grandchild-bundle/rootfs/made") == "made by the image" ]]
}

@test "another base that is not there is said, and the cache survives it" {
  run "$CBUILD" --progress=plain --build-arg "BASE=$REGISTRY/no-such:base" -t cbuild:none .
  assert_status 125
  assert_contains "$output" "no-such"
  run self_build
  assert_status 0
  refute_contains "$output" "tests passed"
}
