# Stopping a build: the RUN is asked and then killed, the status says by what, and nothing is left.

load helper

setup_file() { busybox_layout; }
setup() { fresh; }

# start_build [options]: in the background, until the log says "ready"; its family is in $all
start_build() {
  begin_build "$@" >"$OUT/log" 2>&1
  pid=$!
  wait_until grep -q '[0-9] ready' "$OUT/log"
  # shellcheck disable=SC2207
  all=($(family "$pid"))
}

# end_build SIGNAL: sends it and waits; the status is in $status
end_build() {
  kill -"$1" "$pid"
  status=0
  wait "$pid" || status=$?
  cat "$OUT/log"
}

# no process, no mount, no lock, no temporary file, and nothing that the next build minds
assert_nothing_left() {
  local one
  for one in "${all[@]}"; do
    # dead, and not reaped yet by who has taken it over: that has no command line
    [[ ! -d /proc/$one || -z $(tr -d '\0' <"/proc/$one/cmdline") ]] || { echo "left running: $(tr '\0' ' ' <"/proc/$one/cmdline")"; return 1; }
  done
  refute grep -F "$CBUILD_ROOT" /proc/self/mountinfo
  one=$(find "$CBUILD_ROOT/tmp" "$CBUILD_ROOT/leases" -mindepth 1 2>/dev/null)
  [[ -z $one ]] || { echo "left behind: $one"; return 1; }
  one=$(stat -c %i $(find "$CBUILD_ROOT" -type f) 2>/dev/null | while read -r inode; do grep ":$inode " /proc/locks; done || true)
  [[ -z $one ]] || { echo "left locked: $one"; return 1; }
}

assert_next_build() {
  printf 'FROM busybox\nRUN echo one > /one\nRUN true\n' | dockerfile
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" "#3 CACHED"
}

@test "TERM and INT ask the RUN, wait for it, and end with 143 and 130" {
  for signal in TERM:143 INT:130; do
    rm -rf --one-file-system "$CBUILD_ROOT"
    dockerfile <<'D'
FROM busybox
RUN echo one > /one
RUN trap 'sleep 0.3; echo "clea""ned up"; exit 0' TERM; echo "rea""dy"; while :; do sleep 0.05; done
D
    start_build .
    end_build "${signal%:*}"
    [[ $status -eq ${signal#*:} ]]
    grep -q '[0-9] cleaned up' "$OUT/log"
    tail -1 "$OUT/log" | grep -q "cancelled by SIG${signal%:*}"
    assert_nothing_left
    assert_next_build
  done
}

@test "S-14: a RUN that does not heed TERM is killed after --stop-grace, with all that it started" {
  dockerfile <<'D'
FROM busybox
RUN echo one > /one
RUN trap '' TERM; (setsid sleep 1000 &); sleep 1001 & echo "rea""dy"; while :; do sleep 0.05; done
D
  start_build --stop-grace 2s .
  local begun=$SECONDS
  end_build TERM
  [[ $status -eq 143 ]]
  [[ $((SECONDS - begun)) -ge 1 ]]
  assert_nothing_left
  assert_next_build
}

@test "a second signal ends a build at once" {
  local begun=$SECONDS
  printf 'FROM busybox\nRUN echo one > /one\nRUN trap "echo ask""ed" TERM; echo "rea""dy"; while :; do sleep 0.05; done\n' | dockerfile
  start_build --stop-grace 90s .
  kill -TERM "$pid"
  wait_until grep -q '[0-9] asked' "$OUT/log"
  # two that come together are one, as timeout(1) sends them
  sleep 0.2
  end_build TERM
  [[ $status -eq 143 && $((SECONDS - begun)) -lt 90 ]]
  assert_nothing_left
  assert_next_build
}

@test "steps that run side by side are all stopped, one with a secret and a locked cache too" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  echo some-long-value >"$OUT/secret"
  dockerfile <<'D'
FROM busybox AS a
RUN --mount=type=secret,id=s --mount=type=cache,id=c,target=/c,sharing=locked touch /c/a; sleep 1000
FROM busybox AS b
RUN --mount=type=tmpfs,target=/t touch /t/b; sleep 1000
FROM busybox
RUN echo one > /one
RUN --mount=from=a,target=/a --mount=from=b,target=/b true
RUN true
D
  begin_build --jobs 4 --secret id=s,src="$OUT/secret" . >"$OUT/log" 2>&1
  pid=$!
  two_sleep() { [[ $(family "$pid" | xargs -r -I% cat /proc/%/comm 2>/dev/null | grep -c '^sleep$') -eq 2 ]]; }
  wait_until two_sleep
  # shellcheck disable=SC2207
  all=($(family "$pid"))
  end_build TERM
  [[ $status -eq 143 ]]
  assert_nothing_left
  # the lock of the cache is free
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,target=/c,sharing=locked ls /c\n' | dockerfile
  build --jobs 1 .
}

@test "S-06: the step has no signal ignored or blocked, whatever was inherited" {
  not_in_mode chroot "the step has no /proc to look at"
  printf 'FROM busybox\nRUN grep -E "^Sig(Blk|Ign)" /proc/self/status | tee /dev/stderr | grep -c ":.0000000000000000$" | grep -qx 2\n' | dockerfile
  timeout 120 env --ignore-signal=HUP,INT,QUIT,TERM,PIPE,USR1,CHLD --block-signal=HUP,INT,TERM,USR2,CHLD \
    "$CBUILD" build --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" -t app:v1 .
}

@test "INT and TERM stop a build that inherited them ignored or blocked; HUP stays ignored" {
  printf 'FROM busybox\nRUN echo one > /one\nRUN trap "exit 0" TERM; echo "rea""dy"; while :; do sleep 0.05; done\n' | dockerfile
  for signal in INT:130 TERM:143; do
    begin env --ignore-signal=HUP,INT,QUIT,TERM --block-signal=INT,TERM "$CBUILD" build --progress=plain \
      --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" . >"$OUT/log" 2>&1
    pid=$!
    wait_until grep -q '[0-9] ready' "$OUT/log"
    # shellcheck disable=SC2207
    all=($(family "$pid"))
    kill -HUP "$pid"
    end_build "${signal%:*}"
    [[ $status -eq ${signal#*:} ]]
    assert_nothing_left
    # what ends well because it was told to end is not done, and not cached
    refute grep -E '^#4 (DONE|CACHED)' "$OUT/log"
  done
}

@test "a step that ends well because it was told to stop is not done, and not cached" {
  printf 'FROM busybox\nRUN trap "exit 0" TERM; echo "rea""dy"; while :; do sleep 0.05; done\n' | dockerfile
  start_build -t app:v1 .
  # told by somebody else than the build, which would not ask how it ended: its shell is the child of its init
  local one
  # (the first of that name, as what it starts is called so, too, until it is another program)
  for one in "${all[@]}"; do
    [[ $(cat "/proc/$one/comm") != sh ]] || { kill -TERM "$(ps -o ppid= -p "$one")"; break; }
  done
  status=0
  wait "$pid" || status=$?
  cat "$OUT/log"
  [[ $status -eq 143 ]]
  assert_contains "$(cat "$OUT/log")" "the step was told to stop"
  refute grep -F library/app "$CBUILD_ROOT/index.json"
  assert_nothing_left
  # it is run again
  start_build .
  end_build TERM
}

@test "a hang-up that was not ignored ends a build as TERM does" {
  printf 'FROM busybox\nRUN echo one > /one\nRUN trap "exit 0" TERM; echo "rea""dy"; while :; do sleep 0.05; done\n' | dockerfile
  start_build .
  end_build HUP
  [[ $status -eq 143 ]]
  assert_nothing_left
  assert_next_build
}

@test "S-14: what a RUN leaves running is killed and counted, and writes nothing any more" {
  not_in_mode chroot "the step has no /proc to count in; tests/cli/isolation.bats counts there"
  dockerfile <<'D'
FROM busybox
RUN for i in $(seq 40); do (trap "" TERM HUP INT; setsid sh -c 'while :; do echo x >> /left; done' &) ; done >/dev/null 2>&1; \
    while [ "$(ls -d /proc/[0-9]* | wc -l)" -lt 42 ]; do :; done; echo done > /done
RUN cp /left /copy
D
  run build -t app:v1 .
  assert_status 0
  [[ $output =~ ([0-9]+)" background processes were still running and were killed" ]]
  [[ ${BASH_REMATCH[1]} -ge 40 ]]
  local root
  root=$(unpacked docker.io/library/app:v1)
  cmp "$root/left" "$root/copy"
}

@test "a step that was not begun is not begun, a finished one is cached" {
  dockerfile <<'D'
FROM busybox
RUN echo one > /one
RUN trap "exit 0" TERM; echo "rea""dy"; while :; do sleep 0.05; done
RUN echo "nev""er"
D
  start_build .
  end_build TERM
  refute grep -q '[0-9] never' "$OUT/log"
  assert_nothing_left
  assert_next_build
}
