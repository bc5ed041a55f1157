# RUN --mount against images, builds and steps that mean harm (docs/security.md: P).

load helper
source "$BATS_TEST_DIRNAME/../support/oracles.bash"

setup_file() { busybox_layout; }
setup() { attack; }
teardown() {
  [[ -z ${MOUNTED:-} ]] || umount "$MOUNTED" || true
  after_attack
}

seen() { cat "$(unpacked docker.io/library/app:v1)/$1"; }

@test "P-01: the source of a bind mount is looked up in its image, wherever its links lead" {
  image evil <<'P'
layers = [layer(directory("sub"), file("sub/own", "own"), symlink("root", "/"), symlink("up", "../../../.."),
    symlink("sub/up", "../.."), symlink("canary", CANARY), symlink("proc1", "/proc/1/root"),
    symlink("fd3", "/proc/self/fd/3"), symlink("loop", "loop"), symlink("host", "/etc"))]
P
  dockerfile <<'D'
FROM busybox
RUN --mount=type=bind,from=evil,source=/root,target=/m,rw --mount=type=bind,from=evil,source=/up,target=/u,rw \
    --mount=type=bind,from=evil,source=/sub/up,target=/s cat /m/sub/own > /seen; ls /u /s >> /seen; touch /m/pwn /u/pwn
D
  attacked -t app:v1 .
  [[ $(seen seen) == own* && $(seen seen | grep -c '^sub$') -eq 2 && $(seen seen | grep -c '^loop$') -eq 2 ]]
  refute grep -qx -e usr -e bin -e etc <(seen seen)
  local source
  for source in canary canary/dir proc1 fd3 host host/passwd sub/up/canary; do
    printf 'FROM busybox\nRUN --mount=type=bind,from=evil,source=/%s,target=/m ls /m; cat /m/*\n' "$source" | dockerfile
    run attacked .
    assert_refused "\"/$source\": not found"
  done
  printf 'FROM busybox\nRUN --mount=type=bind,from=evil,source=/loop,target=/m true\n' | dockerfile
  run attacked .
  assert_refused loop
  # what is in the image is found through them, as ever
  image fine <<<'layers = [layer(directory("data"), file("data/f", "through the link"), symlink("l", "/../../data"))]'
  printf 'FROM busybox\nRUN --mount=type=bind,from=fine,source=/l,target=/m cat /m/f > /seen\n' | dockerfile
  attacked -t app:v1 .
  [[ $(seen seen) == "through the link" ]]
}

@test "P-02: what is mounted in a cache that another build keeps exchanging stays inside" {
  not_in_mode chroot "a step has a copy of its caches there"
  # renameat2 with RENAME_EXCHANGE
  local call
  case $(uname -m) in
  x86_64) call=316 ;;
  aarch64) call=276 ;;
  *) skip "the number of renameat2 is not known here" ;;
  esac
  host_programs perl
  dockerfile <<D
FROM busybox
COPY tools /
RUN --mount=type=cache,id=c,target=/c mkdir /c/d && touch /c/d/real && ln -s "$CANARY/dir" /c/l && touch /c/started && \\
    perl -e '@p = ("/c/d", "/c/l"); until (-e "/c/stop") { syscall($call, -100, \$p[0], -100, \$p[1], 2) for 1..1000 }'
D
  cp Dockerfile first
  begin_attacked -f first -t first:v1 .
  wait_until eval '[[ -n $(find "$CBUILD_ROOT/cache/mounts" -name started 2>/dev/null) ]]'
  local round i mounts tree worked=0
  for round in $(seq "$(repeats 10 200)"); do
    mounts=
    for i in 1 2 3 4 5 6 7 8 9 10; do mounts+=" --mount=type=tmpfs,target=/c/d/$i"; done
    printf 'FROM busybox\nRUN --mount=type=cache,id=c,target=/c%s : %s; for i in 1 2 3 4 5; do cat /c/d/inner /c/l/inner /c/d/../file; done 2>/dev/null >/seen; true\n' \
      "$mounts" "$round" | dockerfile
    run attacked -t app:v1 .
    [[ $status -eq 0 || $status -eq 125 ]]
    [[ $status -eq 0 ]] || continue
    worked=1
    tree=$(unpacked docker.io/library/app:v1)
    [[ -e $tree/seen && ! -s $tree/seen && ! -e $tree/$CANARY && ! -e $tree/c ]]
    rm -rf --one-file-system "$(dirname "$tree")"
  done
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,target=/c touch /c/stop\n' | dockerfile
  attacked --no-cache .
  # and it was at it until now
  wait "${BACKGROUND[@]}"
  [[ $worked -eq 1 ]]
}

@test "P-03: an id of a cache mount is opaque, whatever it looks like" {
  local long ids id n=0
  long=$(printf 'x%.0s' $(seq 4096))
  ids=("../../../$CANARY" "$CANARY" a/../../b ../b b . .. / "$long" "${long}y" $'line\nfeed' $'line\nfood' 'a\0b' "%00")
  for id in "${ids[@]}"; do
    n=$((n + 1))
    printf 'ARG ID\nFROM busybox\nARG ID\nRUN --mount=type=cache,id=$ID,target=/c ls -A /c | grep . && exit 1; echo %s > /c/f\n' "$n" | dockerfile
    run attacked --build-arg "ID=$id" .
    [[ $status -eq 0 ]] || { echo "$id: $output"; return 1; }
  done
  n=0
  for id in "${ids[@]}"; do
    n=$((n + 1))
    printf 'ARG ID\nFROM busybox\nARG ID\nRUN --mount=type=cache,id=$ID,target=/c [ "$(cat /c/f)" = %s ]\n' "$n" | dockerfile
    attacked --build-arg "ID=$id" .
  done
  # each has a directory by the name of a digest, and nothing else is there
  [[ $(find "$CBUILD_ROOT/cache/mounts" -mindepth 1 -maxdepth 1 -type d | grep -cE '/[0-9a-f]{64}$') -eq ${#ids[@]} ]]
  refute grep -vE '/[0-9a-f]{64}(\.lock)?$' <(find "$CBUILD_ROOT/cache/mounts" -mindepth 1 -maxdepth 1)
}

@test "P-04: a mount has the keys and values that there are, everything else is an error at its place" {
  local flag at text
  while IFS='|' read -r flag text; do
    printf 'FROM busybox\nRUN echo this ran | tr a-z A-Z\nRUN --mount=%s ls /x\n' "$flag" | dockerfile
    run attacked --no-cache .
    assert_refused "$text"
    at=$(grep -oE 'Dockerfile:3:[0-9]+' <<<"$output" | head -1)
    [[ $at == Dockerfile:3:5 || $at == Dockerfile:3:13 ]] || { echo "$flag: at '$at'"; echo "$output"; return 1; }
    refute_contains "$output" "THIS RAN"
  done <<'CASES'
type=bind,target=/x,bind-propagation=shared|unexpected key 'bind-propagation'
type=bind,target=/x,suid|invalid field 'suid'
type=bind,target=/x,dev=true|unexpected key 'dev'
type=overlay,target=/x|unsupported mount type "overlay"
type=tmpfs,target=/|invalid mount target "/"
type=tmpfs,target=/x/..|invalid mount target "/"
type=bind,target=/proc|over /proc
type=tmpfs,target=../proc/./self|over /proc
type=bind,target=/x,readonly=maybe|invalid value for readonly: maybe
type=bind,target=/x,mode=0777|mode not allowed
type=cache,target=/x,sharing=all|unsupported sharing value "all"
type=cache,target=/x,mode=9|invalid value 9 for mode
type=cache,target=/x,uid=-1|invalid value -1 for uid
type=cache,target=/x,uid=4294967296|invalid value 4294967296 for uid
type=tmpfs,target=/x,size=lots|invalid value for size
type=tmpfs,size=1m,target=/x,required=true|unexpected key 'required'
type=secret,id=x,from=busybox|should not have a from
type=ssh,source=/x|ssh does not support source
CASES
  # a key that stands there twice has its last value, as in BuildKit, and ".." stops at the root
  printf 'FROM busybox\nWORKDIR /w\nRUN --mount=type=tmpfs,target=/a,target=../../../x touch /x/f && test ! -e /a\n' | dockerfile
  attacked .
}

@test "P-04: a link of the image does not lead a mount into /proc" {
  not_in_mode chroot "/proc is an empty directory there"
  image procs <<<'layers = [layer(symlink("p", "/proc"), symlink("s", "/proc/self"), symlink("a", "p/self/attr"))]'
  local target
  for target in /p/sys/kernel /s/attr /a /p; do
    printf 'FROM procs\nCOPY --from=busybox / /\nRUN --mount=type=tmpfs,target=%s true\n' "$target" | dockerfile
    run attacked .
    assert_status 125
    assert_contains "${lines[-1]}" "cbuild: error: "
  done
  assert_contains "$output" "lies in /proc"
}

@test "P-05: what a step puts where the stub of its mount was is the step's, and what it leads to is nobody's" {
  mkdir -p "$CANARY/a/b"
  canary_state >"$BATS_TEST_TMPDIR/canary.before"
  dockerfile <<D
FROM busybox
RUN --mount=type=tmpfs,target=/t/a/b --mount=type=bind,source=Dockerfile,target=/s/a/f --mount=type=tmpfs,target=/u/v/w \\
    mv /t /t2 && ln -s "$CANARY" /t && mv /s /s2 && mkdir -p /s/a && echo mine > /s/a/f && \\
    mv /u/v /u/v2 && mkdir -p /u/v/w && touch /u/v/w/kept
D
  attacked -t app:v1 .
  local tree
  tree=$(unpacked docker.io/library/app:v1)
  [[ $(readlink "$tree/t") == "$CANARY" && -d $tree/t2 && ! -e $tree/t2/a ]]
  [[ $(<"$tree/s/a/f") == mine && -d $tree/s2 && ! -e $tree/s2/a && -e $tree/u/v/w/kept && ! -e $tree/u/v2/w ]]
}

@test "P-05: a mount that somebody left in the store is not emptied when what holds it is swept" {
  not_in_mode "rootless* single chroot" "the test mounts as root does"
  printf 'FROM scratch\nLABEL a=b\n' | attacked -q - >/dev/null
  mkdir -p "$CBUILD_ROOT/tmp/dead/inside" "$CBUILD_ROOT/tmp/dead/other"
  touch "$CBUILD_ROOT/tmp/dead/inside.f"
  unshare -m --propagation private bash -eu -c '
    mount --bind "$CANARY" "$CBUILD_ROOT/tmp/dead/inside"
    printf "FROM scratch\nLABEL a=b\n" | "$@" build -q - >/dev/null || true
    "$@" prune --all >/dev/null || true
    [ "$(cat "$CBUILD_ROOT/tmp/dead/inside/file")" = untouched ]
  ' bash "$CBUILD"
  # the mount is gone with its namespace; now it goes
  printf 'FROM scratch\nLABEL a=c\n' | attacked -q - >/dev/null
  [[ ! -e $CBUILD_ROOT/tmp/dead ]]
}

# --- what holds of mounts in ordinary use ----------------------------------------------------------

@test "steps that want the same locked caches in opposite order do not wait for one another" {
  local i
  {
    echo "FROM busybox AS base"
    for i in $(seq 12); do
      printf 'FROM base AS a%s\nRUN --mount=type=cache,id=x,target=/1,sharing=locked --mount=type=cache,id=y,target=/2,sharing=locked mkdir /1/busy /2/busy && echo %s && rmdir /1/busy /2/busy\n' "$i" "$i"
      printf 'FROM base AS b%s\nRUN --mount=type=cache,id=y,target=/1,sharing=locked --mount=type=cache,id=x,target=/2,sharing=locked mkdir /1/busy /2/busy && echo %s && rmdir /1/busy /2/busy\n' "$i" "$i"
    done
    echo "FROM base"
    for i in $(seq 12); do printf 'COPY --from=a%s /etc/passwd /a%s\nCOPY --from=b%s /etc/passwd /b%s\n' "$i" "$i" "$i" "$i"; done
  } | dockerfile
  # two builds at once, besides
  begin_attacked --jobs 8 --no-cache --timeout 200s -t first:v1 .
  attacked --jobs 8 --no-cache --timeout 200s -t second:v1 .
  wait "${BACKGROUND[@]}"
}

@test "writes through a bind with rw are seen by the step and by nobody else" {
  mkdir d
  echo context >d/f
  dockerfile <<'D'
FROM busybox AS s
RUN mkdir /o && echo stage > /o/f
FROM busybox
RUN --mount=type=bind,source=d,target=/c,rw --mount=type=bind,from=s,source=/o,target=/o,rw \
    echo x >> /c/f && echo y >> /o/f && touch /c/new /o/new && cat /c/f /o/f > /first
RUN --mount=type=bind,source=d,target=/c --mount=type=bind,from=s,source=/o,target=/o cat /c/* /o/* > /second; ls -A /o /c >> /second; rmdir /o 2>/dev/null; ls -d /o /c > /third 2>/dev/null; true
D
  attacked -t app:v1 .
  [[ $(seen first) == $'context\nx\nstage\ny' && $(seen second) == $'context\nstage\n/c:\nf\n\n/o:\nf' ]]
  [[ ! -e $(unpacked docker.io/library/app:v1)/o && ! -e $(unpacked docker.io/library/app:v1)/c && $(<d/f) == context ]]
}
