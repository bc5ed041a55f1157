# Users, walls that do not come up, and the ways out of a RUN that are known.
load helper
source "$BATS_TEST_DIRNAME/../support/walls.bash"

@test "S-07 USER is what it says, or an error, and never root unasked" {
  local mode user expected
  cat >passwd <<'END'
root:x:0:0:root:/root:/bin/sh
1000:x:0:0:a name of digits:/:/bin/sh
7up:x:77:78::/:/bin/sh
high:x:4294967295:0::/:/bin/sh
wrap:x:4294967296:0::/:/bin/sh
minus:x:-1:0::/:/bin/sh
word:x:zero:0::/:/bin/sh
blank:x::0::/:/bin/sh
END
  for mode in $MODES; do
    while read -r expected user; do
      printf 'FROM busybox\nCOPY passwd /etc/passwd\nUSER %s\nRUN echo "> $(id -u):$(id -g)"\n' "$user" | dockerfile
      run build_in "$mode" .
      if [[ $expected == error ]]; then
        [[ $status -eq 125 || $status -eq 1 ]] || { echo "$mode '$user': $status $output"; return 1; }
        [[ -z $(said) ]]
      else
        [[ $status -eq 0 && $(said) == "$expected" ]] || { echo "$mode '$user': $status $output"; return 1; }
      fi
    done <<'END'
error 4294967295
error 4294967296
error 18446744073709551616
error -1
error 0x0
error +0
error root:99999999999
error 1000:-1
error high
error wrap
error minus
error word
error blank
error nobody-here
1000:0 1000
1:0 1
77:78 7up
0:0 root
0:0 0
0:0 00
END
  done
}

@test "S-07 a passwd or group that is no ordinary file hangs nothing" {
  local mode kind name
  for kind in fifo zero device long huge nul endless; do
    mkdir -p root/etc
    case $kind in
      fifo) mkfifo root/etc/passwd ;;
      zero) ln -s /dev/zero root/etc/passwd ;;
      device) mknod root/etc/passwd c 1 5 ;;
      long) head -c 8000000 /dev/zero | tr '\0' a >root/etc/passwd ;;
      huge) head -c 11600000 /dev/zero | tr '\0' '\n' >root/etc/passwd ;;
      nul) printf 'user\0:x:0:0\nuser:x:0\0:0:\0\0\nroot:x:0:0' >root/etc/passwd ;;
      endless) ln -s passwd root/etc/passwd ;;
    esac
    cp -a root/etc/passwd root/etc/group 2>/dev/null || ln -s passwd root/etc/group
    tree root
    for name in user 12 12:12 user:user; do
      printf 'FROM scratch\nADD root.tar /\nCOPY probe /\nUSER %s\nRUN ["/probe", "ids"]\n' "$name" | dockerfile
      for mode in $MODES; do
        [[ $kind != device || $mode == root ]] || continue
        run timeout 120 bash -c "$(declare -f build_in as_user docker_profile); build_in $mode ."
        if [[ $status -eq 0 ]]; then
          grep -qE '^#[0-9]+ [0-9.]+ 12 12$' <<<"$output" || { echo "$mode $kind $name: $output"; return 1; }
        else
          [[ $status -eq 125 ]] || { echo "$mode $kind $name: $status $output"; return 1; }
        fi
      done
    done
  done
}

# tampered CALL MODE [options]: a build under strace, which lets the call say 0 without doing anything
tampered() {
  local call=$1 mode=$2 as=()
  shift 2
  [[ $mode != rootless ]] || as=(-u "$OWNER")
  [[ $mode != chroot ]] || export CBUILD_ROOT=$OPENED/chroot
  env -u CBUILD_ROOT ${CBUILD_ROOT:+CBUILD_ROOT="$CBUILD_ROOT"} \
    HOME="$([[ $mode == rootless ]] && getent passwd "$OWNER" | cut -d: -f6 || echo "$HOME")" \
    strace -f -qq -o "$OUT/trace.$call" "${as[@]}" -e "trace=$call" -e "inject=$call:retval=0" \
    "$CBUILD" build --progress=plain --no-cache --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@"
}

@test "S-08 a wall that does not come up ends the step before its command starts" {
  local mode call user options said
  while read -r mode call user said; do
    printf 'FROM busybox\nUSER %s\nRUN echo "> ran"\n' "$user" | dockerfile
    # what is unpacked before has filters of its own
    run build_in "$mode" .
    assert_status 0
    options=()
    [[ $mode != chroot ]] || options=(--isolation=chroot)
    if [[ $mode == rootless ]]; then
      chmod 0777 "$OUT" "$OPENED"
      CBUILD_ROOT='' run tampered "$call" "$mode" .
    else
      run tampered "$call" "$mode" "${options[@]}" .
    fi
    [[ $status -eq 125 && -z $(said) ]] || { echo "$mode without $call: $status $output"; return 1; }
    assert_contains "$output" "$said"
    grep -q INJECTED "$OUT/trace.$call"
  done <<'END'
root capset 0 not confined: capabilities
root setresuid user not confined: user and group are
root setresgid user not confined: user and group are
root setgroups user not confined: supplementary groups are
root pivot_root 0 not confined: the outer root
chroot capset 0 not confined: capabilities
chroot setresuid user not confined: user and group are
END
  if [[ $("$CBUILD" doctor --json | jq .landlock) -ge 6 ]]; then
    printf 'FROM busybox\nRUN echo "> ran"\n' | dockerfile
    for mode in root chroot; do
      options=()
      [[ $mode != chroot ]] || options=(--isolation=chroot)
      run tampered landlock_restrict_self $mode "${options[@]}" .
      [[ $status -eq 125 && -z $(said) ]] || { echo "$mode: $status $output"; return 1; }
      assert_contains "$output" "not confined: Landlock does not guard"
    done
  fi
}

# failing CALLS MODE [options]: build_in, with calls that fail or do nothing (support/without.c)
failing() {
  local calls=$1 mode=$2 as=("$OPEN/bin/without" "$1")
  shift 2
  case $mode in
    rootless) as+=(setpriv --reuid "$OWNER" --regid "$(id -g "$OWNER")" --init-groups env -i PATH="$PATH" HOME="$(getent passwd "$OWNER" | cut -d: -f6)") ;;
    single) as+=(setpriv --reuid "$SINGLE" --regid "$(id -g "$SINGLE")" --init-groups env -i PATH="$PATH" HOME="$(getent passwd "$SINGLE" | cut -d: -f6)") ;;
    chroot) as+=(env CBUILD_ROOT="$OPENED/chroot") ;;
  esac
  [[ $mode != chroot ]] || set -- --isolation=chroot "$@"
  "${as[@]}" "$CBUILD" build --progress=plain --no-cache --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@"
}

# The numbers: PR_CAPBSET_DROP 24, PR_SET_NO_NEW_PRIVS 38; CLONE_NEWNS, CLONE_NEWUSER; EPERM 1, ENOMEM 12, EINVAL 22, and 0 for
# a call that says that it worked. For the bounding set EINVAL is how a kernel says that it has no more capabilities.
@test "S-08 a wall whose call fails, or only says that it worked, ends the step before its command starts" {
  local mode calls said options warm=" "
  while IFS='|' read -r mode calls options said; do
    printf 'FROM busybox\nRUN echo "> ran"\n' | dockerfile
    # what is unpacked before has filters of its own; and the command does run where nothing fails
    if [[ $warm != *" $mode "* ]]; then
      run failing name_to_handle_at=1 "$mode" .
      assert_status 0
      [[ $(said) == ran ]]
      warm+="$mode "
    fi
    # shellcheck disable=SC2086
    run failing "$calls" "$mode" $options .
    [[ $status -eq 125 && -z $(said) ]] || { echo "$mode, $calls: $status $output"; return 1; }
    [[ ${lines[-1]} == "cbuild: error: "*"$said"* ]] || { echo "$mode, $calls: $output"; return 1; }
  done <<'END'
root|prctl/0/24=1||drop capability 2: Operation not permitted
root|prctl/0/24=22||not confined: capability 2 is still in the bounding set
root|prctl/0/24=0||not confined: capability 2 is still in the bounding set
rootless|prctl/0/24=1||drop capability 2: Operation not permitted
rootless|prctl/0/24=0||not confined: capability 2 is still in the bounding set
single|prctl/0/24=1||drop capability 2: Operation not permitted
single|prctl/0/24=0||not confined: capability 2 is still in the bounding set
chroot|prctl/0/24=1||drop capability 2: Operation not permitted
chroot|prctl/0/24=0||not confined: capability 2 is still in the bounding set
root|prctl/0/38=1|--security-opt=no-new-privileges|set no_new_privs: Operation not permitted
root|prctl/0/38=0|--security-opt=no-new-privileges|not confined: no_new_privs is not set
root|prctl/0/38=1|--security=strict|set no_new_privs: Operation not permitted
root|prctl/0/38=0|--security=strict|not confined: no_new_privs is not set
rootless|prctl/0/38=0|--security=strict|not confined: no_new_privs is not set
chroot|prctl/0/38=1||set no_new_privs: Operation not permitted
chroot|prctl/0/38=0||not confined: no_new_privs is not set
root|mount_setattr=22||: Invalid argument
root|mount_setattr=12||: Cannot allocate memory
root|mount_setattr=0||not confined: '/dev' is not closed to devices
rootless|mount_setattr=12||: Cannot allocate memory
rootless|mount_setattr=0||not confined: '/dev' is not closed to devices
single|mount_setattr=12||: Cannot allocate memory
single|mount_setattr=0||not confined: '/dev' is not closed to devices
rootless|setns/1/0x10000000=22||a RUN needs another isolation than 'none'; rootless needs namespaces are refused (Invalid argument)
rootless|setns/1/0x10000000=0||a RUN needs another isolation than 'none'; rootless needs namespaces are refused
single|setns/1/0x20000=22||enter the mount namespace of the step: Invalid argument
END
}

# What closes the root once the command is over: overlay's is made read-only (7 is FSCONFIG_CMD_RECONFIGURE), or its mount
# (the call without AT_RECURSIVE).
@test "S-08 a root that does not close ends the step, and nothing of it is kept" {
  local mode calls said
  while IFS='|' read -r mode calls said; do
    printf 'FROM busybox\nRUN echo "> ran" && : %s\n' "$calls" | dockerfile
    run failing "$calls" "$mode" -t kept:v1 .
    [[ $status -eq 125 && $(said) == ran ]] || { echo "$mode, $calls: $status $output"; return 1; }
    [[ ${lines[-1]} == "cbuild: error: "*"$said"* ]] || { echo "$mode, $calls: $output"; return 1; }
    # run again: no record was made
    run build_in "$mode" -t made:v1 .
    [[ $status -eq 0 && $(said) == ran ]]
  done <<'END'
root|fspick=12|: Cannot allocate memory
root|fsconfig/1/7=12|: Cannot allocate memory
root|fsconfig/1/7=0|not frozen: the overlay can be written
rootless|fsconfig/1/7=12|: Cannot allocate memory
rootless|fsconfig/1/7=0|not frozen: the overlay can be written
single|mount_setattr/2/0x1000=12|: Cannot allocate memory
single|mount_setattr/2/0x1000=0|not confined: '/' is not read-only
END
  grep -qF 'library/made:v1"' "$CBUILD_ROOT/index.json"
  refute grep -F kept "$CBUILD_ROOT/index.json"
}

# libseccomp asks by the same call what the kernel has, so strace comes when the filter is compiled.
@test "S-08 a filter that is not loaded ends the step before its command starts" {
  local nap builder tracer
  nap=$(naps)
  printf 'FROM busybox\nRUN %s; true\nRUN echo "> ran"\n' "$nap" | dockerfile
  begin_build --no-cache . >"$OUT/log" 2>&1
  builder=$!
  wait_until pgrep -x -f "$nap"
  begin strace -f -qq -o "$OUT/trace" -p "$builder" -e trace=seccomp -e inject=seccomp:retval=0
  tracer=$!
  wait_until grep -q "^TracerPid:[[:space:]]$tracer$" "/proc/$builder/status"
  pkill -x -f "$nap"
  status=0
  wait "$builder" || status=$?
  output=$(<"$OUT/log")
  [[ $status -eq 125 && -z $(said) ]]
  assert_contains "$output" "not confined: the system call filter is not there"
  grep -q INJECTED "$OUT/trace"
}

@test "S-08 a word for security that nobody knows is an error with its place" {
  printf 'FROM busybox\nRUN --security=loose echo "> ran"\n' | dockerfile
  run build_in root .
  assert_status 125
  assert_contains "$output" "Dockerfile:2:"
  [[ -z $(said) ]]
  printf 'FROM busybox\nRUN echo "> ran"\n' | dockerfile
  run build_in root --security=loose .
  assert_status 2
}

# escapes: 25 ways out; each prints its number if it worked
escapes() {
  cat <<'END'
FROM busybox
COPY probe /
RUN <<EOS
out() { "$@" >/dev/null 2>&1; }
mkdir -p /m /n
n=0
try() { n=$((n + 1)); if out "$@"; then echo "> $n worked: $*"; fi; }
try unshare -U true
try unshare -Ur true
try unshare -m true
try unshare -n true
try unshare -p -f true
try unshare -i true
try unshare -u true
try mount -t tmpfs none /m
try mount -t proc none /m
try mount -t sysfs none /m
try mount -t cgroup -o memory none /m
try mount -t cgroup2 none /m
try mount -t overlay -o lowerdir=/bin:/etc none /m
try mount -o bind / /m
try mount -o remount,rw /
try umount /proc/sys
try umount /etc/hosts
try umount -l /dev/null
try pivot_root . m
try nsenter -t 1 -m true
try sh -c 'mknod /disk b 8 0; mknod /kmem c 1 1; test -n "$(cat /disk /kmem | head -c 1)"'
try sh -c 'mkdir -p /c && chroot /c true; cd /; chroot /proc/1/root /bin/true'
write() { for f; do test ! -e $f || ! echo 1 > $f || return 0; done; return 1; }
try write /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/notify_on_release /sys/kernel/uevent_helper
try write /proc/sys/kernel/modprobe /proc/sysrq-trigger /proc/1/oom_score_adj /proc/1/clear_refs /proc/1/coredump_filter
try /probe open-by-handle
echo "> tried $n"
true
EOS
END
}

# those of the machine and of this test; others may have some of their own in the folders for temporary files
mount_points() {
  awk -v ours="$OPEN/" -v test="$BATS_TEST_TMPDIR/" \
    '$5 !~ "^(/var)?/tmp/" || index($5, ours) == 1 || index($5, test) == 1 { print $5 }' /proc/self/mountinfo | sort
}

@test "S-09 none of 25 ways leads out of a RUN" {
  local mode mounts cgroups
  make_canary
  mounts=$(mount_points)
  cgroups=$(find /sys/fs/cgroup -maxdepth 2 -type d 2>/dev/null | sort | sha256sum)
  escapes | dockerfile
  for mode in $MODES; do
    run build_in "$mode" .
    assert_status 0
    [[ $(said) == "tried 25" ]] || { echo "$mode: $(said)"; return 1; }
    check_canary "$mode"
    diff <(echo "$mounts") <(mount_points)
    [[ $(find /sys/fs/cgroup -maxdepth 2 -type d 2>/dev/null | sort | sha256sum) == "$cgroups" ]]
  done
}

@test "S-09 a chroot within a chroot does not lead out of either" {
  local mode
  make_canary
  dockerfile <<END
FROM busybox
COPY probe /
RUN /probe leave-chroot "$CANARY/file" | sed 's/^/> /'
END
  for mode in $MODES; do
    run build_in "$mode" .
    assert_status 0
    [[ $(said) == out:\ E* ]] || { echo "$mode: $output"; return 1; }
  done
}

@test "S-11 a RUN types nothing into the terminal that cbuild runs on" {
  dockerfile <<'END'
FROM busybox
COPY probe /
RUN /probe type 2>&1 | sed 's/^/> /'; /probe type </dev/null >/tmp/log 2>&1; sed 's/^/> /' /tmp/log
RUN /probe type
END
  cat >"$OUT/session" <<'END'
"$CBUILD" build --progress=plain --no-cache --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" .
echo "status $?"
python3 -c 'import fcntl, struct, termios; print("queued", struct.unpack("i", fcntl.ioctl(0, termios.FIONREAD, b"    "))[0])'
END
  # its own input never ends, so that what is queued is what somebody typed
  mkfifo "$OUT/input"
  exec 8<>"$OUT/input"
  begin script -qec "sh $OUT/session" /dev/null <&8 >"$OUT/typescript"
  exec 8>&-
  wait_until grep -q queued "$OUT/typescript"
  output=$(tr -d '\r' <"$OUT/typescript")
  assert_contains "$output" "status 0"
  assert_contains "$output" "queued 0"
  [[ $(said | grep -c '^fd [012] request .*: EPERM$') -eq 18 ]] || { echo "$output"; return 1; }
  [[ $(said | grep -E '^/dev' | sort | uniq -c | tr -s ' ') == $' 2 /dev/console: ENOENT\n 2 /dev/tty: ENXIO' ]]
}

# answers FILE: what each system call said in a RUN without a filter (reference) or with it; the
# probe makes each of them twice, in processes of their own
answers() {
  local file=$1
  shift
  build_in root --no-cache "$@" -o "type=tar,dest=-" . 2>"$OUT/log" | tar -xOf - answers >"$OUT/$file" ||
    { cat "$OUT/log"; return 1; }
  [[ $(grep -c ^family "$OUT/$file") -eq 46 ]]
}

@test "S-10 each system call of each ABI answers in a RUN as the table says" {
  [[ $(uname -m) == x86_64 ]] || skip "the table is for amd64"
  dockerfile <<'END'
FROM busybox
COPY probe /
RUN /probe calls </dev/null >/answers 2>/dev/null
END
  answers filtered
  answers free --security-opt seccomp=unconfined
  # what 32-bit calls say where this kernel runs none is nothing of the filter's
  grep -q '^i386 20 O O$' "$OUT/free" || sed -i '/^i386/d' "$OUT/filtered" "$OUT/free"
  awk -v table="$BATS_TEST_DIRNAME/../../testdata/seccomp/amd64.tsv" -v free="$OUT/free" '
    function wanted(verdict, unfiltered) {
      return verdict == "refuse" ? "P" : verdict == "unknown" ? "N" : unfiltered
    }
    BEGIN {
      while ((getline < table) > 0) if ($1 !~ /^#/) { zeros[$1, $2] = $4; ones[$1, $2] = $5; name[$1, $2] = $3 }
      while ((getline < free) > 0) { first[$1, $2] = $3; second[$1, $2] = $4 }
    }
    # AF_PACKET, AF_ALG, AF_VSOCK
    $1 == "family" { expected = $2 == 17 || $2 == 38 || $2 == 40 ? "P" : first[$1, $2]; found = $3 }
    $1 == "x32" { expected = "N"; found = $3 }
    $1 == "amd64" || $1 == "i386" {
      expected = wanted(zeros[$1, $2], first[$1, $2]) wanted(ones[$1, $2], second[$1, $2]); found = $3 $4; n++
    }
    # uretprobe and uprobe, for which the kernel asks no filter from 6.14 on
    $1 == "amd64" && ($2 == 335 || $2 == 336) { expected = found }
    expected != found { print $1, $2, name[$1, $2] ": " found ", not " expected; wrong = 1 }
    END { if (n < 601) print "only " n " calls"; exit wrong || n < 601 }' "$OUT/filtered"
}

@test "S-10 what a build never needs of the kernel is refused, whatever its arguments" {
  local call
  for call in unshare setns mount umount2 pivot_root open_tree move_mount fsopen fsconfig fsmount fspick \
    mount_setattr keyctl add_key request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter \
    io_uring_register kexec_load kexec_file_load init_module finit_module delete_module acct swapon swapoff \
    quotactl quotactl_fd nfsservctl reboot settimeofday clock_settime adjtimex iopl ioperm lookup_dcookie \
    open_by_handle_at fanotify_init; do
    grep -qP "^amd64\t\d+\t$call\trefuse\trefuse\$" "$BATS_TEST_DIRNAME/../../testdata/seccomp/amd64.tsv" || { echo "$call"; return 1; }
  done
  grep -qP "^i386\t102\tsocketcall\trefuse\trefuse\$" "$BATS_TEST_DIRNAME/../../testdata/seccomp/amd64.tsv"
  grep -qP "^amd64\t435\tclone3\tunknown\tunknown\$" "$BATS_TEST_DIRNAME/../../testdata/seccomp/amd64.tsv"
}
