# What a RUN may take of the machine: through control groups where there are some, by what there is
# otherwise; what cannot be had is an error that names the option.

load helper

setup_file() { busybox_layout; }

# A group of the test's own in each v1 hierarchy, so that what is left can be told from others' ($PARENT).
setup() {
  local one
  fresh
  GROUP=limits-test-$BASHPID
  PARENT=()
  for one in memory cpu cpuset pids; do
    [[ -w /sys/fs/cgroup/$one/cgroup.procs && ${TEST_MODE:-} != rootless ]] || continue
    mkdir "/sys/fs/cgroup/$one/$GROUP"
    PARENT=(--cgroup-parent "/$GROUP")
    [[ $one != cpuset ]] || (cd "/sys/fs/cgroup/cpuset" && cat cpuset.cpus >"$GROUP/cpuset.cpus" && cat cpuset.mems >"$GROUP/cpuset.mems")
  done
}

teardown() {
  local one
  end_background
  for one in $(find /sys/fs/cgroup -mindepth 3 -type d -path "*/$GROUP/*" 2>/dev/null | sort -r) /sys/fs/cgroup/*/"$GROUP"; do
    # what was in it may still be on its way out
    [[ ! -d $one ]] || wait_until rmdir "$one"
  done
}

needs_controller() {
  local one
  for one in "$@"; do
    [[ -d /sys/fs/cgroup/$one/$GROUP ]] || lacks "there is no v1 controller '$one' here that may be written to"
  done
}

needs_pid_numbers() {
  [[ $(uname -r | awk -F. '{ print $1 * 1000 + $2 }') -ge 6014 ]] || lacks "needs Linux 6.14"
  [[ ${TEST_MODE:-} != chroot ]] || skip "a chroot has no pid namespace"
}

no_groups_left() {
  local left
  left=$(find /sys/fs/cgroup -mindepth 3 -type d -path "*/$GROUP/*")
  [[ -z $left ]] || { echo "left behind: $left"; return 1; }
}

@test "S-14 a RUN that wants more memory than --memory is killed, and the error says why" {
  needs_controller memory
  printf 'FROM busybox\nRUN tail -c 200m /dev/zero\n' | dockerfile
  run build "${PARENT[@]}" --memory 32m .
  assert_status 137
  assert_contains "$output" "it ran out of memory, which --memory limits to 32 MiB"
  no_groups_left
  # the same without a limit
  printf 'FROM busybox\nRUN head -c 200m /dev/zero | tail -c 200m | wc -c | grep -x 209715200\n' | dockerfile
  build "${PARENT[@]}" .
}

@test "S-14 a process that was killed for want of memory is told of a step that goes on, too" {
  needs_controller memory
  printf 'FROM busybox\nRUN tail -c 200m /dev/zero; true\n' | dockerfile
  run build "${PARENT[@]}" -m 32m .
  assert_status 0
  assert_contains "$output" "because --memory limits the step to 32 MiB"
}

@test "S-14 a RUN that comes up against the limit of the whole build is told so, too" {
  needs_controller memory
  printf 'FROM busybox\nRUN true\nRUN tail -c 400m /dev/zero\n' | dockerfile
  echo $((96 * 1024 * 1024)) >"/sys/fs/cgroup/memory/$GROUP/memory.limit_in_bytes"
  inside() {
    echo "$BASHPID" >"/sys/fs/cgroup/memory/$GROUP/cgroup.procs"
    build .
  }
  run inside
  assert_status 137
  assert_contains "$output" "memory ran out in the cgroup that cbuild runs in, which has 96 MiB"
}

@test "S-14 a fork bomb ends at --pids-limit, and the rest of the machine goes on" {
  needs_controller pids
  # each of them goes on for ever; the shell's own error ends the step
  printf 'FROM busybox\nRUN i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done\n' | dockerfile
  run build "${PARENT[@]}" --pids-limit 50 .
  [[ $status -ne 0 ]]
  assert_contains "$output" "because --pids-limit allows 50"
  run -0 build "${PARENT[@]}" --pids-limit 300 .
  no_groups_left
}

@test "S-14 a fork bomb of forkers is over soon after it was stopped" {
  printf 'FROM busybox\nRUN echo "rea""dy"; b() { b & b & wait; }; b; b & while :; do :; done\n' | dockerfile
  begin_build "${PARENT[@]}" --pids-limit 400 --stop-grace 1s . >"$OUT/log" 2>&1
  local pid=$!
  wait_until grep -q '[0-9] ready' "$OUT/log"
  kill -TERM "$pid"
  local ended=0
  wait "$pid" || ended=$?
  [[ $ended -eq 143 ]]
  no_groups_left
}

@test "the default is 8192 processes where it can be had, and no error where not" {
  needs_pid_numbers
  local before
  before=$(cat /proc/sys/kernel/pid_max)
  printf 'FROM busybox\nRUN test "$(cat /proc/sys/kernel/pid_max)" = 8194\n' | dockerfile
  build .
  [[ $(cat /proc/sys/kernel/pid_max) = "$before" ]]
  printf 'FROM busybox\nRUN test "$(cat /proc/sys/kernel/pid_max)" -gt 8194\n' | dockerfile
  build --pids-limit -1 .
}

@test "--pids-limit is kept without control groups too, where the pid namespace can do it" {
  needs_pid_numbers
  printf 'FROM busybox\nRUN i=0; while [ $i -lt 500 ]; do sleep 1000 & i=$((i+1)); done\n' | dockerfile
  run build --pids-limit 400 --cgroup-parent /not/there .
  [[ $status -ne 0 && $status -ne 125 ]]
  run -0 build --pids-limit 600 --cgroup-parent /not/there .
}

@test "processors and memory nodes are those that were named" {
  needs_controller cpuset
  printf 'FROM busybox\nRUN grep -Ex "Cpus_allowed_list:\\s0" /proc/self/status && grep -Ex "Mems_allowed_list:\\s0" /proc/self/status\n' | dockerfile
  build "${PARENT[@]}" --cpuset-cpus 0 --cpuset-mems 0 .
  no_groups_left
}

@test "--cpus holds: a busy step gets that much processor time" {
  needs_controller cpu
  # the times of the shell and its children, in hundredths, against the time on the clock
  cat >spin <<'S'
start=$(cut -d. -f1 /proc/uptime)
while [ $(($(cut -d. -f1 /proc/uptime) - start)) -lt 5 ]; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; done
set -- $(cat /proc/self/stat /proc/$$/stat | tail -1)
echo "used $((${14} + ${15} + ${16} + ${17})) of 500"
[ $((${14} + ${15} + ${16} + ${17})) -lt 250 ]
S
  printf 'FROM busybox\nCOPY spin /spin\nRUN sh /spin\n' | dockerfile
  build "${PARENT[@]}" --cpus 0.2 .
}

@test "--ulimit is what the command gets, --shm-size what /dev/shm has" {
  printf 'FROM busybox\nRUN ulimit -n | grep -x 100 && ulimit -Hn | grep -x 200 && ulimit -c | grep -x 0 && df -k /dev/shm | grep -E "^shm|tmpfs" | grep -qw 2048\n' | dockerfile
  build --ulimit nofile=100:200 --ulimit core=0 --shm-size 2m .
}

@test "limits are in no key: a changed one runs nothing again" {
  needs_controller memory
  printf 'FROM busybox\nRUN echo one > /one\n' | dockerfile
  build "${PARENT[@]}" .
  run build "${PARENT[@]}" --memory 64m --ulimit nofile=99 --shm-size 1m --pids-limit 100 .
  assert_status 0
  assert_contains "$output" "#3 CACHED"
}

@test "what cannot be enforced is an error with the option and the way out; best-effort goes on" {
  printf 'FROM busybox\nRUN ulimit -v | grep -x 65536\n' | dockerfile
  run build --memory 64m --cgroup-parent /not/there .
  assert_status 125
  assert_contains "$output" "--memory is not possible here:"
  assert_contains "$output" "--limits=best-effort"
  run build --memory 64m --cpus 1 --cgroup-parent /not/there --limits=best-effort .
  assert_status 0
  assert_contains "$output" "--memory limits the address space of each process only"
  assert_contains "$output" "--cpus is not enforced"
  # nothing to run, nothing to enforce
  run build --memory 64m --cgroup-parent /not/there .
  assert_status 0
}

@test "what a mode has no means for is an error, and best-effort says that it goes on without" {
  printf 'FROM busybox\nUSER 1000\nRUN [ "$(id -u)" = 1000 ]\n' | dockerfile
  local mode option
  while read -r mode option; do
    # shellcheck disable=SC2086
    run build "--isolation=$mode" $option .
    assert_status 125
    assert_contains "$output" "${option%[ =]*} is not possible here:"
    # shellcheck disable=SC2086
    run build --no-cache "--isolation=$mode" --limits=best-effort $option .
    assert_status 0
    assert_contains "$output" "${option%[ =]*} is not enforced:"
  done <<'L'
chroot --shm-size 2m
single-id --ulimit locks=2
L
}

@test "--cgroup-parent is where the groups of steps are made" {
  needs_controller pids
  printf 'FROM busybox\nRUN echo "rea""dy"; sleep 1000\n' | dockerfile
  begin_build --pids-limit 50 "${PARENT[@]}" . >"$OUT/log" 2>&1
  local pid=$! ended=0
  wait_until grep -q '[0-9] ready' "$OUT/log"
  [[ $(cat /sys/fs/cgroup/pids/"$GROUP"/cbuild.*/pids.max) = 50 ]]
  [[ $(wc -l <"$(echo /sys/fs/cgroup/pids/"$GROUP"/cbuild.*/cgroup.procs)") -ge 1 ]]
  kill -TERM "$pid"
  wait "$pid" || ended=$?
  [[ $ended -eq 143 ]]
  no_groups_left
}

@test "groups that a killed build left are removed by the next one, those of living ones are not" {
  needs_controller memory
  printf 'FROM busybox\nRUN echo "rea""dy"; sleep 1000\n' | dockerfile
  begin_build "${PARENT[@]}" --memory 64m . >"$OUT/log" 2>&1
  local pid=$!
  wait_until grep -q '[0-9] ready' "$OUT/log"
  local group
  group=$(echo /sys/fs/cgroup/memory/"$GROUP"/cbuild.*)
  [[ -d $group ]]
  printf 'FROM busybox\nRUN echo two > /two\n' >Dockerfile.two
  build "${PARENT[@]}" --memory 64m -f Dockerfile.two .
  [[ -d $group ]]
  # shellcheck disable=SC2207
  local all=($(family "$pid"))
  kill -KILL "${all[@]}"
  wait "$pid" 2>/dev/null || true
  wait_until are_gone "${all[@]}"
  [[ -d $group ]]
  build "${PARENT[@]}" --memory 64m --no-cache -f Dockerfile.two .
  [[ ! -d $group ]]
  no_groups_left
}

@test "options as docker writes them; what is wrong is named" {
  printf 'FROM busybox\n' | dockerfile
  local line
  while IFS='|' read -r line expected; do
    # shellcheck disable=SC2086
    run "$CBUILD" build $line .
    assert_status 2
    assert_contains "$output" "$expected"
  done <<'L'
--memory x|--memory 'x': not a size
--memory 1m|--memory '1m': at least 6m
--memory-swap 1g|--memory-swap '1g': needs --memory
--memory 1g --memory-swap 1m|at least --memory
--cpus 1 --cpu-quota 5000|--cpus '1': sets --cpu-quota
--cpus -1|--cpus '-1': not a number
--cpu-period 5|--cpu-period '5': from 1000 to 1000000
--cpuset-cpus 1-|--cpuset-cpus '1-': not a list
--pids-limit many|--pids-limit 'many': not a number
--ulimit nofile|--ulimit 'nofile': NAME=SOFT[:HARD] is expected
--ulimit files=1|--ulimit 'files=1': there is no limit of that name (core, cpu
--ulimit nofile=2:1|--ulimit 'nofile=2:1': the soft limit is above the hard one
--shm-size big|--shm-size 'big': not a size
--resource disk=1|--resource 'disk=1': KEY=VALUE
--cgroup-parent /a/../b|--cgroup-parent '/a/../b': '..' is not followed
--limits some|'some' is none of: strict, best-effort
L
  run "$CBUILD" build --resource "" .
  assert_status 2
  assert_contains "$output" "--resource '': KEY=VALUE"
}

@test "S-14 400 daemons that heed no signal are gone when their build was stopped, and when their step is over" {
  not_in_mode chroot "the step has no /proc to count in"
  local daemons='for i in $(seq 400); do (trap "" TERM HUP INT; setsid sh -c "trap \"\" TERM HUP INT; while :; do $NAP; done" &); done >/dev/null 2>&1; while [ "$(ls -d /proc/[0-9]* | wc -l)" -lt 401 ]; do :; done'
  local nap
  nap=$(naps)
  printf 'FROM busybox\nRUN %s; echo "rea""dy"; sleep 1000\n' "${daemons/\$NAP/$nap}" | dockerfile
  begin_build --stop-grace 1s . >"$OUT/log" 2>&1
  local pid=$! ended=0
  wait_until grep -q '[0-9] ready' "$OUT/log"
  wait_until asleep "$nap"
  kill -TERM "$pid"
  wait "$pid" || ended=$?
  [[ $ended -eq 143 ]]
  awake "$nap"
  printf 'FROM busybox\nRUN %s\n' "${daemons/\$NAP/$nap}" | dockerfile
  run build .
  assert_status 0
  [[ $output =~ ([0-9]+)" background processes were still running and were killed" ]]
  [[ ${BASH_REMATCH[1]} -ge 400 ]]
  awake "$nap"
}

@test "S-14 a shell that traps TERM and sleeps for ever ends with --timeout, with 124" {
  local nap
  nap=$(naps)
  printf "FROM busybox\nRUN trap 'echo \"it hea\"\"rd\"' TERM; while :; do %s; done\n" "$nap" | dockerfile
  run build --timeout 3s --stop-grace 1s .
  assert_status 124
  awake "$nap"
}

@test "S-14 a flood of output ends in the log at --step-log-limit, and takes no memory" {
  printf 'FROM busybox\nRUN yes "a line of a flood that nobody is going to read" | head -c 300m; echo "its la""st"; exit 3\n' | dockerfile
  cat >"$OUT/measure" <<'P'
import resource, subprocess, sys
status = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=open(sys.argv[1], "wb"), stderr=subprocess.STDOUT).returncode
print("status", status, "KiB", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
P
  run python3 "$OUT/measure" "$OUT/log" "$CBUILD" build --progress=plain --step-log-limit 1m \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" .
  echo "$output"
  [[ $output =~ "status 3 KiB "([0-9]+) ]]
  [[ ${BASH_REMATCH[1]} -lt 65536 ]]
  [[ $(stat -c %s "$OUT/log") -lt $((3 * 1024 * 1024)) ]]
  [[ $(grep -c 'what it prints from here on is not shown (--step-log-limit)' "$OUT/log") -eq 1 ]]
  # it stands behind what is shown, which ends in the middle of a line
  grep -B 1 'what it prints' "$OUT/log" | head -1 | grep -E '^#[0-9]+ [0-9.]+ a( line.*)?$'
  grep -A 1 'what it prints' "$OUT/log" | tail -1 | grep -E '^#[0-9]+ ERROR: '
  # its end is there all the same
  tail -30 "$OUT/log" | grep -q 'its last'
}

@test "S-14 files without end, open ones and large ones, end at --ulimit" {
  printf 'FROM busybox\nRUN i=3; (while eval "exec $i</dev/null"; do i=$((i+1)); [ $i -lt 2000 ] || exit 0; done) 2>/dev/null && exit 1; exit 0\nRUN head -c 20m /dev/zero > /large; test $(stat -c %%s /large) -le 10485760\n' | dockerfile
  build --ulimit nofile=100 --ulimit fsize=10485760 .
}
