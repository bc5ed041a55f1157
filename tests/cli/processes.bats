# What a step's processes may do to it, to others and to cbuild: a layer that was hashed is written by
# nobody any more, and nobody outside is read or written.

load helper

setup_file() {
  busybox_layout
  gcc -static -O1 -o "$BATS_FILE_TMPDIR/leak" "$BATS_TEST_DIRNAME/../support/leak.c"
}
setup() {
  fresh
  cp "$BATS_FILE_TMPDIR/leak" leak
}

# hand_over ADDRESS KIND PATH: the step of one build hands a descriptor of its root to that of another
hand_over() {
  printf 'FROM busybox\nCOPY leak /leak\nRUN --mount=type=cache,id=way,target=/way /leak receive %s %s\n' "$1" "$2" >Dockerfile.receive
  printf 'FROM busybox\nCOPY leak /leak\nRUN --mount=type=cache,id=way,target=/way mkdir /d && /leak send %s %s %s\n' "$1" "$2" "$3" >Dockerfile.send
  begin_build -f Dockerfile.receive . >"$OUT/receive" 2>&1
  wait_until grep -q '[0-9] it listens' "$OUT/receive"
  run build -f Dockerfile.send -t sent:v1 .
}

assert_held() {
  assert_status 125
  assert_contains "$output" "something can still write to the files of the step"
  refute grep -F '"sent:v1"' "$CBUILD_ROOT/index.json"
  # it really could
  wait_until grep -q '[0-9] it writes: ok' "$OUT/receive"
  end_background
  run "$CBUILD" fsck
  assert_status 0
}

@test "S-13 a file that is open for writing elsewhere when its step ends fails the step" {
  not_in_mode chroot "a cache mount is a copy there, so no socket is shared"
  hand_over /way/socket fd /d/file
  assert_held
}

@test "S-13 a writable mapping that is left elsewhere fails the step" {
  not_in_mode chroot "a cache mount is a copy there, so no socket is shared"
  hand_over /way/socket map /d/file
  assert_held
}

@test "S-13 an abstract socket is no way round: no connection, or the step fails" {
  not_in_mode chroot "a cache mount is a copy there, so no socket is shared"
  hand_over "@way-$BATS_SUITE_TEST_NUMBER" fd /d/file
  if [[ $output == *"it cannot connect: "* ]]; then
    assert_status 0
  else
    assert_held
  fi
}

@test "S-13 a directory that is open elsewhere is dead, and the layer is what its digest says" {
  not_in_mode chroot "a cache mount is a copy there, so no socket is shared"
  local tries
  # the other one may have a file of it open just when the step ends: that is held
  for tries in $(seq 20); do
    hand_over /way/socket dir /d
    [[ $status -ne 0 ]] || break
    assert_held
  done
  assert_status 0
  wait_until grep -q '[0-9] it writes: ' "$OUT/receive"
  # while its step ran it could; what came then is in the layer and in the snapshot alike
  wait_until grep -q '[0-9] it writes: EROFS' "$OUT/receive"
  printf 'FROM busybox\nCOPY leak /leak\nRUN --mount=type=cache,id=way,target=/way mkdir /d && /leak send /way/socket dir /d\nRUN ls -a /d > /seen\n' >Dockerfile.more
  run build -f Dockerfile.more -t more:v1 .
  assert_status 0
  local root
  root=$(unpacked docker.io/library/more:v1)
  [[ $(ls -a "$root/d") = "$(cat "$root/seen")" ]]
  end_background
  "$CBUILD" fsck
}

@test "S-13 no step is taken for held that is not: files, mappings and daemons of their own" {
  not_in_mode chroot "nothing is mounted, so there is no barrier"
  # as often as 10,000 steps where hunting is asked for
  local builds=4 i
  [[ -z ${TEST_MODE:-} ]] || builds=1
  [[ -z ${CBUILD_HUNT:-} ]] || builds=200
  {
    echo 'FROM busybox'
    echo 'COPY leak /leak'
    for i in $(seq 50); do
      echo "RUN (setsid sh -c 'while :; do echo $i >> /left; done' &); exec 9>/open; echo $i >&9; cp /bin/busybox /b$i; /b$i sync /b$i; sleep 0.00$((i % 9)) & true"
    done
  } >Dockerfile
  for i in $(seq "$builds"); do
    build --no-cache . >"$OUT/log" 2>&1 || { tail -20 "$OUT/log"; return 1; }
  done
}

@test "S-04 no step changes the builder's program, nor gets hold of it" {
  not_in_mode "*" "the program that the tests start is a script there"
  local builds=20 i before
  [[ -z ${CBUILD_HUNT:-} ]] || builds=500
  cp "$CBUILD" "$OUT/cbuild"
  cp "$(dirname "$CBUILD")/cbuild-net" "$OUT/cbuild-net"
  before=$(sha256sum "$OUT/cbuild" "$OUT/cbuild-net"; stat -c '%s %Y %a' "$OUT/cbuild")
  dockerfile <<'D'
FROM busybox
RUN (while :; do for e in /proc/[0-9]*/exe /proc/self/exe /proc/1/exe; do \
      readlink $e | grep -q busybox || { echo "seen: $(readlink $e)"; echo spoiled > $e; echo spoiled >> $e; truncate -s 0 $e; } 2>/dev/null; \
    done; done) & \
    for i in $(seq 20); do /proc/self/exe true; /proc/1/exe && echo "executed"; done 2>/dev/null; true
D
  # a program that is the builder, named as one's own interpreter
  printf '#!/proc/self/exe\n' >script
  chmod 0755 script
  printf 'COPY script /script\nRUN /script build --help | grep -q Dockerfile && echo "exec""uted"; true\n' >>Dockerfile
  for i in $(seq "$builds"); do
    CBUILD=$OUT/cbuild build --no-cache . >"$OUT/log" 2>&1 || { cat "$OUT/log"; return 1; }
    refute grep -E '[0-9] (executed|seen: /)' "$OUT/log"
  done
  [[ $before = "$(sha256sum "$OUT/cbuild" "$OUT/cbuild-net"; stat -c '%s %Y %a' "$OUT/cbuild")" ]]
}

@test "S-05 a step reads nothing of the processes that are not its own" {
  not_in_mode chroot "the step has no /proc"
  # the mark stands in the environment and in the command line of the builder
  cat >look <<'S'
for p in /proc/[0-9]*; do
  [ "${p#/proc/}" = $$ ] || [ "$p" = "/proc/$(cut -d' ' -f4 /proc/self/stat)" ] || echo "process ${p#/proc/}"
  for f in environ cmdline maps mem auxv; do
    tr '\0' '\n' <"$p/$f" 2>/dev/null | grep -a "mark-of-the-builder" && echo "found in $p/$f"
  done
done
# numbers of files can be listed, but none of them leads anywhere
for f in /proc/1/fd/* /proc/1/map_files/* /proc/1/exe /proc/1/cwd /proc/1/root; do
  readlink "$f" && echo "something of the init: $f"
  cat "$f" 2>/dev/null && echo "something of the init: $f is read"
done
echo "looked"
S
  printf 'FROM busybox\nCOPY look /look\nRUN sh /look\n' | dockerfile
  run env CI_TOKEN=mark-of-the-builder "$CBUILD" build --progress=plain --build-arg unused=mark-of-the-builder \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" .
  assert_status 0
  [[ $output =~ [0-9]" looked" ]]
  refute_contains "$output" "found in"
  refute_contains "$output" "of the init"
  # no process but the init and its own
  [[ $(grep -cE '[0-9] process [0-9]+$' <<<"$output") -le 3 ]]
}

@test "the mask of new files is 022, and the step goes first when memory runs out" {
  not_in_mode chroot "the step has no /proc"
  printf 'FROM busybox\nRUN umask | grep -x 0022 && cat /proc/self/oom_score_adj\n' | dockerfile
  umask 077
  local own
  own=$(cat /proc/self/oom_score_adj)
  run build .
  assert_status 0
  grep -qE "[0-9] $((own + 500 > 1000 ? 1000 : own + 500))\$" <<<"$output"
}

@test "limits of processes are those that cbuild has, where nothing else is said" {
  printf 'FROM busybox\nRUN ulimit -n | grep -x 321 && ulimit -Hn | grep -x 654\n' | dockerfile
  (ulimit -Sn 321 && ulimit -Hn 654 && build .)
}

@test "K-02 a step that was given a secret writes no core dump, neither to a file nor to a program" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  echo some-long-value >"$OUT/secret"
  # above 0, so that there would be one
  printf 'FROM busybox\nRUN --mount=type=secret,id=s grep -E "^Max core file size +1 +1 " /proc/self/limits\nRUN grep "^Max core file size" /proc/self/limits | grep -v "size  *1 "\n' | dockerfile
  (ulimit -c 1000 && build --secret id=s,src="$OUT/secret" .)
}

@test "a step cannot say that it was told to stop" {
  not_in_mode chroot "the step has no process 1 of its own"
  # by number 0, which is how who stands outside looks; from Linux 6.12 on Landlock keeps a confined step from it
  cat >forge.c <<'C'
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	siginfo_t forged = { .si_signo = SIGTERM, .si_code = SI_QUEUE, .si_pid = 0 };

	if (syscall(SYS_rt_sigqueueinfo, 1, SIGTERM, &forged) < 0 || kill(1, SIGTERM) < 0)
		return perror("tell process 1 to stop"), 1;
	return 0;
}
C
  gcc -static -O1 -o forge forge.c
  printf 'FROM busybox\nCOPY forge /\nRUN --security=insecure trap "echo told >> /log" TERM; until [ -e /log ]; do /forge; sleep 0.1; done; trap "" TERM; cat /log\n' | dockerfile
  run build --allow security.insecure -t app:v1 .
  assert_status 0
  # it is handed on, as in a container whose process 1 does so; twice, so cat must not hear of the second
  grep -q '[0-9] told$' <<<"$output"
  run -0 build --allow security.insecure -t app:v1 .
  assert_contains "$output" CACHED
}
