# Without root: users with ranges of sub-ids, users without, and uids that nobody knows.
load helper
source "$BATS_TEST_DIRNAME/../support/users.bash"

setup_file() {
  open_programs
  export OWNER=cbr$$ PLAIN=cbp$$
  make_user "$OWNER"
  make_lone_user "$PLAIN"
}

teardown_file() { end_users; }

setup() {
  fresh
  open_context
  export SOURCE_DATE_EPOCH=1700000000
}

@test "the same build gives root and a user with sub-ids the same manifest" {
  many_owners
  build -q -t app .
  run build_as "$OWNER" -t app .
  assert_status 0
  assert_contains "$output" "isolation: rootless"
  [[ $(digest_as "$OWNER" app) == "$(manifest_digest app)" ]]
}

@test "a directory that the user may not write to is told before anything runs" {
  printf 'FROM busybox\nRUN echo it ran\n' | dockerfile
  mkdir -m 755 "$OPENED/roots"
  run build_as "$OWNER" --iidfile "$OPENED/roots/iid" .
  assert_status 2
  assert_contains "$output" "--iidfile '$OPENED/roots/iid' cannot be written: directory '$OPENED/roots': Permission denied"
  refute_contains "$output" "RUN echo"
}

@test "nothing of a rootless build is left, and all is cached the second time" {
  many_owners
  run build_as "$OWNER" -t again --build-arg X=1 .
  assert_status 0
  local before
  before=$(digest_as "$OWNER" again)
  run build_as "$OWNER" -t again .
  assert_status 0
  refute_contains "$output" "isolation:"
  [[ $(digest_as "$OWNER" again) == "$before" ]]
  local store
  store=$(getent passwd "$OWNER" | cut -d: -f6)/.local/share/cbuild
  [[ -z $(ls "$store/tmp" "$store/leases" | grep -v :) ]]
}

@test "a step that is killed leaves nothing behind, whoever its files belong to" {
  dockerfile <<'END'
FROM busybox
RUN mkdir /d && echo x > /d/x && chown -R 77:77 /d && chmod 700 /d && kill -9 -1; kill -9 $$
END
  run build_as "$OWNER" .
  [[ $status -ne 0 ]]
  local store
  store=$(getent passwd "$OWNER" | cut -d: -f6)/.local/share/cbuild
  [[ -z $(ls "$store/tmp") ]]
}

@test "a build that is stopped leaves no process and no file of sub-ids" {
  local nap store
  nap=$(naps)
  store=$(getent passwd "$OWNER" | cut -d: -f6)/.local/share/cbuild
  dockerfile <<END
FROM busybox
RUN mkdir -m 0700 /d && touch /d/x && chown -R 77:77 /d && (setsid ${nap}1 &) ; ${nap}2
END
  setpriv --reuid "$OWNER" --regid "$(id -g "$OWNER")" --init-groups env -u CBUILD_ROOT \
    HOME="$(getent passwd "$OWNER" | cut -d: -f6)" "$CBUILD" build --stop-grace 1s \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" . >"$OUT/log" 2>&1 3>&- &
  local pid=$! status=0
  wait_until pgrep -x -f "${nap}2"
  kill "$pid"
  wait "$pid" || status=$?
  [[ $status -eq 143 ]]
  refute pgrep -x -f "$nap[12]"
  [[ -z $(ls "$store/tmp" "$store/leases" | grep -v :) ]]
}

@test "ids that the range does not have are refused by the kernel, by name" {
  dockerfile <<'END'
FROM busybox
RUN touch /x && chown 70000 /x
END
  run build_as "$OWNER" .
  assert_status 1
  assert_contains "$output" "Invalid argument"
}

@test "a user's files come out as the user's" {
  dockerfile <<'END'
FROM busybox
RUN echo x > /x && chown 100:100 /x
END
  mkdir "$OPEN/out.$OWNER"
  chown "$OWNER" "$OPEN/out.$OWNER"
  run build_as "$OWNER" -o "$OPEN/out.$OWNER/tree" .
  assert_status 0
  [[ $(cat "$OPEN/out.$OWNER/tree/x") == x ]]
}

@test "prune and reset remove files of sub-ids" {
  many_owners
  run build_as "$OWNER" --root "$(getent passwd "$OWNER" | cut -d: -f6)/other" -t app .
  assert_status 0
  local store
  store=$(getent passwd "$OWNER" | cut -d: -f6)/other
  run as_user "$OWNER" "$CBUILD" rmi --root "$store" app
  assert_status 0
  run as_user "$OWNER" "$CBUILD" prune --root "$store" --all
  assert_status 0
  [[ -z $(ls "$store"/snapshots/*) ]]
  run build_as "$OWNER" --root "$store" -t app .
  assert_status 0
  run as_user "$OWNER" "$CBUILD" reset --root "$store" --force
  assert_status 0
  [[ ! -e $store ]]
}

@test "an isolation that does not work here is refused with what would allow it" {
  dockerfile <<'END'
FROM busybox
RUN true
END
  run build_as "$PLAIN" --isolation=rootless .
  assert_status 125
  assert_contains "$output" "--isolation=rootless is not possible here"
  assert_contains "$output" "a line '$PLAIN:100000:65536' in /etc/subuid"
  run build_as "$OWNER" --isolation=root .
  assert_status 125
  assert_contains "$output" "to be root"
}

@test "a uid that nobody knows builds in a private folder of TMPDIR" {
  echo hello >file
  dockerfile <<'END'
FROM scratch
COPY file /
END
  mkdir -m 1777 "$OPEN/tmp"
  run as_number 54321 env HOME=/nonexistent TMPDIR="$OPEN/tmp" "$CBUILD" build --progress=plain \
    -t x .
  assert_status 0
  assert_contains "$output" "no usable home directory: the store is $OPEN/tmp/cbuild-54321"
  [[ $(stat -c %a:%u "$OPEN/tmp/cbuild-54321") == 700:54321 ]]
  rm -rf --one-file-system "$OPEN/tmp/cbuild-54321"
  mkdir -m 0755 "$OPEN/tmp/cbuild-54321"
  run as_number 54321 env HOME=/nonexistent TMPDIR="$OPEN/tmp" "$CBUILD" build -t x .
  assert_status 2
  assert_contains "$output" "is not a directory that only we can use"
}

@test "an archive as context keeps its owners; one beyond the sub-ids is an error that says what to do" {
  printf 'FROM busybox\nCOPY f /f\nRUN stat -c %%u:%%g /f > /seen\n' >Dockerfile
  echo x >f
  tar --owner=1234 --group=5678 -cf "$OUT/near.tar" Dockerfile f
  tar --owner=3000000 --group=0 -cf "$OUT/far.tar" Dockerfile f
  build_as "$OWNER" -o "type=tar,dest=-" - <"$OUT/near.tar" 2>/dev/null | tar -xO seen >"$OUT/seen"
  [[ $(<"$OUT/seen") == 1234:5678 ]]
  run build_as "$OWNER" - <"$OUT/far.tar"
  assert_status 125
  assert_contains "$output" "'f': the owner 3000000:0 is not among the ids of this user namespace"
  assert_contains "$output" "/etc/subuid"
  # where owners are recorded, any will do
  build_as "$PLAIN" -o "type=tar,dest=-" - <"$OUT/far.tar" 2>/dev/null | tar -xO seen >"$OUT/seen"
  [[ $(<"$OUT/seen") == 3000000:0 ]]
}

@test "fsck of a user with sub-ids checks what every mode has left; one of other ids is named" {
  local store mode flavour file kinds
  store=$(getent passwd "$OWNER" | cut -d: -f6)/.local/share/cbuild
  as_user "$OWNER" "$CBUILD" reset --force >/dev/null
  printf 'FROM busybox AS made\nWORKDIR /d\nFROM busybox\nCOPY --from=made /d /d\nCOPY --from=made /bin/busybox /b\n' >Dockerfile
  for mode in rootless single-id none; do
    build_as "$OWNER" --no-cache --isolation="$mode" .
  done
  run as_user "$OWNER" "$CBUILD" fsck
  assert_status 0
  [[ -z $output ]]
  kinds=$(ls "$store/snapshots")
  [[ $kinds == *overlay-user-* && $kinds == *overlay-single-* && $kinds == *recorded-* ]]
  for flavour in "$store"/snapshots/*; do
    file=$(find "$flavour" -path '*/bin/busybox' -type f | head -1)
    cp "$file" "$OUT/kept"
    printf 'X' | dd of="$file" bs=1 seek=5000 conv=notrunc status=none
    run as_user "$OWNER" "$CBUILD" fsck
    assert_status 1
    assert_contains "$output" "differs from its layer at '/bin/busybox'"
    [[ $(wc -l <<<"$output") -eq 1 ]]
    cat "$OUT/kept" >"$file"
  done
  # a user without sub-ids cannot read what those ids mean
  rename=$(basename "$store"/snapshots/overlay-user-*)
  mv "$store/snapshots/$rename" "$store/snapshots/overlay-user-0123456789abcdef"
  run as_user "$OWNER" "$CBUILD" fsck
  assert_status 0
  assert_contains "$output" "snapshots/overlay-user-0123456789abcdef) are not checked"
  as_user "$OWNER" "$CBUILD" reset --force >/dev/null
}
