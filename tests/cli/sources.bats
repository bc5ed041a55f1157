# Contexts from standard input and http, ADD of URLs, and --build-context of them.

load helper

setup() {
  fresh
  unset BUSYBOX_LAYOUT
  SERVED=$BATS_TEST_TMPDIR/served
  start_source_server "$SERVED"
}

teardown() { stop_source_servers; }

# listing TAR: mode, owner, time and name of each entry but the directories' times
listing() { tar --utc -tvf "$1" | awk '{ print $1, $2, ($1 ~ /^d/ ? "-" : $4 "T" $5), $6 }'; }

context_tar() {
  mkdir -p tree/sub
  printf 'FROM scratch\nCOPY . /o/\nADD sub/g /g\n' >tree/Dockerfile
  printf 'f\n' >tree/.dockerignore
  echo one >tree/f
  echo two >tree/sub/g
  find tree -type f -exec touch -d '2020-02-02 02:02:02 UTC' {} +
  tar --owner=1234 --group=5678 -C tree -cf "$OUT/context.tar" .dockerignore Dockerfile f sub
}

# rules: 1-context-from-stdin 1-remote-ignore-file
@test "a tar on standard input is the context, owners and ignored files included" {
  # rules: 1-context-from-stdin 1-remote-ignore-file
  context_tar
  build -o "type=tar,dest=$OUT/a.tar" - <"$OUT/context.tar"
  listing "$OUT/a.tar" >"$OUT/got"
  # what docker build (BuildKit) makes of the same
  diff "$OUT/got" - <<'X'
-rw-r--r-- 1234/5678 2020-02-02T02:02 g
drwxr-xr-x 0/0 - o/
-rw-r--r-- 1234/5678 2020-02-02T02:02 o/.dockerignore
-rw-r--r-- 1234/5678 2020-02-02T02:02 o/Dockerfile
-rw-r--r-- 1234/5678 2020-02-02T02:02 o/f
drwxr-xr-x 1234/5678 - o/sub/
-rw-r--r-- 1234/5678 2020-02-02T02:02 o/sub/g
X
}

@test "the owner of each entry of a tar: links, one that is there twice, a directory nobody names" {
  mkdir -p tree/named tree/unnamed
  printf 'FROM scratch\nCOPY . /o/\nCOPY --chown=9:9 f /c\n' >tree/Dockerfile
  echo one >tree/f
  echo two >tree/named/g
  echo three >tree/unnamed/h
  ln -s f tree/link
  ln tree/f tree/same
  cd tree
  tar --owner=1 --group=2 -cf "$OUT/context.tar" Dockerfile f same named
  tar --owner=3 --group=4 -rf "$OUT/context.tar" link unnamed/h
  tar --owner=5 --group=6 -rf "$OUT/context.tar" named/g
  cp "$OUT/context.tar" "$SERVED/files/context.tar"
  for source in - "http://$SOURCES/files/context.tar"; do
    build -o "type=tar,dest=$OUT/a.tar" "$source" <"$OUT/context.tar"
    tar --numeric-owner -tvf "$OUT/a.tar" | awk '{ print $2, $6 }' | sort -k2 >"$OUT/got"
    diff "$OUT/got" - <<'X'
9/9 c
0/0 o/
1/2 o/Dockerfile
1/2 o/f
3/4 o/link
1/2 o/named/
5/6 o/named/g
1/2 o/same
0/0 o/unnamed/
3/4 o/unnamed/h
X
  done
}

@test "a context may be compressed by any of the four" {
  context_tar
  build -o "type=tar,dest=$OUT/plain.tar" - <"$OUT/context.tar"
  for program in gzip bzip2 xz zstd; do
    "$program" -c <"$OUT/context.tar" >"$OUT/context.packed"
    build -o "type=tar,dest=$OUT/$program.tar" - <"$OUT/context.packed"
    diff <(listing "$OUT/plain.tar") <(listing "$OUT/$program.tar")
  done
}

@test "what is no archive is a Dockerfile, and its context is empty" {
  # rules: 1-context-from-stdin
  printf 'FROM scratch\nCOPY . /o/\n' | build -o "type=tar,dest=$OUT/a.tar" -
  [[ $(tar -tf "$OUT/a.tar") == o/ ]]
  run -125 build - <<<$'FROM scratch\nCOPY missing /'
  assert_contains "$output" '"/missing": not found'
  assert_contains "$output" 'Dockerfile:2'
  run -2 build -f other - <<<'FROM scratch'
  assert_contains "$output" 'ambiguous Dockerfile source'
}

@test "-f is a path within an archive; -f - brings the Dockerfile of a fetched context" {
  context_tar
  printf 'FROM scratch\nCOPY f /only\n' >tree/sub/Other
  tar -C tree -cf "$OUT/context.tar" .
  build -f sub/Other -o "type=tar,dest=$OUT/a.tar" - <"$OUT/context.tar"
  [[ $(tar -tf "$OUT/a.tar") == only ]]
  cp "$OUT/context.tar" "$SERVED/files/c.tar"
  printf 'FROM scratch\nCOPY sub/g /mine\n' |
    build -f - -o "type=tar,dest=$OUT/b.tar" "http://$SOURCES/files/c.tar"
  [[ $(tar -tf "$OUT/b.tar") == mine ]]
}

@test "P-08: a broken archive is an error and never a Dockerfile; nothing stays behind" {
  mkdir "$BATS_TEST_TMPDIR/canary"
  echo safe >"$BATS_TEST_TMPDIR/canary/f"
  ln -s "$BATS_TEST_TMPDIR/canary/f" Dockerfile
  tar -cf "$OUT/context.tar" Dockerfile
  # the second header is garbage
  { head -c 512 "$OUT/context.tar"; head -c 2048 /dev/zero | tr '\0' x; } >"$OUT/broken.tar"
  run -125 build - <"$OUT/broken.tar"
  assert_contains "$output" 'unpack the archive'
  [[ $(<"$BATS_TEST_TMPDIR/canary/f") == safe ]]
  [[ -z $(ls -A "$CBUILD_ROOT/tmp") ]]
}

@test "T-01: an archive that climbs out of the context is refused" {
  python3 - "$OUT/evil.tar" <<'P'
import io, sys, tarfile
with tarfile.open(sys.argv[1], 'w') as tar:
    for name in ('Dockerfile', '../escaped'):
        entry = tarfile.TarInfo(name)
        entry.size = 13
        tar.addfile(entry, io.BytesIO(b'FROM scratch\n'))
P
  run -125 build - <"$OUT/evil.tar"
  assert_contains "$output" '../escaped'
  [[ -z $(find "$BATS_TEST_TMPDIR" -name escaped) ]]
}

@test "what a killed build left in tmp/ is swept by the next" {
  context_tar
  mkfifo "$OUT/pipe"
  "$CBUILD" build --progress=plain - <"$OUT/pipe" >"$OUT/log" 2>&1 3>&- &
  pid=$!
  exec 9>"$OUT/pipe"
  head -c 1536 "$OUT/context.tar" >&9
  until grep -q 'load remote build context' "$OUT/log"; do kill -0 "$pid" || { cat "$OUT/log"; return 1; }; sleep 0.02; done
  kill_build "$pid"
  exec 9>&-
  printf 'FROM scratch\nLABEL a=b\n' | build -
  [[ -z $(ls -A "$CBUILD_ROOT/tmp") ]]
}

# rules: 1-remote-context
@test "a URL gives an archive or a Dockerfile, which lies in the context as 'context'" {
  # rules: 1-remote-context
  context_tar
  cp "$OUT/context.tar" "$SERVED/files/c.tar"
  build -o "type=tar,dest=$OUT/a.tar" "http://$SOURCES/files/c.tar"
  build -o "type=tar,dest=$OUT/b.tar" - <"$OUT/context.tar"
  diff <(listing "$OUT/a.tar") <(listing "$OUT/b.tar")
  printf 'FROM scratch\nCOPY . /o/\n' >"$SERVED/files/D"
  build -o "type=tar,dest=$OUT/c.tar" "http://$SOURCES/files/D"
  [[ $(tar -tf "$OUT/c.tar") == $'o/\no/context' ]]
}

# rules: 1-file-from-url
@test "the Dockerfile may come from a URL" {
  # rules: 1-file-from-url
  printf 'FROM scratch\nCOPY f /o/\n' >"$SERVED/files/D"
  echo x >f
  build -f "http://$SOURCES/files/D" -o "type=tar,dest=$OUT/a.tar" .
  [[ $(tar -tf "$OUT/a.tar") == $'o/\no/f' ]]
  run -125 build -f "http://$SOURCES/files/none" .
  assert_contains "$output" "answered with status 404"
}

# rules: 6.3-url-mode 12-19
@test "ADD of a URL: name, mode 0600, Last-Modified, no Content-Disposition, no unpacking" {
  # rules: 6.3-url 6.3-url-mode
  echo hello >"$SERVED/files/a b"
  touch -d '2021-03-04 05:06:07 UTC' "$SERVED/files/a b"
  tar --owner=0 --group=0 -C "$SERVED/files" -cf "$SERVED/files/t.tar" 'a b'
  touch -d '2021-03-04 05:06:07 UTC' "$SERVED/files/t.tar"
  dockerfile <<X
FROM scratch
ADD http://$SOURCES/files/a%20b?x=y /o/
ADD http://$SOURCES/files/a%20b /renamed
ADD --chmod=755 --chown=3:4 http://$SOURCES/files/a%20b /p/q/
ADD http://$SOURCES/files/t.tar /t/
ADD --unpack http://$SOURCES/files/t.tar /u/
X
  build -o "type=tar,dest=$OUT/a.tar" .
  tar --utc -tvf "$OUT/a.tar" | awk '$1 !~ /^d/ { print $1, $2, $4 "T" $5, $6 $7 }' >"$OUT/got"
  diff "$OUT/got" - <<'X'
-rw------- 0/0 2021-03-04T05:06 o/ab
-rwxr-xr-x 3/4 2021-03-04T05:06 p/q/ab
-rw------- 0/0 2021-03-04T05:06 renamed
-rw------- 0/0 2021-03-04T05:06 t/t.tar
-rw-r--r-- 0/0 2021-03-04T05:06 u/ab
X
}

@test "G-05: a URL is asked for again, fetched only where it changed, and keys by content" {
  # rules: 6.3-url
  echo one >"$SERVED/files/f"
  printf 'FROM scratch\nADD http://%s/files/f /f\n' "$SOURCES" | dockerfile
  build -t app:v1 .
  first=$(manifest_digest app:v1)
  run build -t app:v1 .
  assert_contains "$output" CACHED
  [[ $(manifest_digest app:v1) == "$first" ]]
  [[ $(awk '{ print $3 }' "$SERVED/log") == $'200\n304' ]]
  # another server that gives the same bytes needs no new layer
  echo two >"$SERVED/files/f"
  run build -t app:v1 .
  refute_contains "$output" CACHED
  [[ $(manifest_digest app:v1) != "$first" && $(tail -1 "$SERVED/log") == *" 200 "* ]]
  "$CBUILD" fsck
}

@test "after a prune a URL is fetched again" {
  echo one >"$SERVED/files/f"
  printf 'FROM scratch\nADD http://%s/files/f /f\n' "$SOURCES" | dockerfile
  build -t app:v1 .
  "$CBUILD" prune --all --force
  build -t app:v1 .
  [[ $(awk '{ print $3 }' "$SERVED/log") == $'200\n200' ]]
}

@test "G-05: --checksum is enforced; what has it already asks nobody" {
  # rules: 6.3-checksum
  echo one >"$SERVED/files/f"
  sum=sha256:$(sha256sum "$SERVED/files/f" | cut -c1-64)
  printf 'FROM scratch\nADD --checksum=%s http://%s/files/f /f\n' "$sum" "$SOURCES" | dockerfile
  build -t app:v1 .
  build --no-cache -t app:v1 .
  [[ $(wc -l <"$SERVED/log") == 1 ]]
  echo two >"$SERVED/files/f"
  printf 'FROM scratch\nADD --checksum=%s http://%s/plain/f /f\n' "$sum" "$SOURCES" | dockerfile
  run -125 build .
  assert_contains "$output" "digest mismatch for http://$SOURCES/plain/f: sha256:"
  assert_contains "$output" "(expected: $sum)"
  assert_contains "$output" 'Dockerfile:2'
}

@test "G-05: a download that breaks off is not glued to another version" {
  head -c 300000 /dev/urandom >"$SERVED/files/f"
  printf 'FROM scratch\nADD http://%s/short/f /f\n' "$SOURCES" | dockerfile
  build -o "type=local,dest=$OUT/tree" .
  cmp "$SERVED/files/f" "$OUT/tree/f"
}

# rules: 13-add-addresses
@test "G-04: addresses: link-local never, odd spellings never, a missing server with its line" {
  # rules: 13-add-addresses
  for url in http://169.254.169.254/latest/meta-data/ 'http://[fe80::1]/x' http://2130706433/x \
    http://0x7f.1/x 'http://[::ffff:127.0.0.1]/x' http://0.0.0.0/x http://224.0.0.1/x; do
    printf 'FROM scratch\nADD %s /f\n' "$url" | dockerfile
    run -125 build .
    assert_contains "$output" refused
    assert_contains "$output" 'Dockerfile:2'
    run -125 build "$url"
    assert_contains "$output" refused
  done
  printf 'FROM scratch\nADD http://%s/to/http://169.254.169.254/x /f\n' "$SOURCES" | dockerfile
  run -125 build .
  assert_contains "$output" refused
  printf 'FROM scratch\nADD http://%s/to/file:///etc/passwd /f\n' "$SOURCES" | dockerfile
  run -125 build .
  assert_contains "$output" 'Dockerfile:2'
}

@test "K-03: credentials go to the host that they are for, and are shown nowhere" {
  echo secret >"$SERVED/files/f"
  echo 'Bearer tok-1234' >"$SERVED/authorization"
  printf 'FROM scratch\nADD http://%s/private/f /f\n' "$SOURCES" | dockerfile
  run -125 build .
  assert_contains "$output" 'answered with status 401'
  TOKEN=tok-1234 build --secret id=HTTP_AUTH_TOKEN_127.0.0.1,env=TOKEN -t app:v1 .
  # a redirect to another port is another server
  mine=$SOURCES
  other=$BATS_TEST_TMPDIR/other
  start_source_server "$other"
  echo f >"$other/files/f"
  printf 'FROM scratch\nADD http://%s/to/http://%s/files/f /f\n' "$mine" "$SOURCES" | dockerfile
  TOKEN=tok-1234 run build --secret id=HTTP_AUTH_TOKEN_127.0.0.1,env=TOKEN -t app:v1 .
  assert_status 0
  refute_contains "$output" tok-1234
  [[ $(<"$other/log") == 'GET /files/f 200 -' ]]
  # user and password of a URL
  printf 'Basic %s\n' "$(printf 'me:pass-5678' | base64)" >"$SERVED/authorization"
  printf 'FROM scratch\nADD http://me:pass-5678@%s/private/f /f\n' "$mine" | dockerfile
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" pass-5678
  config docker.io/library/app:v1 >"$OUT/config"
  grep -q "ADD http://xxxxx:xxxxx@$mine/private/f /f # buildkit" "$OUT/config"
  refute grep -rqa -e tok-1234 -e pass-5678 "$CBUILD_ROOT"
}

# rules: 9.4-http
@test "--build-context: a URL is one file, a repository and a target are what they say" {
  # rules: 9.4-http
  echo data >"$SERVED/files/f"
  dockerfile <<'X'
FROM scratch AS one
COPY Dockerfile /from-one
FROM scratch
COPY --from=remote . /r/
COPY --from=alias from-one /a
X
  build --build-context "remote=http://$SOURCES/files/f" --build-context alias=target:one \
    --build-context "unused=http://127.0.0.1:1/never" -o "type=tar,dest=$OUT/a.tar" .
  [[ $(tar -tf "$OUT/a.tar") == $'a\nr/\nr/context' ]]
  [[ $(tar -xOf "$OUT/a.tar" r/context) == data ]]
}
