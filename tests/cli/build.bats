# A build from Dockerfile to image, judged by other programs.

load helper

setup_file() { busybox_layout; }
setup() { fresh; }

@test "COPY into scratch makes an image that skopeo and umoci read" {
  echo hello >file.txt
  dockerfile <<'D'
FROM scratch
COPY file.txt /data/
CMD ["/data/file.txt"]
D
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  [[ $(cat "$root/data/file.txt") == hello ]]
  [[ $(config docker.io/library/app:v1 | jq -c .config.Cmd) == '["/data/file.txt"]' ]]
}

@test "a multi-stage build takes only what COPY --from names" {
  dockerfile <<'D'
FROM busybox AS build
RUN mkdir /out && echo built > /out/result && echo junk > /junk
FROM scratch
COPY --from=build /out /
D
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  [[ $(cat "$root/result") == built ]]
  [[ ! -e $root/junk ]]
  [[ $(config docker.io/library/app:v1 | jq '.rootfs.diff_ids | length') -eq 1 ]]
}

@test "a stage that the target does not need is never touched" {
  # rules: 9.3-reachable
  dockerfile <<'D'
FROM busybox AS wanted
RUN echo yes > /wanted
FROM localhost:1/does/not:exist AS unwanted
RUN false
FROM wanted
D
  build --target wanted -t app:v1 .
}

@test "independent stages run at the same time" {
  local nap
  nap=$(naps)
  dockerfile <<D
FROM busybox AS a
RUN ${nap}1 || echo woken > /a
FROM busybox AS b
RUN ${nap}2 || echo woken > /b
FROM scratch
COPY --from=a /a /a
COPY --from=b /b /b
D
  begin_build --jobs 4 -t app:v1 . >"$OUT/log" 2>&1
  # both have begun, and neither is over
  wait_until asleep "${nap}1"
  wait_until asleep "${nap}2"
  asleep "${nap}1"
  pkill -f "^$nap"
  wait "${BACKGROUND[0]}" || { cat "$OUT/log"; return 1; }
  root=$(unpacked docker.io/library/app:v1)
  [[ $(cat "$root/a" "$root/b") == $'woken\nwoken' ]]
}

@test "identical steps of two stages run once" {
  dockerfile <<'D'
FROM busybox AS a
RUN head -c 16 /dev/urandom > /id
FROM busybox AS b
RUN head -c 16 /dev/urandom > /id
FROM scratch
COPY --from=a /id /a
COPY --from=b /id /b
D
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  cmp "$root/a" "$root/b"
}

@test "two builds side by side on one store run a step once" {
  dockerfile <<'D'
FROM busybox
RUN sleep 1; head -c 16 /dev/urandom > /id
D
  begin_build -t one:v1 . >"$OUT/one" 2>&1
  first=$!
  build -t two:v1 . >"$OUT/two" 2>&1
  wait "$first"
  [[ $(manifest_digest one:v1) == "$(manifest_digest two:v1)" ]]
}

@test "-t several times, --iidfile, --digest-file and --metadata-file agree" {
  printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
  build -q -t app:v1 -t app:v2 --iidfile "$OUT/iid" --digest-file "$OUT/digest" --metadata-file "$OUT/meta" . >"$OUT/stdout"
  [[ $(cat "$OUT/stdout") == "$(cat "$OUT/iid")" ]]
  [[ $(jq -r '."containerimage.config.digest"' "$OUT/meta") == "$(cat "$OUT/iid")" ]]
  [[ $(jq -r '."containerimage.digest"' "$OUT/meta") == "$(cat "$OUT/digest")" ]]
  [[ $(manifest_digest app:v2) == "$(cat "$OUT/digest")" ]]
  [[ $("$CBUILD" inspect app:v1 | jq -r '.[0].Id') == "$(cat "$OUT/iid")" ]]
}

@test "--label and --build-arg arrive; a bare --build-arg takes the environment's value" {
  dockerfile <<'D'
FROM busybox
ARG A=default
ARG B=default
RUN echo "$A $B" > /args
D
  B=env build --build-arg A=given --build-arg B --label x=y -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  [[ $(cat "$root/args") == "given env" ]]
  [[ $(config docker.io/library/app:v1 | jq -r .config.Labels.x) == y ]]
}

@test "the Dockerfile can come from -f, from a lower-case name and from stdin" {
  # rules: 1-default-name 1-lower-case-name 1-file-from-stdin
  mkdir sub
  printf 'FROM scratch\nCOPY sub/Other /from-f\n' >sub/Other
  build -f sub/Other -t f:v1 .
  printf 'FROM scratch\nCOPY dockerfile /lower\n' >dockerfile
  build -t lower:v1 .
  printf 'FROM scratch\nCOPY dockerfile /stdin\n' | build -f - -t stdin:v1 .
  [[ -e $(unpacked docker.io/library/stdin:v1)/stdin ]]
}
