# RUN --mount=type=ssh, ADD and contexts of git over ssh: a real agent, real keys, a real server.

load helper
source "$BATS_TEST_DIRNAME/../support/users.bash"

setup_file() {
  open_programs
  export TOOLS=$OPEN/tools
  make_tools
}
teardown_file() { end_users; }
setup() {
  fresh
  KEYS=$BATS_TEST_TMPDIR/keys
  mkdir -p "$KEYS"
  open_to_user "$KEYS"
  unset SSH_AUTH_SOCK
}

# OpenSSH's client for the step: the programs, and the libraries they need
make_tools() {
  local program library
  mkdir -p "$TOOLS/usr/bin"
  for program in ssh-add ssh-keygen; do
    cp "$(command -v "$program")" "$TOOLS/usr/bin/"
    for library in $(ldd "$(command -v "$program")" | grep -o '/[^ ]*'); do
      mkdir -p "$TOOLS$(dirname "$library")"
      cp -L "$library" "$TOOLS$library"
    done
  done
}

# key NAME [options]: a private key; its fingerprint is what ssh-add -l shows of it
key() {
  local name=$1
  shift
  ssh-keygen -q -t ed25519 -f "$KEYS/$name" -C "$name" -N "" "$@"
  [[ -z ${TEST_MODE_USER:-} || ${TEST_MODE:-} != rootless ]] || chown "$TEST_MODE_USER" "$KEYS/$name"*
}
fingerprint() { ssh-keygen -lf "$KEYS/$1.pub" | cut -d' ' -f2; }

# Is there an agent, with keys or none? Its socket is there before somebody listens.
answers() {
  local ended=0
  SSH_AUTH_SOCK=$1 ssh-add -l &>/dev/null || ended=$?
  [[ $ended -lt 2 ]]
}

# the caller's own agent, with a key in it
start_agent() {
  begin ssh-agent -D -a "$KEYS/agent" >/dev/null
  wait_until answers "$KEYS/agent"
  SSH_AUTH_SOCK=$KEYS/agent ssh-add -q "$KEYS/$1"
  open_to_user "$KEYS/agent"
}

ssh_build() { build --build-context "tools=$TOOLS" "$@"; }
seen() { cat "$(unpacked docker.io/library/app:v1)/$1"; }

# agents: those that cbuild started for this test's store, in which they stand; whoever their parent is by now
agents() {
  local pid
  for pid in $(pgrep -x ssh-agent); do
    [[ $(readlink "/proc/$pid/cwd") != "$CBUILD_ROOT"/* ]] || echo "$pid"
  done
}
no_agents() { [[ -z $(agents) ]] || { echo "left over: $(agents)"; return 1; }; }

# no socket, mount point or process of an agent stays
assert_clean() {
  [[ ! -e $(unpacked docker.io/library/app:v1)/run ]]
  [[ -z $(find "$CBUILD_ROOT/tmp" -mindepth 2 2>/dev/null) ]]
  no_agents
}

@test "a key file is in an agent of the step, and gone with it" {
  # rules: 6.2-ssh
  key one
  dockerfile <<'D'
FROM busybox
COPY --from=tools / /
RUN --mount=type=ssh ssh-add -l > /keys && echo "$SSH_AUTH_SOCK" > /name && stat -c '%F %a %u %g' "$SSH_AUTH_SOCK" > /is
RUN ls /run 2>/dev/null > /after; echo "${SSH_AUTH_SOCK-unset}" >> /after
D
  ssh_build --ssh "default=$KEYS/one" -t app:v1 .
  assert_contains "$(seen keys)" "$(fingerprint one) one (ED25519)"
  [[ $(seen name) == /run/buildkit/ssh_agent.0 && $(seen is) == "socket 600 0 0" && $(seen after) == unset ]]
  assert_clean
}

@test "a key comes out of a pipe, with a name or without, when it comes" {
  key one
  printf 'FROM busybox\nCOPY --from=tools / /\nRUN --mount=type=ssh ssh-add -l\n' | dockerfile
  mkfifo "$KEYS/pipe"
  begin bash -c 'cat "$1/one" >"$1/pipe"' - "$KEYS"
  ssh_build --timeout 120s --ssh "default=$KEYS/pipe" . >"$OUT/log" 2>&1
  grep -F "$(fingerprint one)" "$OUT/log"
  : >"$OUT/log"
  # after a while in which it could be asked for
  ssh_build --timeout 120s --no-cache --ssh default=<(exec 3>&-; wait_until grep -q 'RUN --mount' "$OUT/log"; sleep 1; cat "$KEYS/one") . >"$OUT/log" 2>&1
  grep -F "$(fingerprint one)" "$OUT/log"
}

@test "the agent of a step goes with a build that is killed" {
  local nap pid
  key one
  nap=$(naps)
  printf 'FROM busybox\nRUN --mount=type=ssh %s\n' "$nap" | dockerfile
  begin_build --ssh "default=$KEYS/one" . >"$OUT/log" 2>&1
  pid=$!
  wait_until asleep "$nap"
  [[ $(agents | wc -l) -eq 1 ]]
  kill -KILL "$pid"
  wait "$pid" || true
  wait_until awake "$nap"
  wait_until no_agents
}

@test "several keys, agents by id, targets, modes and owners" {
  # rules: 6.2-ssh
  key one
  key two
  key three
  dockerfile <<'D'
FROM busybox
COPY --from=tools / /
USER 1000
RUN --mount=type=ssh,id=a,target=/tmp/x/a,uid=1000,gid=1001,mode=0640 --mount=type=ssh,id=b,uid=1000 \
    mkdir /home/user/o && ssh-add -l > /home/user/o/a && stat -c '%a %u %g' "$SSH_AUTH_SOCK" > /home/user/o/is && \
    echo "$SSH_AUTH_SOCK" > /home/user/o/name && \
    SSH_AUTH_SOCK=/run/buildkit/ssh_agent.1 ssh-add -l > /home/user/o/b
RUN --mount=type=ssh,id=a,target=/tmp/a ssh-add -l 2> /home/user/o/refused || true
D
  ssh_build --ssh "a=$KEYS/one,$KEYS/two" --ssh "b=$KEYS/three" -t app:v1 .
  local tree
  tree=$(unpacked docker.io/library/app:v1)/home/user/o
  assert_contains "$(<"$tree/a")" "$(fingerprint one)"
  assert_contains "$(<"$tree/a")" "$(fingerprint two)"
  refute_contains "$(<"$tree/a")" "$(fingerprint three)"
  assert_contains "$(<"$tree/b")" "$(fingerprint three)"
  [[ $(<"$tree/is") == "640 1000 1001" && $(<"$tree/name") == /tmp/x/a ]]
  assert_contains "$(<"$tree/refused")" "Permission denied"
}

@test "the caller's agent signs for a step, which can neither add keys to it, remove nor lock them" {
  key one
  key two
  start_agent one
  cp "$KEYS/two" .
  dockerfile <<'D'
FROM busybox
COPY --from=tools / /
COPY two /two
RUN chmod 600 /two
RUN --mount=type=ssh ssh-add -L > /one.pub && echo data > /data && ssh-keygen -q -Y sign -n file -f /one.pub /data
RUN --mount=type=ssh ssh-add /two 2> /add || true; ssh-add -D 2> /remove || true; ssh-add -d /one.pub 2>> /remove || true; \
    printf 'x\nx\n' | ssh-add -x 2> /lock || true; ssh-add -l > /left
D
  SSH_AUTH_SOCK=$KEYS/agent ssh_build --ssh default -t app:v1 .
  local tree
  tree=$(unpacked docker.io/library/app:v1)
  echo "one $(cut -d' ' -f1,2 "$KEYS/one.pub")" >"$OUT/allowed"
  ssh-keygen -Y verify -f "$OUT/allowed" -I one -n file -s "$tree/data.sig" <"$tree/data"
  [[ $(wc -l <"$tree/left") -eq 1 ]]
  assert_contains "$(<"$tree/left")" "$(fingerprint one)"
  assert_contains "$(<"$tree/add")" "refused"
  assert_contains "$(<"$tree/remove")" "refused"
  [[ $(SSH_AUTH_SOCK=$KEYS/agent ssh-add -l | wc -l) -eq 1 ]]
}

@test "an agent that was not offered: an error where it is required, else no socket" {
  printf 'FROM busybox\nRUN --mount=type=ssh,id=k,required true\n' | dockerfile
  run build -t app:v1 .
  assert_status 125
  assert_contains "$output" 'no SSH key "k" forwarded from the client'
  assert_contains "$output" "Dockerfile:2"
  # SSH_AUTH_SOCK is set all the same, as BuildKit does
  printf 'FROM busybox\nRUN --mount=type=ssh test "$SSH_AUTH_SOCK" = /run/buildkit/ssh_agent.0 && test ! -e /run/buildkit\n' | dockerfile
  build -t app:v1 .
  printf 'FROM busybox\nENV SSH_AUTH_SOCK=/mine\nRUN --mount=type=ssh test "$SSH_AUTH_SOCK" = /mine\n' | dockerfile
  build -t app:v1 .
}

@test "whether an agent is offered is part of the key, which one is not" {
  key one
  key two
  printf 'FROM busybox\nRUN --mount=type=ssh ls /run/buildkit > /seen 2>/dev/null || true\n' | dockerfile
  build -t app:v1 .
  run build --ssh "default=$KEYS/one" -t app:v1 .
  assert_status 0
  [[ $(seen seen) == ssh_agent.0 ]]
  run build --ssh "default=$KEYS/two" -t app:v1 .
  assert_status 0
  assert_contains "$output" "#3 CACHED"
}

@test "--ssh: what it refuses, before anything runs" {
  key one
  key locked -N passphrase
  ssh-keygen -q -m PEM -t rsa -b 2048 -f "$KEYS/pem" -N passphrase
  start_agent one
  begin ssh-agent -D -a "$KEYS/other" >/dev/null
  wait_until answers "$KEYS/other"
  printf 'FROM busybox\nRUN echo begun | tr a-z A-Z\nRUN --mount=type=ssh echo got past it | tr a-z A-Z\n' | dockerfile
  refused() {
    local message=$1
    shift
    run build "$@" -t app:v1 .
    assert_status 2
    assert_contains "$output" "$message"
    assert_contains "$output" "--ssh"
    refute_contains "$output" BEGUN
    refute_contains "$output" "GOT PAST IT"
  }
  refused "make sure SSH_AUTH_SOCK is set" --ssh default
  refused 'duplicate agent ID "a"' --ssh "a=$KEYS/one" --ssh "a=$KEYS/one"
  refused "only single socket allowed" --ssh "default=$KEYS/agent,$KEYS/other"
  refused "invalid combination of keys and sockets" --ssh "default=$KEYS/agent,$KEYS/one"
  refused "No such file" --ssh "default=$KEYS/none"
  refused "is a directory" --ssh "default=$KEYS"
  refused "not supported yet" --ssh "default=$KEYS/agent,raw=true"
  refused "passphrase protected" --ssh "default=$KEYS/locked"
  refused "passphrase protected" --ssh "default=$KEYS/one,$KEYS/pem"
  echo nonsense >"$KEYS/bad"
  refused "failed to parse $KEYS/bad: ssh: no key found" --ssh "default=$KEYS/bad"
  # no step needs it, and nothing was fetched
  printf 'FROM busybox\n' | dockerfile
  refused "No such file" --ssh "other=$KEYS/none"
  refute_contains "$output" "load metadata"
  no_agents
}

@test "rootless: keys and the caller's agent reach a step, whoever it is run as" {
  local user=cbs$$
  make_user "$user"
  open_context
  KEYS=$OPENED/keys
  mkdir -m 700 "$KEYS"
  key one
  dockerfile <<'D'
FROM busybox
COPY --from=tools / /
USER 1000
RUN --mount=type=ssh,uid=1000,gid=1000 --mount=type=ssh,id=mine,uid=1000 ssh-add -l > /tmp/a && \
    SSH_AUTH_SOCK=/run/buildkit/ssh_agent.1 ssh-add -l > /tmp/b && stat -c '%u %g' /run/buildkit/ssh_agent.0 > /tmp/c
D
  chown -R "$user" . "$KEYS"
  as_user "$user" ssh-agent sh -c 'ssh-add -q "$0" && exec "$@"' "$KEYS/one" "$CBUILD" build --progress=plain --root "$CONTEXT/store" \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" --build-context "tools=$TOOLS" \
    --ssh "default=$KEYS/one" --ssh mine -o "type=local,dest=$CONTEXT/tree" .
  assert_contains "$(<tree/tmp/a)" "$(fingerprint one)"
  assert_contains "$(<tree/tmp/b)" "$(fingerprint one)"
  [[ $(<tree/tmp/c) == "1000 1000" && ! -e tree/run ]]
}

# --- git over ssh: a real server on loopback, with a host key of its own ---------------------------

# start_server: $PORT, $SERVER_LOG; the key "one" may log in, as the user of this test
start_server() {
  local dir=$BATS_TEST_TMPDIR/sshd
  mkdir -p "$dir"
  ssh-keygen -q -t ed25519 -f "$dir/host" -N "" -C host
  cp "$KEYS/one.pub" "$dir/authorized"
  cat >"$dir/wrap" <<'W'
#!/bin/sh
echo "$SSH_ORIGINAL_COMMAND" >>"$(dirname "$0")/commands"
env >"$(dirname "$0")/environment"
eval "exec $SSH_ORIGINAL_COMMAND"
W
  chmod +x "$dir/wrap"
  # its own folder for what it wants to drop its rights in
  mkdir -p /run/sshd
  for _ in 1 2 3 4 5; do
    PORT=$((20000 + RANDOM % 12000))
    cat >"$dir/config" <<C
ListenAddress 127.0.0.1
Port $PORT
HostKey $dir/host
AuthorizedKeysFile $dir/authorized
PidFile $dir/pid
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
ForceCommand $dir/wrap
PermitRootLogin yes
AcceptEnv *
C
    begin "$(command -v sshd || echo /usr/sbin/sshd)" -D -e -f "$dir/config" 2>"$dir/log"
    wait_until grep -qs -e "Server listening" -e "Cannot bind" "$dir/log"
    ! grep -q "Server listening" "$dir/log" || break
  done
  SERVER=$dir
  export SSH_KNOWN_HOSTS=$dir/known
  echo "[127.0.0.1]:$PORT $(cut -d' ' -f1,2 "$dir/host.pub")" >"$SSH_KNOWN_HOSTS"
  open_to_user "$dir" "$dir"/*
}

make_repository() {
  (
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
    git init -q -b main "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work"
    echo over-ssh >f
    printf 'FROM scratch\nCOPY f /\n' >Dockerfile
    git add . && git commit -qm one
    git clone -q --bare . "$BATS_TEST_TMPDIR/app.git"
  )
}
url() { echo "ssh://$(id -un)@127.0.0.1:$PORT$BATS_TEST_TMPDIR/app.git"; }

@test "ADD of a repository over ssh takes the agent of --ssh, and needs it" {
  key one
  key two
  make_repository
  start_server
  printf 'FROM scratch\nADD %s#main /\n' "$(url)" | dockerfile
  unset BUSYBOX_LAYOUT
  run build -o "type=local,dest=$OUT/tree" .
  [[ $status -ne 0 ]]
  assert_contains "$output" 'no SSH key "default" forwarded from the client'
  run build --ssh "default=$KEYS/two" -o "type=local,dest=$OUT/tree" .
  [[ $status -ne 0 ]]
  assert_contains "$output" "Permission denied"
  build --ssh "default=$KEYS/one" -o "type=local,dest=$OUT/tree" .
  [[ $(<"$OUT/tree/f") == over-ssh ]]
  refute grep -v "^git-upload-pack " "$SERVER/commands"
  no_agents
}

@test "a context over ssh, by the caller's agent or the one of --ssh" {
  key one
  make_repository
  start_server
  start_agent one
  unset BUSYBOX_LAYOUT
  SSH_AUTH_SOCK=$KEYS/agent build -o "type=local,dest=$OUT/tree" "$(url)"
  [[ $(<"$OUT/tree/f") == over-ssh ]]
  rm -r "$OUT/tree"
  build --ssh "default=$KEYS/one" -o "type=local,dest=$OUT/tree" "$(url)#main"
  [[ $(<"$OUT/tree/f") == over-ssh ]]
  # nothing of the caller's is forwarded or told
  refute grep -E "^(SSH_AUTH_SOCK|SECRET_OF_CALLER)=" "$SERVER/environment"
}

@test "the key of a git server must be known, and be the one that is known" {
  key one
  make_repository
  start_server
  printf 'FROM scratch\nADD %s /\n' "$(url)" | dockerfile
  unset BUSYBOX_LAYOUT
  : >"$SSH_KNOWN_HOSTS"
  run build --ssh "default=$KEYS/one" -o "type=local,dest=$OUT/tree" .
  [[ $status -ne 0 ]]
  assert_contains "$output" "host key is known for"
  assert_contains "$output" "ssh-keyscan"
  [[ ! -s $SSH_KNOWN_HOSTS ]]
  echo "[127.0.0.1]:$PORT $(cut -d' ' -f1,2 "$KEYS/one.pub")" >"$SSH_KNOWN_HOSTS"
  run build --ssh "default=$KEYS/one" -o "type=local,dest=$OUT/tree" .
  [[ $status -ne 0 ]]
  assert_contains "$output" "Host key verification failed"
  # HOME has one, too, whatever passwd says
  mkdir -p "$BATS_TEST_TMPDIR/home/.ssh"
  echo "[127.0.0.1]:$PORT $(cut -d' ' -f1,2 "$SERVER/host.pub")" >"$BATS_TEST_TMPDIR/home/.ssh/known_hosts"
  open_to_user "$BATS_TEST_TMPDIR/home"
  SSH_KNOWN_HOSTS='' HOME=$BATS_TEST_TMPDIR/home build --ssh "default=$KEYS/one" -o "type=local,dest=$OUT/tree" .
  [[ $(<"$OUT/tree/f") == over-ssh ]]
  # a path is a path
  SSH_KNOWN_HOSTS="/x'; touch $OUT/pwned; '" run build --no-cache --ssh "default=$KEYS/one" .
  [[ $status -ne 0 && ! -e $OUT/pwned ]]
}

@test "ssh is not told how to connect by the caller's configuration" {
  key one
  make_repository
  start_server
  mkdir -p "$BATS_TEST_TMPDIR/home/.ssh"
  printf 'Host *\n  ProxyCommand touch %s\n' "$OUT/pwned" >"$BATS_TEST_TMPDIR/home/.ssh/config"
  printf 'FROM scratch\nADD %s /\n' "$(url)" | dockerfile
  unset BUSYBOX_LAYOUT
  HOME=$BATS_TEST_TMPDIR/home GIT_SSH_COMMAND="touch $OUT/pwned" GIT_SSH=/bin/false \
    build --ssh "default=$KEYS/one" -o "type=local,dest=$OUT/tree" .
  [[ $(<"$OUT/tree/f") == over-ssh && ! -e $OUT/pwned ]]
}
