# Layers are packed in members; those that an earlier layer of the store holds are taken over from it.
# Whatever the store holds, and whatever became of it, the bytes are the same.

load helper

setup() {
  fresh
  python3 - <<'P'
import os, random
r = random.Random(5)
for i in range(3000):
    os.makedirs(f"src/d{i // 100:02}", exist_ok=True)
    path = f"src/d{i // 100:02}/f{i:04}"
    with open(path, "wb") as f:
        f.write(r.randbytes(1000).hex().encode() + r.randbytes(1000))
    os.utime(path, (1000000000, 1000000000))
P
  printf 'FROM scratch\nCOPY src /app\n' | dockerfile
}

# pack [options]: builds and says "members reused manifest-digest"
pack() {
  "$CBUILD" build -q --metadata-file "$OUT/metadata" -t app:v1 "$@" . >/dev/null
  jq -r '."cbuild.steps"[-1] | "\(.members) \(.reusedMembers)"' "$OUT/metadata" | tr '\n' ' '
  "$CBUILD" inspect app:v1 | jq -r '.[0].RootFS.Layers[-1]' | tr '\n' ' '
  skopeo inspect "oci:$CBUILD_ROOT:docker.io/library/app:v1" | jq -r '.Layers[-1]'
}

change() {
  printf 'changed' | dd of="$1" conv=notrunc status=none
  touch -d @1000000000 "$1"
}

layer() { skopeo inspect "oci:$CBUILD_ROOT:docker.io/library/app:v1" | jq -r '.Layers[-1]' | sed 's/.*://'; }

@test "one changed file compresses one member anew, to the bytes that an empty store gives" {
  read -r members reused _ <<<"$(pack)"
  ((members > 10 && reused == 0))
  first=$(layer)
  [[ -s $CBUILD_ROOT/members/$first ]]
  change src/d15/f1500
  read -r members reused diff_id digest <<<"$(pack)"
  # its own, and the next where the cut moved
  ((members - reused >= 1 && members - reused <= 2))
  CBUILD_ROOT=$BATS_TEST_TMPDIR/empty
  export CBUILD_ROOT
  read -r _ reused again_diff_id again_digest <<<"$(pack)"
  ((reused == 0))
  [[ $diff_id == "$again_diff_id" && $digest == "$again_digest" ]]
}

@test "a layer that was only renamed in the Dockerfile or comes by RUN is known as well" {
  busybox_layout
  printf 'FROM busybox\nCOPY src /app\n' | dockerfile
  build -q -t app:v1 . >/dev/null
  printf 'FROM busybox\nRUN echo first\nCOPY src /app\n' | dockerfile
  build -q --metadata-file "$OUT/metadata" -t app:v2 . >/dev/null
  jq -e '."cbuild.steps"[-1] | .cached == false and .members > 10 and .members - .reusedMembers <= 2' "$OUT/metadata"
}

@test "another compression takes nothing over, and is taken over itself" {
  pack >/dev/null
  read -r _ reused _ <<<"$(pack --no-cache --output "type=oci,dest=$OUT/a.tar,compression=zstd")"
  ((reused == 0))
  change src/d00/f0000
  read -r members reused _ <<<"$(pack --output "type=oci,dest=$OUT/b.tar,compression=zstd")"
  ((members - reused <= 2))
}

@test "a blob or index that is damaged or gone is no help and no harm" {
  pack >/dev/null
  first=$(layer)
  change src/d01/f0100
  export CBUILD_ROOT_KEPT=$BATS_TEST_TMPDIR/kept
  cp -a "$CBUILD_ROOT" "$CBUILD_ROOT_KEPT"
  read -r members _ _ digest <<<"$(CBUILD_ROOT=$BATS_TEST_TMPDIR/empty pack)"

  # one bit in the blob: that member is compressed
  printf '\x55' | dd of="$CBUILD_ROOT/blobs/sha256/$first" bs=1 seek=200 conv=notrunc status=none
  read -r _ reused _ again <<<"$(pack)"
  [[ $again == "$digest" ]]
  ((members - reused >= 2 && members - reused <= 3))

  for damage in 'rm STORE/blobs/sha256/LAYER' 'truncate -s 100 STORE/blobs/sha256/LAYER' \
    'rm STORE/members/LAYER' 'truncate -s 500 STORE/members/LAYER' \
    'dd if=/dev/zero of=STORE/members/LAYER bs=1 seek=300 count=4 conv=notrunc status=none' \
    'rm -r STORE/members; mkfifo STORE/members' 'rm STORE/members/LAYER; mkfifo STORE/members/LAYER'; do
    rm -rf --one-file-system "$CBUILD_ROOT"
    cp -a "$CBUILD_ROOT_KEPT" "$CBUILD_ROOT"
    damage=${damage//STORE/$CBUILD_ROOT}
    eval "${damage//LAYER/$first}"
    read -r _ reused _ again <<<"$(pack)"
    [[ $again == "$digest" ]] || { echo "$damage: $again"; return 1; }
    ((reused == 0)) || { echo "$damage: $reused reused"; return 1; }
  done
}

@test "fsck looks at the indexes, prune removes them with their blobs" {
  pack >/dev/null
  first=$(layer)
  run "$CBUILD" fsck
  assert_status 0
  cp "$CBUILD_ROOT/members/$first" "$OUT/index"
  printf '\x55' | dd of="$CBUILD_ROOT/members/$first" bs=1 seek=200 conv=notrunc status=none
  run "$CBUILD" fsck
  assert_status 1
  assert_contains "$output" "member index of sha256:$first"
  cp "$OUT/index" "$CBUILD_ROOT/members/$first"
  change src/d01/f0100
  pack >/dev/null
  "$CBUILD" prune --all --force
  [[ ! -e $CBUILD_ROOT/members/$first && ! -e $CBUILD_ROOT/blobs/sha256/$first ]]
  [[ -e $CBUILD_ROOT/members/$(layer) ]]
  # an index that lost its blob
  cp "$OUT/index" "$CBUILD_ROOT/members/$first"
  "$CBUILD" prune --force
  [[ ! -e $CBUILD_ROOT/members/$first ]]
}
