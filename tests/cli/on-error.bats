# What happens behind a RUN that fails: --on-error=shell, at a real terminal, and --export-on-failure.

load helper
source "$BATS_TEST_DIRNAME/../support/users.bash"

setup_file() { busybox_layout; }
setup() { fresh; }
teardown() {
  end_background
  end_users
}

GREETING='nothing of it is kept'

# at_terminal [WAIT SEND]... -- [options]: a build with a shell behind a failure
at_terminal() {
  local script=()
  while [[ $1 != -- ]]; do
    script+=("$1")
    shift
  done
  shift
  "$SUPPORT/terminal.py" "${script[@]}" -- "$CBUILD" build --progress=plain --on-error=shell \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@"
}

@test "a shell sees what the failed step left, its environment, mounts and user; the status stays" {
  echo s3cret-value >"$OUT/secret"
  dockerfile <<'D'
FROM busybox
ENV WHO=me
WORKDIR /tmp/here
RUN chown 1000 .
USER 1000
RUN --mount=type=tmpfs,target=/t --mount=type=cache,id=c,target=/c,uid=1000 --mount=type=secret,id=s,uid=1000 \
    echo left > /tmp/here/f; echo kept > /c/f; exit 42
D
  run at_terminal "$GREETING" '' ' $ ' 'echo "<$(cat f) $WHO $(id -u) $(cat /c/f) $(wc -c < /run/secrets/s) $(pwd)>"; touch /tmp/here/mine; exit 7\n' \
    -- --secret "id=s,src=$OUT/secret" -t app:v1 .
  assert_status 42
  assert_contains "$output" "<left me 1000 kept 13 /tmp/here>"
  assert_contains "$output" "did not complete successfully: exit code: 42"
  run -125 "$CBUILD" inspect app:v1
  [[ -z $(find "$CBUILD_ROOT/tmp" -mindepth 1) ]]
  # a step that works knows nothing of it
  printf 'FROM busybox\nRUN ls /tmp > /seen\n' | dockerfile
  run at_terminal -- -t app:v1 .
  assert_status 0
  refute_contains "$output" "$GREETING"
}

@test "keys are the shell's: ^C goes to what runs in it; the window has its size" {
  printf 'FROM busybox\nRUN false\n' | dockerfile
  run at_terminal "$GREETING" '' '# ' 'sh -c '"'trap \"echo got it | tr a-z A-Z; exit 3\" INT; echo begun | tr a-z A-Z; while :; do sleep 1; done'"'\n' \
    BEGUN '\x03' 'GOT IT' '' '# ' 'echo "it was $?"; stty size; exit\n' -- .
  assert_status 1
  assert_contains "$output" "it was 3"
  assert_contains "$output" "33 77"
}

@test "what another step prints while the shell has the terminal comes behind it" {
  dockerfile <<'D'
FROM busybox AS other
RUN --mount=type=cache,id=c,target=/c touch /c/begun; until [ -e /c/shell ]; do sleep 0.1; done; echo printed | tr a-z A-Z; touch /c/printed
FROM busybox
RUN --mount=type=cache,id=c,target=/c until [ -e /c/begun ]; do sleep 0.1; done; exit 3
COPY --from=other /etc /other
D
  run at_terminal "$GREETING" '' '# ' 'touch /c/shell; until [ -e /c/printed ]; do sleep 0.1; done; sleep 1; echo over | tr a-z A-Z; exit\n' \
    -- --jobs 2 --progress=plain .
  assert_status 3
  [[ $output == *OVER*PRINTED* ]]
}

@test "a command that is not there gets its shell too" {
  printf 'FROM busybox\nRUN ["/no/such", "program"]\n' | dockerfile
  run -127 at_terminal "$GREETING" '' '# ' 'ls / | tr a-z A-Z; exit\n' -- .
  assert_contains "$output" HOME
}

@test "the terminal is afterwards what it was, also when the build is stopped" {
  printf 'FROM busybox\nRUN false\n' | dockerfile
  cat >"$OUT/script" <<S
before=\$(stty -g)
"$CBUILD" build --progress=plain --on-error=shell --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" .
echo "ended \$?"
[ "\$before" = "\$(stty -g)" ] && echo as before
S
  run "$SUPPORT/terminal.py" "$GREETING" 'exit\n' -- bash "$OUT/script"
  assert_contains "$output" "ended 1"
  assert_contains "$output" "as before"
  local naps
  naps=$(naps)
  # the shell is in the foreground there; who stops the build stands elsewhere
  cat >"$OUT/script" <<S
before=\$(stty -g)
(while ! pgrep -f "^$naps" >/dev/null; do sleep 0.1; done; kill -TERM "\$(cat "$OUT/pid")") &
sh -c 'echo \$\$ >"\$0"; exec "\$@"' "$OUT/pid" "$CBUILD" build --progress=plain --on-error=shell --stop-grace=60s \
  --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" .
echo "ended \$?"
[ "\$before" = "\$(stty -g)" ] && echo as before
S
  run "$SUPPORT/terminal.py" "$GREETING" '' '# ' "$naps\\n" -- bash "$OUT/script"
  assert_contains "$output" "ended 143"
  assert_contains "$output" "as before"
  awake "$naps"
}

@test "without a terminal, a shell is refused before anything runs" {
  printf 'FROM busybox\nRUN touch /ran; false\n' | dockerfile
  run build --on-error=shell .
  assert_status 2
  assert_contains "$output" "needs a terminal"
  refute_contains "$output" "RUN touch"
  run build --on-error=anything .
  assert_status 2
  # the choice that is the default
  run build --on-error=end .
  assert_status 1
}

@test "rootless, a shell works as well" {
  local user=cbe$$
  open_programs
  make_user "$user"
  open_context
  printf 'FROM busybox\nRUN mkdir /r; echo report > /r/f; chown 7:8 /r/f; exit 5\n' | dockerfile
  chown "$user" .
  run as_user "$user" "$SUPPORT/terminal.py" "$GREETING" '' '# ' 'echo "<$(id -u) $(stat -c %u:%g /r/f)>"; exit\n' -- \
    "$CBUILD" build --progress=plain --on-error=shell --root "$CONTEXT/store" --export-on-failure "0:/r=$CONTEXT/out" \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$CONTEXT"
  assert_status 5
  assert_contains "$output" "<0 7:8>"
  [[ $(<out/f) == report && $(stat -c %U out/f) == "$user" ]]
}

# --- files -----------------------------------------------------------------------------------------

@test "files of a step that failed come out: directories, files, links as links, modes and times" {
  dockerfile <<'D'
FROM busybox AS base
RUN mkdir -p /r/low && echo low > /r/low/f
FROM base AS test
RUN mkdir /r/d && echo one > /r/d/f && chmod 4751 /r/d/f && touch -d @1600000000 /r/d/f && chown 5:6 /r/d/f && \
    ln -s /etc/passwd /r/link && ln -s d /r/dir && mkfifo /r/fifo && rm /r/low/f && echo junit > /junit.xml && \
    ln -s /r /alias && exit 9
FROM base
COPY --from=test /r /r
D
  mkdir "$OUT/there"
  run build --export-on-failure "test:/alias=$OUT/new/deep" --export-on-failure "TEST:/junit.xml=$OUT/report.xml" \
    --export-on-failure "1:/junit.xml=$OUT/there" --export-on-failure "base:/r=$OUT/base" --export-on-failure "test:/none=$OUT/none" \
    --export-on-failure "test:r=x" .
  assert_status 2
  assert_contains "$output" "is not STAGE:/PATH=DEST"
  run build --export-on-failure "test:/alias=$OUT/new/deep" --export-on-failure "TEST:/junit.xml=$OUT/report.xml" \
    --export-on-failure "1:/junit.xml=$OUT/there" --export-on-failure "base:/r=$OUT/base" --export-on-failure "test:/none=$OUT/none" .
  assert_status 9
  assert_contains "$output" "/none: not found"
  assert_contains "$output" "1 devices, pipes or sockets"
  cd "$OUT"
  [[ $(cat new/deep/d/f) == one && $(stat -c '%a %Y %u' new/deep/d/f) == "751 1600000000 0" ]]
  [[ $(readlink new/deep/link) == /etc/passwd && $(readlink new/deep/dir) == d ]]
  [[ -d new/deep/low && ! -e new/deep/low/f && ! -e new/deep/fifo ]]
  [[ $(cat report.xml) == junit && $(cat there/junit.xml) == junit ]]
  [[ ! -e base && ! -e none ]]
}

@test "what comes out stays below its destination, and comes from the step alone" {
  mkdir -p "$OUT/dest" "$OUT/outside"
  echo mine >"$OUT/outside/f"
  ln -s "$OUT/outside" "$OUT/dest/a"
  ln -s "$OUT/outside/f" "$OUT/dest/f"
  dockerfile <<'D'
FROM busybox
RUN mkdir -p /r/a && echo evil > /r/a/f && echo evil > /r/f && ln -s /etc /e && ln -s ../../../../etc /u && exit 1
D
  run build --export-on-failure "0:/r=$OUT/dest" --export-on-failure "0:/e/passwd=$OUT/passwd" --export-on-failure "0:/u/group=$OUT/group" .
  assert_status 1
  # a directory does not take the place of a link
  assert_contains "$output" "--export-on-failure /r:"
  [[ $(<"$OUT/outside/f") == mine ]]
  assert_contains "$(<"$OUT/passwd")" "user:x:1000:1000"
  cmp -s "$OUT/group" /etc/group && return 1
  rm "$OUT/dest/a"
  run build --export-on-failure "0:/r=$OUT/dest" .
  assert_status 1
  [[ $(<"$OUT/outside/f") == mine && $(<"$OUT/dest/f") == evil && ! -L $OUT/dest/f && $(<"$OUT/dest/a/f") == evil ]]
}

@test "a link that comes out does not lead what goes to a destination below it" {
  mkdir "$OUT/outside"
  dockerfile <<D
FROM busybox
RUN mkdir /r && ln -s "$OUT/outside" /r/log && ln -s "$OUT/outside" /r/more && echo evil > /keys && ln -s /keys /log && \
    mkdir /d && echo fine > /d/f && exit 1
D
  run build --export-on-failure "0:/r=$OUT/out" --export-on-failure "0:/log=$OUT/x/../out/log" \
    --export-on-failure "0:/d=$OUT/out/more/d" --export-on-failure "0:/d=$OUT/out/new/d" .
  assert_status 1
  assert_contains "$output" "--export-on-failure /log: "
  assert_contains "$output" "--export-on-failure /d: "
  [[ -z $(ls -A "$OUT/outside") && $(<"$OUT/out/new/d/f") == fine ]]
}

@test "nothing comes out of a step that works, and a stage that is not there is told at once" {
  printf 'FROM busybox AS tester\nRUN mkdir /r\n' | dockerfile
  build --export-on-failure "tester:/r=$OUT/r" .
  [[ ! -e $OUT/r ]]
  run build --no-cache --export-on-failure "testr:/r=$OUT/r" .
  assert_status 2
  assert_contains "$output" "--export-on-failure: there is no stage 'testr' (did you mean tester?)"
  refute_contains "$output" "load metadata"
  refute_contains "$output" "RUN mkdir"
  run build --no-cache --export-on-failure "1:/r=$OUT/r" .
  assert_status 2
  assert_contains "$output" "--export-on-failure: there is no stage '1'"
  refute_contains "$output" "did you mean"
}
