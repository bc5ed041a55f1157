# The walls around a RUN, tried from the inside: as root, as a user with sub-ids, and in a chroot.
load helper
source "$BATS_TEST_DIRNAME/../support/modes.bash"

MODES="root rootless chroot"

setup_file() {
  open_dir
  busybox_layout
  cp -r "$BUSYBOX_LAYOUT" "$OPEN/busybox"
  chmod -R a+rX "$OPEN/busybox"
  export BUSYBOX_LAYOUT=$OPEN/busybox
  mkdir "$OPEN/bin"
  cp "$CBUILD" "$(dirname "$CBUILD")"/{cbuild-net,docker-profile,probe} "$OPEN/bin"
  export CBUILD=$OPEN/bin/cbuild
  export OWNER=cbuild-walls-$$
  make_user "$OWNER"
  chown "$OWNER" "$OPEN/bin/cbuild"
}

teardown_file() {
  remove_users
  remove_open_dir
}

setup() {
  fresh
  OPENED=$(mktemp -d "$OPEN/test.XXXXXX")
  CONTEXT=$OPENED/context
  mkdir "$CONTEXT" "$OPENED/chroot"
  chmod -R 0755 "$OPENED"
  cp "$OPEN/bin/probe" "$CONTEXT"
  cd "$CONTEXT" || return 1
}

teardown() {
  rm -rf --one-file-system "$OPENED/canary"
  end_background
}

# build_in MODE [options]
build_in() {
  local mode=$1 args
  shift
  args=(build --progress=plain --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@")
  case $mode in
    root) "$CBUILD" "${args[@]}" ;;
    rootless) as_user "$OWNER" ${BUILDER_ENV:+env "$BUILDER_ENV"} "$CBUILD" "${args[@]}" ;;
    chroot) CBUILD_ROOT=$OPENED/chroot docker_profile "$CBUILD" "${args[@]}" ;;
  esac
}

# said: what the RUN printed behind "> ", of $output
said() { sed -n 's/^#[0-9]* [0-9.]* > \?//p' <<<"$output"; }

# make_canary: files beside the store that nobody may touch; canary_sum: what they are now
make_canary() {
  CANARY=$OPENED/canary
  mkdir -p "$CANARY/dir/a/b"
  echo sings >"$CANARY/file"
  echo secret >"$CANARY/closed"
  chmod 0600 "$CANARY/closed"
  ln -s file "$CANARY/link"
  mkfifo "$CANARY/fifo"
  cp /bin/true "$CANARY/setid"
  chmod 4755 "$CANARY/setid"
  chmod 0777 "$CANARY" "$CANARY/dir"
  CANARY_SUM=$(canary_sum)
}
canary_sum() {
  (cd "$CANARY" && find . -printf '%p %y %m %u %g %s %T@ %l\n' | sort && sha256sum file closed setid) | sha256sum
}
check_canary() { [[ $(canary_sum) == "$CANARY_SUM" ]] || { echo "the canary changed: $1"; return 1; }; }

# tree NAME: root.tar of a small root; the caller has put into the folder NAME what is special of it
tree() {
  local dir
  mkdir -p "$1/bin"
  cp /bin/busybox "$1/bin/busybox"
  for dir in dev proc sys etc tmp; do
    [[ -e $1/$dir || -L $1/$dir || -e $1/.no-$dir ]] || mkdir "$1/$dir"
  done
  rm -f "$1"/.no-*
  tar -C "$1" -cf root.tar .
  rm -rf --one-file-system "$1"
}

@test "S-01 /dev, /proc, /sys and /etc of an image that are something else lead nowhere" {
  local mode dir kind
  make_canary
  for dir in dev proc sys etc; do
    for kind in canary out magic file fifo missing; do
      mkdir root
      case $kind in
        canary) ln -s "$CANARY" "root/$dir" ;;
        out) ln -s ../../../.. "root/$dir" ;;
        magic) ln -s /proc/self/root "root/$dir" ;;
        file) echo x >"root/$dir" ;;
        fifo) mkfifo "root/$dir" ;;
        missing) touch "root/.no-$dir" ;;
      esac
      tree root
      dockerfile <<'END'
FROM scratch
ADD root.tar /
RUN ["/bin/busybox", "sh", "-c", "echo \"> $(/bin/busybox id -u)\"; for f in /etc/canary /dev/x /sys/x /proc/x; do echo x > $f; done; /bin/busybox grep -q localhost /etc/hosts && echo '> hosts'; true"]
END
      for mode in $MODES; do
        run timeout 60 bash -c "$(declare -f build_in as_user docker_profile); build_in $mode ."
        check_canary "/$dir as $kind in $mode"
        if [[ $status -eq 0 ]]; then
          [[ $(said) == $'0\nhosts' ]] || { echo "$mode /$dir $kind: $output"; return 1; }
        else
          # a FIFO that somebody opens would end in 124
          [[ $status -eq 125 ]] && grep -qE "cbuild: error: .*[/']($dir|etc/(hosts|resolv.conf|passwd))" <<<"$output" ||
            { echo "$mode /$dir $kind: $status $output"; return 1; }
        fi
        [[ $kind != missing || $status -eq 0 ]]
      done
    done
  done
}

@test "S-02 what an image has in the place of masks and devices is not what masks" {
  local mode pattern number
  pattern=$(cat /proc/sys/kernel/core_pattern)
  for number in 1 2 3; do
    mkdir -p root/dev/pts
    case $number in
      1) ln -s /proc/sys/kernel/core_pattern root/dev/null ;;
      2) echo file >root/dev/null ;;
      3) mknod root/dev/null c 1 8 ;;
    esac
    ln -s /proc/sys/kernel/core_pattern root/dev/console
    ln -s /proc/sys/kernel/core_pattern root/dev/pts/0
    ln -s /proc/sys/kernel/core_pattern root/dev/tty
    tree root
    dockerfile <<'END'
FROM scratch
ADD root.tar /
RUN ["/bin/busybox", "sh", "-c", "b=/bin/busybox; for f in /dev/null /dev/tty; do $b stat -c '> %F %t:%T' $f; done; for f in /dev/console /dev/pts/0 /proc/sys/kernel/core_pattern; do if echo '|/x' > $f; then echo \"> wrote $f\"; fi; done; for f in kcore keys timer_list interrupts; do test ! -e /proc/$f || echo \"> $f $($b cat /proc/$f | $b wc -c)\"; done; echo x > /dev/null; echo \"> over\""]
END
    for mode in $MODES; do
      # a device comes out of an archive as root only
      [[ $number != 3 || $mode == root ]] || continue
      run build_in "$mode" .
      assert_status 0
      [[ $(said | head -2) == $'character special file 1:3\ncharacter special file 5:0' ]] || { echo "$mode: $output"; return 1; }
      refute grep -E '(kcore|keys|timer_list|interrupts) [^0]' <(said)
      # what is not masked is a plain name in /dev, which the step may write to
      refute grep -E 'wrote /proc' <(said)
      [[ $(said | tail -1) == over ]]
      [[ $(cat /proc/sys/kernel/core_pattern) == "$pattern" ]]
    done
  done
}

# published WORD: the paths that docs/isolation.md says are so
published() { sed -n "s/^| \`\(\/[^\`]*\)\` | $1 |\$/\1/p" "$BATS_TEST_DIRNAME/../../docs/isolation.md"; }

@test "S-03 what is hidden and read-only is what the published table says" {
  local mode path
  [[ $(published hidden | wc -l) -ge 16 && $(published read-only | wc -l) -ge 7 ]]
  {
    echo 'FROM busybox'
    echo 'RUN <<EOF'
    echo 'set -f'
    echo "hidden='$(published hidden | tr '\n' ' ')' readonly='$(published read-only | tr '\n' ' ')'"
    cat <<'END'
set +f
for p in $hidden; do
  test -e $p || continue
  if test -d $p; then echo "> hidden $p $(ls -A $p | wc -l)"; mkdir $p/x && echo "> made $p/x"
  else echo "> hidden $p $(cat $p | wc -c)"; fi
done
for p in $readonly; do
  test -e $p || continue
  f=$p; test ! -d $p || f=$(find $p -type f -perm -200 2>/dev/null | head -1)
  test -z "$f" || ! (: >> $f) || echo "> wrote $f"
  test ! -d $p || ! mkdir $p/x || echo "> made $p/x"
  mount -o remount,rw,bind $p && echo "> remounted $p"
  umount $p && echo "> unmounted $p"
done
for f in /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent /sys/kernel/uevent_helper /proc/sys/kernel/core_pattern; do
  (echo /x > $f) && echo "> wrote $f"
done
awk '$5 ~ "^/(proc|sys)" { print "> mounted " $5 " " substr($6, 1, 2) }' /proc/self/mountinfo
true
EOF
END
  } >Dockerfile
  { published hidden; published read-only; } | sed 's/cpu\*/cpu[0-9]*/' >"$OUT/published"
  for mode in root rootless; do
    run build_in "$mode" .
    assert_status 0
    refute grep -E '^(made|wrote|remounted|unmounted)' <(said)
    refute grep -E '^hidden .* [^0]$' <(said)
    [[ $(said | grep -c ^hidden) -ge 4 ]]
    # the other way round: nothing is mounted there that the table does not name
    while read -r _ path access; do
      [[ $path != /proc ]] || continue
      # as a user, /sys is the outer one with what is mounted in it, all of it read-only
      [[ $mode == rootless && $path == /sys/* ]] && { [[ $access == ro || -f $path ]]; continue; }
      grep -qx -f "$OUT/published" <<<"$path" ||
        { echo "$mode: $path is mounted, and not in the table"; return 1; }
    done < <(said | grep ^mounted)
  done
}

@test "S-04 a RUN does not get hold of the builder's program to write to it" {
  local mode before i n=20
  [[ -z ${CBUILD_HUNT:-} ]] || n=500
  before=$(sha256sum "$CBUILD")
  [[ $(stat -c %U "$CBUILD") == "$OWNER" ]]
  for ((i = 0; i < n; i++)); do
    for mode in $MODES; do
      [[ $i -lt 10 || $mode != chroot ]] || continue
      dockerfile <<END
FROM busybox
COPY probe /
RUN /probe overwrite 20 >/tmp/log & /probe overwrite 100 | sed 's/^/> /'; wait; sed 's/^/> /' /tmp/log
END
      run build_in "$mode" --no-cache .
      assert_status 0
      [[ $(said | sort -u) == "opened: 0" ]] || { echo "$mode: $output"; return 1; }
      [[ $(sha256sum "$CBUILD") == "$before" ]]
    done
  done
}

@test "S-04 the builder's program cannot be what a RUN executes" {
  local mode before program
  before=$(sha256sum "$CBUILD")
  printf '#!/proc/self/exe\n' >script
  for program in /proc/self/exe /script /proc/1/exe /proc/self/task/1/../1/exe; do
    dockerfile <<END
FROM busybox
COPY --chmod=755 script /
RUN ["$program", "version"]
END
    for mode in $MODES; do
      status=0
      output=$(build_in "$mode" . 2>&1) || status=$?
      [[ $status -eq 126 || $status -eq 127 ]] || { echo "$mode $program: $status $output"; return 1; }
      [[ $(sha256sum "$CBUILD") == "$before" ]]
    done
  done
}

@test "S-05 a RUN reads nothing of the builder" {
  local mode
  dockerfile <<'END'
FROM busybox
COPY probe /
RUN for p in /proc/[0-9]*; do \
      test $p != /proc/$$ && test $p != /proc/self || continue; \
      tr '\0' '\n' < $p/environ | grep -q hunter2 && echo "> environ of $p"; \
      grep -q cbuild $p/maps && echo "> maps of $p"; \
      ls -l $p/fd | grep -q store && echo "> files of $p"; \
    done; \
    for f in environ maps fd/0 cwd root exe mem auxv stack syscall ns/mnt io; do \
      cat /proc/1/$f >/dev/null 2>&1 && echo "> read /proc/1/$f"; \
      readlink /proc/1/$f && echo "> link /proc/1/$f"; \
    done; \
    ls /proc/1/root/ >/dev/null 2>&1 && echo "> root of init"; \
    /probe look-into 1 | sed 's/^/> /'; /probe look-into $PPID | sed 's/^/> /'
END
  for mode in root rootless; do
    export MARKER=hunter2hunter2
    BUILDER_ENV=MARKER=$MARKER run build_in "$mode" .
    assert_status 0
    [[ $(said | sort -u) == "attach: EPERM
read: EPERM
seize: EPERM
take a descriptor: EPERM
write: EPERM" ]] || { echo "$mode: $output"; return 1; }
  done
}

@test "S-05 in a chroot the builder is in sight of a RUN, and out of its reach" {
  local nap
  nap=$(naps)
  sed 's/^  //' <<END | dockerfile
  FROM busybox
  COPY probe /
  RUN n=0; for p in \$(seq 2 4 32768); do kill -0 \$p 2>/dev/null && test \$p != \$\$ && echo "> signal \$p"; done; \
      for p in 1 \$PPID; do /probe look-into \$p | sed 's/^/> /'; done; \
      ls /proc/self 2>/dev/null; true
END
  "$CBUILD" doctor --json | jq -e '.landlock >= 6' >/dev/null || skip "this kernel's Landlock keeps no signals"
  run build_in chroot .
  assert_status 0
  [[ $(said | sort -u) == "attach: EPERM
read: EPERM
seize: EPERM
take a descriptor: EPERM
write: EPERM" ]]
}

@test "S-05 who builds is not dumpable while a RUN works" {
  local nap store pid init
  nap=$(naps)
  dockerfile <<END
FROM busybox
RUN $nap
END
  store=$(getent passwd "$OWNER" | cut -d: -f6)/.local/share/cbuild
  begin setpriv --reuid "$OWNER" --regid "$(id -g "$OWNER")" --init-groups env -i PATH="$PATH" \
    HOME="$(dirname "$(dirname "$(dirname "$store")")")" "$CBUILD" build \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" .
  wait_until pgrep -x -f "$nap"
  init=$(ps -o ppid= -p "$(pgrep -o -x -f "$nap")" | tr -d ' ')
  while [[ $(ps -o pid= --ppid "$init" | wc -l) -gt 0 && $(awk '/^NSpid/ { print $NF }' "/proc/$init/status") != 1 ]]; do
    init=$(ps -o ppid= -p "$init" | tr -d ' ')
  done
  # what is not dumpable belongs to root in /proc, whoever it runs as
  [[ $(stat -c %U "/proc/$init/environ") == root ]]
  [[ $(stat -c %U "/proc/$(pgrep -o -x -f "$nap")/environ") == "$OWNER" ]]
}

# What a RUN is, in the words of /proc/self/status; the first argument is the USER.
credentials_of() {
  printf 'FROM busybox\nCOPY probe /\nUSER %s\n' "$1"
  cat <<'END'
RUN sed -n 's/^\(Uid\|Gid\|Groups\|Cap...\|NoNewPrivs\|Seccomp\|SigBlk\|SigIgn\):[ \t]*/> \1: /p' /proc/self/status | tr '\t' ' ' | sed 's/ $//'; \
    /probe securebits | sed 's/^/> /'; echo "> umask: $(umask)"; \
    echo "> oom: $(cat /proc/self/oom_score_adj)"; \
    sed 's/^ *\([0-9]*\) *\([0-9]*\) *\([0-9]*\)/> map: \1 \2 \3/' /proc/self/uid_map; \
    sed 's/  */ /g; s/^/> limit: /' /proc/self/limits
END
}

# golden UID GID "GROUPS" EFFECTIVE BOUNDING NNP SECCOMP
golden() {
  cat <<END
Uid: $1 $1 $1 $1
Gid: $2 $2 $2 $2
Groups: $3
SigBlk: 0000000000000000
SigIgn: 0000000000000000
CapInh: 0000000000000000
CapPrm: $4
CapEff: $4
CapBnd: $5
CapAmb: 0000000000000000
NoNewPrivs: $6
Seccomp: 2
securebits: 0
dumpable: 1
umask: 0022
END
}

@test "S-06 a RUN has the credentials of the table, for every form of USER" {
  local mode user uid gid groups all=00000000a80425fb none=0000000000000000 nnp score
  score=$(($(cat /proc/self/oom_score_adj) + 500))
  sed 's/  */ /g; s/ $//' /proc/self/limits >"$OUT/limits"
  for mode in root rootless; do
    while read -r user uid gid groups; do
      credentials_of "$user" | dockerfile
      run build_in "$mode" .
      assert_status 0
      diff <(golden "$uid" "$gid" "$groups" "$([[ $uid == 0 ]] && echo $all || echo $none)" $all 0) \
        <(said | grep -vE '^(map|oom|limit):') || { echo "$mode $user"; return 1; }
      [[ $(said | grep ^oom) == "oom: $score" ]] || { echo "$mode: $(said | grep ^oom), not $score"; return 1; }
      # the limits are those of who called
      diff "$OUT/limits" <(said | sed -n 's/^limit: //p; ' | sed 's/ $//')
      case $mode in
        root) [[ $(said | grep ^map:) == "map: 0 0 4294967295" ]] ;;
        rootless) [[ $(said | grep ^map: | tr '\n' ' ') == "map: 0 $(id -u "$OWNER") 1 map: 1 $(sed -n "s/^$OWNER:\([0-9]*\):\([0-9]*\)$/\1 \2/p" /etc/subuid) " ]] ;;
      esac
    done <<'END'
root 0 0 0
0 0 0 0
user 1000 1000 1000 2000
1000 1000 1000 1000 2000
1000:2000 1000 2000 2000
user:extra 1000 2000 2000
daemon 1 1 1
4321 4321 0 0
4321:77 4321 77 77
root:extra 0 2000 2000
END
  done
  while read -r user uid gid groups; do
    sed -i '/^RUN/,$d' Dockerfile
    printf 'FROM busybox\nCOPY probe /\nUSER %s\nRUN id | sed "s/^/> /"; /probe securebits | sed "s/^/> /"; umask\n' "$user" | dockerfile
    run build_in chroot .
    assert_status 0
    [[ $(said | head -1 | sed 's/([^)]*)//g') == "uid=$uid gid=$gid"* ]] || { echo "$user: $output"; return 1; }
  done <<'END'
root 0 0
user 1000 1000
1000:2000 1000 2000
4321 4321 0
END
}

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
try sh -c 'mknod /disk b 8 0 && head -c1 /disk; mknod /kmem c 1 1 && head -c1 /kmem'
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

@test "S-09 none of 25 ways leads out of a RUN" {
  local mode mounts cgroups
  make_canary
  mounts=$(wc -l </proc/self/mountinfo)
  cgroups=$(find /sys/fs/cgroup -maxdepth 2 -type d 2>/dev/null | sort | sha256sum)
  escapes | dockerfile
  for mode in $MODES; do
    run build_in "$mode" .
    assert_status 0
    [[ $(said) == "tried 25" ]] || { echo "$mode: $(said)"; return 1; }
    check_canary "$mode"
    [[ $(wc -l </proc/self/mountinfo) -eq $mounts ]]
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
