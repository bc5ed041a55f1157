# Several platforms in one build: what is shared is done once, and the result is an index.

load helper

setup_file() { start_registry; }
teardown_file() { stop_registry; }
setup() { fresh; }

# platforms_of [OPTION] oci:LAYOUT:NAME: the platforms of an index, one a line
platforms_of() {
  skopeo inspect --raw "$@" | jq -r '.manifests[].platform | [.os, .architecture, .variant // empty] | join("/")'
}

# arch_files ARCHS: a Dockerfile with a file for each of several platforms
arch_files() {
  local arch
  for arch in amd64 arm64 arm; do echo "for $arch" >"$arch.txt"; done
  printf 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH.txt /which\nCOPY Dockerfile /same\n' | dockerfile
}

@test "an image for each platform, in an index" {
  arch_files
  run build --platform linux/amd64,linux/arm64,linux/arm/v7 -t app:v1 .
  assert_status 0
  assert_contains "$output" "[linux/arm64 1/2] COPY arm64.txt /which"
  assert_contains "$output" "[linux/arm/v7 1/2] COPY arm.txt /which"
  [[ $(platforms_of "oci:$CBUILD_ROOT:docker.io/library/app:v1") == $'linux/amd64\nlinux/arm64\nlinux/arm/v7' ]]
  skopeo copy -q --insecure-policy --override-arch arm64 "oci:$CBUILD_ROOT:docker.io/library/app:v1" "oci:$OUT/arm64:x"
  umoci unpack --image "$OUT/arm64:x" "$OUT/bundle"
  [[ $(cat "$OUT/bundle/rootfs/which") == "for arm64" ]]
  run "$CBUILD" fsck
  assert_status 0
}

@test "what does not depend on the target runs once" {
  dockerfile <<'EOF'
FROM --platform=$BUILDPLATFORM busybox AS build
RUN echo once >&2; head -c 16 /dev/urandom | od > /id
FROM --platform=$BUILDPLATFORM build AS cross
ARG TARGETARCH
RUN echo "made for $TARGETARCH" > /made
FROM scratch
COPY --from=build /id /
COPY --from=cross /made /
EOF
  run build --platform linux/amd64,linux/arm64 -o "$OUT/files" .
  assert_status 0
  assert_contains "$output" "->arm64 cross 1/1] RUN echo"
  cmp "$OUT/files/linux_amd64/id" "$OUT/files/linux_arm64/id"
  [[ $(cat "$OUT/files/linux_arm64/made") == "made for arm64" ]]
  [[ $(cat "$OUT/files/linux_amd64/made") == "made for amd64" ]]
}

@test "archives and layouts hold every image, and a second build is cached whole" {
  arch_files
  build --platform linux/amd64,linux/arm64 -t app:v1 -o "type=oci,dest=$OUT/image.tar" \
    -o "type=oci,tar=false,dest=$OUT/layout" --iidfile "$OUT/iid" --metadata-file "$OUT/metadata" .
  mkdir "$OUT/unpacked"
  tar -xf "$OUT/image.tar" -C "$OUT/unpacked"
  local digest folder
  digest=$(jq -r '.manifests[0].digest' "$OUT/unpacked/index.json")
  [[ $(jq -r '.manifests[0].mediaType' "$OUT/unpacked/index.json") == application/vnd.oci.image.index.v1+json ]]
  for folder in unpacked layout; do
    local blobs=$OUT/$folder/blobs/sha256 manifests all=$digest manifest blob n=0
    manifests=$(jq -r '.manifests[].digest' "$blobs/${digest#sha256:}")
    [[ $(wc -l <<<"$manifests") -eq 2 ]]
    for manifest in $manifests; do
      all+=" $manifest $(jq -r '.config.digest, .layers[].digest' "$blobs/${manifest#sha256:}")"
    done
    for blob in $all; do
      (cd "$blobs" && echo "${blob#sha256:}  ${blob#sha256:}" | sha256sum -c --quiet)
      n=$((n + 1))
    done
    [[ $n -ge 7 ]]
  done
  [[ $(cat "$OUT/iid") == "$digest" ]]
  jq -e --arg digest "$digest" '.["containerimage.digest"] == $digest and
    .["containerimage.descriptor"].platform == null and
    .["containerimage.config.digest"] == null' "$OUT/metadata"
  build --platform linux/amd64,linux/arm64 -t app:v1 --iidfile "$OUT/again" .
  [[ $(cat "$OUT/again") == "$digest" ]]
}

@test "files of several platforms have a folder each, or must not meet" {
  arch_files
  build --platform linux/amd64,linux/arm/v7 -o "type=tar,dest=$OUT/files.tar" .
  [[ $(tar -tf "$OUT/files.tar" | sort | tr '\n' ' ') == \
    "linux_amd64/ linux_amd64/same linux_amd64/which linux_arm_v7/ linux_arm_v7/same linux_arm_v7/which " ]]
  run build --platform linux/amd64,linux/arm/v7 -o "type=local,dest=$OUT/one,platform-split=false" .
  [[ $status -ne 0 ]]
  assert_contains "$output" "cannot overwrite"
  assert_contains "$output" "from linux/amd64 with linux/arm/v7 when split option is disabled"
  build --platform linux/arm64 -o "type=local,dest=$OUT/split,platform-split=true" .
  [[ $(cat "$OUT/split/linux_arm64/which") == "for arm64" ]]
  printf 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH.txt /\n' | dockerfile
  build --platform linux/amd64,linux/arm64 -o "type=local,dest=$OUT/merged,platform-split=false" .
  [[ $(cat "$OUT/merged/amd64.txt" "$OUT/merged/arm64.txt") == $'for amd64\nfor arm64' ]]
}

@test "an index is pushed, and the commands on names know it" {
  arch_files
  build --platform linux/amd64,linux/arm64 -t "$REGISTRY/multi:v1" --push --digest-file "$OUT/digest" .
  [[ $(platforms_of --tls-verify=false "docker://$REGISTRY/multi:v1") == $'linux/amd64\nlinux/arm64' ]]
  "$CBUILD" images --digests | grep -F "$(cat "$OUT/digest")"
  "$CBUILD" inspect "$REGISTRY/multi:v1" | jq -e '.[0] | .Architecture == "amd64" and (.Manifests | length) == 2'
  "$CBUILD" inspect --platform linux/arm64 "$REGISTRY/multi:v1" | jq -e '.[0].Architecture == "arm64"'
  run "$CBUILD" inspect --platform linux/s390x "$REGISTRY/multi:v1"
  [[ $status -ne 0 ]]
  assert_contains "$output" "has no image for linux/s390x"
  "$CBUILD" tag "$REGISTRY/multi:v1" "$REGISTRY/multi:v2"
  run "$CBUILD" push "$REGISTRY/multi:v2"
  assert_status 0
  assert_contains "$output" "digest: $(cat "$OUT/digest")"
  "$CBUILD" prune --all
  "$CBUILD" fsck
  "$CBUILD" rmi "$REGISTRY/multi:v1" "$REGISTRY/multi:v2"
  [[ -z $("$CBUILD" images -q) ]]
}

@test "a base for several platforms is found in the store the next time, each of its own" {
  arch_files
  build --platform linux/amd64,linux/arm64 -t "$REGISTRY/base:v1" --push .
  "$CBUILD" reset --force
  printf 'FROM %s/base:v1\nLABEL a=b\n' "$REGISTRY" | dockerfile
  build --platform linux/arm64 -t app:arm .
  build --platform linux/amd64,linux/arm64 -t app:both .
  run build --pull=never --platform linux/amd64,linux/arm64 -o "$OUT/files" .
  assert_status 0
  [[ $(cat "$OUT/files/linux_arm64/which") == "for arm64" ]]
  [[ $(cat "$OUT/files/linux_amd64/which") == "for amd64" ]]
}

@test "RUN for a platform that is not executed here is refused before anything runs" {
  local foreign=arm64
  [[ $(uname -m) != aarch64 ]] || foreign=amd64
  printf 'FROM scratch AS first\nCOPY Dockerfile /\nFROM first AS broken\nRUN ["/x"]\n' | dockerfile
  run build --platform "linux/$foreign" .
  [[ $status -ne 0 ]]
  assert_contains "$output" "Dockerfile:4"
  assert_contains "$output" "broken"
  assert_contains "$output" "linux/$foreign"
  assert_contains "$output" 'FROM --platform=$BUILDPLATFORM'
  refute_contains "$output" "COPY Dockerfile / DONE"
}

@test "RUN for the 32-bit sibling of this machine runs" {
  not_in_mode single "32-bit programs are refused there: their calls are not answered"
  [[ $(uname -m) == x86_64 ]] || skip "linux/386 is what amd64 executes besides"
  # creat("/made", 0644); exit(0)
  as --32 -o "$OUT/prog.o" - <<'EOF'
.globl _start
_start: mov $8, %eax
mov $name, %ebx
mov $0644, %ecx
int $0x80
mov $1, %eax
xor %ebx, %ebx
int $0x80
name: .asciz "/made"
EOF
  ld -m elf_i386 -o prog "$OUT/prog.o"
  printf 'FROM scratch\nCOPY prog /prog\nRUN ["/prog"]\n' | dockerfile
  run build --platform linux/386 -o "$OUT/files" .
  assert_status 0
  [[ -f $OUT/files/made ]]
}

@test "the docker format holds one platform" {
  arch_files
  run build --platform linux/amd64,linux/arm64 -o "type=docker,dest=$OUT/image.tar" .
  [[ $status -ne 0 ]]
  assert_contains "$output" "docker exporter does not currently support exporting manifest lists"
  build --platform linux/arm64 -t app:v1 -o "type=docker,dest=$OUT/image.tar" .
  skopeo inspect "docker-archive:$OUT/image.tar" | jq -e '.Architecture == "arm64"'
}

@test "an index of one image where it is asked for" {
  arch_files
  build --build-arg BUILDKIT_MULTI_PLATFORM=1 -t app:v1 .
  [[ $(platforms_of "oci:$CBUILD_ROOT:docker.io/library/app:v1" | wc -l) -eq 1 ]]
}

@test "annotations of the index, its entries and one platform's manifest" {
  arch_files
  build --platform linux/amd64,linux/arm64 -t app:v1 --annotation index:of=index \
    --annotation 'manifest-descriptor,index:both=1' --annotation 'manifest[linux/arm64]:only=arm64' .
  skopeo inspect --raw "oci:$CBUILD_ROOT:docker.io/library/app:v1" >"$OUT/index"
  jq -e '.annotations == {both: "1", of: "index"}' "$OUT/index"
  jq -e '[.manifests[].annotations.both] == ["1", "1"]' "$OUT/index"
  manifest() { jq . "$CBUILD_ROOT/blobs/sha256/$(jq -r ".manifests[$1].digest" "$OUT/index" | cut -d: -f2)"; }
  manifest 1 | jq -e '.annotations == {only: "arm64"}'
  manifest 0 | jq -e 'has("annotations") | not'
}
