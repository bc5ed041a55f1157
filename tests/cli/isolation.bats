# Where namespaces are refused: root in an ordinary container, and anybody without privileges.
load helper
source "$BATS_TEST_DIRNAME/../support/users.bash"

setup_file() {
  open_programs docker-profile
  gcc -static -O1 -o "$OPEN/bin/leak" "$SUPPORT/leak.c"
}

teardown_file() { end_users; }

setup() {
  fresh
  open_context
  export SOURCE_DATE_EPOCH=1700000000
  OUTSIDER=
}

teardown() {
  [[ -z $OUTSIDER ]] || kill -9 "$OUTSIDER" || true
  [[ -z $OUTSIDER ]] || wait "$OUTSIDER" 2>/dev/null || true
  end_background
}

# in_container [options]: build as root in an ordinary container, with a store of its own
in_container() {
  CBUILD_ROOT=$OPENED/store docker_profile "$CBUILD" build --progress=plain \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@"
}

# restricted [options]: build as a user whom nobody knows, without any privilege
restricted() {
  mkdir -p -m 1777 "$OPENED/tmp"
  docker_profile setpriv --reuid 54321 --regid 54321 --clear-groups --no-new-privs \
    env -i PATH="$PATH" TMPDIR="$OPENED/tmp" "$CBUILD" build --progress=plain \
    --build-arg SOURCE_DATE_EPOCH=1700000000 \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@"
}

manifest_of() { sed -n 's/.*manifest \(sha256:[0-9a-f]*\).*/\1/p' <<<"$1" | tail -1 | grep . || echo "no manifest $RANDOM$RANDOM"; }

@test "N-01: root in an ordinary container builds in a chroot, and gets root's manifest" {
  many_owners
  run build -t app .
  assert_status 0
  local expected
  expected=$(manifest_of "$output")
  run in_container -t app .
  assert_status 0
  assert_contains "$output" "isolation: chroot"
  [[ $(manifest_of "$output") == "$expected" ]]
}

@test "a step in a chroot finds the usual devices and leaves nothing of them in its layer" {
  echo mine >resolv.conf
  dockerfile <<'END'
FROM busybox
COPY resolv.conf /etc/resolv.conf
RUN test -c /dev/null && test -c /dev/urandom && grep -q localhost /etc/hosts && \
    ! grep -q mine /etc/resolv.conf && echo theirs > /etc/resolv.conf && touch /dev/shm/x /made
RUN <<EOF
echo heredoc > /text
EOF
END
  run in_container -o "type=tar,dest=$OUT/tree.tar" .
  assert_status 0
  mkdir "$OUT/tree"
  tar -xf "$OUT/tree.tar" -C "$OUT/tree"
  [[ $(cat "$OUT/tree/etc/resolv.conf") == mine ]]
  [[ $(cat "$OUT/tree/text") == heredoc ]]
  [[ -f $OUT/tree/made && -z $(ls -A "$OUT/tree/dev") && ! -e $OUT/tree/etc/hosts ]]
}

@test "N-04: a step in a chroot is kept from what would lead out" {
  dockerfile <<'END'
FROM busybox
RUN { chroot / true && echo LEAK; mknod /disk b 254 0 && echo LEAK; \
      mount -t tmpfs none /tmp && echo LEAK; test -e /proc/self && echo LEAK; \
      ls /var/tmp && echo LEAK; echo end; } 2>&1
END
  run in_container .
  assert_status 0
  assert_contains "$output" " end"
  assert_contains "$output" "Operation not permitted"
  refute grep -E '^#[0-9]+ [0-9.]+ LEAK' <<<"$output"
}

@test "N-04: a step in a chroot cannot signal who is outside" {
  local landlock
  landlock=$("$CBUILD" doctor --json | jq .landlock)
  [[ $landlock -ge 6 ]] || lacks "Landlock version $landlock knows no signals"
  sleep 1000 3>&- &
  OUTSIDER=$!
  dockerfile <<END
FROM busybox
RUN kill -9 $OUTSIDER || echo refused
END
  run in_container .
  assert_status 0
  assert_contains "$output" "refused"
  kill -0 "$OUTSIDER"
}

@test "N-04: what a step in a chroot leaves running is killed, and counted" {
  local nap
  nap=$(naps)
  dockerfile <<END
FROM busybox
RUN ${nap}1 & (setsid ${nap}2 &) ; echo started
END
  run in_container .
  assert_status 0
  assert_contains "$output" "2 background processes were still running and were killed"
  refute pgrep -x -f "$nap[12]"
}

@test "N-04: a build that is killed takes the processes of a chroot with it" {
  local signal nap
  nap=$(naps)
  dockerfile <<END
FROM busybox
RUN (setsid ${nap}3 &) ; echo started; ${nap}4
END
  for signal in TERM KILL; do
    CBUILD_ROOT=$OPENED/store "$(dirname "$CBUILD")/docker-profile" "$CBUILD" build \
      --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" . >"$OUT/log" 2>&1 3>&- &
    OUTSIDER=$!
    wait_until pgrep -x -f "${nap}4"
    kill -s "$signal" "$OUTSIDER"
    wait "$OUTSIDER" || true
    OUTSIDER=
    wait_until no_process "$nap[34]"
  done
}

# step_offers KIND: a RUN that listens on a socket in its root, and gives who comes its /d/file
step_offers() {
  cp "$OPEN/bin/leak" leak
  printf 'FROM busybox\nCOPY leak /leak\nRUN mkdir /d && /leak offer /d/way %s /d/file\n' "$1" | dockerfile
}

@test "S-13 a step in a chroot whose file is open, or mapped, for writing outside when it ends fails" {
  local kind
  for kind in fd map; do
    step_offers "$kind"
    # the socket is there before the step listens
    begin bash -c 'until [[ $(find "$1/store" -name way -type s 2>/dev/null) ]]; do sleep 0.05; done
      cd "$(dirname "$(find "$1/store" -name way -type s)")" && until "$2" fetch way "$3"; do sleep 0.05; done' - \
      "$OPENED" "$OPEN/bin/leak" "$kind" >"$OUT/outside" 2>&1
    run in_container -t sent:v1 .
    assert_status 125
    assert_contains "$output" "isolation: chroot"
    assert_contains "${lines[-1]}" "something can still write to the files of the step"
    refute grep -F sent "$OPENED/store/index.json"
    # it really could, and did
    wait_until grep -q '^it writes: ok' "$OUT/outside"
    end_background
    CBUILD_ROOT=$OPENED/store "$CBUILD" fsck
  done
}

@test "S-13 a step in a chroot cannot give a file of its own to another one by an abstract socket" {
  cp "$OPEN/bin/leak" leak
  local address=@way-$BASHPID-$BATS_SUITE_TEST_NUMBER
  printf 'FROM busybox\nCOPY leak /leak\nRUN /leak receive %s fd\n' "$address" >Dockerfile.receive
  printf 'FROM busybox\nCOPY leak /leak\nRUN mkdir /d && /leak send %s fd /d/file\n' "$address" >Dockerfile.send
  CBUILD_ROOT=$OPENED/store begin "$(dirname "$CBUILD")/docker-profile" "$CBUILD" build --progress=plain \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" -f Dockerfile.receive . >"$OUT/receive" 2>&1
  wait_until grep -q '[0-9] it listens' "$OUT/receive"
  run in_container -f Dockerfile.send -t sent:v1 .
  if [[ $("$CBUILD" doctor --json | jq .landlock) -ge 6 ]]; then
    assert_status 0
    assert_contains "$output" "it cannot connect: EPERM"
  else
    assert_status 125
    assert_contains "${lines[-1]}" "something can still write to the files of the step"
  fi
}

@test "S-13 no step in a chroot is taken for held that is not" {
  local i steps=50
  [[ -z ${CBUILD_HUNT:-} ]] || steps=2000
  # an image has 127 layers at most
  {
    echo 'FROM busybox AS s0'
    for i in $(seq "$steps"); do
      [[ $((i % 50)) -ne 0 ]] || echo "FROM busybox AS s$i"
      echo "RUN (setsid sh -c 'while :; do echo $i >> /left; done' &); exec 9>/open; echo $i >&9; cp /bin/busybox /b$i; sleep 0.00$((i % 9)) & true"
    done
    echo 'FROM scratch'
    for i in $(seq 50 50 "$steps"); do echo "COPY --from=s$i /open /$i"; done
    echo 'COPY --from=s0 /open /0'
  } | dockerfile
  run in_container .
  assert_status 0
  assert_contains "$output" "background processes were still running and were killed"
}

no_process() { ! pgrep -x -f "$1"; }

@test "what needs a namespace is refused in a chroot, by name" {
  dockerfile <<'END'
FROM busybox
RUN --network=none true
END
  run in_container .
  assert_status 125
  assert_contains "$output" "RUN --network=none is not possible in a chroot"
  run in_container --isolation=root .
  assert_status 125
  assert_contains "$output" "--isolation=root is not possible here (root: CAP_SYS_ADMIN"
}

@test "N-02: without any privilege COPY, ADD and metadata give root's manifest" {
  mkdir -p tree/sub
  echo data >tree/sub/file
  ln -s file tree/sub/link
  chmod 4711 tree/sub/file
  chmod a+r tree/sub/file
  touch -h -d @1700000000 tree/sub/link tree/sub/file tree/sub tree
  tar --owner=12 --group=13 -czf archive.tgz tree
  dockerfile <<'END'
FROM busybox AS made
COPY --chown=12:34 --chmod=0400 tree /secret
ADD archive.tgz /archive
WORKDIR /work
FROM busybox
COPY --from=made / /all/
COPY --chown=99 <<EOF /text
heredoc
EOF
ENV A=b
USER 7
END
  run build -t app .
  assert_status 0
  local expected
  expected=$(manifest_of "$output")
  run restricted -t app .
  assert_status 0
  assert_contains "$output" "isolation: none"
  [[ $(manifest_of "$output") == "$expected" ]]
  run build --isolation=none --root "$OPENED/forced" -t app .
  assert_status 0
  [[ $(manifest_of "$output") == "$expected" ]]
}

@test "N-02: without any privilege a RUN is refused with what would allow it" {
  dockerfile <<'END'
FROM busybox
RUN true
END
  run restricted .
  assert_status 125
  assert_contains "$output" "a RUN needs another isolation than 'none'"
  assert_contains "$output" "securityContext.runAsUser: 0"
  assert_contains "$output" "in /etc/subuid"
}

@test "deletions and replacements of lower layers hold in recorded and copied snapshots" {
  dockerfile <<'END'
FROM busybox
RUN mkdir /d /e && touch /d/a /d/b /e/x /f
RUN rm -r /d /f && mkdir /d /f && touch /d/c /f/y && rm /e/x
END
  run build -t base .
  assert_status 0
  skopeo copy -q --insecure-policy "oci:$CBUILD_ROOT:docker.io/library/base:latest" \
    "oci:$OPENED/base:latest"
  chmod -R a+rX "$OPENED/base"
  dockerfile <<'END'
FROM base
COPY --from=base /d /d2
COPY --from=base /e /e2
COPY --from=base /f /f2
END
  for way in restricted in_container; do
    mkdir "$OUT/$way"
    "$way" --build-context "base=oci-layout://$OPENED/base:latest" -o "type=tar,dest=-" . \
      2>"$OUT/log" | tar -xf - -C "$OUT/$way"
    [[ $(cd "$OUT/$way" && find d d2 e e2 f f2 | sort | tr '\n' ' ') == \
      "d d/c d2 d2/c e e2 f f/y f2 f2/y " ]]
  done
}

@test "prune takes what every mode left" {
  printf 'FROM busybox\nRUN touch /x\n' | dockerfile
  run in_container -t app .
  assert_status 0
  export CBUILD_ROOT=$OPENED/store
  run build --no-cache -t app .
  assert_status 0
  printf 'FROM busybox\nWORKDIR /y\n' | dockerfile
  run build --isolation=none -t app .
  assert_status 0
  [[ $(ls "$CBUILD_ROOT/snapshots" | tr '\n' ' ') == "copy-root overlay-trusted recorded-root " ]]
  "$CBUILD" rmi app
  "$CBUILD" prune --all
  [[ -z $(find "$CBUILD_ROOT/snapshots" -mindepth 2) ]]
}

@test "doctor names every mode, and what is missing" {
  run "$CBUILD" doctor
  assert_status 0
  assert_contains "$output" "A build here takes --isolation=root."
  assert_contains "$output" "Snapshots  "
  mkdir "$OPENED/room"
  # root's overlays, their copies in a chroot, and what is not left behind
  [[ $("$CBUILD" doctor --root "$OPENED/room/not/there" --json | jq -r .snapshots) == overlay-trusted ]]
  [[ $(docker_profile "$CBUILD" doctor --root "$OPENED/room/not/there" --json | jq -r .snapshots) == copy ]]
  "$CBUILD" doctor --root /proc/not/there --json | jq -e '.snapshots == "unknown" and (.no_snapshots | contains("/proc/not/there"))'
  [[ -z $(ls -A "$OPENED/room") ]]
  run docker_profile "$CBUILD" doctor --json
  assert_status 0
  [[ $(jq -r .isolation <<<"$output") == chroot ]]
  [[ $(jq -r '.modes[] | select(.name == "root") | .possible' <<<"$output") == false ]]
  [[ $(jq -r '.modes[] | select(.name == "root") | .missing[0]' <<<"$output") == CAP_SYS_ADMIN* ]]
  mkdir -m 1777 "$OPENED/tmp"
  run docker_profile setpriv --reuid 54321 --regid 54321 --clear-groups --no-new-privs \
    env -i PATH="$PATH" TMPDIR="$OPENED/tmp" "$CBUILD" doctor
  assert_status 1
  assert_contains "$output" "No RUN is possible here"
}
