# RUN --mount: what a step sees through its mounts, and that nothing of them stays.

load helper

setup_file() { busybox_layout; }
setup() { fresh; }
teardown() { [[ -z ${pid:-} ]] || kill "$pid" 2>/dev/null || true; }

# seen FILE: what the image's file holds
seen() { cat "$(unpacked docker.io/library/app:v1)/$1"; }

@test "P-09: a bind of the context shows what is not ignored, read-only, and leaves no trace" {
  not_in_mode chroot "mounts are copies there, and nothing is read-only (copied-mounts.bats)"
  mkdir d
  echo a >d/a
  echo b >d/b
  echo d/b >.dockerignore
  dockerfile <<'D'
FROM busybox
RUN --mount=target=/ctx --mount=source=d/a,target=/one ls /ctx/d > /seen; cat /one >> /seen; echo x > /ctx/d/x || echo ro >> /seen
RUN ls -d /ctx /one > /left 2>/dev/null || true
D
  build -t app:v1 .
  [[ $(seen seen) == $'a\na\nro' && $(seen left) == "" ]]
}

@test "what a bind of the context shows is part of the key, and nothing else of the context is" {
  mkdir d
  echo 1 >d/a
  echo 1 >other
  printf 'FROM busybox\nRUN --mount=source=d,target=/d cat /d/a > /seen\nCOPY other /\n' | dockerfile
  build -t app:v1 .
  echo 2 >other
  run build -t app:v1 .
  assert_contains "$output" "CACHED"
  echo 2 >d/a
  build -t app:v1 .
  [[ $(seen seen) == 2 ]]
}

@test "a source that is not there is an error at the line of the RUN" {
  printf 'FROM busybox\nRUN --mount=source=nowhere,target=/d true\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" 'Dockerfile:2'
  assert_contains "$output" '"/nowhere": not found'
  printf 'FROM busybox\nRUN --mount=from=busybox,source=/nowhere,target=/d true\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" '"/nowhere": not found'
}

@test "a bind from a stage is looked up inside of it; writes with rw are discarded" {
  dockerfile <<'D'
FROM busybox AS s
RUN mkdir /art && echo x > /art/f && ln -s / /art/up && ln -s /art /alias
RUN true
FROM busybox
RUN --mount=from=s,source=/alias,target=/m,rw cat /m/f > /seen; echo y > /m/g; ls /m >> /seen
RUN --mount=from=s,source=/art/up,target=/m readlink /m/alias >> /seen; ls /m/art >> /seen
D
  build -t app:v1 .
  [[ $(seen seen) == $'x\nf\ng\nup\n/art\nf\nup' ]]
}

@test "a tmpfs is empty, as large as was asked for, and gone afterwards" {
  not_in_mode chroot "a size cannot be kept to there (copied-mounts.bats)"
  dockerfile <<'D'
FROM busybox
RUN mkdir /t && echo kept > /t/f
RUN --mount=type=tmpfs,target=/t,size=1m ls -A /t > /seen; dd if=/dev/zero of=/t/big bs=1M count=2 2>/dev/null || echo full >> /seen
D
  build -t app:v1 .
  [[ $(seen seen) == full && $(seen t/f) == kept ]]
}

@test "a cache stays from build to build, with owner and mode, and is in no layer" {
  not_in_mode chroot "mounts are copies there, and nothing is read-only (copied-mounts.bats)"
  # rules: 6.2-cache
  printf 'FROM busybox\nRUN --mount=type=cache,id=../../x,target=/c,uid=7,gid=8,mode=0750 echo 1 >> /c/n; stat -c "%%u %%g %%a" /c > /seen\n' | dockerfile
  build -t app:v1 .
  [[ $(seen seen) == "7 8 750" ]]
  printf 'FROM busybox\nRUN --mount=type=cache,id=../../x,target=/d,uid=7,gid=8,mode=0750,ro cat /d/n > /seen; ls -d /c >> /seen; echo 2 >> /d/n || echo ro >> /seen\n' | dockerfile
  build -t app:v1 .
  [[ $(seen seen) == $'1\nro' ]]
  [[ $(find "$CBUILD_ROOT/cache/mounts" -name n) =~ cache/mounts/[0-9a-f]{64}/n$ ]]
}

@test "a cache starts as what it is from" {
  dockerfile <<'D'
FROM busybox AS s
RUN mkdir /p && echo seed > /p/f && chmod 711 /p && ln /p/f /p/h
FROM busybox
RUN --mount=type=cache,from=s,source=/p,target=/c cat /c/h > /seen; stat -c "%a %h" /c/f >> /seen; echo more > /c/f
D
  build -t app:v1 .
  [[ $(seen seen) == $'seed\n644 2' ]]
}

@test "a cache starts as what is in a build context, and as something else when that changes" {
  mkdir -p more/p/sub
  echo seed >more/p/f
  ln more/p/f more/p/sub/h
  echo no >more/p/hidden
  echo aside >more/aside
  echo p/hidden >more/.dockerignore
  chmod 751 more/p
  dockerfile <<'D'
FROM busybox
ARG N
RUN --mount=type=cache,id=zz,from=more,source=p,target=/c \
    cat /c/f > /seen; (cd /c && find . | sort) >> /seen; stat -c "%u:%g %a %h" /c /c/f >> /seen; echo more >> /c/f
D
  fill() { build --build-context more=more --build-arg "N=$1" -t app:v1 .; }
  fill 1
  [[ $(seen seen) == $'seed\n.\n./f\n./sub\n./sub/h\n0:0 751 3\n0:0 644 2' ]]
  # it goes on, whatever happens beside it
  echo changed >more/aside
  fill 2
  [[ $(head -2 "$(unpacked docker.io/library/app:v1)/seen") == $'seed\nmore' ]]
  echo other >more/p/f
  fill 3
  [[ $(head -2 "$(unpacked docker.io/library/app:v1)/seen") == $'other\n.' ]]
  rm -r more/p
  run fill 4
  assert_status 125
  assert_contains "$output" '"/p": not found'
  assert_contains "$output" "Dockerfile:3"
}

@test "--no-cache keeps a plain cache, and starts one with owner or mode anew" {
  # rules: 6.2-cache-no-cache
  dockerfile <<'D'
FROM busybox
RUN --mount=type=cache,id=plain,target=/c echo x >> /c/f && wc -l < /c/f > /plain
RUN --mount=type=cache,id=mode,mode=0700,target=/c echo x >> /c/f && wc -l < /c/f > /mode
D
  build -t app:v1 .
  build --no-cache -t app:v1 .
  [[ $(seen plain) == 2 ]]
  [[ $(seen mode) == 1 ]]
}

@test "a locked cache is used by one step at a time" {
  # rules: 6.2-mount-sharing
  dockerfile <<'D'
FROM busybox AS a
RUN --mount=type=cache,id=l,target=/c,sharing=locked mkdir /c/busy && sleep 0.5 && rmdir /c/busy
FROM busybox AS b
RUN --mount=type=cache,id=l,target=/d,sharing=locked mkdir /d/busy && sleep 0.5 && rmdir /d/busy
FROM busybox
COPY --from=a /etc/passwd /1
COPY --from=b /etc/passwd /2
D
  build --jobs 4 -t app:v1 .
}

@test "a private cache is each step's own" {
  # rules: 6.2-mount-sharing
  local nap
  nap=$(naps)
  dockerfile <<D
FROM busybox AS c
RUN --mount=type=cache,id=p,target=/c,sharing=private mkdir /c/busy && { ${nap}1 || true; }
FROM busybox AS d
RUN --mount=type=cache,id=p,target=/d,sharing=private mkdir /d/busy && { ${nap}2 || true; }
FROM busybox
COPY --from=c /etc/passwd /3
COPY --from=d /etc/passwd /4
D
  begin_build --jobs 4 -t app:v1 . >"$OUT/log" 2>&1
  # both have made theirs, and neither is over
  wait_until asleep "${nap}1"
  wait_until asleep "${nap}2"
  asleep "${nap}1"
  pkill -f "^$nap"
  wait "${BACKGROUND[0]}" || { cat "$OUT/log"; return 1; }
}

@test "--no-cache starts a cache with an owner anew, but not one that another build has mounted" {
  not_in_mode chroot "a cache is one step's at a time there (copied-mounts.bats)"
  printf 'FROM busybox\nRUN --mount=type=cache,id=n,uid=5,target=/c touch /c/mine; for i in $(seq 3000); do [ -e /c/go ] && break; sleep 0.1; done; ls /c > /seen\n' >"$OUT/first"
  printf 'FROM busybox\nRUN --mount=type=cache,id=n,uid=5,target=/c touch /c/go; ls /c > /seen\n' >"$OUT/second"
  begin_build -f "$OUT/first" -t first:v1 . >"$OUT/log" 2>&1
  pid=$!
  wait_until eval '[[ -n $(find "$CBUILD_ROOT/cache/mounts" -name mine 2>/dev/null) ]]'
  run build --no-cache -f "$OUT/second" -t app:v1 .
  echo "$output"
  wait "$pid"
  assert_status 0
  assert_contains "$output" "is in use and is not started anew"
  [[ $(seen seen) == $'go\nmine' ]]
  "$CBUILD" tag first:v1 app:v1
  [[ $(seen seen) == $'go\nmine' ]]
  # nobody has it now
  build --no-cache -f "$OUT/second" -t app:v1 .
  [[ $(seen seen) == go ]]
}

@test "K-02, K-05: a secret is a file or a variable, in no layer, config or key" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  # rules: 6.2-secret
  echo hunter2-file >"$OUT/secret"
  export TOKEN=hunter2-variable
  # the history has the text of the RUN, so that must not have the values
  dockerfile <<'D'
FROM busybox
RUN --mount=type=secret,id=f,uid=5,mode=0440 \
    --mount=type=secret,id=t,env=TOK --mount=type=secret,id=none,env=NONE --mount=type=secret,id=none2 \
    [ "$(cat /run/secrets/f)" = hun''ter2-file ] && [ "$TOK" = hun''ter2-variable ] && \
    [ "${NONE-unset}" = "" ] && stat -c "%u %a" /run/secrets/f > /seen && ls /run/secrets >> /seen
D
  build --secret id=f,src="$OUT/secret" --secret id=t,env=TOKEN -t app:v1 .
  [[ $(seen seen) == $'5 440\nf' ]]
  [[ ! -e $(unpacked docker.io/library/app:v1)/run/secrets ]]
  for blob in "$CBUILD_ROOT"/blobs/sha256/*; do
    refute grep -q hunter2 <(zcat -f "$blob")
  done
  refute grep -rq hunter2 "$CBUILD_ROOT/cache"
  echo another >"$OUT/secret"
  run build --secret id=f,src="$OUT/secret" --secret id=t,env=TOKEN -t app:v1 .
  assert_status 0
  assert_contains "$output" "CACHED"
}

@test "K-02: a required secret or agent that was not given is an error, an optional one is not" {
  printf 'FROM busybox\nRUN --mount=type=secret,id=s,required true\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "secret s: not found (--secret id=s,src=PATH gives it)"
  echo value >"$OUT/value"
  printf 'FROM busybox\nRUN --mount=type=secret,id=token,required true\n' | dockerfile
  run -125 build --secret "id=tokn,src=$OUT/value" --secret "id=other,src=$OUT/value" .
  assert_contains "$output" "secret token: not found (--secret id=token,src=PATH gives it; the one that was given is 'tokn')"
  assert_contains "$output" "Dockerfile:2"
  printf 'FROM busybox\nRUN --mount=type=ssh,required true\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" 'no SSH key "default" forwarded from the client'
  printf 'FROM busybox\nRUN --mount=type=ssh test ! -e "$SSH_AUTH_SOCK"\n' | dockerfile
  build -t app:v1 .
}

@test "mounts nest, parents first, however they are written" {
  echo inner >f
  dockerfile <<'D'
FROM busybox
RUN --mount=source=f,target=/m/a/f --mount=type=tmpfs,target=/m cat /m/a/f > /seen
RUN ls -d /m >> /seen 2>&1 || echo gone >> /seen
D
  build -t app:v1 .
  [[ $(seen seen) == inner*gone ]]
}

@test "a tmpfs over /dev holds the devices, is as large as was asked for, and anything else there is refused" {
  not_in_mode chroot "/dev is no place for a mount there"
  dockerfile <<'D'
FROM busybox
RUN --mount=type=tmpfs,target=/dev/shm --mount=type=tmpfs,target=/dev,size=1m set -e; echo x > /dev/null; [ -c /dev/zero ] && ls /dev/pts/ptmx /dev/shm; \
    touch /dev/mine; dd if=/dev/zero of=/dev/big bs=1M count=2 2>/dev/null || echo full >> /seen; awk '$2 == "/dev" && $4 ~ /nodev/ { print $3 }' /proc/mounts >> /seen
RUN ls -d /dev/mine 2>/dev/null || echo gone >> /seen
D
  build -t app:v1 .
  [[ $(seen seen) == $'full\ntmpfs\ngone' ]]
  printf 'FROM busybox\nRUN --mount=type=bind,target=/dev touch /ran\n' | dockerfile
  run -125 build .
  assert_contains "$output" "Dockerfile:2"
  assert_contains "$output" 'invalid mount target "/dev"'
}

@test "a directory over a file and a file over a directory are told by name" {
  not_in_mode chroot "mounts are copies there, and take the place of what is there (copied-mounts.bats)"
  echo text >f
  printf 'FROM busybox\nRUN --mount=type=tmpfs,target=/dev/null true\n' | dockerfile
  run -125 build .
  assert_contains "$output" "Dockerfile:2"
  assert_contains "$output" "a directory cannot be mounted at '/dev/null', which is none"
  printf 'FROM busybox\nRUN --mount=type=cache,target=/etc/passwd true\n' | dockerfile
  run -125 build .
  assert_contains "$output" "a directory cannot be mounted at '/etc/passwd', which is none"
  printf 'FROM busybox\nRUN --mount=source=f,target=/etc true\n' | dockerfile
  run -125 build .
  assert_contains "$output" "a file cannot be mounted at '/etc', which is a directory"
}

@test "a read-only bind over /etc leaves no room for hosts, and works" {
  not_in_mode chroot "mounts are copies there, and nothing is read-only (copied-mounts.bats)"
  mkdir d
  echo text >d/f
  printf 'FROM busybox\nRUN --mount=source=d,target=/etc ls /etc > /seen\n' | dockerfile
  build -t app:v1 .
  [[ $(seen seen) == f ]]
  touch d/hosts
  build -t app:v1 .
  [[ $(seen seen) == $'f\nhosts' ]]
}

@test "a tmpfs has the mode of the directory that it covers, and is everybody's where there was none" {
  printf 'FROM busybox\nRUN mkdir -m 710 /there\nRUN --mount=type=tmpfs,target=/new --mount=type=tmpfs,target=/there stat -c %%a /new /there > /modes\n' | dockerfile
  build -t app:v1 .
  [[ $(cat "$(unpacked docker.io/library/app:v1)/modes") == $'1777\n710' ]]
}
