# Base images from a registry, and pushes to one: Debian's docker-registry on loopback.

load helper

setup_file() { start_registry; }
teardown_file() { stop_registry; }
setup() {
  fresh
  unset BUSYBOX_LAYOUT
}

@test "FROM a registry, RUN, push, and skopeo reads it" {
  printf 'FROM %s/busybox\nRUN echo pushed > /f\n' "$REGISTRY" | dockerfile
  run build -t "$REGISTRY/app:v1" --push --digest-file "$OUT/digest" .
  assert_status 0
  [[ $(skopeo inspect --tls-verify=false "docker://$REGISTRY/app:v1" | jq -r .Digest) == "$(cat "$OUT/digest")" ]]
}

@test "cbuild push of a tag says its digest" {
  printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
  build -t app:v1 .
  "$CBUILD" tag app:v1 "$REGISTRY/tagged:v2"
  run "$CBUILD" push "$REGISTRY/tagged:v2"
  assert_status 0
  assert_contains "$output" "digest: sha256:"
  skopeo inspect --tls-verify=false "docker://$REGISTRY/tagged:v2" >/dev/null
}

@test "a base whose files no step reads is not unpacked, its blobs are there at the end" {
  printf 'FROM %s/busybox\nENV A=b\n' "$REGISTRY" | dockerfile
  build -t app:v1 .
  [[ -z $(find "$CBUILD_ROOT/snapshots" -mindepth 2 -maxdepth 2 2>/dev/null) ]]
  unpacked docker.io/library/app:v1 >/dev/null
}

@test "a push to where the base is fetches no layer of it" {
  printf 'FROM %s/busybox\nENV A=b\n' "$REGISTRY" | dockerfile
  build -t "$REGISTRY/busybox:derived" --output "type=registry" .
  size=$(du -sk "$CBUILD_ROOT/blobs" | cut -f1)
  [[ $size -lt 200 ]]
  skopeo copy -q --insecure-policy --src-tls-verify=false "docker://$REGISTRY/busybox:derived" "dir:$OUT/image"
}

@test "--pull decides who is asked" {
  # rules: 13-pull
  skopeo copy -q --insecure-policy --src-tls-verify=false --dest-tls-verify=false \
    "docker://$REGISTRY/busybox:latest" "docker://$REGISTRY/moving:latest"
  printf 'FROM %s/moving\nRUN true\n' "$REGISTRY" | dockerfile
  run build --pull=never -t app:v1 .
  assert_status 125
  build -t app:v1 .
  printf 'FROM %s/moving\nRUN echo changed > /changed\n' "$REGISTRY" >"$OUT/Dockerfile"
  CBUILD_ROOT=$OUT/other-store build -f "$OUT/Dockerfile" -t "$REGISTRY/moving:latest" --push .
  build -t app:v1 .
  [[ ! -e $(unpacked docker.io/library/app:v1)/changed ]]
  build --pull -t app:v1 .
  [[ -e $(unpacked docker.io/library/app:v1)/changed ]]
  build --pull=newer -t app:v1 .
}

@test "an image that is not there" {
  printf 'FROM %s/no/such:image\n' "$REGISTRY" | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" "no/such"
  assert_contains "$output" "Dockerfile:1"
}

@test "a zstd layer is a base as any other" {
  printf 'FROM %s/busybox\nRUN echo z > /z\n' "$REGISTRY" | dockerfile
  build -t "$REGISTRY/zstd:v1" --output type=registry,compression=zstd,force-compression=true .
  printf 'FROM %s/zstd:v1\nRUN cat /z\n' "$REGISTRY" | dockerfile
  CBUILD_ROOT=$OUT/other build -t app:v1 .
}

@test "Basic credentials come from docker's config.json" {
  python3 - >"$OUT/htpasswd" <<'P'
import crypt
print("user:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)).replace("$2b$", "$2y$"))
P
  address=$(EXTRA_CONFIG="auth: {htpasswd: {realm: test, path: $OUT/htpasswd}}" "$SUPPORT/registry" up "$OUT/registry")
  mkdir "$OUT/docker"
  printf '{"auths": {"%s": {"auth": "%s"}}}' "$address" "$(printf user:secret | base64)" >"$OUT/docker/config.json"
  printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
  run build -t "$address/app:v1" --push .
  refused=$status
  DOCKER_CONFIG=$OUT/docker run build -t "$address/app:v1" --push .
  "$SUPPORT/registry" down "$OUT/registry"
  [[ $refused -eq 125 ]]
  assert_status 0
  refute_contains "$output" secret
}

@test "push-by-digest pushes under no tag" {
  printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
  build -o "type=image,name=$REGISTRY/bydigest,push=true,push-by-digest=true" --digest-file "$OUT/digest" .
  local digest tags
  digest=$(cat "$OUT/digest")
  [[ sha256:$(skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/bydigest@$digest" | sha256sum | cut -d' ' -f1) == "$digest" ]]
  tags=$(curl -s "http://$REGISTRY/v2/bydigest/tags/list")
  # a registry that knows of no tag has no list of them
  [[ $tags == *NAME_UNKNOWN* || $(jq -c .tags <<<"$tags") == null ]]
  run build -o "type=image,name=$REGISTRY/bydigest:v1,push=true,push-by-digest=true" .
  assert_status 2
}
