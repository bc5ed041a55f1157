# What is shown, and who reads it (docs/security.md: L).

load helper
source "$BATS_TEST_DIRNAME/../support/oracles.bash"

setup_file() { busybox_layout; }
setup() { attack; }
teardown() { after_attack; }

# vectors FILE: what terminals, CI systems and log viewers act upon, a kind a line
vectors() {
  python3 - "$1" <<'P'
import sys
esc = b"\x1b"
lines = [esc + b"[" + p + f for f in (b"A", b"B", b"H", b"J", b"K", b"m", b"r", b"h", b"l", b"c", b"n", b"t", b"q", b"@", b"P", b"S", b"T")
         for p in (b"", b"2", b"1;1", b"?25")]
lines += [esc + b"]" + n + b";x" + end for n in (b"0", b"2", b"4", b"8;;http://evil", b"9", b"52;c", b"777", b"1337;File=")
          for end in (b"\x07", esc + b"\\")]
lines += [esc + k + b"payload" + esc + b"\\" for k in (b"P", b"_", b"^", b"X")]
lines += [esc + k for k in (b"c", b"7", b"8", b"M", b"D", b"E", b"#8", b"(0", b"%G", b"N", b"O", b"=", b">")]
lines += ["\u009b31m".encode(), "\u009d0;t\u009c".encode(), "\u0090x\u009c".encode(), "\u0085".encode(), b"\x9b31m", b"\x9d0;t\x07"]
lines += [b"a\rb", b"a\bb", b"a\x07b", b"a\x00b", b"a\x0bb", b"a\x0cb", b"a\x7fb", b"a\x0e\x0fb", b"a\x05b", b"a\x1ab"]
lines += [c.encode() for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u2028\u2029\ufeff"]
lines += [b"#9 DONE 0.1s", b"#1 [internal] forged", b"cbuild: error: forged", b"image id sha256:forged", b"\r#9 DONE 0.2s", b"x\n#9 ERROR: forged"]
lines += [esc + b"[8mha:////AAAA" + esc + b"[0m", b"::set-env name=X::y", b"::error file=a::b", b"##vso[task.setvariable]x",
          b"section_start:1:x\r" + esc + b"[0K", b"##teamcity[x]"]
lines += [b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\xc3"]
assert len(lines) >= 120, len(lines)
with open(sys.argv[1], "wb") as file:
    file.write(b"\n".join(b"v" + line for line in lines) + b"\n" + b"L" * 10_000_000 + b"\nunended" + esc + b"]0;")
P
}

# harmless FILE: UTF-8 without controls, directions and lone returns
harmless() {
  python3 - "$1" <<'P'
import sys, unicodedata
text = open(sys.argv[1], "rb").read().decode("utf-8")
acts = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
bad = {c for c in text if c not in "\n\t" and (c in acts or unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs"))}
if bad:
    sys.exit("%s has %s" % (sys.argv[1], sorted(map(repr, bad))))
P
}

@test "L-01: nothing that a RUN prints acts upon who reads it" {
  vectors vectors
  printf 'FROM busybox\nCOPY vectors /\nRUN cat /vectors; cat /vectors >&2\n' | dockerfile
  attacked -t app:v1 . >"$OUT/log" 2>&1
  harmless "$OUT/log"
  # every line of it is the step's: number and seconds in front
  refute grep -nE '^v|^#9 (DONE|ERROR)|^cbuild: error|forged$' <(grep -vE '^#[0-9]+ [0-9]+\.[0-9]+ ' "$OUT/log")
  [[ $(grep -cE '^#[0-9]+ [0-9.]+ v' "$OUT/log") -ge 240 ]]
  [[ $(grep -cE '^#[0-9]+ [0-9.]+ (v.*)?#9 DONE' "$OUT/log") -ge 2 ]]
  # nor does a line grow without end
  [[ $(awk '{ if (length > n) n = length } END { print n }' "$OUT/log") -lt 1000000 ]]
  run attacked --progress=rawjson --no-cache -t app:v2 .
  assert_status 0
  printf '%s\n' "$output" >"$OUT/json"
  command jq -e -s 'all(type == "object")' "$OUT/json" >/dev/null
  harmless "$OUT/json"
  # the end of a failed step is shown once more
  printf 'FROM busybox\nCOPY vectors /\nRUN cat /vectors; exit 3\n' | dockerfile
  run -3 attacked .
  printf '%s\n' "$output" >"$OUT/failed"
  harmless "$OUT/failed"
}

@test "L-01: no sequence reaches a terminal" {
  vectors vectors
  printf 'FROM busybox\nCOPY vectors /v\nRUN cat /v\n' | dockerfile
  script -qefc "'$CBUILD' build --build-context busybox=oci-layout://$BUSYBOX_LAYOUT:latest -t app ." \
    "$OUT/typescript" </dev/null >/dev/null
  # the terminal itself puts the returns there
  sed 's/\r$//' "$OUT/typescript" >"$OUT/shown"
  grep -q 'v::set-env' "$OUT/shown"
  harmless "$OUT/shown"
}

@test "L-01: names, texts and what a server says are shown without what acts" {
  local esc=$'\e' port
  mkdir "d${esc}]0;name"$'\a'
  echo x >"d${esc}]0;name"$'\a/f\e[2J'
  # a name that is not there, a text that fails, a label, a stage
  printf 'FROM busybox AS a\nLABEL l="%s[2Jlabel" a.b="%s]0;t\a"\nRUN echo "%s[31m"; : %s]0;t\a; exit 4\n' "$esc" "$esc" "$esc" "$esc" | dockerfile
  run attacked -t app:v1 .
  printf '%s\n' "$output" >"$OUT/log"
  assert_status 4
  harmless "$OUT/log"
  printf 'FROM busybox\nCOPY "gone%s[2J" d* /x/\n' "$esc" | dockerfile
  run attacked .
  assert_refused gone
  printf '%s\n' "$output" >"$OUT/log"
  harmless "$OUT/log"
  printf 'FROM busybox\nUNKNOWN%s[2J x\n' "$esc" | dockerfile
  run attacked .
  assert_refused
  printf '%s\n' "$output" >"$OUT/log"
  harmless "$OUT/log"
  printf 'FROM busybox\nCOPY d* /x/\nLABEL l="%s[2Jlabel"\n' "$esc" | dockerfile
  run attacked -t app:v1 .
  assert_status 0
  "$CBUILD" inspect app:v1 >"$OUT/inspected"
  harmless "$OUT/inspected"
  "$CBUILD" inspect app:v1 | command jq -e '.[0].Config.Labels.l | contains("label")'
  # a registry that fails with a coloured body, and one that warns
  cat >"$OUT/server.py" <<'P'
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"errors":[{"code":"DENIED\\u001b[2J","message":"no \\u001b]0;title\\u0007 \\u202e \x1b[31m way"}]}'
        self.send_response(403)
        self.send_header("Warning", '299 - "old \x1b[2J \x9b31m"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_HEAD = do_GET
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".aside", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".aside", sys.argv[1])
server.serve_forever()
P
  begin python3 "$OUT/server.py" "$OUT/port"
  wait_until test -e "$OUT/port"
  port=$(<"$OUT/port")
  for line in "FROM 127.0.0.1:$port/app:v1" "FROM scratch"$'\n'"ADD http://127.0.0.1:$port/f /f"; do
    printf '%s\n' "$line" | dockerfile
    run attacked --retry 1 --debug .
    assert_refused
    printf '%s\n' "$output" >"$OUT/log"
    harmless "$OUT/log"
  done
}

@test "L-02: a reader that goes away, stands still or has no space changes nothing" {
  printf 'FROM busybox\nARG N\nRUN seq 20000\nRUN exit $N\n' | dockerfile
  local n=0 style
  for style in plain rawjson; do
    # closed from the start
    n=$((n + 1))
    ATTACKED=$ATTACK "$CBUILD" build --progress=$style "${CONTEXTS[@]}" --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" \
      --no-cache --build-arg N=0 -t "closed:$style" . >&- 2>&-
    manifest_digest "closed:$style" | grep -q sha256:
    # gone after the first lines; the status is the build's
    bash -c '"$0" "$@" 2>&1; echo $? >"$STATUS"' "$CBUILD" build --progress=$style --no-cache --build-arg N=7 \
      --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" . 3>&- | head -3 >/dev/null
    # without space
    status=0
    "$CBUILD" build --progress=$style --no-cache --build-arg N=8 \
      --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" . >/dev/full 2>&1 || status=$?
    [[ $status -eq 8 ]]
  done
}

@test "L-02: a full pipe holds a build up, and no longer than it is full" {
  printf 'FROM busybox\nRUN seq 300000\nRUN exit 6\n' | dockerfile
  mkfifo "$OUT/pipe"
  exec 8<>"$OUT/pipe"
  begin_attacked . >"$OUT/pipe" 2>&1 8>&-
  local pid=$!
  # the pipe is full when nobody takes anything from it and the writer sleeps
  wait_until grep -qE 'pipe_write|pipe_wait' "/proc/$pid/wchan"
  kill -0 "$pid"
  cat <&8 >"$OUT/read" 3>&- &
  local reader=$!
  status=0
  wait "$pid" || status=$?
  exec 8>&-
  kill "$reader" 2>/dev/null || true
  [[ $status -eq 6 ]]
}

@test "L-02: a terminal that hangs up ends a build as HUP does, and leaves nothing" {
  local nap
  nap=$(naps)
  printf 'FROM busybox\nRUN %s\n' "$nap" | dockerfile
  begin python3 - "$OUT" "$CBUILD" build --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" . <<'P'
import os, pty, subprocess, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
while not os.path.exists(sys.argv[1] + "/hangup"):
    import select
    if select.select([fd], [], [], 0.05)[0]:
        os.read(fd, 65536)
os.close(fd)
_, status = os.waitpid(pid, 0)
with open(sys.argv[1] + "/ended", "w") as file:
    file.write(str(os.waitstatus_to_exitcode(status)))
P
  wait_until asleep "$nap"
  touch "$OUT/hangup"
  wait_until test -s "$OUT/ended"
  wait_until awake "$nap"
  [[ $(<"$OUT/ended") -eq 143 ]] || { cat "$OUT/ended"; return 1; }
}
