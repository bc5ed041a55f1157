# Where values of secrets and credentials must not be (docs/security.md: K); masking and the search of
# layers are in secrets.bats. CBUILD_HUNT=1: 50 builds are killed instead of 20.

load helper
source "$BATS_TEST_DIRNAME/../support/oracles.bash"

setup_file() {
  busybox_layout
  export LOCKED_STATE=$BATS_FILE_TMPDIR/locked
  mkdir -p "$LOCKED_STATE"
  # bcrypt of "registry-pass-77"
  python3 -c 'import crypt; print("me:" + crypt.crypt("registry-pass-77", crypt.mksalt(crypt.METHOD_BLOWFISH)).replace("$2b$", "$2y$"))' \
    >"$LOCKED_STATE/htpasswd"
  LOCKED=$(EXTRA_CONFIG="auth: {htpasswd: {realm: here, path: $LOCKED_STATE/htpasswd}}" \
    "$SUPPORT/registry" up "$LOCKED_STATE")
  export LOCKED
}
teardown_file() { "$SUPPORT/registry" down "$LOCKED_STATE"; }

setup() {
  attack
  export TMPDIR=$OUT/tmp
  mkdir "$TMPDIR"
  FORMS=()
  head -c 30 /dev/urandom | base64 | tr -d '+/=\n' >"$OUT/value"
  VALUE=$(<"$OUT/value")
  remember "$VALUE"
}
teardown() {
  stop_source_servers
  unset TMPDIR
  after_attack
}

# remember VALUE...: what must not be found, as it is, in base 64 and in hexadecimal
remember() {
  local value
  for value in "$@"; do
    FORMS+=(-e "$value" -e "$(printf %s "$value" | base64 -w0 | cut -c 1-20)" -e "$(printf %s "$value" | xxd -p | tr -d '\n')")
  done
}

# O-secret. nowhere [FILE...]: in no file of the store, of TMPDIR, of the context or of those, compressed or not
nowhere() {
  local file
  file=$(find "$CBUILD_ROOT" "$TMPDIR" "$CONTEXT" "$@" -type f -exec grep -laF "${FORMS[@]}" {} +) || true
  [[ -z $file ]] || { echo "the value is in $file"; return 1; }
  # those in which something begins as gzip or zstd do
  while read -r file; do
    ! { zcat -f "$file"; zstdcat -qf "$file"; } 2>/dev/null | grep -aqF "${FORMS[@]}" ||
      { echo "the value is in $file"; return 1; }
  done < <(find "$CBUILD_ROOT" "$TMPDIR" "$CONTEXT" "$@" -type f \
    -exec env LC_ALL=C grep -laP '^(\x1f\x8b|\x28\xb5\x2f\xfd)' {} +)
  ! grep -anF "${FORMS[@]}" <<<"${output:-}" || return 1
}

@test "K-02: secrets of every kind leave nothing of themselves, in builds that work and that fail" {
  head -c 400000 /dev/urandom | tr -d '\0' >"$OUT/binary"
  head -c 512000 /dev/urandom >"$OUT/large"
  dockerfile <<'D'
FROM busybox
RUN --mount=type=secret,id=file --mount=type=secret,id=var,env=VAR --mount=type=secret,id=binary,target=/deep/er/b \
    --mount=type=secret,id=large,mode=0444,uid=1000 test -n "$VAR" && wc -c /run/secrets/file /deep/er/b /run/secrets/large && \
    ulimit -c && touch /made
RUN ! ls -d /run/secrets /deep 2>/dev/null
D
  local secrets=(--secret "id=file,src=$OUT/value" --secret id=var,env=VALUE --secret "id=binary,src=$OUT/binary"
    --secret "id=large,src=$OUT/large")
  export VALUE
  remember "$(head -c 60 "$OUT/binary" | tail -c 30 | tr -d '\n')"
  run attacked "${secrets[@]}" -t app:v1 -o "type=tar,dest=$OUT/made.tar" --metadata-file "$OUT/metadata" .
  assert_status 0
  tar -tf "$OUT/made.tar" >"$OUT/names"
  grep -qx made "$OUT/names"
  refute grep -qE '^(run/secrets|deep)' "$OUT/names"
  nowhere "$OUT/made.tar" "$OUT/metadata"
  # one that fails, one whose required secret is missing, one that crashes
  printf 'FROM busybox\nRUN --mount=type=secret,id=file,required=true cat /run/secrets/file; exit 9\n' | dockerfile
  run attacked "${secrets[@]}" --logfile "$OUT/log" .
  assert_status 9
  nowhere "$OUT/log"
  run attacked .
  assert_refused "secret" "file"
  printf 'FROM busybox\nRUN --mount=type=secret,id=file ulimit -c unlimited 2>/dev/null; cd /; v=$(cat /run/secrets/file); kill -SEGV $$\n' | dockerfile
  run attacked "${secrets[@]}" .
  assert_status 139
  # a dump would have the value; others may leave files of such names meanwhile
  [[ -z $(find / -xdev -newer "$OUT/value" \( -name 'core' -o -name 'core.*' \) -type f -exec grep -laF "${FORMS[@]}" {} + 2>/dev/null) ]]
  nowhere
}

@test "K-02: nothing of a secret is left by builds that are killed, wherever that happens" {
  local n=$(repeats 20 50) i pid
  dockerfile <<'D'
FROM busybox
ARG TURN
RUN --mount=type=secret,id=s,env=S --mount=type=secret,id=s --mount=type=cache,target=/c for i in $(seq 30); do \
      cat /run/secrets/s; cp /run/secrets/s /dev/shm/s; printf %s "$S" | sha256sum > /sum; sleep 0.02; done
D
  for i in $(seq "$n"); do
    begin_attacked --secret "id=s,src=$OUT/value" --build-arg "TURN=$i" . >"$OUT/log" 2>&1
    pid=$!
    # spread over the build: before the step, in it, behind it
    sleep "$(awk "BEGIN { print $i * 1.2 / $n }")"
    # a job of it, or the whole of it at once
    if ((i % 3)); then
      kill -KILL "$pid" 2>/dev/null || true
    else
      # shellcheck disable=SC2046
      kill -KILL $(family "$pid" | tail -1) 2>/dev/null || true
    fi
    wait "$pid" || true
    output=$(<"$OUT/log")
    wait_until no_attackers
    nowhere
  done
  BACKGROUND=()
  [[ -z $(find /dev/shm -newer "$OUT/value" -type f -exec grep -lF "$VALUE" {} +) ]]
  run attacked --secret "id=s,src=$OUT/value" .
  assert_status 0
  nowhere
}

@test "K-03: credentials of addresses are in no log, error, history, file or argument" {
  local token=tok-9f8e7d6c5b4a line
  remember "$token"
  SERVED=$BATS_TEST_TMPDIR/served
  start_source_server "$SERVED"
  printf 'Basic %s\n' "$(printf 'me:%s' "$token" | base64)" >"$SERVED/authorization"
  echo data >"$SERVED/files/f"
  # what works
  printf 'FROM scratch\nADD http://me:%s@%s/private/f /f\n' "$token" "$SOURCES" >"$OUT/Dockerfile"
  run attacked -f "$OUT/Dockerfile" --debug -t app:v1 --metadata-file "$OUT/metadata" .
  assert_status 0
  nowhere "$OUT/metadata"
  config docker.io/library/app:v1 >"$OUT/config"
  refute grep -aqF "${FORMS[@]}" "$OUT/config"
  # what does not: no server, no such file, a repository that is none, over a proxy that is not there
  for line in "ADD http://me:$token@127.0.0.1:1/f /f" "ADD http://me:$token@$SOURCES/private/none /f" \
    "ADD http://me:$token@$SOURCES/git/none.git /f" "ADD https://me:$token@127.0.0.1:1/x.git#main /f" \
    "ADD http://$token:x-oauth-basic@127.0.0.1:1/f /f"; do
    printf 'FROM scratch\n%s\n' "$line" >"$OUT/Dockerfile"
    run strace -f -qq -s 4096 -e trace=execve,execveat -o "$OUT/trace" "$CBUILD" build --progress=plain --debug \
      --retry 1 -f "$OUT/Dockerfile" .
    assert_refused
    nowhere "$OUT/trace"
  done
  printf 'FROM scratch\nADD http://example.invalid/f /f\n' | dockerfile
  HTTP_PROXY=http://me:$token@127.0.0.1:1 http_proxy=http://me:$token@127.0.0.1:1 run attacked --debug --retry 1 .
  assert_refused
  nowhere
  # as a context, and as a named one
  for line in "http://me:$token@127.0.0.1:1/context.tar" "http://me:$token@$SOURCES/private/none.tar" \
    "http://me:$token@$SOURCES/git/none.git"; do
    run attacked --debug --retry 1 "$line"
    assert_refused
    nowhere
    printf 'FROM scratch\nCOPY --from=other / /\n' | dockerfile
    run attacked --debug --retry 1 --build-context "other=$line" .
    assert_refused
    nowhere
  done
}

@test "K-04: the most talkative output has no password and no token" {
  local style
  remember registry-pass-77
  export CBUILD_CREDS
  printf 'FROM busybox\nCOPY Dockerfile /\n' | dockerfile
  for style in plain rawjson; do
    run attacked --progress=$style --debug --log-level trace --creds me:registry-pass-77 --insecure \
      -t "$LOCKED/app:$style" --push .
    assert_status 0
    refute_contains "$output" "Authorization"
    nowhere
    printf 'FROM %s/app:%s\nRUN true\n' "$LOCKED" $style | dockerfile
    run attacked --progress=$style --debug --log-level trace --creds me:registry-pass-77 --pull -t again .
    assert_status 0
    nowhere
    # the wrong one is not shown either
    run attacked --progress=$style --debug --creds "me:wrong-$VALUE" --pull --no-cache .
    assert_status 125
    nowhere
    printf 'FROM busybox\nCOPY Dockerfile /\n' | dockerfile
  done
}

# holds FILE PID...: the names of the processes whose memory, environment or arguments hold a line of it
holds() {
  python3 - "$@" <<'PYTHON'
import re, sys
needles = open(sys.argv[1], "rb").read().split()
for pid in sys.argv[2:]:
    try:
        name = open(f"/proc/{pid}/comm").read().strip()
        maps = open(f"/proc/{pid}/maps").read().splitlines()
        memory = open(f"/proc/{pid}/mem", "rb", 0)
        found = open(f"/proc/{pid}/environ", "rb").read() + open(f"/proc/{pid}/cmdline", "rb").read()
    except OSError:
        continue
    for line in maps:
        first, last, access = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
        if access[0] == "r" and "[v" not in line:
            try:
                memory.seek(int(first, 16))
                found += memory.read(int(last, 16) - int(first, 16))
            except OSError:
                pass
    if any(needle in found for needle in needles):
        print(name)
PYTHON
}

@test "S-05: a password of a registry is in no process but cbuild-net" {
  local nap builder
  nap=$(naps)
  printf 'FROM busybox\nCOPY Dockerfile /\n' | dockerfile
  "$CBUILD" build -q --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" --creds me:registry-pass-77 \
    --insecure -t "$LOCKED/held:1" --push . >/dev/null
  printf '{"auths": {"%s": {"auth": "%s"}}}' "$LOCKED" "$(printf %s me:registry-pass-77 | base64)" >"$OUT/auth.json"
  printf 'registry-pass-77\n%s\n' "$(printf %s me:registry-pass-77 | base64)" >"$OUT/needles"
  printf 'FROM %s/held:1\nRUN %s\n' "$LOCKED" "$nap" | dockerfile
  begin "$CBUILD" build --progress=plain --authfile "$OUT/auth.json" --insecure --pull .
  builder=$!
  wait_until pgrep -x -f "$nap"
  # shellcheck disable=SC2046
  [[ $(holds "$OUT/needles" $(family "$builder") | sort -u) == cbuild-net ]]
}
