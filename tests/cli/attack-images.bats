# Documents of images that mean harm (docs/security.md: M).

load helper
source "$BATS_TEST_DIRNAME/../support/oracles.bash"

setup_file() { start_registry; }
teardown_file() { stop_registry; }
setup() { attack; }
teardown() { after_attack; }

@test "M-05: no variable of who builds comes through the Env of an image" {
  export HOME=/root/marker-home AWS_SECRET=marker-aws A=marker-a
  image base <<'P'
config = {"Env": ["HOME", "*", "AWS*", "AWS_SECRET", "=x", "A", "GOOD=1", "PATH=/bin"]}
layers = [layer(directory("bin"), file("bin/busybox", open("/bin/busybox", "rb").read(), mode=0o755))]
P
  printf 'FROM base\nRUN ["/bin/busybox", "env"]\nENV B="$HOME$AWS_SECRET$A."\n' | dockerfile
  run attacked -t app:v1 .
  assert_status 0
  assert_contains "$output" "GOOD=1"
  assert_contains "$output" "ignored Env entry"
  refute_contains "$output" marker
  config docker.io/library/app:v1 >"$OUT/config"
  [[ $(jq -c .config.Env "$OUT/config") == '["GOOD=1","PATH=/bin","B=."]' ]]
  refute grep -raq marker-aws "$CBUILD_ROOT"
}

@test "M-05: a configuration whose members are of other types is an error, or nothing" {
  local config
  for config in '"Env": {"a": "b"}' '"Labels": ["a"]' '"Cmd": {"a": 1}' '"User": 7' '"WorkingDir": ["/"]' '"Env": [1]' '"Cmd": [null]'; do
    rm -rf --one-file-system "$OUT/base.layout"
    CONTEXTS=()
    CONFIG="{$config}" image base <<<'import json
config = json.loads(os.environ["CONFIG"])
layers = [layer(file("f", "x"))]'
    printf 'FROM base\nCOPY Dockerfile /\n' | dockerfile
    run attacked -t app:v1 .
    echo "$config: ${lines[-1]}"
    assert_refused
  done
  image base2 <<'P'
config = {"Env": None, "Labels": None, "Cmd": None, "Entrypoint": None, "Volumes": None, "OnBuild": None}
layers = [layer(file("f", "x"))]
P
  printf 'FROM base2\nCOPY Dockerfile /\n' | dockerfile
  run attacked .
  assert_status 0
}

@test "M-06: labels and history of a base are data, whatever they look like" {
  local name
  for name in plain marked; do
    NAME=$name image $name <<'P'
labels = {"app": "1"}
more = {"history": [{"created_by": "made"}]}
if os.environ["NAME"] == "marked":
    labels.update({"io.cbuild.key": "x", "io.cbuild.isolation": "none", "containerd.io/restart.policy": "always",
                   "com.docker.compose.project": "x", "org.opencontainers.image.ref.name": "evil:latest"})
    more = {"history": [{"created_by": "\u001b]0;x\u0007RUN #(nop) \u202e", "comment": "\u001b[2J", "author": "\u009b31m"}]}
config = {"Labels": labels}
layers = [layer(file("f", "x"))]
P
    printf 'FROM %s\nCOPY Dockerfile /d\n' $name | dockerfile
    run attacked -t "$name:v1" -o "type=tar,dest=$OUT/$name.tar" .
    assert_status 0
    refute_contains "$output" $'\e'
    refute_contains "$output" $'\u202e'
    printf 'FROM x\n' >Dockerfile
  done
  config docker.io/library/marked:v1 | jq -e '.config.Labels | has("io.cbuild.key") or has("io.cbuild.isolation") | not'
  config docker.io/library/marked:v1 | jq -e '.config.Labels["containerd.io/restart.policy"] == "always"'
  [[ $("$CBUILD" images | grep -c evil) -eq 0 ]]
}

@test "M-07: what a tag is, is found out once a build; a digest counts, and not the tag beside it" {
  image other <<<'layers = [layer(file("which", "other"))]'
  image first <<<'layers = [layer(file("which", "first"))]'
  local name digest
  for name in first other; do
    skopeo copy -q --insecure-policy --dest-tls-verify=false "oci:$OUT/$name.layout:latest" "docker://$REGISTRY/m07:$name"
  done
  CONTEXTS=()
  digest=$(skopeo inspect --tls-verify=false --raw "docker://$REGISTRY/m07:other" | sha256sum | cut -d' ' -f1)
  # the digest of one under the tag of another
  printf 'FROM %s/m07:first@sha256:%s\n' "$REGISTRY" "$digest" | dockerfile
  run attacked -o "type=tar,dest=$OUT/made.tar" .
  [[ $status -eq 125 ]] || [[ $(tar -xOf "$OUT/made.tar" which) == other ]]
  # no image has this digest
  printf 'FROM %s/m07:first@sha256:%064d\n' "$REGISTRY" 7 | dockerfile
  run attacked .
  assert_refused sha256:
  # three stages of one tag ask for it once
  printf 'FROM %s/m07:first AS a\nFROM %s/m07:first AS b\nFROM %s/m07:first\nCOPY --from=a /which /a\nCOPY --from=b /which /b\nCOPY --from=%s/m07:first /which /c\n' \
    "$REGISTRY" "$REGISTRY" "$REGISTRY" "$REGISTRY" | dockerfile
  : >"$REGISTRY_STATE/log.before"
  wc -c <"$REGISTRY_STATE/log" >"$OUT/before"
  run attacked --pull .
  assert_status 0
  [[ $(tail -c +"$(<"$OUT/before")" "$REGISTRY_STATE/log" | grep -cE 'uri="?/v2/m07/manifests/first"? ') -eq 1 ]] ||
    { tail -c +"$(<"$OUT/before")" "$REGISTRY_STATE/log"; return 1; }
}

@test "R-05: addresses that a manifest gives for its layers are asked for nothing" {
  local port
  cat >"$OUT/listen.py" <<'P'
import os, socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
with open(sys.argv[1] + ".aside", "w") as file:
    file.write(str(server.getsockname()[1]))
os.rename(sys.argv[1] + ".aside", sys.argv[1])
server.accept()
open(sys.argv[1] + ".asked", "w").close()
P
  begin python3 "$OUT/listen.py" "$OUT/port"
  wait_until test -e "$OUT/port"
  port=$(<"$OUT/port")
  mkdir "$OUT/foreign.layout"
  PYTHONPATH=$SUPPORT PORT=$port python3 - "$OUT/foreign.layout" <<'P'
import os, sys
from layout import *
out = sys.argv[1]
manifest = make_manifest(out, [layer(file("f", "x"))])
gone = manifest["layers"][0]
os.unlink(f"{out}/blobs/sha256/{gone['digest'][7:]}")
gone["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
gone["urls"] = [f"http://127.0.0.1:{os.environ['PORT']}/x"]
write_index(out, descriptor_of(out, manifest))
P
  context foreign "oci-layout://$OUT/foreign.layout:latest"
  printf 'FROM foreign\nCOPY --from=foreign /f /g\n' | dockerfile
  run attacked --retry 1 .
  assert_refused sha256:
  [[ ! -e $OUT/port.asked ]]
}
