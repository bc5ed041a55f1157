# Paths that lead elsewhere, and contexts that mean harm (docs/security.md: P).
# CBUILD_HUNT=1: a file is changed in 1,000 builds instead of 20.

load helper
source "$BATS_TEST_DIRNAME/../support/oracles.bash"

setup_file() { busybox_layout; }
setup() { attack; }
teardown() {
  stop_source_servers
  after_attack
}

@test "P-06: a RUN has the descriptors 0 to 2, whatever cbuild was started with" {
  local n
  not_in_mode chroot "a step there has no /proc to look into, and no mounts"
  dockerfile <<'D'
FROM busybox AS a
RUN for n in $(seq 0 100); do [ ! -e /proc/self/fd/$n ] || echo "open: $n"; done
FROM busybox
RUN --mount=type=cache,target=/c --mount=type=bind,target=/b <<X
for n in $(seq 0 100); do [ ! -e /proc/self/fd/$n ] || echo "open: $n"; done
X
COPY --from=a /etc/passwd /
D
  for n in $(seq 7 20) $(seq 40 50); do eval "exec $n<\"\$CANARY\""; done
  run attacked .
  for n in $(seq 7 20) $(seq 40 50); do eval "exec $n<&-"; done
  assert_status 0
  [[ $(grep -oE 'open: [0-9]+' <<<"$output" | sort | uniq -c | tr -s ' ') == $' 2 open: 0\n 2 open: 1\n 2 open: 2' ]]
}

@test "P-06: no working directory leads out through /proc" {
  local n
  not_in_mode chroot "a step there has no /proc"
  for n in $(seq 7 20); do eval "exec $n<\"\$CANARY\""; done
  for n in fd/3 fd/7 fd/8 fd/20 fd/40 cwd root/srv; do
    printf 'FROM busybox\nWORKDIR /proc/self/%s\nRUN ls; touch pwned; readlink /proc/self/cwd\n' $n | dockerfile
    run attacked .
    assert_refused proc
    refute_contains "$output" guarded
    printf 'FROM busybox\nRUN ln -s /proc/self/%s /link\nWORKDIR /link\nRUN ls; touch pwned; readlink /proc/self/cwd\n' $n | dockerfile
    run attacked .
    assert_refused link
    refute_contains "$output" guarded
    # as an image asks for it
    rm -rf --one-file-system "$OUT/base.layout"
    CONTEXTS=()
    WHERE=/proc/self/$n image base <<'P'
config = {"WorkingDir": os.environ["WHERE"], "Env": ["PATH=/bin"]}
layers = [layer(directory("bin"), file("bin/busybox", open("/bin/busybox", "rb").read(), mode=0o755))]
P
    printf 'FROM base\nRUN ["/bin/busybox", "ls"]\n' | dockerfile
    run attacked .
    assert_refused proc
    refute_contains "$output" guarded
  done
  for n in $(seq 7 20); do eval "exec $n<&-"; done
}

@test "P-07: destinations behind links land inside the image, a loop is an error" {
  echo data >a
  mkdir tree
  echo packed >tree/t
  tar -C tree -cf t.tar t
  dockerfile <<D
FROM busybox AS linked
RUN mkdir -p /srv $CANARY && ln -s $CANARY /d && ln -s ../../../../srv /e && ln -s /etc /g && ln -s $CANARY/file /file && ln -s / /r
FROM linked
COPY a /d/x
COPY a /e/canary/x
COPY a /g/x
COPY a /file
ADD t.tar /d/
ADD t.tar /e/added
ADD t.tar /r/r/r/rooted
COPY --from=linked /d/ /read/d/
COPY --from=linked /r/etc/passwd /read/passwd
COPY --link a /linked/d/x
D
  run attacked -o "type=tar,dest=$OUT/a.tar" .
  assert_status 0
  local file
  for file in "${CANARY#/}/x" srv/canary/x etc/x "${CANARY#/}/file" "${CANARY#/}/t" srv/added/t rooted/t read/passwd linked/d/x; do
    tar -tf "$OUT/a.tar" "$file"
  done
  [[ $(tar -xOf "$OUT/a.tar" "${CANARY#/}/file") == data ]]
  # there was nothing at the target: a directory of the image, and it was empty
  [[ $(tar -tf "$OUT/a.tar" read/d | sort) == read/d/ ]]
  for file in 'COPY a /f/x' 'ADD t.tar /f/' 'WORKDIR /f/sub' 'COPY --from=linked2 /f/x /x'; do
    printf 'FROM busybox AS linked2\nRUN ln -s /f /f\nFROM linked2\n%s\n' "$file" | dockerfile
    run attacked .
    assert_refused "f"
  done
}

@test "P-08: an archive that breaks off is not read as anything else, nor written through its links" {
  local kind
  SERVED=$BATS_TEST_TMPDIR/served
  start_source_server "$SERVED"
  python3 - "$CANARY/file" "$OUT/good.tar" <<'P'
import sys, tarfile
with tarfile.open(sys.argv[2], "w") as tar:
    link = tarfile.TarInfo("Dockerfile")
    link.type, link.linkname = tarfile.SYMTYPE, sys.argv[1]
    tar.addfile(link)
P
  { head -c 512 "$OUT/good.tar"; head -c 2048 /dev/zero | tr '\0' x; } >"$OUT/broken.tar"
  head -c 300 "$OUT/good.tar" >"$OUT/short.tar"
  { head -c 512 "$OUT/good.tar" && printf 'FROM scratch\nLABEL a=b\n'; } >"$OUT/text.tar"
  gzip -c "$OUT/broken.tar" >"$OUT/broken.tar.gz"
  gzip -c "$OUT/good.tar" | head -c 60 >"$OUT/cut.tar.gz"
  for kind in broken.tar text.tar broken.tar.gz cut.tar.gz; do
    run attacked - <"$OUT/$kind"
    assert_refused
    refute_contains "$output" untouched
    cp "$OUT/$kind" "$SERVED/files/$kind"
    run attacked "http://$SOURCES/files/$kind"
    assert_refused
    # asked for once, and not again as a Dockerfile
    [[ $(grep -c "/files/$kind " "$SERVED/log") -eq 1 ]]
    printf 'FROM scratch\nADD %s /x/\n' "$kind" >Dockerfile
    cp "$OUT/$kind" .
    run attacked .
    [[ $status -eq 125 || $kind == *.gz ]]
  done
  # a link to the canary as Dockerfile of a sound archive leads nowhere
  run attacked - <"$OUT/good.tar"
  assert_refused Dockerfile
  refute_contains "$output" untouched
}

# secret_nowhere: what is ignored is in no file of the store, packed or not, and in nothing that was written
secret_nowhere() {
  local file
  while read -r file; do
    ! { zcat -f "$file" | grep -aqF ignored-bytes; } || { echo "the ignored bytes are in $file"; return 1; }
  done < <(find "$CBUILD_ROOT" "$OUT" -type f)
}

@test "P-09: what is ignored reaches no layer and no mount, however it is asked for" {
  local line
  mkdir -p secret o
  echo 'ignored-bytes' >secret/k
  ln -s secret link
  ln -s secret/k direct
  ln -s . here
  ln secret/k o/hard
  echo seen >o/f
  printf 'secret\no/hard\n' >.dockerignore
  for line in 'COPY link/ /o/' 'COPY link/k /k' 'COPY sec*/k /k' 'COPY ./secret/../secret/k /k' 'COPY direct /k' \
    'COPY here/here/secret/k /k' 'COPY here/link/k /k' 'ADD secret/k /k' 'COPY --parents ./secret/./k /k' \
    'COPY --link secret/k /k' 'COPY secret/ /x/' 'COPY o/../secret/k /k' 'COPY s?cret/[k] /k' 'COPY o/hard /k' \
    'RUN --mount=type=bind,target=/c cat /c/secret/k' 'RUN --mount=type=bind,target=/c cat /c/link/k' \
    'RUN --mount=type=bind,source=secret,target=/c cat /c/k' 'RUN --mount=type=bind,source=link,target=/c cat /c/k' \
    'RUN --mount=type=bind,target=/c,rw cat /c/here/here/direct'; do
    printf 'FROM busybox\n%s\n' "$line" | dockerfile
    run attacked -t app:v1 .
    echo "$line: ${lines[-1]}"
    # a pattern that finds nothing copies nothing
    [[ $status -ne 0 || $line == *[*?]*/* ]]
    refute_contains "$output" ignored-bytes
  done
  printf 'FROM busybox\nCOPY . /all/\nCOPY --from=again . /again/\nRUN --mount=type=bind,target=/c test -e /c/o/f && ! find /c -type f | xargs grep -q "ignored-byte[s]"\n' | dockerfile
  run attacked --build-context again=. -o "type=tar,dest=$OUT/all.tar" .
  assert_status 0
  tar -tf "$OUT/all.tar" all/o/f again/o/f
  secret_nowhere
}

@test "P-09: the file of rules as editors leave it, in the order that it has, and the Dockerfile's own first" {
  mkdir -p secret keep
  echo 'ignored-bytes' >secret/k
  echo seen >secret/public
  echo seen >keep/f
  printf 'FROM scratch\nCOPY . /\n' | dockerfile
  # what came out of a COPY of everything under these rules
  under() {
    printf "$1" >.dockerignore
    run attacked -o "type=tar,dest=$OUT/under.tar" .
    assert_status 0
    [[ $(tar -tf "$OUT/under.tar" | grep -v '/$' | grep -vE '^(Dockerfile|.dockerignore)$' | sort | tr '\n' ' ') == "$2" ]] ||
      { printf 'under %q: ' "$1"; tar -tf "$OUT/under.tar"; return 1; }
  }
  under '\xef\xbb\xbfsecret\n' 'keep/f '
  under 'secret\r\n' 'keep/f '
  under 'secret/k  \n' 'keep/f secret/public '
  under '  /secret/k\t\n' 'keep/f secret/public '
  under 'secret\n!secret/public\n' 'keep/f secret/public '
  under '!secret/public\nsecret\n' 'keep/f '
  under '*\n!keep\n' 'keep/f '
  under '**\n!keep\n!**/public\n' 'keep/f secret/public '
  under './secret/../secret//k\n' 'keep/f secret/public '
  # the Dockerfile's own file stands for the other, which then means nothing
  printf 'secret/k\n' >Dockerfile.dockerignore
  under 'keep\n' 'Dockerfile.dockerignore keep/f secret/public '
  secret_nowhere
}

@test "P-09: rules cannot be made slow" {
  local i
  mkdir deep
  (cd deep && for i in $(seq 200); do mkdir d && cd -P d || exit 1; done && touch x y)
  { for i in $(seq 10000); do echo "**/a$i*b?c/**/d"; done; echo '**/**/**/**/x'; } >.dockerignore
  printf 'FROM scratch\nCOPY deep /deep\n' | dockerfile
  run timeout 120 "$CBUILD" build -q -o "type=tar,dest=$OUT/deep.tar" .
  assert_status 0
  tar -tf "$OUT/deep.tar" | grep -q '/y$'
  refute grep -q '/x$' <<<"$(tar -tf "$OUT/deep.tar")"
}

@test "P-10: a file that is rewritten, cut or swapped for a link while it is read is one reading of it, or an error" {
  local n i writer good=0
  n=$(repeats 20 1000)
  mkdir src
  for i in 1 2 3 4; do yes "content $i" | head -c 3000000 >"$OUT/version.$i"; done
  cp "$OUT/version.1" src/f
  sha256sum "$OUT"/version.? | cut -d' ' -f1 >"$OUT/known"
  # renamed into place, written over, cut, and a link to the canary now and then
  cat >"$OUT/writer" <<'W'
while :; do
  for i in 1 2 3 4; do
    cp "$1/version.$i" src/.aside && mv src/.aside src/f
    ln -sfn "$2/guarded" src/.link && mv src/.link src/f
  done
done
W
  begin bash "$OUT/writer" "$OUT" "$CANARY"
  printf 'FROM scratch\nARG N\nCOPY src/f /f\n' | dockerfile
  printf 'src/.*\n' >.dockerignore
  for i in $(seq "$n"); do
    run attacked --no-cache -o "type=tar,dest=$OUT/read.tar" .
    if [[ $status -eq 0 ]]; then
      good=$((good + 1))
      if tar -tvf "$OUT/read.tar" f | grep -q '^l'; then
        [[ $(tar -tvf "$OUT/read.tar" f) == *"-> $CANARY/guarded" ]]
      else
        grep -qx "$(tar -xOf "$OUT/read.tar" f | sha256sum | cut -d' ' -f1)" "$OUT/known"
      fi
    else
      # named, or told as what a link to nothing of the context is
      assert_refused f
    fi
    refute_contains "$output" guarded-bytes
  done
  end_background
  rm -f src/f src/.aside src/.link
  cp "$OUT/version.1" src/f
  run attacked -o "type=tar,dest=$OUT/read.tar" .
  assert_status 0
  echo "$good of $n builds found the file at rest"
}

@test "P-10: files of every kind are taken as what they are, and none is opened that blocks" {
  local bytes=$'\xff\xfe-no-utf8'
  mkdir -p src/loop
  mkfifo src/fifo
  python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("src/socket")'
  truncate -s 1T src/huge
  echo odd >"src/$bytes"
  echo long >"src/$(printf 'n%.0s' $(seq 255))"
  echo pair >src/one
  ln src/one src/two
  printf '**/huge\n' >.dockerignore
  printf 'FROM scratch\nCOPY src /\n' | dockerfile
  run timeout 120 "$CBUILD" build --progress=plain -o "type=tar,dest=$OUT/a.tar" .
  assert_status 0
  LC_ALL=C tar --quoting-style=literal -tvf "$OUT/a.tar" >"$OUT/listing"
  grep -q '^p.* fifo$' "$OUT/listing"
  grep -q '^-.* 0 .* socket$' "$OUT/listing"
  LC_ALL=C grep -qaF "$bytes" "$OUT/listing"
  grep -qE ' n{255}$' "$OUT/listing"
  grep -q '^h.* two link to one$' "$OUT/listing"
}

@test "P-10: a directory mounted in itself, a device, and a file that may not be read" {
  not_in_mode chroot "a container of that profile makes no devices"
  mkdir -p src/loop
  echo x >src/f
  printf 'FROM scratch\nCOPY src /\n' | dockerfile
  unshare -m --propagation private bash -c '
    mount --bind src src/loop && mknod src/null c 1 3 && exec timeout 120 "$0" "$@"' \
    "$CBUILD" build --progress=plain -o "type=tar,dest=$OUT/b.tar" . >"$OUT/log" 2>&1 || { cat "$OUT/log"; return 1; }
  tar -tvf "$OUT/b.tar" | grep -q '^c.* 1,3 .* null$'
  [[ $(tar -tf "$OUT/b.tar" | sort | tr '\n' ' ') == 'f loop/ loop/f loop/loop/ loop/null null ' ]]
  # as somebody without rights: both are errors that say which
  local open
  open=$(mktemp -d /var/tmp/cbuild-open.XXXXXX)
  chmod 755 "$open"
  mkdir "$open/bin"
  cp "$CBUILD" "$(dirname "$CBUILD")/cbuild-net" "$open/bin"
  cp -r . "$open/context"
  chown -R 4444:4444 "$open/context"
  unprivileged() {
    run setpriv --reuid 4444 --regid 4444 --clear-groups env -i PATH="$PATH" TMPDIR="$open" \
      CBUILD_ROOT="$open/context/.store" "$open/bin/cbuild" build --progress=plain --isolation=none -t x "$open/context"
  }
  rm "$open/context/src/null"
  mkfifo "$open/context/src/pipe"
  echo private >"$open/context/src/private"
  chmod 600 "$open/context/src/private"
  chown 0:0 "$open/context/src/private"
  unprivileged
  local denied=$output denied_status=$status
  rm "$open/context/src/private"
  unprivileged
  rm -rf --one-file-system "$open"
  echo "$denied"
  [[ $denied_status -eq 125 ]]
  assert_contains "$denied" src/private
  assert_status 0
}

@test "P-10: a file of holes costs its layer nothing, and is what it was for a RUN" {
  truncate -s 100M holes
  printf middle | dd of=holes bs=1 seek=50M conv=notrunc status=none
  printf 'FROM busybox\nCOPY holes /\nRUN sha256sum /holes\n' | dockerfile
  run attacked .
  assert_status 0
  assert_contains "$output" "$(sha256sum holes | cut -d' ' -f1)"
  [[ $(find "$CBUILD_ROOT/blobs" -type f -size +2M | wc -l) -eq 0 ]]
}
