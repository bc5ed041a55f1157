# RUN --mount in a chroot: copies in place of mounts. What has to hold is what holds of mounts: a step
# sees them, they are in no layer, and a cache is there the next time.

load helper
source "$BATS_TEST_DIRNAME/../support/oracles.bash"

setup_file() { busybox_layout; }
setup() { attack; }
teardown() {
  [[ -z ${MOUNTED:-} ]] || umount "$MOUNTED"
  after_attack
}

in_chroot() { attacked --isolation=chroot "$@"; }
seen() { cat "$(unpacked docker.io/library/app:v1)/$1"; }

@test "binds of context, stage and image, over what is there or not, leave what they covered and nothing of theirs" {
  mkdir -p d/sub
  echo context >d/sub/f
  echo no >d/ignored
  echo d/ignored >.dockerignore
  image base <<<'layers = [layer(file("data/f", "image"), symlink("l", "/data"))]'
  dockerfile <<'D'
FROM busybox AS s
RUN mkdir /o && echo stage > /o/f && ln /o/f /o/h && chown 5:6 /o/f && chmod 4711 /o/f
FROM busybox
RUN mkdir /there && echo covered > /there/f && touch -d @1500000000 /there
RUN --mount=type=bind,source=d,target=/there --mount=type=bind,from=s,source=/o,target=/new/deep/o --mount=type=bind,from=base,source=/l/f,target=/etc/one \
    ls -A /there > /seen && cat /there/sub/f /new/deep/o/h /etc/one >> /seen && stat -c '%u %g %a %h' /new/deep/o/f >> /seen && \
    echo changed > /there/sub/f && echo changed > /new/deep/o/f && touch /there/more
RUN --mount=type=bind,source=d/sub/f,target=/x cat /x /there/f >> /seen; ls -d /new /etc/one 2>/dev/null >> /seen; stat -c %Y /there >> /seen
D
  in_chroot -t app:v1 .
  [[ $(seen seen) == $'sub\ncontext\nstage\nimage5 6 4711 2\ncontext\ncovered\n1500000000' ]]
  [[ $(<d/sub/f) == context ]]
  refute grep -rq changed "$(unpacked docker.io/library/app:v1)/there"
  [[ -z $(find "$(unpacked docker.io/library/app:v1)" -name '.cbuild*') ]]
}

@test "a cache is what the last step made of it, for namespaces too, and shares no file with a layer" {
  dockerfile <<'D'
FROM busybox
RUN --mount=type=cache,id=c,uid=7,mode=0750,target=/c stat -c '%u %a' /c > /is && echo one > /c/f && ln -s f /c/l && ln /c/f /kept && chmod 600 /c/f
D
  in_chroot -t app:v1 .
  [[ $(seen is) == "7 750" && $(seen kept) == one ]]
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,uid=7,mode=0750,target=/c cat /c/l > /seen && stat -c %%a.%%h /c/f >> /seen && echo two > /c/f\n' | dockerfile
  "$CBUILD" tag app:v1 first:v1
  attacked --isolation=root -t app:v1 .
  [[ $(seen seen) == $'one\n600.1' ]]
  "$CBUILD" tag first:v1 app:v1
  [[ $(seen kept) == one ]]
  # read-only: what it writes is nobody's; a step that fails keeps what it did
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,uid=7,mode=0750,target=/c,ro echo three > /c/f\nRUN --mount=type=cache,id=c,uid=7,mode=0750,target=/c cat /c/f > /seen; echo four > /c/f; false\n' | dockerfile
  run -1 in_chroot .
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,uid=7,mode=0750,target=/c cat /c/f > /seen\n' | dockerfile
  in_chroot -t app:v1 .
  [[ $(seen seen) == four ]]
}

@test "a shared cache is one step's at a time, and none is waited for in a circle" {
  local i
  {
    echo "FROM busybox AS base"
    for i in 1 2 3 4; do
      printf 'FROM base AS a%s\nRUN --mount=type=cache,id=x,target=/1 --mount=type=cache,id=y,target=/2 echo a%s >> /1/f; echo a >> /2/f\n' "$i" "$i"
      printf 'FROM base AS b%s\nRUN --mount=type=cache,id=y,target=/1 --mount=type=cache,id=x,target=/2 echo b%s >> /1/f; echo b >> /2/f\n' "$i" "$i"
    done
    echo "FROM base"
    for i in 1 2 3 4; do printf 'COPY --from=a%s /etc/passwd /a%s\nCOPY --from=b%s /etc/passwd /b%s\n' "$i" "$i" "$i" "$i"; done
    echo 'RUN --mount=type=cache,id=x,target=/x --mount=type=cache,id=y,target=/y wc -l < /x/f > /seen; wc -l < /y/f >> /seen'
  } | dockerfile
  in_chroot --jobs 8 -t app:v1 .
  [[ $(seen seen) == $'8\n8' ]]
}

@test "what a step does to the places of its mounts is the step's, and the cache stays" {
  dockerfile <<D
FROM busybox
RUN --mount=type=cache,id=c,target=/p/c echo kept > /p/c/f
RUN --mount=type=cache,id=c,target=/p/c --mount=type=tmpfs,target=/t/x echo lost > /p/c/f && mv /p/c /mine && ln -s "$CANARY" /p/c && \\
    mv /t /t2 && ln -s "$CANARY" /t
RUN --mount=type=cache,id=c,target=/c cat /c/f > /seen
D
  in_chroot -t app:v1 .
  local tree
  tree=$(unpacked docker.io/library/app:v1)
  [[ $(<"$tree/seen") == kept && $(<"$tree/mine/f") == lost && -L $tree/t && -d $tree/t2 && ! -e $tree/t2/x ]]
}

@test "a killed step leaves its cache as it was before" {
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,target=/c echo before > /c/f\n' | dockerfile
  in_chroot .
  local naps
  naps=$(naps)
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,target=/c echo after > /c/f; touch /c/now; %s\n' "$naps" | dockerfile
  begin_attacked --isolation=chroot .
  wait_until asleep "$naps"
  kill -KILL "${BACKGROUND[0]}"
  wait_until awake "$naps"
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,target=/c cat /c/* > /seen\n' | dockerfile
  in_chroot -t app:v1 .
  [[ $(seen seen) == before ]]
}

@test "a secret as a file wants a store on a tmpfs, or to be allowed; as a variable it wants nothing" {
  echo hunter2-value >"$OUT/secret"
  printf 'FROM busybox\nRUN --mount=type=secret,id=s,env=S [ "$S" = hunter2""-value ] && ls -A /run > /seen 2>/dev/null || true\n' | dockerfile
  in_chroot --secret "id=s,src=$OUT/secret" -t app:v1 .
  printf 'FROM busybox\nRUN --mount=type=secret,id=s,uid=5,mode=0440 cat /run/secrets/s | md5sum > /seen && stat -c "%%u %%a" /run/secrets/s >> /seen\nRUN ls -d /run >> /seen 2>&1 || true\n' | dockerfile
  run in_chroot --secret "id=s,src=$OUT/secret" -t app:v1 .
  assert_refused "tmpfs" "--allow secret-on-disk"
  in_chroot --allow secret-on-disk --secret "id=s,src=$OUT/secret" -t app:v1 .
  assert_contains "$(seen seen)" "$(md5sum <"$OUT/secret" | cut -d' ' -f1)"
  assert_contains "$(seen seen)" "5 440"
  assert_contains "$(seen seen)" "No such file"
  refute grep -rqs hunter2-value "$CBUILD_ROOT"
  # on a tmpfs it needs no leave
  mkdir "$OUT/memory"
  mount -t tmpfs tmpfs "$OUT/memory"
  MOUNTED=$OUT/memory
  CBUILD_ROOT=$OUT/memory/store in_chroot --secret "id=s,src=$OUT/secret" -o "type=local,dest=$OUT/tree" .
  assert_contains "$(<"$OUT/tree/seen")" "5 440"
  refute grep -rqs hunter2-value "$OUT/memory"
}

@test "an ssh agent is a socket in the step, and not in the layer" {
  host_programs ssh-add
  ssh-keygen -q -t ed25519 -f "$OUT/key" -C the-key -N ""
  printf 'FROM busybox\nCOPY tools /\nRUN --mount=type=ssh ssh-add -l > /seen; ls /run/buildkit >> /seen\n' | dockerfile
  in_chroot --ssh "default=$OUT/key" -t app:v1 .
  assert_contains "$(seen seen)" the-key
  assert_contains "$(seen seen)" ssh_agent.0
  [[ ! -e $(unpacked docker.io/library/app:v1)/run ]]
}

@test "what cannot be had there is refused, with what would allow it" {
  printf 'FROM busybox\nRUN --mount=type=tmpfs,size=1m,target=/t true\n' | dockerfile
  run in_chroot .
  assert_refused "a tmpfs with a size" "--isolation=root"
  printf 'FROM busybox\nRUN --mount=type=tmpfs,target=/dev/x true\n' | dockerfile
  run in_chroot .
  assert_refused "no place for a mount in a chroot"
  printf 'FROM busybox\nRUN --mount=type=cache,id=c,target=/a --mount=type=cache,id=c,target=/b true\n' | dockerfile
  run in_chroot .
  assert_refused "twice" "not supported yet"
}
