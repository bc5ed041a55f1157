# Where an image can go.

load helper

setup_file() { busybox_layout; }
setup() {
  fresh
  dockerfile <<'D'
FROM busybox
RUN mkdir /made && echo content > /made/file && ln /made/file /made/hard && ln -s file /made/soft
CMD ["sh"]
D
}

@test "an OCI archive, read by skopeo and umoci" {
  build -t app:v1 --output type=oci,dest="$OUT/image.tar" .
  skopeo copy -q --insecure-policy "oci-archive:$OUT/image.tar" "oci:$OUT/layout:image"
  umoci unpack --image "$OUT/layout:image" "$OUT/bundle"
  [[ $(cat "$OUT/bundle/rootfs/made/soft") == content ]]
  [[ $(stat -c %h "$OUT/bundle/rootfs/made/file") -eq 2 ]]
}

@test "an OCI layout directory, added to" {
  build -t app:v1 --output type=oci,tar=false,dest="$OUT/layout" .
  build -t app:v2 --label x=y --output type=oci,tar=false,dest="$OUT/layout" .
  [[ $(jq '.manifests | length' "$OUT/layout/index.json") -eq 2 ]]
  skopeo inspect "oci:$OUT/layout:v2" >/dev/null
}

@test "a docker archive, read by skopeo as one" {
  build -t app:v1 --output type=docker,dest="$OUT/image.tar" .
  skopeo inspect "docker-archive:$OUT/image.tar" | jq -e '.Architecture'
  tar xOf "$OUT/image.tar" manifest.json | jq -e '.[0].RepoTags == ["app:v1"]'
}

@test "the file system as a tar on stdout and as a directory" {
  build --output type=tar,dest=- . >"$OUT/tree.tar" 2>"$OUT/log"
  [[ $(tar xOf "$OUT/tree.tar" made/file) == content ]]
  build --output type=tar . 2>"$OUT/log" | cmp - "$OUT/tree.tar"
  build --output type=oci . >"$OUT/image.tar" 2>"$OUT/log"
  tar xOf "$OUT/image.tar" oci-layout | jq -e .imageLayoutVersion
  build --output "$OUT/tree" .
  [[ $(cat "$OUT/tree/made/soft") == content ]]
}

@test "gzip, zstd and uncompressed layers hold the same" {
  for compression in gzip zstd uncompressed; do
    build -t app:v1 --output "type=oci,dest=$OUT/$compression.tar,compression=$compression" .
    skopeo copy -q --insecure-policy "oci-archive:$OUT/$compression.tar" "dir:$OUT/$compression"
    jq -r '.layers[-1].mediaType' "$OUT/$compression/manifest.json"
    skopeo inspect --config "oci-archive:$OUT/$compression.tar" | jq -c .rootfs >"$OUT/$compression.rootfs"
  done
  cmp "$OUT/gzip.rootfs" "$OUT/zstd.rootfs"
  cmp "$OUT/gzip.rootfs" "$OUT/uncompressed.rootfs"
  grep -q 'tar+zstd' "$OUT/zstd/manifest.json"
}

@test "with SOURCE_DATE_EPOCH two stores give one digest" {
  # rules: 13-epoch-clamps
  for n in 1 2; do
    CBUILD_ROOT=$BATS_TEST_TMPDIR/store$n SOURCE_DATE_EPOCH=1700000000 \
      build -t app:v1 --digest-file "$OUT/digest$n" .
    sleep 1.1
  done
  cmp "$OUT/digest1" "$OUT/digest2"
}

@test "a failed build leaves the output that was there" {
  build -t app:v1 --output type=oci,dest="$OUT/image.tar" .
  cp "$OUT/image.tar" "$OUT/before.tar"
  echo 'RUN false' >>Dockerfile
  run build -t app:v1 --output type=oci,dest="$OUT/image.tar" .
  assert_status 1
  cmp "$OUT/image.tar" "$OUT/before.tar"
  [[ $(ls "$OUT" | wc -l) -eq 2 ]]
}

@test "--load where no engine answers says how, and the build is good" {
  DOCKER_HOST=unix://$OUT/no.sock run build --load -t app:v1 .
  assert_status 0
  assert_contains "$output" "docker load"
}

@test "--load speaks to the engine whose socket answers" {
  cat >"$OUT/engine.py" <<'P'
import http.server, socketserver, sys, os
class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self): return "socket"
    def log_message(self, *a): pass
    def do_POST(self):
        with open(sys.argv[2], "wb") as out:
            while True:
                size = int(self.rfile.readline().strip(), 16)
                out.write(self.rfile.read(size)); self.rfile.readline()
                if size == 0: break
        self.send_response(200); self.end_headers(); self.wfile.write(b'{"stream":"Loaded"}')
class Server(socketserver.UnixStreamServer):
    def get_request(self):
        request, _ = super().get_request(); return request, ("socket", 0)
server = Server(sys.argv[1] + ".aside", Handler)
os.rename(sys.argv[1] + ".aside", sys.argv[1])
server.handle_request()
P
  begin python3 "$OUT/engine.py" "$OUT/docker.sock" "$OUT/loaded.tar"
  engine=$!
  wait_until test -S "$OUT/docker.sock"
  given "$OUT/docker.sock"
  DOCKER_HOST=unix://$OUT/docker.sock build --load -t app:v1 .
  wait_until test ! -d "/proc/$engine"
  skopeo inspect "docker-archive:$OUT/loaded.tar" >/dev/null
}

@test "--format docker writes Docker's media types" {
  build -t app:v1 --format docker --output type=oci,dest="$OUT/image.tar" .
  digest=$(tar xOf "$OUT/image.tar" index.json | jq -r '.manifests[0].digest' | cut -d: -f2)
  tar xOf "$OUT/image.tar" "blobs/sha256/$digest" >"$OUT/manifest.json"
  jq -e '.mediaType == "application/vnd.docker.distribution.manifest.v2+json"' "$OUT/manifest.json"
  jq -e '.layers[-1].mediaType == "application/vnd.docker.image.rootfs.diff.tar.gzip"' "$OUT/manifest.json"
}

@test "annotations: of the manifest, of an output, refused where there is no place for them" {
  build -t app:v1 --annotation a=1 --annotation "manifest[linux/$(dpkg --print-architecture)]:org.x:y=2" \
    -o "type=oci,dest=$OUT/image.tar,annotation.b=3" .
  skopeo inspect --raw "oci-archive:$OUT/image.tar" | jq -e '.annotations == {a: "1", b: "3", "org.x:y": "2"}'
  build -t app:v1 .
  skopeo inspect --raw "oci:$CBUILD_ROOT:docker.io/library/app:v1" | jq -e 'has("annotations") | not'
  for wrong in index:a=b nonsense:a=b "manifest[plan9/386]:a=b" "manifest[linux/$(dpkg --print-architecture)]x,index:a=b" a; do
    run build -t app:v1 --annotation "$wrong" .
    assert_status 2
  done
  run build -t app:v1 --annotation a=b --format docker .
  assert_status 2
  run build -t app:v1 -o "type=oci,dest=$OUT/x,annotation.a=b" -o "type=oci,dest=$OUT/y" .
  [[ $status -ne 0 ]]
  assert_contains "$output" "not supported yet"
}

@test "--context-sub-path takes a directory of the context" {
  mkdir -p a/b
  printf 'FROM scratch\nCOPY f /\n' >a/b/Dockerfile
  echo sub >a/b/f
  build --context-sub-path a/b -t app:v1 .
  [[ $(cat "$(unpacked docker.io/library/app:v1)/f") == sub ]]
}

@test "what is written goes through symlinks and into open files, as with other programs" {
  echo old >"$OUT/real.tar"
  ln -s real.tar "$OUT/link.tar"
  ln -s "$OUT/new.tar" "$OUT/dangling.tar"
  ln -s real.json "$OUT/meta.json"
  build -t app:v1 -o "type=oci,dest=$OUT/link.tar" -o "type=tar,dest=$OUT/dangling.tar" \
    --metadata-file "$OUT/meta.json" .
  [[ -L $OUT/link.tar && -L $OUT/dangling.tar && -L $OUT/meta.json ]]
  tar tf "$OUT/real.tar" | grep -q index.json
  tar tf "$OUT/new.tar" >/dev/null
  jq -e '."containerimage.digest"' "$OUT/real.json"
  before=$(readlink /dev/stdout)
  touch "$OUT/stdout" "$OUT/stderr"
  given "$OUT/stdout" "$OUT/stderr"
  build -t app:v1 -o type=tar,dest=/dev/stdout --metadata-file /dev/stderr . >"$OUT/stdout" 2>"$OUT/stderr"
  [[ $(readlink /dev/stdout) == "$before" ]]
  tar tf "$OUT/stdout" >/dev/null
  grep -q containerimage.digest "$OUT/stderr"
}

@test "a directory that is missing: made for one, refused before anything runs for a file" {
  printf 'FROM busybox\nRUN echo it ran\n' | dockerfile
  local type
  for type in tar oci docker; do
    run -2 build -o "type=$type,dest=$OUT/none/at/all.tar" .
    assert_contains "$output" "--output '$OUT/none/at/all.tar' cannot be written: directory '$OUT/none/at': No such file or directory"
    refute_contains "$output" "RUN echo"
  done
  [[ ! -e $OUT/none ]]
  # nor does a file's directory count as one that a build makes
  run -2 build -o "type=tar,dest=$OUT/none/all.tar" --iidfile "$OUT/none/iid" .
  assert_contains "$output" "cannot be written"
  printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
  build -o "type=local,dest=$OUT/a/b/files" -o "type=oci,tar=false,dest=$OUT/a/c/layout" -o "type=tar,dest=$OUT/files.tar" .
  [[ -s $OUT/a/b/files/Dockerfile && -s $OUT/a/c/layout/index.json && $(stat -c %a "$OUT/a") == 755 ]]
}
