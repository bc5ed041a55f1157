# Values of secrets: in no output, in no layer, in no file that stays.

load helper

setup_file() { busybox_layout; }
setup() {
  fresh
  echo 'tr0ub4dor&3/horse' >"$OUT/secret"
}

# with_secret [options]: a build that is given the secret as s
with_secret() { build --secret id=s,src="$OUT/secret" "$@"; }

# in_no_file: the value is in no file of the store, compressed or not
in_no_file() {
  local file
  while read -r file; do
    ! { zcat -f "$file" | grep -aqF 'tr0ub4dor&3/horse'; } || { echo "the value is in $file"; return 1; }
  done < <(find "$CBUILD_ROOT" -type f)
}

@test "K-06: what a RUN prints of a secret is masked, however it is cut and in all forms" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  local stream
  dockerfile <<'D'
FROM busybox
RUN --mount=type=secret,id=s,env=S --mount=type=secret,id=s \
  echo "raw=$S" && cat /run/secrets/s >&2 && \
  printf 'one-by-one='; for c in t r 0 u b 4 d o r '&' 3 / h o r s e; do printf %s "$c"; done; echo .; \
  printf 'ansi=tr0ub\033[31m4dor\033[0m&3/horse.\n'; \
  printf 'user:%s@' "$S" | base64; printf %s "$S" | od -An -v -tx1 | tr -d ' \n'; echo; \
  printf 'tr0ub4dor%%263%%2Fhorse\n'; echo plain text stays
D
  for style in plain rawjson; do
    rm -rf --one-file-system "$CBUILD_ROOT"
    run "$CBUILD" build --progress=$style --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" \
      --secret id=s,src="$OUT/secret" -t app:v1 .
    assert_status 0
    # the text of the Dockerfile is no secret's: it holds pieces of the value itself
    seen=$(grep -v 'RUN --mount' <<<"$output" || true)
    [[ $style == plain ]] || seen=$(for stream in 1 2; do # one after the other: they meet anywhere
      jq -rj "select(.event == \"output\" and .stream == $stream) | .data | @base64d" <<<"$output"
    done)
    echo "$seen"
    refute_contains "$seen" 'tr0ub4dor'
    refute_contains "$seen" "$(printf %s 'user:tr0ub4dor&3/horse@' | base64 | cut -c 9-24)"
    refute_contains "$seen" "$(printf %s 'tr0ub4dor&3/horse' | od -An -v -tx1 | tr -d ' \n')"
    assert_contains "$seen" "raw=***"
    assert_contains "$seen" "one-by-one=***."
    assert_contains "$seen" "ansi=***"
    assert_contains "$seen" "plain text stays"
  done
  in_no_file
}

@test "K-06: a --logfile, and the end of a failed step that is shown again, are masked too" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  printf 'FROM busybox\nRUN --mount=type=secret,id=s cat /run/secrets/s; exit 3\n' | dockerfile
  run with_secret --logfile "$OUT/log" .
  assert_status 3
  refute_contains "$output$(cat "$OUT/log")" "tr0ub4dor"
  assert_contains "$(cat "$OUT/log")" "***"
}

@test "K-06: output without a line end comes, and nothing waits for a process that kept the pipe" {
  dockerfile <<'D'
FROM busybox
RUN --mount=type=secret,id=s,env=S (sleep 1000 &) ; printf 'tr0u'
D
  run with_secret .
  assert_status 0
  assert_contains "$output" " tr0u"
  assert_contains "$output" "background processes were still running"
}

@test "K-06: much output of a step with a secret comes whole and in order" {
  printf 'FROM busybox\nRUN --mount=type=secret,id=s,env=S seq 200000\n' | dockerfile
  run with_secret --progress=rawjson .
  assert_status 0
  jq -rj 'select(.event == "output") | .data | @base64d' <<<"$output" | cmp - <(seq 200000)
}

@test "K-01: a layer that would hold the value in any form fails the build, which names the path" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  for command in 'cp /run/secrets/s /kept/f' 'base64 /run/secrets/s > /kept/f' \
    'cat /etc/passwd /run/secrets/s /etc/group | base64 > /kept/f' \
    'od -An -v -tx1 /run/secrets/s | tr -d " " > /kept/f' 'echo tr0ub4dor%263%2fhorse > /kept/f' \
    '{ seq 300000; cat /run/secrets/s; seq 300000; } > /kept/f' \
    'ln -s "$(cat /run/secrets/s)" /kept/f' 'mkdir -p "/kept/f/$(cat /run/secrets/s)"'; do
    printf 'FROM busybox\nRUN mkdir /kept\nRUN --mount=type=secret,id=s %s\n' "$command" | dockerfile
    run with_secret -t app:v1 .
    echo "$command: $output"
    assert_status 125
    assert_contains "$output" "the value of secret 's'"
    assert_contains "$output" "'/kept/f"
    assert_contains "$output" "Dockerfile:3"
    refute_contains "$output" "tr0ub4dor&3/horse'"
    in_no_file
    [[ $("$CBUILD" images -q | wc -l) -eq 0 ]]
  done
}

@test "K-01: what is only near the value, or compressed, or was there before, passes" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  printf '%s' 'tr0ub4dor&3/horse' >there
  dockerfile <<'D'
FROM busybox
COPY there /there
RUN --mount=type=secret,id=s chmod 600 /etc/passwd; gzip -c /run/secrets/s > /packed; echo 'tr0ub4dor&3/hors' > /near; rm -f /gone
RUN --mount=type=secret,id=s cp /run/secrets/s /gone && rm /gone
D
  with_secret -t app:v1 .
}

@test "K-01: --allow secret-leak lets it pass with a warning, and only there" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  printf 'FROM busybox\nRUN --mount=type=secret,id=s cp /run/secrets/s /f\n' | dockerfile
  run with_secret --allow secret-leak -t app:v1 .
  assert_status 0
  assert_contains "$output" "WARN: the layer holds the value of secret 's' (as it is, in the content of '/f')"
  [[ $(cat "$(unpacked docker.io/library/app:v1)/f") == 'tr0ub4dor&3/horse' ]]
  # what was allowed then is not what is asked for now
  run with_secret -t app:v1 .
  assert_status 125
}

@test "K-01: values of seven bytes are masked and not looked for in layers" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  printf 7777777 >"$OUT/secret"
  printf 'FROM busybox\nRUN --mount=type=secret,id=s cat /run/secrets/s; cp /run/secrets/s /f\n' | dockerfile
  run with_secret -t app:v1 .
  assert_status 0
  refute_contains "$output" "7777777"
}

@test "K-05: another value is the same step; a secret that is there or not is not" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  printf 'FROM busybox\nRUN --mount=type=secret,id=s test -f /run/secrets/s && date > /when || true\n' | dockerfile
  with_secret -t app:v1 .
  echo 'quite another value' >"$OUT/secret"
  run with_secret -t app:v1 .
  assert_contains "$output" "#3 CACHED"
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" "#3 DONE"
  refute grep -raqF 'tr0ub4dor' "$CBUILD_ROOT/cache"
}

@test "K-02: a secret of 500 KiB with any bytes arrives as it is; a larger one is refused" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  # the last byte is no line end: those are no part of what is masked
  { head -c 511999 /dev/urandom; printf x; } >"$OUT/secret"
  printf 'FROM busybox\nRUN --mount=type=secret,id=s sha256sum < /run/secrets/s > /sum; cat /run/secrets/s\n' | dockerfile
  run with_secret --progress=rawjson -t app:v1 .
  assert_status 0
  [[ $(jq -rj 'select(.event == "output") | .data | @base64d' <<<"$output") == "***" ]]
  [[ $(cat "$(unpacked docker.io/library/app:v1)/sum") == $(sha256sum <"$OUT/secret") ]]
  printf x >>"$OUT/secret"
  printf 'FROM busybox\nRUN --mount=type=secret,id=s true\n' | dockerfile
  run with_secret .
  assert_status 125
  printf 'a\0b' >"$OUT/secret"
  printf 'FROM busybox\nRUN --mount=type=secret,id=s,env=S true\n' | dockerfile
  run with_secret .
  assert_status 125
  assert_contains "$output" "holds a NUL byte"
}

@test "several secrets, from files and variables, each in the ways that buildx has" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  export FROM_ENV=value-of-a-variable named=value-by-its-name
  echo value-of-a-file >by-name
  dockerfile <<'D'
FROM busybox
RUN --mount=type=secret,id=f,target=/a/b,mode=0400,uid=7,gid=8 --mount=type=secret,id=e,env=E,target=/e \
    --mount=type=secret,id=named,env=N --mount=type=secret,id=by-name --mount=type=secret,id=typed,env=T \
    test "$(stat -c '%u %g %a' /a/b)" = "7 8 400" && grep -qx 'tr0ub4dor&3/horse' /a/b && \
    test "$E" = value-of-a-variable && test "$(cat /e)" = value-of-a-variable && \
    test "$N" = value-by-its-name && grep -qx value-of-a-file /run/secrets/by-name && test "$T" = "$E" && \
    ! echo x > /a/b && mount | grep ' /a/b ' | grep -q '(ro,'
RUN test ! -e /a && test ! -e /e && test ! -e /run/secrets
D
  build --secret id=f,source=/nowhere --secret id=f,src="$OUT/secret" --secret id=e,env=FROM_ENV --secret id=named \
    --secret id=by-name,type=file --secret type=env,id=typed,src=FROM_ENV -t app:v1 .
}

@test "a variable that is not set is an empty secret, which is said; when it is set the step runs again" {
  not_in_mode chroot "a secret as a file needs a store on a tmpfs there (copied-mounts.bats)"
  dockerfile <<'D'
FROM busybox
RUN --mount=type=secret,id=e,required --mount=type=secret,id=e,env=E,target=/e \
    test -f /run/secrets/e && test "${E-unset}" = "$(cat /e)" && echo "<$E>" >/made
D
  unset NOT_SET
  run build --secret id=e,env=NOT_SET -o "$OUT/without" .
  [[ $status -eq 0 ]]
  assert_contains "$output" "--secret e: the variable NOT_SET is not set: the secret is empty"
  [[ $(cat "$OUT/without/made") == "<>" ]]
  NOT_SET=abc build --secret id=e,env=NOT_SET -o "$OUT/with" .
  [[ $(cat "$OUT/with/made") == "<abc>" ]]
}
