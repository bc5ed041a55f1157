# Images that mean harm, and a network that breaks off.

load helper

setup_file() { start_registry; }
teardown_file() { stop_registry; }
setup() {
  fresh
  export CANARY=$OUT/canary
  mkdir "$CANARY"
  echo untouched >"$CANARY/file"
}

assert_canary() {
  [[ $(ls "$CANARY") == file && $(cat "$CANARY/file") == untouched ]]
}

# build_on KIND: a build whose COPY makes the layer be unpacked
build_on() {
  python3 "$SUPPORT/evil_layout.py" "$OUT/$1" "$1"
  printf 'FROM evil\nCOPY Dockerfile /bin/\n' | dockerfile
  run "$CBUILD" build --progress=plain --build-context "evil=oci-layout://$OUT/$1:latest" -t app:v1 .
}

@test "a good layout made the same way is taken" {
  build_on good
  assert_status 0
}

@test "T-01, T-02, T-05, T-07: layers that point outside are refused or stay inside, and touch nothing" {
  for kind in dotdot hardlink device overlay-xattr; do
    build_on $kind
    assert_status 125
    assert_canary
  done
  for kind in absolute symlink hardlink-symlink; do
    build_on $kind
    [[ $status -eq 0 || $status -eq 125 ]]
    assert_canary
  done
}

@test "M-01, M-03: documents that are not what they claim are refused" {
  for kind in wrong-diff-id wrong-manifest-digest; do
    build_on $kind
    assert_status 125
    assert_contains "$output" "sha256:"
  done
  build_on both
  assert_status 125
  assert_contains "$output" "both a manifest and an index"
}

@test "after each of them the store is whole and the next build works" {
  for kind in dotdot wrong-diff-id; do
    build_on $kind
    assert_status 125
  done
  run "$CBUILD" fsck
  assert_status 0
  build_on good
  assert_status 0
}

# A registry in front of the real one that stalls in the middle of a big blob: $OUT/stalled appears then,
# and it goes on when $OUT/release does.
stalling_registry() {
  begin python3 "$SUPPORT/stalling_registry.py" "$REGISTRY" "$OUT"
  wait_until test -s "$OUT/port"
}

begin_stalled_build() {
  stalling_registry
  printf 'FROM 127.0.0.1:%s/busybox\nRUN echo done > /d\n' "$(cat "$OUT/port")" | dockerfile
  begin "$CBUILD" build --progress=plain -t app:v1 . >"$OUT/log" 2>&1
  pid=$!
  wait_until test -e "$OUT/stalled"
}

@test "kill -9 of cbuild-net in the middle is a clear error, and the next build works" {
  begin_stalled_build
  pkill -KILL -P "$pid" -x cbuild-net
  status=0
  wait "$pid" || status=$?
  cat "$OUT/log"
  [[ $status -eq 125 ]]
  grep -q 'cbuild-net' "$OUT/log"
  touch "$OUT/release"
  run "$CBUILD" build --progress=plain -t app:v1 .
  assert_status 0
  run "$CBUILD" fsck
  assert_status 0
}

@test "kill -9 of cbuild while it downloads leaves no process, and the next build works" {
  begin_stalled_build
  [[ -n $(pgrep -P "$pid") ]]
  kill_build "$pid"
  touch "$OUT/release"
  run "$CBUILD" build --progress=plain -t app:v1 .
  assert_status 0
  [[ -z $(find "$CBUILD_ROOT/tmp" -mindepth 1 -maxdepth 1) ]]
}

@test "an OCI layout is read through no symlink, and an archive of one makes no devices" {
  echo host-secret-line >"$OUT/secret"
  mkdir "$OUT/linked"
  ln -s "$OUT/secret" "$OUT/linked/index.json"
  printf 'FROM x\nRUN true\n' | dockerfile
  run "$CBUILD" build --build-context "x=oci-layout://$OUT/linked" -t app:v1 .
  assert_status 125
  refute_contains "$output" "host-secret"
  for kind in CHRTYPE FIFOTYPE; do
    python3 - "$OUT/$kind.tar" $kind <<'P'
import sys, tarfile
with tarfile.open(sys.argv[1], "w") as t:
    info = tarfile.TarInfo("index.json")
    info.type = getattr(tarfile, sys.argv[2])
    info.devmajor, info.devminor = 1, 5
    t.addfile(info)
P
    run timeout 120 "$CBUILD" build --build-context "x=oci-layout://$OUT/$kind.tar" -t app:v1 .
    assert_status 125
    refute_contains "$output" "larger than"
  done
}
