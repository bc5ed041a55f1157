# A download that broke off with its process is gone on with by the next one.

load helper

setup_file() {
  start_registry
  context=$BATS_FILE_TMPDIR/context
  mkdir "$context"
  dd if=/dev/urandom of="$context/big" bs=1M count=8 status=none
  printf 'FROM scratch\nCOPY big /big\n' >"$context/Dockerfile"
  "$CBUILD" build -q --root "$BATS_FILE_TMPDIR/store" --push -t "$REGISTRY/big:v1" "$context"
}
teardown_file() { stop_registry; }
setup() {
  fresh
  PROXY=$BATS_TEST_TMPDIR/proxy
  mkdir "$PROXY"
  "$SUPPORT/slow_proxy.py" "$REGISTRY" "$PROXY" 3>&- &
  proxy_pid=$!
  wait_until test -e "$PROXY/port"
  base=127.0.0.1:$(<"$PROXY/port")/big:v1
  printf 'FROM %s\nCOPY --from=%s /big /copy\n' "$base" "$base" | dockerfile
  LAYER=$(skopeo inspect --tls-verify=false "docker://$REGISTRY/big:v1" | jq -r '.Layers[0]' | sed 's/.*://')
  PARTIAL=$CBUILD_ROOT/partial/$LAYER
  SIZE=$(skopeo inspect --tls-verify=false --raw "docker://$REGISTRY/big:v1" | jq '.layers[0].size')
}
teardown() {
  rm -f "$PROXY/limit"
  [[ -z ${pid:-} ]] || kill -KILL "$pid" 2>/dev/null || true
  kill "$proxy_pid" 2>/dev/null || true
}

# Builds until 3,000,000 bytes of the layer are there, and dies.
break_off() {
  echo 3000000 >"$PROXY/limit"
  "$CBUILD" build --progress=plain -t app:v1 . >"$OUT/log" 2>&1 3>&- &
  pid=$!
  wait_until is_broken_off_or_over
  # its helper may live a moment longer, and holds the file as long
  kill_build "$pid"
  pid=
  wait_until flock_is_free
  rm "$PROXY/limit"
  [[ $(stat -c %s "$PARTIAL") == 3000000 ]]
  : >"$PROXY/log"
}

is_broken_off() { [[ $(stat -c %s "$PARTIAL" 2>/dev/null) == 3000000 ]]; }
is_broken_off_or_over() { is_broken_off || { are_gone "$pid" && cat "$OUT/log"; }; }

flock_is_free() {
  python3 - "$PARTIAL" <<'P'
import fcntl, struct, sys
lock = struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0)
with open(sys.argv[1], "r+b") as f:
    try:
        fcntl.fcntl(f, 37, lock)  # F_OFD_SETLK
    except OSError:
        sys.exit(1)
P
}

# What was asked for of the big layer: "RANGE STATUS BYTES" lines, without the small blobs.
asked() { awk '$3 > 100000' "$PROXY/log"; }

is_whole() {
  "$CBUILD" build -q -t app:v1 . >/dev/null
  [[ $(unpacked docker.io/library/app:v1 | xargs -I{} sha256sum {}/copy | cut -d' ' -f1) == "$(sha256sum <"$BATS_FILE_TMPDIR/context/big" | cut -d' ' -f1)" ]]
  [[ -z $(ls "$CBUILD_ROOT/partial") ]]
  run "$CBUILD" fsck
  assert_status 0
}

@test "only the rest is asked for" {
  break_off
  is_whole
  [[ $(asked) == "bytes=3000000- 206 $((SIZE - 3000000))" ]] || { cat "$PROXY/log"; return 1; }
}

@test "a server without ranges sends all of it, and the image is right" {
  break_off
  touch "$PROXY/norange"
  is_whole
  [[ $(asked) == "bytes=3000000- 200 $SIZE" ]] || { cat "$PROXY/log"; return 1; }
}

@test "a server that refuses ranges is asked for all of it" {
  for refusal in 400 403 416 501; do
    break_off
    echo "$refusal" >"$PROXY/refuse"
    is_whole
    grep -qxF "bytes=3000000- $refusal 0" "$PROXY/log"
    [[ $(asked) == "- 200 $SIZE" ]] || { cat "$PROXY/log"; return 1; }
    rm "$PROXY/refuse"
    rm -rf --one-file-system "$CBUILD_ROOT"
  done
}

@test "what is there is hashed again, and fetched anew when it is something else" {
  break_off
  printf 'X' | dd of="$PARTIAL" bs=1 seek=1000000 conv=notrunc status=none
  is_whole
  [[ $(asked) == *"- 200 $SIZE" ]] || { cat "$PROXY/log"; return 1; }
}

@test "more than there should be, and what is too old, is no beginning" {
  break_off
  dd if=/dev/zero of="$PARTIAL" bs=1M count=20 status=none
  is_whole
  rm -rf --one-file-system "$CBUILD_ROOT"
  break_off
  touch -d '8 days ago' "$PARTIAL"
  is_whole
  [[ $(asked) == "- 200 $SIZE" ]] || { cat "$PROXY/log"; return 1; }
}

@test "prune --all removes what broke off, unless somebody is fetching it" {
  break_off
  "$CBUILD" prune --force
  [[ -e $PARTIAL ]]
  "$CBUILD" prune --all --force
  [[ ! -e $PARTIAL ]]
  echo 3000000 >"$PROXY/limit"
  "$CBUILD" build -q -t app:v1 . >/dev/null 2>&1 3>&- &
  pid=$!
  wait_until is_broken_off
  "$CBUILD" prune --all --force
  [[ -e $PARTIAL ]]
  rm "$PROXY/limit"
  wait "$pid"
  pid=
  is_whole
}
