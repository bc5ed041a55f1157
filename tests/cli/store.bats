# The store and the commands around it.

load helper

setup_file() { busybox_layout; }
teardown() { [[ -z ${pid:-} ]] || kill "$pid" 2>/dev/null || true; }
setup() {
  fresh
  dockerfile <<'D'
FROM busybox
RUN echo one > /one
RUN echo two > /two
CMD ["cat", "/one"]
D
}

@test "images, inspect, tag and rmi" {
  build -t app:v1 .
  run "$CBUILD" images
  assert_status 0
  assert_contains "$output" "app"
  "$CBUILD" tag app:v1 other/name:v2
  [[ $(manifest_digest other/name:v2) == "$(manifest_digest app:v1)" ]]
  [[ $("$CBUILD" inspect other/name:v2 | jq -c '.[0].Config.Cmd') == '["cat","/one"]' ]]
  "$CBUILD" rmi app:v1
  run "$CBUILD" inspect app:v1
  assert_status 125
  assert_contains "$output" "app:v1"
  skopeo inspect "oci:$CBUILD_ROOT:docker.io/other/name:v2" >/dev/null
}

@test "an image is found by its id, whole or in part, with a name or without" {
  id=$(build -q .)
  short=${id:7:12}
  [[ $("$CBUILD" inspect --format '{{.Id}}' "$id") == "$id" ]]
  "$CBUILD" tag "$id" app:v1
  [[ $("$CBUILD" images -q app:v1) == "$short" ]]
  [[ $("$CBUILD" inspect --format '{{.RepoTags}}' "$short") == '[app:v1]' ]]
  "$CBUILD" tag "$short" app:v2
  run "$CBUILD" inspect "${id:7:3}"
  assert_status 125
  run "$CBUILD" push "$short"
  assert_status 125
  assert_contains "$output" "no image '$short'"
  run "$CBUILD" rmi "$short"
  assert_status 2
  assert_contains "$output" "has 2 names"
  run "$CBUILD" rmi -f "$short" none:v1
  assert_status 125
  assert_contains "$output" "Untagged: docker.io/library/app:v1"
  assert_contains "$output" "Untagged: docker.io/library/app:v2"
  run "$CBUILD" inspect "$id"
  assert_status 125
  # one without a name goes by its id as well
  build -q .
  "$CBUILD" rmi "$id"
  [[ $(jq '.manifests | length' "$CBUILD_ROOT/index.json") == 0 ]]
}

@test "the store is an OCI layout that skopeo and umoci open" {
  build -t app:v1 .
  [[ $(jq -r .imageLayoutVersion "$CBUILD_ROOT/oci-layout") == 1.0.0 ]]
  skopeo inspect "oci:$CBUILD_ROOT:docker.io/library/app:v1" | jq -e '.Layers | length == 3'
}

@test "prune keeps what tags and records name, prune --all keeps what tags name" {
  build -t app:v1 .
  build -t gone:v1 --label x=y .
  "$CBUILD" rmi gone:v1
  "$CBUILD" prune --force
  run build -t app:v1 .
  [[ $(grep -c CACHED <<<"$output") -ge 3 ]]
  "$CBUILD" prune --all --force
  skopeo copy -q --insecure-policy "oci:$CBUILD_ROOT:docker.io/library/app:v1" "oci:$OUT/layout:image"
  run "$CBUILD" fsck
  assert_status 0
  "$CBUILD" rmi app:v1
  "$CBUILD" prune --all --force
  [[ -z $(find "$CBUILD_ROOT/blobs" -type f) ]]
  [[ -z $(find "$CBUILD_ROOT/snapshots" -mindepth 2 -maxdepth 2) ]]
}

@test "prune removes images without a name, and those only" {
  build -t app:v1 .
  build -q --label a=1 . >"$OUT/unnamed"
  [[ $(jq '.manifests | length' "$CBUILD_ROOT/index.json") == 2 ]]
  unnamed=$CBUILD_ROOT/blobs/sha256/$(sed s/sha256:// "$OUT/unnamed")
  "$CBUILD" prune --all --force --dry-run
  "$CBUILD" prune --force --filter until=1h
  [[ $(jq '.manifests | length' "$CBUILD_ROOT/index.json") == 2 ]]
  [[ -e $unnamed ]]
  "$CBUILD" prune --all --force
  [[ $(jq '.manifests | length' "$CBUILD_ROOT/index.json") == 1 ]]
  [[ ! -e $unnamed ]]
  "$CBUILD" inspect app:v1
  run "$CBUILD" fsck
  assert_status 0
}

@test "reset removes the store" {
  build -t app:v1 .
  "$CBUILD" reset --force
  [[ ! -e $CBUILD_ROOT ]]
  build -t app:v1 .
}

# start_slow FILE: builds it in the background, until its RUN has made /gate/ready
start_slow() {
  begin_build -f "$1" -t slow:v1 . >"$OUT/log" 2>&1
  pid=$!
  for _ in $(seq 3000); do
    [[ -z $(find "$CBUILD_ROOT/cache/mounts" -name ready 2>/dev/null) ]] || return 0
    kill -0 "$pid" || break
    sleep 0.1
  done
  cat "$OUT/log"
  return 1
}

gate='--mount=type=cache,id=gate,target=/gate'
wait_at_gate='touch /gate/ready; for i in $(seq 3000); do [ -e /gate/go ] && break; sleep 0.1; done'
open_gate() { touch "$(dirname "$(find "$CBUILD_ROOT/cache/mounts" -name ready)")/go"; }

@test "prune removes beside a running build what that does not use, and nothing else" {
  not_in_mode chroot "a cache mount is a copy there, so a step cannot be held by one"
  dd if=/dev/urandom of=big bs=1M count=1 status=none
  printf 'FROM busybox\nCOPY big /garbage\nRUN echo garbage > /g\n' >"$OUT/garbage"
  printf 'FROM busybox\nRUN echo one > /one\nCOPY big /big\n' >"$OUT/early"
  build -f "$OUT/garbage" -t garbage:v1 .
  build -f "$OUT/early" -t early:v1 .
  garbage=$(skopeo inspect "oci:$CBUILD_ROOT:docker.io/library/garbage:v1" | jq -r '.Layers[-1]' | sed 's/.*://')
  "$CBUILD" rmi garbage:v1
  "$CBUILD" rmi early:v1
  # two steps of it are cached, one is running, one is still to come; nothing of it has a tag
  printf 'FROM busybox\nRUN echo one > /one\nCOPY big /big\nRUN echo two > /two\nRUN %s %s\nRUN cat /one /two > /all; wc -c < /big >> /all\n' \
    "$gate" "$wait_at_gate" >"$OUT/slow"
  start_slow "$OUT/slow"
  [[ -e $CBUILD_ROOT/blobs/sha256/$garbage ]]
  run "$CBUILD" prune --all --force
  open_gate
  wait "$pid" || { cat "$OUT/log"; return 1; }
  echo "$output"
  assert_status 0
  [[ ! -e $CBUILD_ROOT/blobs/sha256/$garbage ]]
  [[ $(cat "$(unpacked docker.io/library/slow:v1)/all") == $'one\ntwo\n1048576' ]]
  [[ $(grep -c CACHED "$OUT/log") -ge 2 ]]
  run "$CBUILD" fsck
  assert_status 0
  # the records of what it used and made are there as well
  run build -f "$OUT/slow" -t slow:v1 .
  [[ $(grep -c CACHED <<<"$output") -ge 5 ]]
  # with the build its pins ended
  "$CBUILD" rmi slow:v1
  "$CBUILD" prune --all --force
  [[ -z $(find "$CBUILD_ROOT/blobs" "$CBUILD_ROOT/cache/records" -type f) ]]
  [[ -z $(find "$CBUILD_ROOT/snapshots" "$CBUILD_ROOT/tmp" -mindepth 2 -maxdepth 2) ]]
}

@test "a build that is killed pins nothing any more" {
  not_in_mode chroot "a cache mount is a copy there, so a step cannot be held by one"
  printf 'FROM busybox\nRUN echo one > /one\nRUN %s %s\n' "$gate" "$wait_at_gate" >"$OUT/slow"
  start_slow "$OUT/slow"
  kill_build "$pid"
  "$CBUILD" prune --all --force
  [[ -z $(find "$CBUILD_ROOT/blobs" -type f) ]]
}

@test "reset leaves a store alone on which a build runs" {
  not_in_mode chroot "a cache mount is a copy there, so a step cannot be held by one"
  printf 'FROM busybox\nRUN %s %s\n' "$gate" "$wait_at_gate" >"$OUT/slow"
  start_slow "$OUT/slow"
  run "$CBUILD" reset --force
  open_gate
  wait "$pid"
  assert_status 125
  assert_contains "$output" "build is running"
  "$CBUILD" inspect slow:v1 >/dev/null
}

@test "a base out of an OCI archive" {
  skopeo copy -q --insecure-policy "oci:$BUSYBOX_LAYOUT:latest" "oci-archive:$OUT/base.tar:latest"
  printf 'FROM base\nRUN echo archived > /a\n' | dockerfile
  "$CBUILD" build --build-context "base=oci-layout://$OUT/base.tar:latest" -t app:v1 .
  [[ $(cat "$(unpacked docker.io/library/app:v1)/a") == archived ]]
}

@test "a base out of the local store" {
  build -t base/image:v1 .
  printf 'FROM base/image:v1\nRUN cat /one > /copy\n' | dockerfile
  build --pull=never -t app:v1 .
  [[ $(cat "$(unpacked docker.io/library/app:v1)/copy") == one ]]
}

@test "a store of a newer format is refused with what to do" {
  build -t app:v1 .
  echo 9999 >"$CBUILD_ROOT/version"
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "9999"
}

@test "options come from the command line, CBUILD_ variables and a file, in this order" {
  mkdir -p "$OUT/config"
  printf 'progress = rawjson\ntarget = nowhere\n' >"$OUT/config/file"
  export CBUILD_CONFIG=$OUT/config/file
  run "$CBUILD" build --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" -t app:v1 .
  assert_status 125
  assert_contains "$output" "nowhere"
  CBUILD_TARGET=elsewhere run "$CBUILD" build --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" -t app:v1 .
  assert_contains "$output" "elsewhere"
  sed -i /target/d "$OUT/config/file"
  "$CBUILD" build --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" -t app:v1 . 2>"$OUT/events"
  head -1 "$OUT/events" | jq -e .
}

@test "docker's flags without a meaning here are accepted with a line, unknown ones are not" {
  run build --provenance=false --rm --builder default -t app:v1 .
  assert_status 0
  assert_contains "$output" "--provenance"
  assert_contains "$output" "--builder"
  run build --sbom=true -t app:v1 .
  assert_status 2
  assert_contains "$output" "not supported yet"
}

@test "only the first argument can be a command word" {
  mkdir images
  cp Dockerfile images/
  run "$CBUILD" --progress=plain --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" -t app:v1 images
  assert_status 0
  run "$CBUILD" images
  assert_status 0
  assert_contains "$output" "app"
}

@test "parse and plan print JSON" {
  "$CBUILD" parse . | jq -e '.stages | length == 1'
  "$CBUILD" plan --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" . | jq -e '.steps | length >= 3'
}

@test "cbuild is one static program" {
  run ldd "$CBUILD"
  assert_contains "$output" "not a dynamic executable"
  run "$CBUILD" version
  assert_status 0
}
