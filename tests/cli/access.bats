# How registries are reached: credentials, certificates, mirrors, retries. Three of Debian's
# docker-registry on loopback: one for everybody, one that wants a password, one with TLS.

load helper

setup_file() {
  start_registry
  export LOCKED_STATE=$BATS_FILE_TMPDIR/locked TLS_STATE=$BATS_FILE_TMPDIR/tls
  mkdir -p "$LOCKED_STATE" "$TLS_STATE"
  python3 -W ignore -c 'import crypt; print("me:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH)))' \
    >"$LOCKED_STATE/htpasswd"
  LOCKED=$(EXTRA_CONFIG="auth: {htpasswd: {realm: here, path: $LOCKED_STATE/htpasswd}}" \
    "$SUPPORT/registry" up "$LOCKED_STATE")
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$TLS_STATE/key.pem" -out "$TLS_STATE/cert.pem" 2>/dev/null
  SECURE=$(EXTRA_HTTP=", tls: {certificate: $TLS_STATE/cert.pem, key: $TLS_STATE/key.pem}" \
    "$SUPPORT/registry" up "$TLS_STATE")
  export LOCKED SECURE
  skopeo copy -q --insecure-policy --dest-tls-verify=false --dest-creds me:secret \
    "oci:$BUSYBOX_LAYOUT:latest" "docker://$LOCKED/busybox:latest"
  skopeo copy -q --insecure-policy --dest-tls-verify=false \
    "oci:$BUSYBOX_LAYOUT:latest" "docker://$SECURE/busybox:latest"
}
teardown_file() {
  stop_registry
  "$SUPPORT/registry" down "$LOCKED_STATE"
  "$SUPPORT/registry" down "$TLS_STATE"
}
setup() {
  fresh
  export HOME=$BATS_TEST_TMPDIR/home
  mkdir "$HOME"
  unset BUSYBOX_LAYOUT DOCKER_CONFIG REGISTRY_AUTH_FILE
}

# from REGISTRY: a Dockerfile on its busybox
from() { printf 'FROM %s/busybox\nRUN true\n' "$1" | dockerfile; }

@test "--creds, also from the environment, opens a registry to pull and to push" {
  from "$LOCKED"
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "there are none for it"
  build --creds me:secret -t "$LOCKED/app:v1" --push .
  skopeo inspect --tls-verify=false --creds me:secret "docker://$LOCKED/app:v1" >/dev/null
  run build --pull --creds me:wrong -t app:v1 .
  assert_status 125
  assert_contains "$output" "--creds"
  refute_contains "$output" "wrong"
  CBUILD_CREDS=me:secret build --pull -t app:v1 .
  run build --creds me -t app:v1 .
  assert_status 2
}

@test "push has the same options" {
  from "$REGISTRY"
  build -t "$LOCKED/pushed:v1" .
  run "$CBUILD" push "$LOCKED/pushed:v1"
  assert_status 125
  "$CBUILD" push --creds me:secret "$LOCKED/pushed:v1"
  skopeo inspect --tls-verify=false --creds me:secret "docker://$LOCKED/pushed:v1" >/dev/null
}

@test "--authfile is taken instead of the usual files" {
  from "$LOCKED"
  mkdir "$HOME/.docker"
  printf '{"auths": {"%s": {"auth": "%s"}}}' "$LOCKED" "$(printf me:secret | base64)" >"$HOME/.docker/config.json"
  build -t app:v1 .
  echo '{"auths": {}}' >"$OUT/none.json"
  run build --pull --authfile "$OUT/none.json" -t app:v1 .
  assert_status 125
  assert_contains "$output" "$OUT/none.json"
  mv "$HOME/.docker/config.json" "$OUT/auth.json"
  build --pull --authfile "$OUT/auth.json" -t app:v1 .
  run build --authfile "$OUT/missing.json" -t app:v1 .
  assert_status 2
  assert_contains "$output" "missing.json"
}

@test "R-06: a certificate that nobody knows is refused, unless the command line says it will do" {
  from "$SECURE"
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "no trusted connection"
  for option in --tls-verify=false --insecure-pull --skip-tls-verify-pull "--insecure-registry=$SECURE" \
    "--registry-certificate=$SECURE=$TLS_STATE/cert.pem"; do
    build --pull "$option" -t app:v1 .
  done
  for option in --insecure "--insecure-registry=127.0.0.1:1" "--registry-certificate=other=$TLS_STATE/cert.pem"; do
    run build --pull "$option" -t app:v1 .
    assert_status 125
  done
  run build --registry-certificate "$SECURE=$OUT/missing" .
  assert_status 2
}

@test "--insecure is for pushes, --cert-dir holds what to trust" {
  from "$REGISTRY"
  build -t "$SECURE/app:v1" .
  run "$CBUILD" push "$SECURE/app:v1"
  assert_status 125
  run "$CBUILD" push --insecure-pull "$SECURE/app:v1"
  assert_status 125
  "$CBUILD" push --insecure "$SECURE/app:v1"
  mkdir "$OUT/certs"
  run "$CBUILD" push --cert-dir "$OUT/certs" "$SECURE/app:v1"
  assert_status 125
  cp "$TLS_STATE/cert.pem" "$OUT/certs/here.crt"
  "$CBUILD" push --cert-dir "$OUT/certs" "$SECURE/app:v1"
  cp "$TLS_STATE/cert.pem" "$OUT/certs/me.cert"
  run "$CBUILD" push --cert-dir "$OUT/certs" "$SECURE/app:v1"
  assert_status 125
  assert_contains "$output" "missing key me.key for client certificate me.cert. CA certificates must use the extension .crt"
  cp "$TLS_STATE/key.pem" "$OUT/certs/me.key"
  "$CBUILD" push --cert-dir "$OUT/certs" "$SECURE/app:v1"
  skopeo inspect --tls-verify=false "docker://$SECURE/app:v1" >/dev/null
}

@test "R-06: a mirror is asked first, the registry itself when the mirror has it not" {
  printf 'FROM registry.invalid/busybox\nRUN true\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  build --registry-map "registry.invalid=$REGISTRY" -t app:v1 .
  "$CBUILD" images | grep -q registry.invalid/busybox
  # the first mirror is not there, the second has it
  build --pull --registry-map "registry.invalid=127.0.0.1:1;registry.invalid=$REGISTRY" -t app:v1 .
  # a mirror that has nothing is no obstacle, unless it is to be the only one
  from "$REGISTRY"
  build --pull --registry-map "$REGISTRY=$SECURE/nothing" --insecure-registry "$SECURE" -t app:v1 .
  run build --pull --registry-map "$REGISTRY=$SECURE/nothing" --insecure-registry "$SECURE" \
    --skip-default-registry-fallback -t app:v1 .
  assert_status 125
  # pushes go where their names say
  build --registry-map "$REGISTRY=$SECURE" -t "$REGISTRY/own:v1" --push .
  skopeo inspect --tls-verify=false "docker://$REGISTRY/own:v1" >/dev/null
}

@test "--registry-mirror stands for docker.io" {
  skopeo copy -q --insecure-policy --src-tls-verify=false --dest-tls-verify=false \
    "docker://$REGISTRY/busybox:latest" "docker://$REGISTRY/hub/library/busybox:1"
  printf 'FROM busybox:1\nRUN true\n' | dockerfile
  build --registry-mirror "https://$REGISTRY/hub/" -t app:v1 .
  run build --registry-mirror "http://$REGISTRY" -t app:v1 .
  assert_status 2
  assert_contains "$output" "--insecure-registry"
}

@test "--retry says how often, --retry-delay how soon" {
  begin python3 "$SUPPORT/busy_registry.py" "$REGISTRY" "$OUT"
  wait_until test -s "$OUT/port"
  from "127.0.0.1:$(cat "$OUT/port")"
  run build --retry 2 --retry-delay 10ms -t app:v1 .
  assert_status 125
  assert_contains "$output" "503"
  [[ $(cat "$OUT/refused") -eq 3 ]]
  run build --retry 0 -t app:v1 .
  assert_status 125
  [[ $(cat "$OUT/refused") -eq 4 ]]
  # two more times, then it works
  build --retry 2 --retry-delay 10ms -t app:v1 .
  [[ $(cat "$OUT/refused") -eq 6 ]]
  # a URL is asked for as often
  printf 'FROM scratch\nADD http://127.0.0.1:1/f /f\n' | dockerfile
  run -125 build --retry 1 --retry-delay 10ms .
  assert_contains "$output" "connection refused, tried 2 times"
  run -125 build --retry 0 .
  assert_contains "$output" "connection refused"
  refute_contains "$output" "tried"
}
