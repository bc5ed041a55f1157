# What a RUN may do, and what it sees of the builder, from the inside.
load helper
source "$BATS_TEST_DIRNAME/../support/walls.bash"

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
  for mode in root rootless single; do
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
  "$CBUILD" doctor --json | jq -e '.landlock >= 6' >/dev/null || lacks "this kernel's Landlock keeps no signals"
  run build_in chroot .
  assert_status 0
  [[ $(said | sort -u) == "attach: EPERM
read: EPERM
seize: EPERM
take a descriptor: EPERM
write: EPERM" ]]
}

@test "S-05 who builds is not dumpable while a RUN works" {
  local nap store init
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
  local mode user uid gid groups all=00000000a80425fb none=0000000000000000 score
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
