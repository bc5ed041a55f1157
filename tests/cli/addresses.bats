# Where names lead and where redirects go, from end to end: a machine of its own (namespaces of network,
# mounts and processes) whose loopback bears a public, a private and a link-local address, and whose
# /etc/hosts names them. Each server is really there, so only a refusal keeps a build from it.

load helper

setup() {
  fresh
  unset BUSYBOX_LAYOUT
  HOSTS=$OUT/hosts
  cat >"$HOSTS" <<'X'
127.0.0.1 localhost
93.184.216.34 public.test secure.test
10.1.2.3 inside.test
169.254.169.254 metadata.test
93.184.216.34 both.test
169.254.169.254 both.test
X
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=secure.test \
    -addext subjectAltName=DNS:secure.test -keyout "$OUT/key.pem" -out "$OUT/cert.pem" 2>/dev/null
  for place in public private link secure; do mkdir -p "$OUT/$place/files" "$OUT/$place/git"; done
  for place in public private link secure; do echo "$place" >"$OUT/$place/files/f"; done
  cat >"$OUT/machine" <<'X'
set -e
ip link set lo up
for address in 93.184.216.34 10.1.2.3 169.254.169.254; do ip addr add "$address/32" dev lo; done
mount --bind "$OUT/hosts" /etc/hosts
serve() { "$SUPPORT/source_server.py" "$@" </dev/null >"$1/output" 2>&1 3>&- & }
serve "$OUT/public" 93.184.216.34
serve "$OUT/private" 10.1.2.3
serve "$OUT/link" 169.254.169.254
serve "$OUT/secure" 93.184.216.34 "$OUT/cert.pem" "$OUT/key.pem"
for place in public private link secure; do
  until [ -f "$OUT/$place/port" ]; do sleep 0.02; done
done
export SSL_CERT_FILE=$OUT/cert.pem
PUBLIC=http://public.test:$(cat "$OUT/public/port")
INSIDE=http://inside.test:$(cat "$OUT/private/port")
LINK=:$(cat "$OUT/link/port")
SECURE=https://secure.test:$(cat "$OUT/secure/port")
# add URL: what ADD of it gives, or the end of what it says
add() {
  printf 'FROM scratch\nADD %s /\n' "$1" >Dockerfile
  rm -rf "$OUT/tree"
  if "$CBUILD" build --progress=plain --retry 1 -o "type=local,dest=$OUT/tree" . >"$OUT/log" 2>&1; then
    echo "$1: $(find "$OUT/tree" -type f -exec cat {} +)"
  else
    echo "$1: $(tail -1 "$OUT/log")"
  fi
}
X
}

# machine: runs the commands of stdin there; all processes of it end with it
machine() {
  cat "$OUT/machine" - >"$OUT/script"
  OUT=$OUT SUPPORT=$SUPPORT timeout 240 unshare --net --mount --propagation private --pid --fork --mount-proc \
    --kill-child bash "$OUT/script"
}

@test "a name that leads to a link-local address is refused, for files, git, contexts and Dockerfiles" {
  run machine <<'X'
add "$PUBLIC/files/f"
add "$INSIDE/files/f"
for host in metadata.test both.test; do
  add "http://$host$LINK/files/f"
  add "http://$host$LINK/git/x.git"
done
for words in "http://metadata.test$LINK/files/f" "http://metadata.test$LINK/git/x.git" \
    "-f http://metadata.test$LINK/files/f ." "--build-context c=http://metadata.test$LINK/files/f ." \
    "--build-context c=http://metadata.test$LINK/git/x.git ."; do
  printf 'FROM scratch\nCOPY --from=c / /\n' >Dockerfile
  "$CBUILD" build --progress=plain --retry 1 $words >"$OUT/log" 2>&1 && echo "built: $words"
  echo "$words: $(tail -1 "$OUT/log")"
done
[ ! -e "$OUT/link/log" ] || cat "$OUT/link/log"
echo end
X
  assert_status 0
  [[ ${lines[0]} == *'/files/f: public' ]]
  [[ ${lines[1]} == *'/files/f: private' ]]
  # one of two addresses is a public one: at that port there is nobody, and the other is not tried
  for i in 2 3 6 7 8 9 10; do
    assert_contains "${lines[i]}" "link-local"
  done
  for i in 4 5; do
    [[ ${lines[i]} == *link-local* || ${lines[i]} == *'connection refused'* ]]
  done
  # no request came there
  [[ ${lines[11]} == end && ${#lines[@]} -eq 12 ]]
}

@test "a redirect from https to http, or from a public to another kind of address, is refused" {
  run machine <<'X'
add "$SECURE/files/f"
add "$PUBLIC/to/$SECURE/files/f"
add "$SECURE/to/$PUBLIC/files/f"
add "$PUBLIC/to/$INSIDE/files/f"
add "$PUBLIC/to/http://metadata.test$LINK/files/f"
add "$PUBLIC/to/http://both.test$LINK/files/f"
add "$INSIDE/to/http://metadata.test$LINK/files/f"
add "$PUBLIC/to/http://localhost:1/files/f"
add "$INSIDE/to/$PUBLIC/files/f"
[ ! -e "$OUT/link/log" ] || cat "$OUT/link/log"
grep -c GET "$OUT/private/log"
X
  assert_status 0
  [[ ${lines[0]} == *'/files/f: secure' ]]
  [[ ${lines[1]} == *'/files/f: secure' ]]
  assert_contains "${lines[2]}" "redirects from https to plain http: refused"
  assert_contains "${lines[3]}" "private"
  assert_contains "${lines[4]}" "link-local"
  [[ ${lines[5]} == *link-local* || ${lines[5]} == *'connection refused'* ]]
  assert_contains "${lines[6]}" "link-local"
  assert_contains "${lines[7]}" "loopback"
  [[ ${lines[8]} == *'/files/f: public' ]]
  # of the private server only what was asked of it itself
  [[ ${lines[9]} -eq 2 && ${#lines[@]} -eq 10 ]]
}

@test "git follows no redirect to where a build may not go" {
  git init -q -b main "$OUT/work"
  (
    cd "$OUT/work"
    echo git >f
    git add f
    git -c user.name=a -c user.email=a@b commit -qm one
  )
  for place in public private link; do git clone -q --bare "$OUT/work" "$OUT/$place/git/app.git"; done
  run machine <<'X'
add "$PUBLIC/git/app.git"
add "$PUBLIC/to/$INSIDE/git/app.git"
add "$PUBLIC/to/http://metadata.test$LINK/git/app.git"
add "$SECURE/to/$PUBLIC/git/app.git"
[ ! -e "$OUT/link/log" ] || cat "$OUT/link/log"
[ ! -e "$OUT/private/log" ] || cat "$OUT/private/log"
echo end
X
  assert_status 0
  [[ ${lines[0]} == *'app.git: git' ]]
  assert_contains "${lines[1]}" "private"
  assert_contains "${lines[2]}" "link-local"
  assert_contains "${lines[3]}" "https to plain http"
  [[ ${lines[4]} == end && ${#lines[@]} -eq 5 ]]
}
