# What layers say of owners, modes, devices and capabilities, as root and as a user (docs/security.md: T-14).

load helper
source "$BATS_TEST_DIRNAME/../support/users.bash"
source "$BATS_TEST_DIRNAME/../support/oracles.bash"

setup_file() {
  open_programs
  export SUE=cbs$$ BOB=cbb$$
  make_user "$SUE"
  make_user "$BOB"
}

teardown_file() { end_users; }

setup() {
  attack
  open_context
}
teardown() { after_attack; }

# open_image NAME < PYTHON: as image, where every user can read it
open_image() {
  image "$1"
  cp -r "$OUT/$1.layout" "$CONTEXT.$1"
  chmod -R a+rX "$CONTEXT.$1"
  CONTEXTS=(--build-context "$1=oci-layout://$CONTEXT.$1:latest")
}

# user_builds USER [options]: the build as that user, with a store of the user's own; $SUE uses her sub-ids, $BOB goes
# without his
user_builds() {
  local user=$1
  shift
  [[ $user == "$SUE" ]] || set -- --isolation=single-id "$@"
  as_user "$user" "$CBUILD" build --progress=plain --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" \
    "${CONTEXTS[@]}" --build-arg SOURCE_DATE_EPOCH=1700000000 "$@"
}

# layer_facts LAYOUT: of each entry of the layers above the base: name, mode, owner, capability, how many other attributes
layer_facts() {
  python3 - "$1" <<'P'
import gzip, json, sys, tarfile
blob = lambda digest: sys.argv[1] + "/blobs/sha256/" + digest[7:]
manifest = json.load(open(blob(json.load(open(sys.argv[1] + "/index.json"))["manifests"][0]["digest"])))
for layer in manifest["layers"][1:]:
    with tarfile.open(blob(layer["digest"]), errors="surrogateescape") as tar:
        for entry in tar:
            caps = entry.pax_headers.get("SCHILY.xattr.security.capability", "").encode("utf-8", "surrogateescape").hex()
            others = [key for key in entry.pax_headers if "xattr" in key.lower() or "acl" in key.lower()]
            print(entry.name, oct(entry.mode), f"{entry.uid}:{entry.gid}", caps, len(others))
P
}

@test "T-14: set-id files, capabilities and access lists leave users' builds as they leave root's" {
  open_image owned <<'P'
import struct
capability = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)
acl = {"SCHILY.acl.access": "user::rw-,user:7:rwx,group::r--,mask::rwx,other::r--"}
layers = [layer(file("suid", "x", mode=0o4755), file("sgid", "x", mode=0o2755, gid=7), directory("shared", mode=0o3775, gid=9),
                file("both", "x", mode=0o6711, uid=5, gid=6), file("cap", "x", mode=0o755, pax_headers=xattr("security.capability", capability)),
                file("acl", "x", pax_headers=acl), symlink("link", "suid", uid=33, gid=44), fifo("pipe", mode=0o622, uid=3))]
P
  host_programs setcap
  chmod -R a+rX tools
  dockerfile <<'D'
FROM busybox AS tools
COPY tools /
FROM owned AS owned
FROM busybox
COPY --from=owned / /copied/
RUN --mount=type=bind,from=tools,target=/t cp -p /copied/suid /made && chown 5:6 /made && chmod 6755 /made && touch /ping && \
  LD_LIBRARY_PATH=/t/lib/x86_64-linux-gnu:/t/usr/lib/x86_64-linux-gnu \
  /t/lib64/ld-linux-x86-64.so.2 "$(ls /t/sbin/setcap /t/usr/sbin/setcap 2>/dev/null | head -1)" cap_net_raw+ep /ping && \
  mkdir /inherits && chgrp 12 /inherits && chmod 2775 /inherits && touch /inherits/file
D
  run attacked --build-arg SOURCE_DATE_EPOCH=1700000000 -o "type=oci,dest=$OUT/root,tar=false" .
  assert_status 0
  local user
  for user in "$SUE" "$BOB"; do
    user_builds "$user" -o "type=oci,dest=-" . >"$OUT/user.tar" 2>"$OUT/log" || { cat "$OUT/log"; return 1; }
    mkdir "$OUT/$user"
    tar -C "$OUT/$user" -xf "$OUT/user.tar"
  done
  grep -q 'isolation: single-id' "$OUT/log"
  diff <(layer_facts "$OUT/root") <(layer_facts "$OUT/$SUE")
  diff <(skopeo inspect --raw "oci:$OUT/root" | jq -r '.layers[].digest') <(skopeo inspect --raw "oci:$OUT/$SUE" | jq -r '.layers[].digest')
  diff <(layer_facts "$OUT/root") <(layer_facts "$OUT/$BOB")
  # what they are: modes and owners kept, capabilities in version 2, no access list
  layer_facts "$OUT/root" >"$OUT/facts"
  cat "$OUT/facts"
  grep -qx 'copied/suid 0o4755 0:0  0' "$OUT/facts"
  grep -qx 'copied/sgid 0o2755 0:7  0' "$OUT/facts"
  grep -qx 'copied/both 0o6711 5:6  0' "$OUT/facts"
  grep -qx 'copied/shared 0o3775 0:9  0' "$OUT/facts"
  grep -qx 'copied/cap 0o755 0:0 0100000200200000000000000000000000000000 1' "$OUT/facts"
  grep -qx 'copied/acl 0o644 0:0  0' "$OUT/facts"
  grep -qx 'copied/link 0o777 33:44  0' "$OUT/facts"
  grep -qx 'copied/pipe 0o622 3:0  0' "$OUT/facts"
  grep -qx 'made 0o6755 5:6  0' "$OUT/facts"
  grep -qx 'ping 0o644 0:0 0100000200200000000000000000000000000000 1' "$OUT/facts"
  grep -qx 'inherits/file 0o644 0:12  0' "$OUT/facts"
}

@test "T-14: a user's store gets no device, and a RUN is told so; the base keeps its layers" {
  open_image devices <<'P'
layers = [layer(file("f", "x"), device("disk", "b", 8, 0, mode=0o660, gid=6), device("null", "c", 1, 3, mode=0o666))]
P
  printf 'FROM devices AS devices\nFROM devices\nCOPY --from=devices /f /copied\n' | dockerfile
  run attacked --build-arg SOURCE_DATE_EPOCH=1700000000 -o "type=oci,dest=$OUT/root,tar=false" .
  assert_status 0
  run user_builds "$SUE" -t devices .
  assert_status 0
  assert_contains "$output" "2 devices of"
  local store
  store=$(getent passwd "$SUE" | cut -d: -f6)/.local/share/cbuild
  [[ -z $(find "$store" \( -type b -o -type c \) -exec stat -c '%t %T' {} + | grep -v '^0 0$') ]]
  diff <(skopeo inspect --raw "oci:$OUT/root" | jq -r '.layers[].digest') \
    <(skopeo inspect --raw "oci:$store:docker.io/library/devices:latest" | jq -r '.layers[].digest')
  # a step that makes one is refused by the kernel, and says so
  printf 'FROM busybox\nRUN mknod /disk b 8 0\n' | dockerfile
  run user_builds "$SUE" .
  assert_status 1
  assert_contains "$output" "Operation not permitted"
  # where ids are emulated nothing but a record of it is made
  run user_builds "$BOB" .
  assert_status 0
  store=$(getent passwd "$BOB" | cut -d: -f6)/.local/share/cbuild
  [[ -d $store/snapshots ]]
  [[ -z $(find "$store" \( -type b -o -type c \) -exec stat -c '%t %T' {} + | grep -v '^0 0$') ]]
}

@test "T-14: capabilities of a user namespace are refused in a layer" {
  image third <<'P'
import struct
layers = [layer(file("cap", "x", pax_headers=xattr("security.capability", struct.pack("<IIIIII", 0x03000001, 1 << 13, 0, 0, 0, 0))))]
P
  printf 'FROM third\nCOPY Dockerfile /copied\n' | dockerfile
  run attacked .
  assert_refused cap
  cp -r "$OUT/third.layout" "$CONTEXT.third"
  chmod -R a+rX "$CONTEXT.third"
  CONTEXTS=(--build-context "third=oci-layout://$CONTEXT.third:latest")
  run user_builds "$SUE" .
  assert_refused cap
}
