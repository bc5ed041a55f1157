# The disk of the store gets full, at one moment of a build after the other: what was missing is named, with what to do,
# nothing is left over, and when there is room again the same command goes on where it was.
load helper

setup_file() { start_registry; }
teardown_file() { stop_registry; }

setup() {
  fresh
  DISK=$BATS_TEST_TMPDIR/disk
  mkdir "$DISK"
  export CBUILD_ROOT=$DISK/store
  # in a mount namespace of its own, which ends with this process
  begin unshare -m --propagation private bash -c 'echo "$BASHPID" >"$1" && exec sleep 1000000' - "$OUT/holder"
  wait_until test -s "$OUT/holder"
  HOLDER=$(<"$OUT/holder")
}

on_disk() { nsenter --mount="/proc/$HOLDER/ns/mnt" --wd="$CONTEXT" -- "$@"; }

# disk tmpfs|ext4 ROOM: an empty one, with so much room, in KiB
disk() {
  local free
  on_disk umount "$DISK" 2>/dev/null || true
  if [[ $1 == tmpfs ]]; then
    on_disk mount -t tmpfs -o size=64m none "$DISK"
  else
    rm -f "$OUT/image"
    truncate -s 64M "$OUT/image"
    mkfs.ext4 -q -m 0 -O ^has_journal "$OUT/image"
    on_disk mount -o loop "$OUT/image" "$DISK" || lacks "loop devices"
  fi
  free=$(on_disk stat -f -c '%a * %S / 1024' "$DISK")
  on_disk fallocate -l "$((free - $2))K" "$DISK/ballast"
}
make_room() { on_disk rm "$DISK/ballast"; }

# build_there [options]: a build whose store is on it
build_there() {
  on_disk "$CBUILD" build --progress=plain --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@" .
}

# names of steps that ended with WORD in the log FILE
steps() {
  sed -nE "s/^(#[0-9]+) $1.*/\1 /p" "$2" | grep -F -f - "$2" | grep -oE '\[[^]]*[0-9]+/[0-9]+\] .*' | sort -u
}

# what holds after a build that had no room, whose output is in $output
assert_short() {
  [[ $output == *": error: the store $CBUILD_ROOT: "*": No space left on device"* ||
    $output == *": error: "*"$DISK/out.tar': write: No space left on device"* ||
    $output == *"WARN: no space left on the file system of the store $CBUILD_ROOT "* ]] || { echo "$output"; return 1; }
  assert_contains "$output" "'cbuild prune' removes what no image needs"
  # no draft, no half of a file, no lock
  [[ -z $(on_disk find "$CBUILD_ROOT/tmp" "$CBUILD_ROOT/leases" -mindepth 1 2>/dev/null) ]]
  [[ -z $(on_disk find "$DISK" -mindepth 1 -maxdepth 1 ! -name store ! -name ballast ! -name lost+found) ]]
}

assert_sound() {
  run on_disk "$CBUILD" fsck
  assert_status 0
  [[ -z $(on_disk find "$CBUILD_ROOT/tmp" -mindepth 1) ]]
}

# moment: where it was that there was no room, from $output
moment() {
  case $output in
    *"$DISK/out.tar': write: No space"*) echo export ;;
    *"ERROR: "*"layer of oci-layout:"*) echo import ;;
    *"no space left on the file system of the store"*) echo run ;;
    *">>> COPY"*) echo copy ;;
    *">>> ADD"*) echo add ;;
    *">>> RUN"*) echo layer ;;
    *) echo other ;;
  esac
}

# every_moment KIND ROOM...
every_moment() {
  local kind=$1 room seen=" "
  shift
  head -c 3000000 /dev/urandom >big
  mkdir -p tree
  head -c 2000000 /dev/urandom >tree/x
  tar -czf archive.tgz tree
  dockerfile <<'END'
FROM busybox
COPY big /big
RUN head -c 3000000 /dev/urandom >/made; test $(stat -c %s /made) = 3000000
ADD archive.tgz /archive
END
  for room; do
    disk "$kind" "$room"
    run build_there -t app:v1 -o "type=oci,dest=$DISK/out.tar"
    [[ $status -ne 0 ]] || { seen+="none "; break; }
    echo "$output" >"$OUT/first"
    assert_short
    seen+="$(moment) "
    # a command has its own status
    [[ $status -eq 125 || ($status -eq 1 && $seen == *" run ") ]] || { echo "$room: $status $output"; return 1; }
    make_room
    assert_sound
    run build_there -t app:v1 -o "type=oci,dest=$DISK/out.tar"
    assert_status 0
    echo "$output" >"$OUT/second"
    # what was done is not done again
    [[ -z $(comm -23 <(steps DONE "$OUT/first") <(steps CACHED "$OUT/second")) ]]
    [[ $(on_disk skopeo inspect "oci-archive:$DISK/out.tar" | jq '.Layers | length') -eq 4 ]]
    assert_sound
  done
  echo "met:$seen"
  for moment in import copy run export none; do [[ $seen == *" $moment "* ]]; done
}

@test "S-14 a disk without room, at every moment of a build: it is named, nothing is left, and it goes on" {
  # shellcheck disable=SC2046
  every_moment tmpfs 300 1200 $(seq 2500 1500 40000)
}

@test "S-14 a disk without room, on ext4" {
  # shellcheck disable=SC2046
  every_moment ext4 300 1200 $(seq 2500 1500 40000)
}

@test "S-14 a pull that finds no room says so, and is taken up again" {
  local room
  printf 'FROM %s/busybox\nRUN true\n' "$REGISTRY" | dockerfile
  for room in 100 400 1000 2000; do
    disk tmpfs "$room"
    run build_there -t app:v1
    [[ $status -eq 125 ]] || { echo "$room: $status $output"; return 1; }
    assert_short
    make_room
    assert_sound
    run build_there -t app:v1
    assert_status 0
    assert_sound
  done
}

@test "S-14 a disk without room for one more file" {
  local files used
  printf 'FROM busybox\nRUN mkdir /d; for i in $(seq 200); do touch /d/$i 2>/dev/null; done; test $(ls /d | wc -l) = 200\n' | dockerfile
  disk tmpfs 60000
  build_there -t app:v1
  used=$(($(on_disk stat -f -c '%c - %d' "$DISK")))
  for files in 50 $((used - 250)) $((used - 100)); do
    disk tmpfs 60000
    on_disk mount -o "remount,nr_inodes=$files" "$DISK"
    run build_there -t app:v1
    [[ $status -ne 0 ]]
    assert_short
    [[ $files -ne $((used - 100)) || $(moment) == run ]]
    on_disk mount -o remount,nr_inodes=100000 "$DISK"
    assert_sound
    run build_there -t app:v1
    assert_status 0
    assert_sound
  done
}
