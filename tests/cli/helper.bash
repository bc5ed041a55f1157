# Shared by the end-to-end tests. Each test has a store, a context and an output folder of its own
# below $BATS_TEST_TMPDIR; a file that needs a registry calls start_registry in setup_file.

bats_require_minimum_version 1.5.0

CBUILD=${CBUILD:?the program under test}
SUPPORT=$BATS_TEST_DIRNAME/../support

# lacks WHAT: this machine has not what a test needs. Where everything is meant to be there
# (TEST_COMPLETE, as in CI) the test fails, else it is skipped and says why.
lacks() {
  [[ -n ${TEST_COMPLETE:-} ]] || skip "$1"
  echo "this machine lacks what the test needs: $1"
  return 1
}

# TEST_MODE is set where support/suite-in-mode runs the tests: then every cbuild runs in that mode, and
# as TEST_MODE_USER where it has one. A test that cannot hold in some modes says so, with the reason;
# docs/modes.md is made of these lines (tests/lint/modes_table.py).
# not_in_mode "MODE..." REASON
not_in_mode() {
  local mode
  [[ -n ${TEST_MODE:-} ]] || return 0
  set -f # the names may be patterns
  for mode in $1; do
    # shellcheck disable=SC2053
    [[ ${TEST_MODE:-} != $mode ]] || skip "not in mode $TEST_MODE: $2"
  done
  set +f
}

# The tests' folders are that user's, and can be reached.
open_to_user() {
  local dir=$BATS_TEST_TMPDIR
  [[ -n ${TEST_MODE_USER:-} ]] || return 0
  chown "$TEST_MODE_USER" "$@"
  while [[ $dir != / && $dir != "${TMPDIR:-/tmp}" ]]; do
    chmod go+x "$dir"
    dir=$(dirname "$dir")
  done
}

# given FILE...: gives them to that user
given() { [[ -z ${TEST_MODE_USER:-} ]] || chown "$TEST_MODE_USER" "$@"; }

# A registry on loopback with busybox in it; its address is in $REGISTRY for all tests of the file.
start_registry() {
  export REGISTRY_STATE=$BATS_FILE_TMPDIR/registry
  REGISTRY=$("$SUPPORT/registry" up "$REGISTRY_STATE")
  export REGISTRY
  busybox_layout
  skopeo copy -q --insecure-policy --dest-tls-verify=false \
    "oci:$BUSYBOX_LAYOUT:latest" "docker://$REGISTRY/busybox:latest"
}

stop_registry() {
  [[ -z ${REGISTRY_STATE:-} ]] || "$SUPPORT/registry" down "$REGISTRY_STATE"
}

# The small base image that all files share.
busybox_layout() {
  BUSYBOX_LAYOUT=$("$SUPPORT/busybox-base") || return 1
  export BUSYBOX_LAYOUT
}

# A fresh store and an empty context to stand in. The base is reached as busybox, without registry.
fresh() {
  export CBUILD_ROOT=$BATS_TEST_TMPDIR/store
  CONTEXT=$BATS_TEST_TMPDIR/context
  OUT=$BATS_TEST_TMPDIR/out
  mkdir -p "$CONTEXT" "$OUT"
  open_to_user "$BATS_TEST_TMPDIR" "$CONTEXT" "$OUT"
  cd "$CONTEXT" || return 1
}

# dockerfile < text: writes ./Dockerfile
dockerfile() { cat >Dockerfile; }

# build [options] [.]: cbuild with plain progress; BASE contexts where busybox_layout was called.
build() {
  local base=()
  [[ -z ${BUSYBOX_LAYOUT:-} ]] || base=(--build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest")
  "$CBUILD" build --progress=plain "${base[@]}" "$@"
}

# begin COMMAND...: starts a program in the background, without the descriptor that bats waits for the
# end of; its id is in $!. However the test ends, teardown ends it.
begin() {
  # said aloud, else bash gives it /dev/null
  (exec "$@") <&0 3>&- &
  BACKGROUND+=($!)
}

# begin_build [options] [.]: build, in the background
begin_build() {
  local base=()
  [[ -z ${BUSYBOX_LAYOUT:-} ]] || base=(--build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest")
  begin "$CBUILD" build --progress=plain "${base[@]}" "$@"
}

# family PID: it and all that descend from it
family() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do family "$child"; done
}

# are_gone PID...: none of them runs; one that is dead and not reaped does not
are_gone() {
  local pid
  for pid in "$@"; do
    ! grep -qs '^State:[[:space:]][^ZX]' "/proc/$pid/status" || return 1
  done
}

# kill_build PID: kills it with KILL, and waits until the last of those that it started has followed it
kill_build() {
  local all
  # shellcheck disable=SC2207
  all=($(family "$1"))
  kill -KILL "$1"
  wait "$1" 2>/dev/null || true
  wait_until are_gone "${all[@]}"
}

end_background() {
  local pid all
  for pid in "${BACKGROUND[@]}"; do
    # one that was waited for may have left its number to somebody else's
    [[ $(ps -o ppid= -p "$pid") -eq $BASHPID ]] || continue
    # so that it starts no more meanwhile
    kill -STOP "$pid" 2>/dev/null || true
    # shellcheck disable=SC2207
    all=($(family "$pid"))
    kill -KILL "${all[@]}" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    wait_until are_gone "${all[@]}"
  done
  BACKGROUND=()
}

# jq 1.6 ends `jq -e` with 0 when it reads nothing at all; here that is a failure
jq() {
  case " $* " in
    *" -e "*) (set -o pipefail; command jq "$@" | grep .) ;;
    *) command jq "$@" ;;
  esac
}

BACKGROUND=()
teardown() { end_background; }

# wait_until COMMAND...: until it succeeds; two minutes are for slow machines, not for races
wait_until() {
  for _ in $(seq 1200); do
    "$@" && return 0
    sleep 0.1
  done
  echo "waited in vain: $*"
  return 1
}

# naps: "sleep" with a time that no other test running beside this one uses, nor begins with; asleep: is it
# running?
naps() { printf 'sleep 1000.%07d%04d\n' "$BASHPID" "$BATS_SUITE_TEST_NUMBER"; }
asleep() { pgrep -f "^$1" >/dev/null; }
awake() { ! asleep "$1"; }

# unpacked REFERENCE: the image's root file system, unpacked by umoci from the store; prints its path.
unpacked() {
  local bundle=$OUT/bundle.$RANDOM
  skopeo copy -q --insecure-policy "oci:$CBUILD_ROOT:$1" "oci:$OUT/layout:image" >&2
  umoci unpack --image "$OUT/layout:image" "$bundle" >&2
  echo "$bundle/rootfs"
}

# config REFERENCE: the image config as JSON, read by skopeo.
config() { skopeo inspect --config "oci:$CBUILD_ROOT:$1"; }

# Two that are not there are not the same.
manifest_digest() {
  "$CBUILD" inspect "$1" | jq -r '.[0].RepoDigests[0]' | sed 's/.*@//' | grep '^sha256:' || echo "no digest of $1 $RANDOM$RANDOM"
}

# refute COMMAND...: it must end with 1, as grep and pgrep do that find nothing. (`! COMMAND` in the
# middle of a test fails nothing.)
refute() {
  local ended=0
  "$@" || ended=$?
  [[ $ended -eq 1 ]] || { echo "expected nothing of: $* (status $ended)"; return 1; }
}
assert_contains() { [[ $1 == *"$2"* ]] || { echo "expected '$2' in:"; echo "$1"; return 1; }; }
refute_contains() { [[ $1 != *"$2"* ]] || { echo "did not expect '$2' in:"; echo "$1"; return 1; }; }
assert_status() { [[ $status -eq $1 ]] || { echo "expected status $1, got $status:"; echo "$output"; return 1; }; }

# start_source_server DIR: files, git repositories and redirects on loopback (source_server.py); its
# address is in $SOURCES, its process in the list that stop_source_servers ends.
start_source_server() {
  mkdir -p "$1/files" "$1/git"
  "$SUPPORT/source_server.py" "$1" </dev/null >"$1/output" 2>&1 3>&- &
  SOURCE_SERVERS+=" $!"
  until [[ -f $1/port ]]; do
    kill -0 $! || { cat "$1/output"; return 1; }
    sleep 0.02
  done
  SOURCES=127.0.0.1:$(<"$1/port")
}

stop_source_servers() {
  local pid
  for pid in ${SOURCE_SERVERS:-}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  SOURCE_SERVERS=
}
