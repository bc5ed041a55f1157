# The command line: what is a command, where settings come from, what goes to which descriptor, and
# how the program takes signals and broken pipes.

load helper

setup_file() { busybox_layout; }
setup() {
  fresh
  export CBUILD_CONFIG=$BATS_TEST_TMPDIR/config
  : >"$CBUILD_CONFIG"
}

base() { echo "--build-context=busybox=oci-layout://$BUSYBOX_LAYOUT:latest"; }

# names: the names in the store, sorted
names() { "$CBUILD" images | awk 'NR > 1 { print $1 ":" $2 }' | sort | paste -sd' '; }

@test "only the first argument can be a command" {
  printf 'FROM scratch\nCOPY x /\n' | dockerfile
  mkdir images && cp Dockerfile images/ && echo 1 >images/x
  "$CBUILD" -t one images
  "$CBUILD" build -t two images
  "$CBUILD" ./images -t three
  "$CBUILD" -t four -- images
  [[ $(names) == "four:latest one:latest three:latest two:latest" ]]
  run "$CBUILD" images
  assert_status 0
  assert_contains "$output" REPOSITORY
  run "$CBUILD" pull images
  assert_status 2
  assert_contains "$output" "not supported yet"
  run "$CBUILD" imags
  assert_status 2
  assert_contains "$output" "images"
}

@test "the command line goes before the environment, and that before the file" {
  printf 'FROM scratch\nCOPY x /\n' | dockerfile
  echo 1 >x
  printf '# a comment\ntag = from-file\n' >"$CBUILD_CONFIG"
  "$CBUILD" build .
  CBUILD_TAG=from-environment "$CBUILD" build .
  CBUILD_TAG=ignored "$CBUILD" build -t from-line .
  [[ $(names) == "from-environment:latest from-file:latest from-line:latest" ]]
}

@test "a mistyped setting is refused or said, not dropped" {
  echo 'tagg = x' >"$CBUILD_CONFIG"
  run "$CBUILD" build .
  assert_status 2
  assert_contains "$output" "config:1: tagg is no setting; did you mean 'tag'?"
  : >"$CBUILD_CONFIG"
  CBUILD_TAGG=x run "$CBUILD" images
  assert_status 0
  assert_contains "$output" "CBUILD_TAGG is no setting"
  CBUILD_CONFIG=/nowhere run "$CBUILD" images
  assert_status 2
  # what explains the program works all the same
  echo 'tagg = x' >"$CBUILD_CONFIG"
  "$CBUILD" version
  "$CBUILD" help >/dev/null
}

@test "-q prints the image id alone, and --iidfile has the same" {
  printf 'FROM busybox\nRUN echo noise; echo more >&2\n' | dockerfile
  "$CBUILD" build -q "$(base)" --iidfile "$OUT/iid" -t app . >"$OUT/out" 2>"$OUT/err"
  [[ $(wc -l <"$OUT/out") -eq 1 ]]
  [[ $(cat "$OUT/out") == "$(cat "$OUT/iid")" ]]
  [[ $(cat "$OUT/iid") == "$("$CBUILD" inspect app | jq -r '.[0].Id')" ]]
  [[ ! -s $OUT/err ]]
}

@test "an old --iidfile does not survive a build that fails" {
  printf 'FROM busybox\nRUN exit 9\n' | dockerfile
  echo old >"$OUT/iid"
  echo old >"$OUT/meta"
  run "$CBUILD" build "$(base)" --iidfile "$OUT/iid" --metadata-file "$OUT/meta" .
  assert_status 9
  [[ ! -e $OUT/iid ]]
  # docker's stays
  [[ $(<"$OUT/meta") == old ]]
}

@test "a file for scripts that cannot be written is told before anything runs" {
  local option
  printf 'FROM busybox\nRUN echo it ran\n' | dockerfile
  echo old >"$OUT/iid"
  for option in iidfile iidfile-raw metadata-file digest-file image-name-with-digest-file image-name-tag-with-digest-file; do
    run -2 build --iidfile "$OUT/iid" "--$option" "$OUT/none/at/all/f" .
    assert_contains "$output" "--$option '$OUT/none/at/all/f' cannot be written: directory '$OUT/none/at/all': No such file or directory"
    refute_contains "$output" "RUN echo"
    run -2 build "--$option" "$OUT" .
    assert_contains "$output" "--$option '$OUT' is a directory"
  done
  # what was there stays where nothing was begun
  [[ $(<"$OUT/iid") == old && $(ls "$OUT") == iid ]]
  run -2 build --iidfile "$OUT/iid/f" .
  assert_contains "$output" "--iidfile '$OUT/iid/f' cannot be written: directory '$OUT/iid': Not a directory"
  ln -s none/f "$OUT/link"
  run -2 build --metadata-file "$OUT/link" .
  assert_contains "$output" "--metadata-file '$OUT/link' cannot be written: directory '$OUT/none': No such file or directory"
  # a directory that the build makes is none that is missing
  printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
  build -o "$OUT/made" --metadata-file "$OUT/made/meta" --iidfile made/iid -o made .
  [[ -s $OUT/made/meta && -s made/iid ]]
  build --root store --iidfile store/iid --digest-file digest .
  [[ -s store/iid && -s digest ]]
}

@test "--progress=rawjson is JSON to the last line, with code and status" {
  printf 'FROM busybox\nRUN printf "a\\377b\\n"; exit 7\n' | dockerfile
  run "$CBUILD" build --progress=rawjson --squash "$(base)" .
  assert_status 7
  echo "$output" >"$OUT/log"
  jq -es 'all(type == "object")' "$OUT/log"
  [[ $(jq -rs '.[-1] | "\(.event) \(.error.code) \(.status) \(.error.line)"' "$OUT/log") == "error step-failed 7 2" ]]
  jq -r 'select(.event == "output") | .data' "$OUT/log" | base64 -d | cmp - <(printf 'a\377b\n')
}

@test "nothing that a RUN prints moves the cursor or fakes a step" {
  printf 'FROM busybox\nRUN printf "\\033[2J\\033]0;t\\007x\\r#9 DONE\\n\\302\\2331mz\\n"\n' | dockerfile
  run build .
  assert_status 0
  refute_contains "$output" $'\033'
  refute_contains "$output" $'\302\233'
  [[ $(grep -c '^#[0-9]* [0-9.]* #9 DONE$' <<<"$output") -eq 1 ]]
  refute grep -q '^#9 DONE$' <<<"$output"
}

@test "the status of a RUN is the program's" {
  for n in 1 2 124 125 126 127 255; do
    printf 'FROM busybox\nRUN exit %s\n' $n | dockerfile
    run -$n build .
    assert_contains "${lines[-1]}" "$n"
  done
  printf 'FROM busybox\nRUN kill -9 $$\n' | dockerfile
  run build .
  assert_status 137
}

@test "a log that nobody reads does not end the build" {
  printf 'FROM busybox\nRUN for i in $(seq 20000); do echo line $i; done\nRUN echo end > /end\n' | dockerfile
  { build -t app . 2>&1; echo $? >"$OUT/status"; } | head -n 1 >/dev/null
  [[ $(cat "$OUT/status") -eq 0 ]]
  [[ $(cat "$(unpacked docker.io/library/app:latest)/end") == end ]]
}

@test "it works without standard descriptors" {
  printf 'FROM busybox\nRUN echo x > /x\n' | dockerfile
  build -t app . <&- >&- 2>&-
  [[ $(cat "$(unpacked docker.io/library/app:latest)/x") == x ]]
}

@test "a HUP that was inherited ignored stays so, an INT does not" {
  nap=$(naps)
  printf 'FROM busybox\nRUN %s || true; echo done > /done\n' "$nap" | dockerfile
  for signal in HUP:0 INT:130; do
    rm -rf --one-file-system "$CBUILD_ROOT"
    begin env --ignore-signal=HUP,INT "$CBUILD" build "$(base)" -t app . >"$OUT/log" 2>&1
    pid=$!
    wait_until asleep "$nap"
    kill -"${signal%:*}" $pid
    [[ $signal != HUP* ]] || pkill -f "^$nap"
    status=0
    wait $pid || status=$?
    [[ $status -eq ${signal#*:} ]]
  done
}

@test "a command that builds nothing dies of INT, TERM and HUP" {
  local signal
  opened() { readlink "/proc/$pid/fd/"* | grep -qF "$OUT/Dockerfile"; }
  mkfifo "$OUT/Dockerfile"
  exec 8<>"$OUT/Dockerfile"
  for signal in HUP:129 INT:130 TERM:143; do
    begin env --default-signal=HUP,INT,TERM "$CBUILD" lint -f "$OUT/Dockerfile" . >"$OUT/log" 2>&1 8>&-
    pid=$!
    # it reads what nobody writes
    wait_until opened
    kill -"${signal%:*}" "$pid"
    status=0
    wait "$pid" || status=$?
    [[ $status -eq ${signal#*:} ]]
  done
  exec 8>&-
}

@test "timeout(1) leaves a RUN its grace" {
  local tries
  printf 'FROM busybox\nRUN trap "echo clea""ned; exit 4" TERM; echo trap""ped; while :; do sleep 0.1; done\n' | dockerfile
  for tries in 1 2 3 4 5; do
    # which hands on a signal as it sends its own: to its child, then to the group
    begin timeout -s TERM 1000 "$CBUILD" build --progress=plain "$(base)" . >"$OUT/log" 2>&1
    pid=$!
    wait_until grep -q trapped "$OUT/log"
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    cat "$OUT/log"
    [[ $status -eq 143 ]]
    # again, if it had to wait long for a processor between the two, which then are two
    ! grep -q "cleaned" "$OUT/log" || break
  done
  grep -q "cleaned" "$OUT/log"
  tail -1 "$OUT/log" | grep -q "cancelled by SIGTERM"
}

@test "what other builders have is answered, one line each" {
  printf 'FROM scratch\nCOPY x /\n' | dockerfile
  echo 1 >x
  run "$CBUILD" build --rm --force-rm --squash --layers=false --provenance=false --builder b -t app .
  assert_status 0
  [[ $(grep -c '^cbuild: --' <<<"$output") -eq 6 ]]
  run "$CBUILD" build --squash-all .
  assert_status 2
  assert_contains "$output" "not supported yet"
  [[ $(wc -l <<<"$output") -eq 1 ]]
}

@test "a full disk behind stdout is an error" {
  run bash -c '"$CBUILD" version >/dev/full'
  assert_status 125
  assert_contains "$output" "stdout"
}
