# What runs again and what does not.

load helper

setup_file() { busybox_layout; }
setup() { fresh; }

project() {
  mkdir -p src
  echo one >src/one.txt
  echo two >src/two.txt
  dockerfile <<'D'
FROM busybox AS build
ARG VERSION=1
WORKDIR /src
COPY src/one.txt ./
RUN cat one.txt > /one && echo did-$((1))
COPY src/two.txt ./
RUN cat two.txt > /two && echo did-$((2))
FROM scratch
COPY --from=build /one /two /
LABEL a=b
D
}

@test "a repeated build runs nothing and gives the same manifest" {
  # rules: 13-rebuild
  project
  build -t app:v1 .
  first=$(manifest_digest app:v1)
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" "did-1"
  refute_contains "$output" "did-2"
  [[ $(grep -c CACHED <<<"$output") -ge 6 ]]
  [[ $(manifest_digest app:v1) == "$first" ]]
}

# forks_of COMMAND...: how often cbuild forks meanwhile; in $forks
forks_of() {
  strace -f -c -o "$OUT/strace" -e trace=clone,clone3,fork,vfork "$CBUILD" "$@"
  forks=$(awk '$NF ~ /^(clone|clone3|fork|vfork)$/ { n += $4 } END { print n + 0 }' "$OUT/strace")
}

@test "a repeated build forks at most one job" {
  project
  # the base in the store, as one from a registry is after its first build
  printf 'FROM busybox\nENV BASE=stored\n' | build -f - -t base/stored:v1 .
  sed -i 's|FROM busybox|FROM base/stored:v1|' Dockerfile
  build -t app:v1 .
  # a command without jobs tells what starting cbuild costs here
  forks_of version
  local before=$forks
  # the walk of the context
  forks_of build --progress=plain -t app:v1 .
  [[ $((forks - before)) -le 1 ]]
}

@test "a changed source re-runs only what depends on it" {
  # rules: 7-key
  project
  build -t app:v1 .
  echo three >src/two.txt
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" "did-1"
  assert_contains "$output" "did-2"
}

@test "a touched file, a comment, a label and an unused build argument re-run nothing" {
  project
  build -t app:v1 .
  touch src/one.txt src/two.txt
  sed -i -e '1i# a comment' -e 's/LABEL a=b/LABEL a=c/' Dockerfile
  run build --build-arg UNUSED=x -t app:v1 .
  assert_status 0
  refute_contains "$output" "did-1"
  assert_contains "$output" "UNUSED"
  [[ $(config docker.io/library/app:v1 | jq -r .config.Labels.a) == c ]]
}

@test "an edit that keeps size and mtime is noticed" {
  project
  build -t app:v1 .
  touch -r src/one.txt "$OUT/stamp"
  printf 'eno\n' >src/one.txt
  touch -r "$OUT/stamp" src/one.txt
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" "did-1"
  [[ $(cat "$(unpacked docker.io/library/app:v1)/one") == eno ]]
}

@test "a rebuilt stage with the same output leaves what copies from it cached" {
  project
  build -t app:v1 .
  first=$(manifest_digest app:v1)
  sed -i 's|did-$((1))|did-$((11))|' Dockerfile
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" "did-11"
  [[ $(manifest_digest app:v1) == "$first" ]]
}

@test "--no-cache runs everything, and what it made is used afterwards" {
  project
  build -t app:v1 .
  run build --no-cache -t app:v1 .
  assert_contains "$output" "did-1"
  assert_contains "$output" "did-2"
  run -0 build -t app:v1 .
  refute_contains "$output" "did-1"
}

@test "a build argument in scope of a RUN is part of its key" {
  # rules: 4.3-real-variable
  dockerfile <<'D'
FROM busybox
ARG V=1
RUN echo "value-$V" | tee /v
D
  build -t app:v1 .
  run build --build-arg V=2 -t app:v1 .
  assert_contains "$output" "value-2"
}

@test "a record of a blob that is gone is a miss" {
  project
  build -t app:v1 .
  rm -f "$CBUILD_ROOT"/blobs/sha256/*
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" "did-1"
}

@test "--verify-cache compares snapshots with their layers, and makes damaged ones anew" {
  busybox_layout
  printf 'FROM busybox\nRUN echo one > /one && ln /bin/busybox /linked\nRUN cat /one > /two\n' | dockerfile
  build -t app:v1 .
  run build --verify-cache -t app:v1 .
  assert_status 0
  refute_contains "$output" "snapshot of layer"
  [[ $(grep -c CACHED <<<"$output") -ge 2 ]]
  # of a step that is cached, and of the base: same size, other bytes
  one=$(find "$CBUILD_ROOT/snapshots" -mindepth 3 -maxdepth 3 -name one)
  printf 'bad' | dd of="$one" conv=notrunc status=none
  base=$(find "$CBUILD_ROOT/snapshots" -path '*/bin/busybox' -type f -not -path "${one%/one}/*")
  printf 'X' | dd of="$base" bs=1 seek=5000 conv=notrunc status=none
  run "$CBUILD" fsck
  assert_status 1
  printf 'FROM busybox\nRUN echo one > /one && ln /bin/busybox /linked\nRUN cat /one > /three; /bin/busybox sha256sum /bin/busybox >> /three\n' | dockerfile
  run build --verify-cache -t app:v1 .
  echo "$output"
  assert_status 0
  assert_contains "$output" "differs from it at '/one'"
  assert_contains "$output" "differs from it at '/bin/busybox'"
  rootfs=$(unpacked docker.io/library/app:v1)
  [[ $(head -1 "$rootfs/three") == one ]]
  [[ $(tail -1 "$rootfs/three") == "$(sha256sum <"$rootfs/bin/busybox" | cut -d' ' -f1)  /bin/busybox" ]]
  run "$CBUILD" fsck
  echo "$output"
  assert_status 0
}
