# N-01 to N-05: what machines lack. A build there gives the digest that it gives everywhere, or is refused with what would
# allow it. (Modes that whole machines are in have all tests run in them: docs/modes.md.)
load helper
source "$BATS_TEST_DIRNAME/../support/users.bash"

setup_file() {
  open_programs docker-profile without probe
  start_registry
  make_by
  export OWNER=cbn$$ PLAIN=cbq$$
  make_user "$OWNER"
  make_lone_user "$PLAIN"
}

teardown_file() {
  stop_registry
  end_users
}

setup() {
  fresh
  BIN=$OPEN/bin
  open_context
  export SOURCE_DATE_EPOCH=1700000000
}

manifest_of() { sed -n 's/.*manifest \(sha256:[0-9a-f]*\).*/\1/p' <<<"$1" | tail -1 | grep . || echo "no manifest $RANDOM$RANDOM"; }

# the words of build, for what is started by another program
words() { echo build --progress=plain --build-arg SOURCE_DATE_EPOCH=1700000000 --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" -t app .; }

# expect_here: what root's build gives; $EXPECTED
expect_here() {
  run build --build-arg SOURCE_DATE_EPOCH=1700000000 --root "$OPENED/expected" -t app .
  assert_status 0
  EXPECTED=$(manifest_of "$output")
}

# gives_it STORE COMMAND...: a build of the same, run by a command, gives the same
gives_it() {
  local store=$1
  shift
  # shellcheck disable=SC2046
  CBUILD_ROOT=$store run "$@" "$CBUILD" $(words)
  assert_status 0
  [[ $(manifest_of "$output") == "$EXPECTED" ]] || { echo "expected $EXPECTED of:"; echo "$output"; return 1; }
}

# restricted COMMAND...: a user whom nobody knows, without capabilities, namespaces, mounts; no_new_privs
restricted() {
  mkdir -p -m 1777 "$OPENED/tmp"
  docker_profile setpriv --reuid 54321 --regid 54321 --clear-groups --no-new-privs \
    env -i PATH="$PATH" HOME=/nonexistent TMPDIR="$OPENED/tmp" "$@"
}

# by NAME COMMAND...: by that user, with a store of its own; a program, so that others can run it
make_by() {
  cat >"$OPEN/by" <<END
#!/bin/bash
user=\$1
shift
mkdir -p "$OPEN/store.\$user"
chown "\$user" "$OPEN/store.\$user"
source "$SUPPORT/users.bash"
as_user "\$user" CBUILD_ROOT="$OPEN/store.\$user" "\$@"
END
  chmod 0755 "$OPEN/by"
}

# --- N-01

@test "N-01: in an ordinary container doctor says chroot, and a failed step and a warm build are as elsewhere" {
  run docker_profile "$CBUILD" doctor --json
  assert_status 0
  [[ $(jq -r .isolation <<<"$output") == chroot && $(jq -r .snapshots <<<"$output") == copy ]]
  many_owners
  expect_here
  gives_it "$OPENED/container" docker_profile
  assert_contains "$output" "isolation: chroot (a RUN sees the processes and the network of this container)"
  gives_it "$OPENED/container" docker_profile
  refute_contains "$output" "isolation:"
  # what root in namespaces left is cached for the container, and the other way round
  gives_it "$OPENED/expected" docker_profile
  refute_contains "$output" "isolation:"
  gives_it "$OPENED/container" env
  refute_contains "$output" "isolation:"
}

# --- N-02

@test "N-02: under the restricted policy an image is pushed; a RUN is refused and nothing is half there" {
  echo hello >file
  printf 'FROM busybox\nCOPY --chown=12:34 file /file\nENV A=b\nUSER 7\n' | dockerfile
  expect_here
  # shellcheck disable=SC2046
  run restricted "$CBUILD" $(words | sed "s|-t app|-t $REGISTRY/pushed:v1|") --push
  assert_status 0
  [[ $(skopeo inspect --tls-verify=false "docker://$REGISTRY/pushed:v1" | jq -r .Digest) == "$EXPECTED" ]]
  local store=$OPENED/tmp/cbuild-54321
  cp -a "$store" "$OPENED/before"
  printf 'FROM busybox\nCOPY file /f\nRUN true\n' | dockerfile
  # shellcheck disable=SC2046
  run restricted "$CBUILD" $(words) -t never:v1
  assert_status 125
  assert_contains "$output" "a RUN needs another isolation than 'none'"
  assert_contains "$output" "securityContext.runAsUser: 0"
  [[ -z $(ls -A "$store/tmp") ]]
  cmp "$store/index.json" "$OPENED/before/index.json"
  run restricted "$CBUILD" fsck
  assert_status 0
}

# --- N-03

# falls_back CAUSE COMMAND...: --isolation=rootless is refused by that cause, and an unasked build says so: it takes
# another mode by name, or ends with 125
falls_back() {
  local cause=$1
  shift
  # shellcheck disable=SC2046
  run "$@" "$CBUILD" $(words) --isolation=rootless
  assert_status 125
  assert_contains "$output" "--isolation=rootless is not possible here"
  assert_contains "$output" "$cause"
  # shellcheck disable=SC2046
  run "$@" "$CBUILD" $(words)
  if [[ $status -eq 0 ]]; then
    assert_contains "$output" "isolation: single-id"
    assert_contains "$output" "'cbuild doctor'"
  else
    assert_status 125
    assert_contains "$output" "a RUN needs another isolation than 'none'"
    assert_contains "$output" "$cause"
  fi
}

# with_mounts COMMANDS COMMAND...: in a mount namespace of its own, after some commands of root's
with_mounts() {
  local commands=$1
  shift
  unshare -m --propagation private sh -c "$commands"' && exec "$@"' sh "$@"
}

@test "N-03: without newuidmap, or with one that is not set-id, the cause is named" {
  printf 'FROM busybox\nRUN id -u > /id\n' | dockerfile
  local whiteout="mount --bind /dev/null /usr/bin/newuidmap" plain="$OPENED/newuidmap"
  falls_back "newuidmap and newgidmap (package uidmap or shadow-utils)" with_mounts "$whiteout" \
    "$OPEN/by" "$OWNER"
  cp /usr/bin/newuidmap "$plain"
  chmod 0755 "$plain"
  falls_back newuidmap with_mounts "mount --bind '$plain' /usr/bin/newuidmap" "$OPEN/by" "$OWNER"
}

@test "N-03: without a line in /etc/subuid the line is named" {
  printf 'FROM busybox\nRUN id -u > /id\n' | dockerfile
  falls_back "a line '$PLAIN:100000:65536' in /etc/subuid" "$OPEN/by" "$PLAIN"
}

@test "N-03: where user namespaces are counted down to none, the sysctl is named" {
  printf 'FROM busybox\nRUN id -u > /id\n' | dockerfile
  # the count belongs to the namespace that one is made in
  nested() {
    "$SUPPORT/in_userns.py" sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"' sh "$OPEN/by" "$OWNER" "$@"
  }
  falls_back "sysctl user.max_user_namespaces must not be 0" nested
}

@test "N-03: where a profile refuses user namespaces, what would allow them is named" {
  printf 'FROM busybox\nRUN id -u > /id\n' | dockerfile
  falls_back "a seccomp and AppArmor profile that allow them" "$BIN/without" userns "$OPEN/by" "$OWNER"
}

# --- N-04

@test "N-04: a step in a chroot does not climb out, nor look into the builder" {
  cp "$BIN/probe" .
  dockerfile <<'END'
FROM busybox
COPY probe /probe
RUN /probe leave-chroot /var/tmp/. | sed 's/^/> /'; /probe look-into $PPID | sed 's/^/> parent /'; cd /.. && ls -d /var/tmp/* 2>/dev/null | sed 's/^/> LEAK /'; ls /proc | sed 's/^/> LEAK /'
END
  # shellcheck disable=SC2046
  CBUILD_ROOT=$OPENED/store run docker_profile "$CBUILD" $(words)
  assert_status 0
  assert_contains "$output" "isolation: chroot"
  assert_contains "$output" "> out: ENOENT"
  for what in attach seize read write "take a descriptor"; do
    [[ $output =~ "> parent $what: E" ]] || { echo "$what:"; echo "$output"; return 1; }
  done
  refute grep -E '^#[0-9]+ [0-9.]+ > LEAK' <<<"$output"
}

@test "N-04: a step in a chroot finds nothing of the secret of the one before" {
  printf 'FROM busybox\nRUN --mount=type=secret,id=s,env=S test -n "$S" && (setsid sleep 1000 &) ; true\nRUN env | grep -c %s; find / -type f -exec grep -l %s {} + 2>/dev/null | grep . && echo LEAK; true\n' 'tr[0]uble-in-store' 'tr[0]uble-in-store' | dockerfile
  export TROUBLE=tr0uble-in-store
  # shellcheck disable=SC2046
  CBUILD_ROOT=$OPENED/store run docker_profile "$CBUILD" $(words) --secret id=s,env=TROUBLE
  assert_status 0
  refute grep -E '^#[0-9]+ [0-9.]+ LEAK' <<<"$output"
  # and it is nowhere in what was stored
  refute grep -rq tr0uble-in-store "$OPENED/store"
}

# --- N-05

@test "N-05: without openat2, with overlays of the old kind, without the new mount calls" {
  many_owners
  expect_here
  gives_it "$OPENED/openat2" "$BIN/without" openat2
  assert_contains "$output" "isolation: root"
  gives_it "$OPENED/layers" "$BIN/without" layers
  assert_contains "$output" "isolation: root"
  gives_it "$OPENED/clone3" "$BIN/without" clone3
  gives_it "$OPENED/mounts" "$BIN/without" openat2,mounts
  assert_contains "$output" "isolation: root"
  run "$BIN/without" mounts "$CBUILD" doctor --json
  assert_status 0
  [[ $(jq -r '"\(.isolation) \(.snapshots)"' <<<"$output") == "root overlay-trusted" ]]
  gives_it unused "$BIN/without" mounts "$OPEN/by" "$OWNER"
  assert_contains "$output" "isolation: rootless"
  gives_it unused "$BIN/without" mounts "$OPEN/by" "$PLAIN"
  assert_contains "$output" "isolation: single-id"
}

@test "N-05: without the new mount calls, what is mounted in /sys where a user cannot look, or twice" {
  local user
  printf 'FROM busybox\nRUN echo made > /made\n' | dockerfile
  expect_here
  for user in "$OWNER" "$PLAIN"; do
    gives_it unused with_mounts "mount -t tmpfs -o mode=0700 none /sys/kernel; mkdir /sys/kernel/below
      mount -t tmpfs none /sys/kernel/below; mount -t tmpfs none /sys/bus; mount -t tmpfs none /sys/bus" \
      "$BIN/without" mounts "$OPEN/by" "$user"
  done
}

@test "N-05: a store without files that have no name; one without locks is refused" {
  many_owners
  expect_here
  gives_it "$OPENED/tmpfile" "$BIN/without" tmpfile
  # shellcheck disable=SC2046
  CBUILD_ROOT=$OPENED/locks run "$BIN/without" locks "$CBUILD" $(words)
  assert_status 125
  assert_contains "$output" "lock"
}

@test "N-05: the store on a tmpfs, on an overlay, on ext4, xfs and btrfs" {
  many_owners
  expect_here
  mkdir "$OPENED/place"
  gives_it "$OPENED/place/store" with_mounts "mount -t tmpfs none '$OPENED/place'"
  mkdir "$OPENED"/{lower,upper,work}
  gives_it "$OPENED/place/store" with_mounts \
    "mount -t overlay overlay -o 'lowerdir=$OPENED/lower,upperdir=$OPENED/upper,workdir=$OPENED/work' '$OPENED/place'"
  for kind in ext4:-Fq:64 xfs:-fq:320 btrfs:-fq:128; do
    IFS=: read -r name option size <<<"$kind"
    truncate -s "${size}M" "$OPENED/$name.image"
    "mkfs.$name" "$option" "$OPENED/$name.image" >/dev/null
    gives_it "$OPENED/place/store" with_mounts "mount -o loop '$OPENED/$name.image' '$OPENED/place'"
  done
}

@test "N-05: the store on fuse-overlayfs" {
  many_owners
  expect_here
  mkdir "$OPENED"/{lower,upper,work,place}
  gives_it "$OPENED/place/store" with_mounts \
    "fuse-overlayfs -o 'lowerdir=$OPENED/lower,upperdir=$OPENED/upper,workdir=$OPENED/work' '$OPENED/place' 3>&-"
}

@test "N-05: /sys/fs/cgroup read-only, and none" {
  many_owners
  expect_here
  gives_it "$OPENED/readonly" with_mounts "mount -t tmpfs none /sys/fs/cgroup && mount -o remount,ro /sys/fs/cgroup"
  gives_it "$OPENED/none" with_mounts "umount -l /sys/fs/cgroup || true"
}

@test "N-05: an image of 127 layers" {
  {
    echo 'FROM busybox'
    for i in $(seq 125); do printf 'COPY <<END /d%s/f\n%s\nEND\n' "$i" "$i"; done
    echo 'RUN cat /d*/f | wc -l > /count && rm -r /d7'
  } | dockerfile
  expect_here
  [[ $(CBUILD_ROOT=$OPENED/expected "$CBUILD" inspect app | jq '.[0].RootFS.Layers | length') -eq 127 ]]
  CBUILD_ROOT=$OPENED/expected
  export CBUILD_ROOT
  [[ $(cat "$(unpacked docker.io/library/app:latest)/count") -eq 125 ]]
  gives_it "$OPENED/layers" "$BIN/without" layers
  gives_it "$OPENED/container" docker_profile
}

# --- ids that nobody knows

@test "N-02: a uid without name and home builds in a folder of TMPDIR, RUN and all where it may" {
  many_owners
  expect_here
  # as root in a container whose HOME cannot be written to
  gives_it "$OPENED/homeless" docker_profile env HOME=/proc/nowhere
  # with sub-ids for the number
  mkdir -m 1777 "$OPENED/tmp"
  echo 54321:700000:65536 >"$OPENED/ids"
  # shellcheck disable=SC2016,SC2046
  run unshare --mount --propagation private sh -eu -c '
    mount --bind "$1" /etc/subuid
    mount --bind "$1" /etc/subgid
    shift
    exec "$@"' sh "$OPENED/ids" setpriv --reuid 54321 --regid 54321 --clear-groups \
    env -i PATH="$PATH" HOME=/proc/nowhere TMPDIR="$OPENED/tmp" "$CBUILD" $(words)
  if [[ $status -eq 0 ]]; then
    [[ $(manifest_of "$output") == "$EXPECTED" ]]
  else
    # newuidmap wants a name
    assert_status 125
    assert_contains "$output" "newuidmap"
  fi
}
