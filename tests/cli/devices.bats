# RUN --device: what the machine's CDI files name. They are read in a mount namespace of the test's
# own, in which /run is empty.

load helper

setup() {
  busybox_layout
  fresh
  mkdir -p "$OUT/cdi"
}

# with_cdi COMMAND...: runs with $OUT/cdi as /run/cdi
with_cdi() {
  unshare -m --propagation private sh -c \
    'mount -t tmpfs none /run && cp -r "$0" /run/cdi && exec "$@"' "$OUT/cdi" "$@"
}

build_with_cdi() {
  with_cdi "$CBUILD" build --progress=plain --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@"
}

@test "a device of a JSON file and one of a YAML file are there, with what they ask for" {
  not_in_mode chroot "nothing can be mounted there"
  echo host >"$OUT/library"
  cat >"$OUT/cdi/one.json" <<EOF
{"cdiVersion": "0.6.0", "kind": "vendor.com/node", "containerEdits": {"env": ["VENDOR=yes"]},
 "devices": [{"name": "zero", "containerEdits": {"deviceNodes": [{"path": "/dev/my-zero", "hostPath": "/dev/zero"}]}}]}
EOF
  cat >"$OUT/cdi/two.yaml" <<EOF
cdiVersion: "0.6.0"
kind: vendor.com/files
devices:
- name: "0"
  containerEdits:
    mounts:
    - hostPath: $OUT/library
      containerPath: /usr/lib/vendor/library
      options: [ro, bind]
EOF
  dockerfile <<'EOF'
FROM busybox
RUN --device=vendor.com/node=zero --device=vendor.com/files,required [ "$(head -c 3 /dev/my-zero | wc -c)" = 3 ] \
  && [ "$VENDOR" = yes ] && [ "$(cat /usr/lib/vendor/library)" = host ] && ! (echo x > /usr/lib/vendor/library)
RUN [ ! -e /dev/my-zero ] && [ ! -e /usr/lib/vendor ] && [ -z "$VENDOR" ]
EOF
  run build_with_cdi --allow device -t app:v1 .
  assert_status 0
  refute_contains "$output" "is not registered"
}

@test "a device that no file names: an error where it is required, else a warning" {
  echo '{"kind": ' >"$OUT/cdi/broken.json"
  printf 'FROM busybox\nRUN --device=vendor.com/none=1,required true\n' | dockerfile
  run build_with_cdi --allow device=vendor.com/none=1 .
  [[ $status -ne 0 ]]
  assert_contains "$output" 'required: device "vendor.com/none=1" is not registered'
  assert_contains "$output" "broken.json cannot be used"
  assert_contains "$output" "Dockerfile:2"
  printf 'FROM busybox\nRUN --device=vendor.com/none=1 true\n' | dockerfile
  run build_with_cdi --allow device=vendor.com/none=1 .
  assert_status 0
  assert_contains "$output" 'device "vendor.com/none=1" is not registered'
}

@test "a device needs leave" {
  printf 'FROM busybox\nRUN --device=vendor.com/a=1 true\n' | dockerfile
  run build --allow device=vendor.com/b=1 .
  [[ $status -ne 0 ]]
  assert_contains "$output" "entitlement device is not allowed"
  assert_contains "$output" "--allow device=vendor.com/a=1"
}
