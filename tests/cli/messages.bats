# What a person sees when it does not work: what, where, and what to do.

load helper

setup_file() { busybox_layout; }
setup() { fresh; }

@test "no Dockerfile" {
  run build -t app:v1 "$CONTEXT"
  assert_status 125
  assert_contains "$output" "Dockerfile"
  assert_contains "$output" "$CONTEXT"
}

@test "a context that is not there" {
  run build -t app:v1 ./nowhere
  assert_status 125
  assert_contains "$output" "nowhere"
}

@test "an unknown instruction is named with its line, a caret and the nearest one" {
  printf 'FROM busybox\nCOPPY a b\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "Dockerfile:2"
  assert_contains "$output" "unknown instruction: COPPY"
  assert_contains "$output" "COPY"
  assert_contains "$output" "^"
}

@test "an unknown flag of an instruction is named with the nearest one" {
  printf 'FROM busybox\nCOPY --form=x a b\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "--form"
  assert_contains "$output" "from"
}

@test "an unknown option is refused with the nearest one" {
  run build --tagg app:v1 .
  assert_status 2
  assert_contains "$output" "--tagg"
  assert_contains "$output" "--tag"
}

@test "a missing COPY source" {
  printf 'FROM busybox\nCOPY nothing.txt /\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "nothing.txt"
  assert_contains "$output" "not found"
  assert_contains "$output" "Dockerfile:2"
}

@test "a registry that cannot be reached" {
  printf 'FROM 127.0.0.1:1/base:latest\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "127.0.0.1:1"
  assert_contains "$output" "Dockerfile:1"
}

@test "M-08: a stage cycle" {
  printf 'FROM busybox AS a\nCOPY --from=b /x /\nFROM a AS b\nRUN true\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
}

@test "M-08: a Dockerfile over the ceiling" {
  # rules: 13-max-file
  { echo 'FROM busybox'; head -c 17000000 /dev/zero | tr '\0' '#'; } >Dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "16"
}

@test "S-14: --timeout ends the build with 124 and leaves no process" {
  nap=$(naps)
  printf 'FROM busybox\nRUN %s\n' "$nap" | dockerfile
  run build --timeout 1s -t app:v1 .
  assert_status 124
  awake "$nap"
}

@test "INT ends with 130, TERM with 143, and the next build works" {
  nap=$(naps)
  printf 'FROM busybox\nRUN echo first > /first\nRUN %s\n' "$nap" | dockerfile
  for signal in INT:130 TERM:143; do
    begin_build -t app:v1 . >"$OUT/log" 2>&1
    pid=$!
    wait_until asleep "$nap"
    kill -"${signal%:*}" $pid
    status=0
    wait $pid || status=$?
    [[ $status -eq ${signal#*:} ]]
    awake "$nap"
  done
  sed -i "s/$nap/true/" Dockerfile
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" CACHED
}

@test "what is not there yet is refused with file, line and those words" {
  printf 'FROM busybox\nADD --checksum=sha512:00 https://example.org/x /\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "not supported yet"
  assert_contains "$output" "Dockerfile:2"
}

# is_waiting PID: it sleeps in poll(2)
is_waiting() { grep -q 'poll' "/proc/$1/wchan"; }

@test "INT, TERM and --timeout end a build that waits for its Dockerfile" {
  mkfifo "$OUT/pipe"
  for signal in INT:130 TERM:143; do
    # a pipe that nobody has opened, one that nobody writes to, and standard input
    for kind in unopened silent stdin; do
      case $kind in
        unopened) begin_build -f "$OUT/pipe" -t app:v1 . >"$OUT/log" 2>&1 ;;
        silent)
          exec 7<>"$OUT/pipe"
          begin_build -f "$OUT/pipe" -t app:v1 . >"$OUT/log" 2>&1
          ;;
        stdin)
          exec 7<>"$OUT/pipe"
          begin_build -f - -t app:v1 . <"$OUT/pipe" >"$OUT/log" 2>&1
          ;;
      esac
      pid=$!
      wait_until is_waiting "$pid"
      kill -"${signal%:*}" "$pid"
      status=0
      wait "$pid" || status=$?
      cat "$OUT/log"
      [[ $status -eq ${signal#*:} ]]
      tail -1 "$OUT/log" | grep -q "waiting for .*cancelled by SIG${signal%:*}"
      [[ $kind == unopened ]] || exec 7>&-
    done
  done
  run build --timeout 100ms -f "$OUT/pipe" -t app:v1 .
  assert_status 124
  assert_contains "${lines[-1]}" "waiting for $OUT/pipe"
  # what a writer brings in parts is read to its end
  begin bash -c 'exec >"$0"; echo FROM scratch; echo COPY x /' "$OUT/pipe"
  echo 1 >x
  build -f "$OUT/pipe" -t app:v1 .
}

@test "what an image causes is never status 2, which is for wrong usage" {
  dockerfile <<'D'
FROM scratch AS bad
COPY --from=busybox --exclude=proc / /
COPY Dockerfile /proc
FROM bad
RUN true
D
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "proc"
}

@test "M-08: a frontend that is not ours and two outputs to one place are named" {
  printf 'FROM busybox\n' | dockerfile
  run build --build-arg BUILDKIT_SYNTAX=example.org/other:1 -t app:v1 .
  assert_status 125
  assert_contains "$output" "example.org/other"
  run build -o "type=tar,dest=$OUT/x" -o "type=oci,dest=$OUT/x" -t app:v1 .
  assert_status 2
  assert_contains "$output" "two outputs"
}

@test "independent errors are all told at once, each with its line and a caret" {
  printf 'FROM busybox\nRUNN a\nCOPY --form=x a b\nRUN true\nUSER\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  for at in Dockerfile:2:1 Dockerfile:3:6 Dockerfile:5:1; do assert_contains "$output" "$at"; done
  [[ $(grep -c '\^$' <<<"$output") -eq 3 ]]
  [[ ${lines[-1]} == "cbuild: error: 3 errors in 'Dockerfile'" ]]
  run build --progress=rawjson -t app:v1 .
  [[ $(tail -1 <<<"$output" | jq '.errors | length') -eq 3 ]]
}

@test "two stages with errors that only planning finds are told at once" {
  printf 'FROM busybox AS one\nCOPY --from=7 a b\nFROM busybox\nCOPY --from=8 a b\nCOPY --from=one / /\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "Dockerfile:2:13"
  assert_contains "$output" "Dockerfile:4:13"
}

@test "a mistyped stage that is no image either is suggested" {
  printf 'FROM busybox AS builder\nFROM busybox\nCOPY --from=biulder a b\n' | dockerfile
  run build --pull=never -t app:v1 .
  assert_status 125
  assert_contains "$output" "did you mean builder?"
  assert_contains "$output" "Dockerfile:3"
  # whether a registry is reached or not
  run build --retry 1 -t app:v1 .
  assert_status 125
  assert_contains "$output" "did you mean builder?"
}

@test "the nearest name to a source that a stage or an image has not is suggested" {
  cat >Dockerfile <<'D'
FROM busybox AS made
RUN mkdir -p /usr/local/lib /usr/local/share && echo x > /usr/local/lib/conf && ln -s usr/local /short
FROM scratch
COPY --from=made SOURCE /
D
  nearest() {
    sed "s#SOURCE#$1#" Dockerfile >"$OUT/Dockerfile"
    run build -f "$OUT/Dockerfile" .
    assert_status 125
    assert_contains "$output" "\"$1\": not found$2"
    assert_contains "$output" "Dockerfile:4:18"
  }
  # the whole path where it is there, else as far as it goes
  nearest /usr/lcoal/lib/conf " (did you mean /usr/local/lib/conf?)"
  nearest /usr/lcoal/lib/none " (did you mean /usr/local?)"
  nearest /short/lib/cnof " (did you mean /short/lib/conf?)"
  sed "s#SOURCE#/usr/lcoal/*#" Dockerfile >"$OUT/Dockerfile"
  run build -f "$OUT/Dockerfile" .
  assert_contains "$output" "(did you mean /usr/local?)"
  nearest /usr/nothing-like-it ""
  refute_contains "$output" "did you mean"
  printf 'FROM scratch\nCOPY --from=busybox /ect/passwd /\n' | dockerfile
  run build .
  assert_status 125
  assert_contains "$output" "\"/ect/passwd\": not found (did you mean /etc/passwd?)"
  assert_contains "$output" "Dockerfile:2:21"
}

@test "the nearest name to the source of a mount is suggested, and an ignore file named that leaves it out" {
  mkdir src node_modules
  touch src/main.c node_modules/x
  echo node_modules >.dockerignore
  # missing FLAGS TEXT: the error of a RUN with that mount
  missing() {
    printf 'FROM busybox AS made\nRUN mkdir -p /usr/local/lib && touch /usr/local/lib/conf\nFROM busybox\nRUN --mount=%s,target=/m true\n' "$1" | dockerfile
    run -125 build --build-context other=. .
    assert_contains "$output" "not found ($2)"
    assert_contains "$output" "Dockerfile:4:13"
  }
  missing type=bind,source=src/mian.c "did you mean src/main.c?"
  missing type=bind,from=other,source=scr "did you mean src?"
  missing type=bind,source=node_modules "it is there, but a rule of '.dockerignore' leaves it out; 'cbuild context ls --why' names the rule"
  missing type=bind,from=made,source=/usr/lcoal/lib/conf "did you mean /usr/local/lib/conf?"
  missing type=bind,rw,from=made,source=/usr/lcoal/lib/none "did you mean /usr/local?"
  missing type=bind,from=busybox,source=/ect/passwd "did you mean /etc/passwd?"
  missing type=cache,from=busybox,source=/ect "did you mean /etc?"
}

@test "a build argument that no ARG names is told with the nearest one" {
  printf 'ARG VERSION\nFROM busybox\n' | dockerfile
  run build --build-arg VERSOIN=1 -t app:v1 .
  assert_status 0
  assert_contains "$output" "VERSOIN"
  assert_contains "$output" "did you mean VERSION?"
}
