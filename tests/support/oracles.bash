# What holds after every attack, whatever it was: sourced by the tests of docs/security.md, which call
# `attack` in setup and `after_attack` in teardown.
#   O1 a tree beside the build is as it was       O2 no process, mount or temporary file is left
#   O3 fsck finds nothing                         O5 refused: the status, and one line with the cause

# A fresh store and context, and the canary: $CANARY. FSCK is what fsck has to end with.
attack() {
  fresh
  export CANARY=$OUT/canary ATTACK=$BATS_SUITE_TEST_NUMBER.$$.$RANDOM
  FSCK=0
  CONTEXTS=()
  mkdir -p "$CANARY/dir"
  echo untouched >"$CANARY/file"
  echo guarded-bytes >"$CANARY/guarded"
  echo inner >"$CANARY/dir/inner"
  chmod 600 "$CANARY/guarded"
  ln -s file "$CANARY/link"
  mkfifo "$CANARY/fifo"
  cp /bin/true "$CANARY/setuid"
  chmod 4755 "$CANARY/setuid"
  canary_state >"$BATS_TEST_TMPDIR/canary.before"
}

canary_state() {
  find "$CANARY" -printf '%P %M %U:%G %T@ %n %l\n' | sort
  find "$CANARY" -type f -exec sha256sum {} + | sort
}

# image NAME < PYTHON: the layers of an image, as calls of support/layout.py in a list named "layers", and
# what its "config" and "more" of its document are; the build gets it as NAME
image() {
  PYTHONPATH=$SUPPORT python3 -c 'import os, sys
from layout import *
CANARY = os.environ["CANARY"]
config, more = None, {}
exec(sys.stdin.read())
make(sys.argv[1], layers, config=config, more=more)' "$OUT/$1.layout"
  context "$1" "oci-layout://$OUT/$1.layout:latest"
}

context() { CONTEXTS+=(--build-context "$1=$2"); }

# attacked [options] [.]: build, with the images that were made, and marked for O2
attacked() { ATTACKED=$ATTACK build "${CONTEXTS[@]}" "$@"; }
begin_attacked() {
  export ATTACKED=$ATTACK
  begin_build "${CONTEXTS[@]}" "$@"
  unset ATTACKED
}

# refused TEXT...: the build that `run` has run ended with 125, and its last line says all of that
assert_refused() {
  local text
  assert_status 125
  for text in "$@"; do assert_contains "$output" "$text"; done
  assert_contains "${lines[-1]}" "cbuild: error: "
}

# processes of the build, by their environment or by a mount namespace in which its store is mounted
attackers() {
  grep -laz "^ATTACKED=$ATTACK" /proc/[0-9]*/environ 2>/dev/null
  grep -la -F "$CBUILD_ROOT/" /proc/[0-9]*/mountinfo 2>/dev/null
}
no_attackers() { [[ -z $(attackers) ]]; }

after_attack() {
  end_background
  diff "$BATS_TEST_TMPDIR/canary.before" <(canary_state) || { echo "O1: the canary was touched"; return 1; }
  wait_until no_attackers || { echo "O2: left over: $(attackers)"; return 1; }
  [[ -d $CBUILD_ROOT ]] || return 0
  local ended=0
  "$CBUILD" fsck >"$BATS_TEST_TMPDIR/fsck" 2>&1 || ended=$?
  [[ $ended -eq $FSCK ]] || { echo "O3: fsck ended with $ended"; cat "$BATS_TEST_TMPDIR/fsck"; return 1; }
  # what a killed build left goes with the next one
  printf 'FROM scratch\nLABEL a=b\n' | "$CBUILD" build -q - >/dev/null
  [[ -z $(find "$CBUILD_ROOT/tmp" -mindepth 1 -maxdepth 1) ]] || { echo "O2:"; ls -lR "$CBUILD_ROOT/tmp"; return 1; }
}

# repeats CI HUNT: how often; CBUILD_HUNT=1 asks for the long count
repeats() { [[ -n ${CBUILD_HUNT:-} ]] && echo "$2" || echo "$1"; }

# host_programs NAME...: programs of this machine and what they are linked with, below ./tools
host_programs() {
  local name file
  for name in "$@"; do
    for file in "$(command -v "$name")" $(ldd "$(command -v "$name")" | grep -o '/[^ ]*'); do
      mkdir -p "tools$(dirname "$file")"
      cp -L "$file" "tools$file"
    done
  done
}
