# Images that mean harm, and a network that breaks off.

load helper

setup_file() { start_registry; }
teardown_file() { stop_registry; }
setup() {
  fresh
  export CANARY=$OUT/canary
  mkdir "$CANARY"
  echo untouched >"$CANARY/file"
}

assert_canary() {
  [[ $(ls "$CANARY") == file && $(cat "$CANARY/file") == untouched ]]
}

# build_on KIND: a build whose COPY makes the layer be unpacked
build_on() {
  python3 "$SUPPORT/evil_layout.py" "$OUT/$1" "$1"
  printf 'FROM evil\nCOPY Dockerfile /bin/\n' | dockerfile
  run "$CBUILD" build --progress=plain --build-context "evil=oci-layout://$OUT/$1:latest" -t app:v1 .
}

@test "a good layout made the same way is taken" {
  build_on good
  assert_status 0
}

@test "layers that point outside are refused or stay inside, and touch nothing" {
  for kind in dotdot hardlink device overlay-xattr; do
    build_on $kind
    assert_status 125
    assert_canary
  done
  for kind in absolute symlink hardlink-symlink; do
    build_on $kind
    [[ $status -eq 0 || $status -eq 125 ]]
    assert_canary
  done
}

@test "documents that are not what they claim are refused" {
  for kind in wrong-diff-id wrong-manifest-digest; do
    build_on $kind
    assert_status 125
    assert_contains "$output" "sha256:"
  done
  build_on both
  assert_status 125
  assert_contains "$output" "both a manifest and an index"
}

@test "after each of them the store is whole and the next build works" {
  for kind in dotdot wrong-diff-id; do
    build_on $kind
    assert_status 125
  done
  run "$CBUILD" fsck
  assert_status 0
  build_on good
  assert_status 0
}

# A registry whose blobs come slowly, in front of the real one.
slow_registry() {
  python3 - "$REGISTRY" "$OUT/port" <<'P' &
import http.server, sys, threading, time, urllib.request
class Slow(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def do_HEAD(self): self.do_GET()
    def do_GET(self):
        request = urllib.request.Request("http://" + sys.argv[1] + self.path, method=self.command,
                                         headers={k: v for k, v in self.headers.items() if k == "Accept"})
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as e:
            answer = e
        body = answer.read()
        self.send_response(answer.status)
        for name in ("Content-Type", "Docker-Content-Digest", "Content-Length"):
            if answer.headers[name]: self.send_header(name, answer.headers[name])
        self.end_headers()
        if self.command == "HEAD": return
        for i in range(0, len(body), 65536):
            self.wfile.write(body[i:i + 65536]); self.wfile.flush()
            if "/blobs/" in self.path and len(body) > 500000: time.sleep(0.4)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
open(sys.argv[2], "w").write(str(server.server_address[1]))
server.serve_forever()
P
  SLOW=$!
  for _ in $(seq 50); do [[ -s $OUT/port ]] && break; sleep 0.1; done
}

@test "kill -9 of cbuild-net in the middle is a clear error, and the next build works" {
  slow_registry
  printf 'FROM 127.0.0.1:%s/busybox\nRUN echo done > /d\n' "$(cat "$OUT/port")" | dockerfile
  "$CBUILD" build --progress=plain -t app:v1 . >"$OUT/log" 2>&1 &
  pid=$!
  for _ in $(seq 100); do grep -q 'RUN echo' "$OUT/log" && break; sleep 0.1; done
  sleep 1
  pkill -KILL -P "$pid" -x cbuild-net
  status=0
  wait "$pid" || status=$?
  cat "$OUT/log"
  [[ $status -eq 125 ]]
  grep -q 'cbuild-net' "$OUT/log"
  run "$CBUILD" build --progress=plain -t app:v1 .
  kill "$SLOW"
  assert_status 0
  run "$CBUILD" fsck
  assert_status 0
}

@test "kill -9 of cbuild while it downloads leaves no process, and the next build works" {
  slow_registry
  printf 'FROM 127.0.0.1:%s/busybox\nRUN echo done > /d\n' "$(cat "$OUT/port")" | dockerfile
  "$CBUILD" build --progress=plain -t app:v1 . >"$OUT/log" 2>&1 &
  pid=$!
  for _ in $(seq 100); do grep -q 'RUN echo' "$OUT/log" && break; sleep 0.1; done
  sleep 1
  children=$(pgrep -P "$pid" | tr '\n' ' ')
  kill -KILL "$pid"
  wait "$pid" || true
  for _ in $(seq 50); do
    alive=0
    for child in $children; do [[ -d /proc/$child ]] && alive=1; done
    [[ $alive -eq 0 ]] && break
    sleep 0.1
  done
  [[ $alive -eq 0 ]]
  run "$CBUILD" build --progress=plain -t app:v1 .
  kill "$SLOW"
  assert_status 0
  [[ -z $(find "$CBUILD_ROOT/tmp" -mindepth 1 -maxdepth 1) ]]
}

@test "an OCI layout is read through no symlink, and an archive of one makes no devices" {
  echo host-secret-line >"$OUT/secret"
  mkdir "$OUT/linked"
  ln -s "$OUT/secret" "$OUT/linked/index.json"
  printf 'FROM x\nRUN true\n' | dockerfile
  run "$CBUILD" build --build-context "x=oci-layout://$OUT/linked" -t app:v1 .
  assert_status 125
  refute_contains "$output" "host-secret"
  for kind in CHRTYPE FIFOTYPE; do
    python3 - "$OUT/$kind.tar" $kind <<'P'
import sys, tarfile
with tarfile.open(sys.argv[1], "w") as t:
    info = tarfile.TarInfo("index.json")
    info.type = getattr(tarfile, sys.argv[2])
    info.devmajor, info.devminor = 1, 5
    t.addfile(info)
P
    run timeout 20 "$CBUILD" build --build-context "x=oci-layout://$OUT/$kind.tar" -t app:v1 .
    assert_status 125
    refute_contains "$output" "larger than"
  done
}
