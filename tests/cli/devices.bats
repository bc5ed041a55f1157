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

# A node that has to be made, with its owner and mode, where the machine's root may make one; and what
# is bound has the options that were asked for.
@test "owner, mode and number of a device node, and the options of a mount, are as asked for" {
  not_in_mode chroot "nothing can be mounted there"
  mkdir -p "$OUT/tools"
  printf '#!/bin/sh\necho ran\n' >"$OUT/tools/run"
  chmod 0755 "$OUT/tools/run"
  cat >"$OUT/cdi/three.json" <<EOF
{"cdiVersion": "0.6.0", "kind": "vendor.com/made", "devices": [
 {"name": "own", "containerEdits": {"deviceNodes": [
   {"path": "/dev/own", "hostPath": "/dev/zero", "fileMode": 416, "uid": 7, "gid": 9, "permissions": "rwm"}]}},
 {"name": "number", "containerEdits": {"deviceNodes": [
   {"path": "/dev/number", "type": "c", "major": 1, "minor": 3}]}},
 {"name": "same", "containerEdits": {"deviceNodes": [{"path": "/dev/same", "hostPath": "/dev/zero", "fileMode": 438}]}},
 {"name": "tools", "containerEdits": {"mounts": [
   {"hostPath": "$OUT/tools", "containerPath": "/tools", "type": "bind", "options": ["rbind", "noexec", "ro"]}]}}]}
EOF
  printf 'FROM busybox\nRUN --device=vendor.com/made=same,required=true [ "$(head -c 3 /dev/same | wc -c)" = 3 ]\n' | dockerfile
  build_with_cdi --allow device .
  dockerfile <<'EOF'
FROM busybox
RUN --device=vendor.com/made=tools,required=true [ "$(sh /tools/run)" = ran ] && ! /tools/run && ! touch /tools/x
EOF
  build_with_cdi --allow device .
  dockerfile <<'EOF'
FROM busybox
RUN --device=vendor.com/made=own,required=true --device=vendor.com/made=number,required=true \
  [ "$(stat -c '%F %a %u %g' /dev/own)" = 'character special file 640 7 9' ] && [ "$(head -c 3 /dev/own | wc -c)" = 3 ] && \
  [ "$(stat -c '%t %T %a' /dev/number)" = '1 3 666' ] && echo x >/dev/number
EOF
  run build_with_cdi --allow device .
  if [[ ${TEST_MODE:-} == rootless* || ${TEST_MODE:-} == single ]]; then
    [[ $status -ne 0 ]]
    assert_contains "$output" "only root may make it"
  else
    assert_status 0
  fi
}

@test "what a device asks for and cannot be given ends the build" {
  cat >"$OUT/cdi/hooks.json" <<'EOF'
{"cdiVersion": "0.6.0", "kind": "vendor.com/hooked", "devices": [{"name": "1", "containerEdits":
  {"hooks": [{"hookName": "createContainer", "path": "/usr/bin/true"}]}}]}
EOF
  printf 'FROM busybox\nRUN --device=vendor.com/hooked=1 true\n' | dockerfile
  run build_with_cdi --allow device .
  assert_status 125
  assert_contains "$output" "hooks.json: device '1': 'hooks' of containerEdits is not supported yet"
  assert_contains "$output" "Dockerfile:2:14"
}

@test "a step that may do without its device is not taken for one that may not" {
  printf 'FROM busybox\nRUN --device=vendor.com/none=1 true\n' | dockerfile
  build_with_cdi --allow device .
  printf 'FROM busybox\nRUN --device=vendor.com/none=1,required true\n' | dockerfile
  run build_with_cdi --allow device .
  assert_status 125
  assert_contains "$output" 'required: device "vendor.com/none=1"'
}
