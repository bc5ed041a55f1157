# Bad input, and what breaks off in the middle: a clear error or a clean next build, nothing outside
# touched, no finished step lost.

load helper

setup_file() { busybox_layout; }
setup() { fresh; }

# slow_project: three steps, the last of which takes long
slow_project() {
  nap=$(naps)
  dockerfile <<D
FROM busybox
RUN echo one > /one
RUN echo two > /two
RUN $nap
D
}

start_slow_build() {
  begin_build -t app:v1 . >"$OUT/log" 2>&1
  pid=$!
  wait_until asleep "$nap"
}

assert_next_build_is_clean() {
  sed -i "s/$nap/true/" Dockerfile
  run build -t app:v1 .
  assert_status 0
  [[ $(grep -c CACHED <<<"$output") -ge 2 ]]
  [[ -z $(find "$CBUILD_ROOT/tmp" -mindepth 1 -maxdepth 1) ]]
  run "$CBUILD" fsck
  assert_status 0
}

@test "kill -9 of cbuild leaves no process, no mount, and the steps that were done" {
  slow_project
  start_slow_build
  kill_build "$pid"
  awake "$nap"
  refute grep -q "$CBUILD_ROOT" /proc/self/mountinfo
  assert_next_build_is_clean
}

@test "a RUN that is killed fails its build with 137 and nothing else" {
  slow_project
  start_slow_build
  pkill -KILL -f "^$nap"
  status=0
  wait "$pid" || status=$?
  [[ $status -eq 137 ]]
  assert_next_build_is_clean
}

@test "a full disk is named, and the next build on a freed one works" {
  slow_project
  echo 'RUN head -c 30000000 /dev/urandom > /big' >>Dockerfile
  sed -i '/sleep/d' Dockerfile
  mkdir "$OUT/disk"
  unshare -m --propagation private bash -c '
    set -e
    mount -t tmpfs -o size=14m none "$0"
    export CBUILD_ROOT="$0/store"
    build=("$CBUILD" build --progress=plain --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" -t app:v1 .)
    status=0
    "${build[@]}" >"$1" 2>&1 || status=$?
    [[ $status -ne 0 ]] || { echo "did not fail"; exit 1; }
    grep -qi "no space left" "$1" || { cat "$1"; exit 1; }
    sed -i "\$d" Dockerfile
    "${build[@]}" >"$1" 2>&1 || { cat "$1"; exit 1; }
    [[ $(grep -c CACHED "$1") -ge 2 ]]
    "$CBUILD" fsck
  ' "$OUT/disk" "$OUT/log"
}

@test "M-03: a corrupt blob of a base is refused by its digest" {
  cp -r "$BUSYBOX_LAYOUT" "$OUT/bad"
  layer=$(skopeo inspect "oci:$OUT/bad:latest" | jq -r '.Layers[0]' | cut -d: -f2)
  printf 'X' | dd of="$OUT/bad/blobs/sha256/$layer" bs=1 seek=1000 conv=notrunc status=none
  printf 'FROM base\nRUN true\n' | dockerfile
  run "$CBUILD" build --progress=plain --build-context "base=oci-layout://$OUT/bad:latest" -t app:v1 .
  assert_status 125
  assert_contains "$output" "$layer"
  run build -t app:v1 -f - . <<<$'FROM busybox\nRUN true'
  assert_status 0
}

@test "M-03: a truncated layer is refused" {
  cp -r "$BUSYBOX_LAYOUT" "$OUT/bad"
  layer=$(skopeo inspect "oci:$OUT/bad:latest" | jq -r '.Layers[0]' | cut -d: -f2)
  truncate -s 5000 "$OUT/bad/blobs/sha256/$layer"
  printf 'FROM base\nRUN true\n' | dockerfile
  run "$CBUILD" build --progress=plain --build-context "base=oci-layout://$OUT/bad:latest" -t app:v1 .
  assert_status 125
}

@test "P-07: a hostile base: symlinks at the COPY destination and at /etc/passwd stay inside" {
  mkdir "$OUT/canary"
  echo untouched >"$OUT/canary/file"
  dockerfile <<D
FROM busybox AS evil
RUN rm /etc/passwd && ln -s $OUT/canary/file /etc/passwd && ln -s $OUT/canary /data && ln -s ../../../../../../$OUT/canary/file /file
FROM evil
COPY Dockerfile /data/file
COPY Dockerfile /file
WORKDIR /data/sub
RUN echo x > /data/from-run
D
  build -t app:v1 .
  [[ $(cat "$OUT/canary/file") == untouched ]]
  [[ $(ls "$OUT/canary") == file ]]
  root=$(unpacked docker.io/library/app:v1)
  [[ -s $root/$OUT/canary/from-run ]]
}

@test "T-01, T-05: an archive that reaches outside is refused" {
  python3 - <<'P'
import io, tarfile
def make(name, members):
    with tarfile.open(name, "w") as t:
        for info, data in members:
            t.addfile(info, io.BytesIO(data) if data else None)
def file(name, data=b"x"):
    i = tarfile.TarInfo(name); i.size = len(data); return i, data
def link(name, target, kind):
    i = tarfile.TarInfo(name); i.type = kind; i.linkname = target; return i, None
make("dotdot.tar", [file("ok"), file("../../../escape")])
make("hardlink.tar", [link("h", "../../../../etc/passwd", tarfile.LNKTYPE)])
P
  for archive in dotdot hardlink; do
    printf 'FROM scratch\nADD %s.tar /x/\n' $archive | dockerfile
    run build -t app:v1 .
    assert_status 125
  done
}

@test "P-10: a source file that changes all the time is refused by name, and never half of each" {
  # rules: 13-changing-file
  # reading it takes a thousand times as long as one change
  truncate -s 200M big
  printf 'FROM scratch\nCOPY big /big\n' | dockerfile
  begin bash -c 'while :; do printf a >>big; done'
  writer=$!
  run build -t app:v1 .
  kill $writer
  wait $writer || true
  assert_status 125
  assert_contains "$output" "'big' in the build context changes while it is read"
  run build -t app:v1 .
  assert_status 0
  cmp big "$(unpacked docker.io/library/app:v1)/big"
}

@test "fsck checks what every mode has unpacked, and says what it cannot read" {
  not_in_mode "*" "each mode is named here"
  printf 'FROM busybox AS made\nRUN mkdir /d && echo x > /d/f && chown 5:6 /d/f\nFROM scratch\nCOPY --from=made /d /d\nCOPY --from=busybox /bin/busybox /b\n' | dockerfile
  build -t app:v1 .
  build --no-cache --isolation=chroot -t app:v2 .
  build --no-cache --isolation=none -f - . <<<$'FROM busybox\nCOPY --from=busybox /bin /b'
  local flavour file kinds
  kinds=$(ls "$CBUILD_ROOT/snapshots")
  [[ $kinds == *overlay-trusted* && $kinds == *copy-root* && $kinds == *recorded* ]]
  run "$CBUILD" fsck
  assert_status 0
  [[ -z $output ]]
  for flavour in "$CBUILD_ROOT"/snapshots/*; do
    file=$(find "$flavour" -path '*/bin/busybox' -type f | head -1)
    cp --preserve=all "$file" "$OUT/kept"
    printf 'X' | dd of="$file" bs=1 seek=5000 conv=notrunc status=none
    run "$CBUILD" fsck
    assert_status 1
    assert_contains "$output" "differs from its layer at '/bin/busybox'"
    [[ $(wc -l <<<"$output") -eq 1 ]]
    cat "$OUT/kept" >"$file"
    touch -r "$OUT/kept" "$file"
  done
  run "$CBUILD" fsck
  assert_status 0
  # owners of somebody else's sub-ids
  mv "$CBUILD_ROOT/snapshots/copy-root" "$CBUILD_ROOT/snapshots/overlay-user-0123456789abcdef"
  run "$CBUILD" fsck
  assert_status 0
  assert_contains "$output" "snapshots of another mode (snapshots/overlay-user-0123456789abcdef) are not checked"
}

@test "fsck finds a flipped bit, a damaged record, a damaged snapshot and a missing blob" {
  slow_project
  sed -i '/sleep/d' Dockerfile
  build -t app:v1 .
  run "$CBUILD" fsck
  assert_status 0

  blob=$(find "$CBUILD_ROOT/blobs/sha256" -type f -size +100k | head -1)
  cp "$blob" "$OUT/blob"
  printf 'X' | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
  run "$CBUILD" fsck
  assert_status 1
  assert_contains "$output" "$(basename "$blob")"
  cat "$OUT/blob" >"$blob"

  record=$(find "$CBUILD_ROOT/cache/records" -type f | head -1)
  cp "$record" "$OUT/record"
  printf 'X' | dd of="$record" bs=1 seek=50 conv=notrunc status=none
  run "$CBUILD" fsck
  assert_status 1
  assert_contains "$output" "record"
  cp "$OUT/record" "$record"

  file=$(find "$CBUILD_ROOT/snapshots" -path '*/bin/busybox' -type f | head -1)
  printf 'X' | dd of="$file" bs=1 seek=5000 conv=notrunc status=none
  run "$CBUILD" fsck
  assert_status 1
  assert_contains "$output" "snapshot"
  assert_contains "$output" "bin/busybox"

  rm "$blob"
  run "$CBUILD" fsck
  assert_status 1
  assert_contains "$output" "missing"
}
