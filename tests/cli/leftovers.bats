# DeletedFilesKeepTheirSize: what later layers delete or write again, as a build tells it.
load helper

setup_file() { busybox_layout; }
setup() { fresh; }

# zeros SIZE_IN_KB FILE: as a command of a step
zeros() { echo "head -c $1000 /dev/zero >$2"; }

@test "a file that a later RUN deletes is told with its size, its maker and both lines" {
  dockerfile <<D
FROM busybox
RUN mkdir -p /var/cache/x && $(zeros 3000 /var/cache/x/a) && $(zeros 1000 /var/cache/x/b)
RUN echo 1 >/other
RUN rm -r /var/cache/x
D
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" 'warning: DeletedFilesKeepTheirSize: /var/cache/x (4MB, from "RUN mkdir -p /var/cache/x'
  assert_contains "$output" 'Dockerfile:2) is deleted by Dockerfile:4 but stays in the image'
  assert_contains "$output" '1 warning found'
  assert_contains "$output" '(line 4)'
}

@test "a cached build tells the same, runs nothing and reads no layer" {
  printf 'FROM busybox\nRUN %s\nRUN rm /big\n' "$(zeros 2000 /big)" | dockerfile
  build -t app:v1 . 2>&1 | grep -o 'DeletedFiles.*' >"$OUT/first"
  [[ -s $OUT/first ]]
  # without snapshots there is nothing to compare, and none is made again
  rm -r "$CBUILD_ROOT"/snapshots/*
  build -t app:v1 . 2>&1 | grep -o 'DeletedFiles.*' >"$OUT/second"
  cmp "$OUT/first" "$OUT/second"
  [[ -z $(find "$CBUILD_ROOT/snapshots" -mindepth 2 -maxdepth 2) ]]
}

@test "files written again are told as such, by RUN chown and by COPY" {
  mkdir app
  head -c 1500000 /dev/zero >app/one
  head -c 1200000 /dev/zero >app/two
  echo 1 >app/three
  printf 'FROM busybox\nCOPY app /app\nRUN chown -R 7:7 /app\n' | dockerfile
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" '/app/one (1.5MB), /app/two (1.2MB) and 1 more (2.7MB in all, from "COPY app /app" Dockerfile:2) are written again by Dockerfile:3 and in the image twice'
  head -c 1500000 /dev/urandom >other
  printf 'FROM busybox\nCOPY app /app\nCOPY other /app/one\n' | dockerfile
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" '/app/one (1.5MB, from "COPY app /app" Dockerfile:2) is written again by Dockerfile:3 and in the image twice'
}

@test "a directory removed and made anew hides what was in it" {
  dockerfile <<D
FROM busybox
RUN mkdir -p /d/sub && $(zeros 2000 /d/sub/big) && $(zeros 1100 /d/same)
RUN rm -r /d && mkdir /d && $(zeros 1100 /d/same)
D
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" '/d/sub (2MB, from'
  assert_contains "$output" 'is deleted by Dockerfile:3'
  assert_contains "$output" '/d/same (1.1MB, from'
  assert_contains "$output" 'is written again by Dockerfile:3'
}

@test "each pair of steps is told once, the biggest first, and the maker is the layer that shows" {
  dockerfile <<D
FROM busybox
RUN $(zeros 1500 /a)
RUN mkdir /d && $(zeros 1400 /d/b) && $(zeros 2000 /d/c)
RUN $(zeros 1300 /d/b)
RUN rm -r /a /d
D
  run build -t app:v1 .
  assert_status 0
  grep -o 'warning: DeletedFiles.*' <<<"$output" | sed 's/.*\(Dockerfile:.\)[^D]*\(Dockerfile:.\).*/\1 \2/' >"$OUT/pairs"
  diff "$OUT/pairs" - <<<$'Dockerfile:3 Dockerfile:5\nDockerfile:2 Dockerfile:5\nDockerfile:3 Dockerfile:4\nDockerfile:4 Dockerfile:5'
  assert_contains "$output" '/d (2MB, from "RUN mkdir'
}

@test "nothing is told of one RUN's own files, of little, of a base, of other stages" {
  dockerfile <<D
FROM busybox
RUN $(zeros 5000 /big) && rm /big
RUN $(zeros 900 /little)
RUN rm /little /bin/busybox
D
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" "DeletedFiles"
  dockerfile <<D
FROM busybox AS stage
RUN $(zeros 5000 /big) && echo 1 >/small
RUN rm /big
FROM busybox
COPY --from=stage /small /
D
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" "DeletedFiles"
}

@test "content is left behind when the last of its names goes" {
  dockerfile <<D
FROM busybox
RUN $(zeros 2000 /one) && ln /one /two
RUN rm /one
D
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" "DeletedFiles"
  sed -i '$s/.*/RUN rm \/one \/two/' Dockerfile
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" '/two (2MB, from'
}

@test "switches: skip, a comment above the instruction, error=true, the metadata, rawjson" {
  printf 'FROM busybox\nRUN %s\nRUN rm /big\n' "$(zeros 2000 /big)" | dockerfile
  build -t app:v1 .
  run build -t app:v1 --build-arg BUILDKIT_DOCKERFILE_CHECK=skip=DeletedFilesKeepTheirSize .
  assert_status 0
  refute_contains "$output" "DeletedFiles"
  run build -t app:v1 --build-arg BUILDKIT_DOCKERFILE_CHECK=error=true .
  assert_status 0
  assert_contains "$output" "DeletedFilesKeepTheirSize"
  run build -t app:refused --build-arg "BUILDKIT_DOCKERFILE_CHECK=error=true;experimental=DeletedFilesKeepTheirSize" .
  assert_status 125
  assert_contains "$output" "lint violation found for rules: DeletedFilesKeepTheirSize"
  refute_contains "$("$CBUILD" images)" "refused"
  BUILDX_METADATA_WARNINGS=1 build -t app:v1 --metadata-file "$OUT/meta" .
  [[ $(jq -r '."buildx.build.warnings"[0].short' "$OUT/meta" | base64 -d) == "DeletedFilesKeepTheirSize: /big (2MB, "* ]]
  [[ $(jq -r '."buildx.build.warnings"[0].range[0].start.line' "$OUT/meta") == 3 ]]
  run -0 --separate-stderr "$CBUILD" build --progress=rawjson --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" .
  [[ $(jq -r 'select(.event == "warning") | .text' <<<"$stderr") == "DeletedFilesKeepTheirSize: /big (2MB, "* ]]
  sed -i '3i# check=skip=DeletedFilesKeepTheirSize' Dockerfile
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" "DeletedFiles"
}

@test "COPY --link is not looked at, and what another step deletes below it is" {
  head -c 1500000 /dev/zero >f
  printf 'FROM busybox\nCOPY f /f\nCOPY --link f /f\nRUN rm /f\n' | dockerfile
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" 'Dockerfile:3) is deleted by Dockerfile:4'
  refute_contains "$output" 'Dockerfile:2'
}

@test "several platforms say the same of the same lines once" {
  head -c 1500000 /dev/zero >f
  head -c 1400000 /dev/zero >g
  printf 'FROM scratch\nARG TARGETARCH\nCOPY f /f\nCOPY g /f\n' | dockerfile
  run build --platform=linux/amd64,linux/arm64 -t app:v1 .
  assert_status 0
  [[ $(grep -c 'warning: DeletedFilesKeepTheirSize: /f (1.5MB, from "COPY f /f"' <<<"$output") -eq 1 ]]
}
