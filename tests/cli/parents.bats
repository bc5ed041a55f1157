# COPY --parents: what it names, where it lands, what it refuses.

load helper

setup() {
  fresh
  unset BUSYBOX_LAYOUT
  mkdir -p x/y/z x/empty
  echo 1 >x/y/a.txt
  echo 2 >x/y/z/b.txt
  echo 3 >x/c.md
  chmod 711 x/y
}

# files: the tree that the image holds, one path a line
files() { (cd "$(unpacked docker.io/library/app:v1)" && find . -mindepth 1 | sort); }

@test "the path of a source is made again below the destination, with the modes of its directories" {
  printf 'FROM scratch\nCOPY --parents x/y/a.txt /o/\n' | dockerfile
  build -t app:v1 .
  [[ $(files) == $'./o\n./o/x\n./o/x/y\n./o/x/y/a.txt' ]]
  [[ $(stat -c %a "$(unpacked docker.io/library/app:v1)/o/x/y") == 711 ]]
}

@test "the part before the pivot is dropped, and symlinks in it are followed" {
  ln -s x link
  printf 'FROM scratch\nCOPY --parents link/./y/z /o/\n' | dockerfile
  build -t app:v1 .
  [[ $(files) == $'./o\n./o/y\n./o/y/z\n./o/y/z/b.txt' ]]
}

@test "** matches any number of directories; a directory is taken whole; excludes count from the pivot" {
  printf 'FROM scratch\nCOPY --parents --exclude=y/z/b.txt x/./**/*.txt x/./empty /o/\n' | dockerfile
  build -t app:v1 .
  [[ $(files) == $'./o\n./o/empty\n./o/y\n./o/y/a.txt' ]]
}

@test "a named path that is not there, or is behind a symlink, is an error; a pattern is not" {
  ln -s y x/l
  for source in x/nowhere/f x/l/a.txt .; do
    printf 'FROM scratch\nCOPY --parents %s /o/\n' "$source" | dockerfile
    run build -t app:v1 .
    assert_status 125
    assert_contains "$output" "not found"
    assert_contains "$output" "Dockerfile:2"
  done
  printf 'FROM scratch\nCOPY --parents x/**/*.nothing /o/\n' | dockerfile
  build -t app:v1 .
}

@test "what a stage has is copied with its parents, and only what is named counts for the cache" {
  dockerfile <<'D'
FROM scratch AS s
COPY x /x
FROM scratch
COPY --from=s --parents /x/y/a.txt /
D
  build -t app:v1 .
  [[ $(files) == $'./x\n./x/y\n./x/y/a.txt' ]]
  before=$(manifest_digest app:v1)
  echo changed >x/c.md
  run build -t app:v1 .
  assert_status 0
  [[ $(manifest_digest app:v1) == "$before" ]]
}

@test "every source that is missing in the context is named before anything runs" {
  printf 'FROM scratch\nCOPY x /\nCOPY gone /\nCOPY lost /\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" 'Dockerfile:3'
  assert_contains "$output" 'Dockerfile:3:6'
  assert_contains "$output" 'error: "/gone": not found'
  assert_contains "$output" 'Dockerfile:4:6'
  assert_contains "$output" 'error: "/lost": not found'
  refute_contains "$output" "COPY x / "
}
