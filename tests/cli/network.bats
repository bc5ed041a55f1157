# The network of RUN. Each build is in a world of its own (support/network_world), so nothing here
# depends on the machine's network, and nothing of it is seen outside.
load helper
source "$BATS_TEST_DIRNAME/../support/users.bash"

setup_file() {
  open_programs reach
  mkdir "$OPEN/only-pasta" "$OPEN/only-slirp" "$OPEN/no-helper"
  # copies, to be told from those of other tests by their path; each says that it was started
  mkdir "$OPEN/real"
  cp -L "$(command -v pasta)"* "$(dirname "$(command -v pasta)")/passt"* "$(command -v slirp4netns)" "$OPEN/real"
  printf '#!/bin/sh\necho pasta >> "%s"\nexec "%s/real/pasta" "$@"\n' "$OPEN/started" "$OPEN" >"$OPEN/only-pasta/pasta"
  printf '#!/bin/sh\necho slirp >> "%s"\nexec "%s/real/slirp4netns" "$@"\n' "$OPEN/started" "$OPEN" >"$OPEN/only-slirp/slirp4netns"
  chmod 0755 "$OPEN"/only-*/*
  export USER_NAME=cbn$$ SINGLE_NAME=cbm$$
  make_user "$USER_NAME"
  make_lone_user "$SINGLE_NAME"
  printf 'nameserver 127.0.0.53\noptions timeout:2 attempts:1\n' >"$OPEN/stub.conf"
}

teardown_file() { end_users; }

setup() {
  fresh
  open_context
  cp "$OPEN/bin/reach" .
  : >"$OPEN/started"
  chmod 0666 "$OPEN/started"
  # all that a build consists of can be told from other programs by this name
  NAME=network$BASHPID$BATS_SUITE_TEST_NUMBER
  export WORLD_SOCKET=$CONTEXT/socket
}

# in_world HELPERS [options]: build in a new world, with the helpers of that folder; "." is the world's
in_world() {
  local helpers=$1
  shift
  "$SUPPORT/network_world" env PATH="$OPEN/$helpers" "$CBUILD" build --progress=plain -t "$NAME" \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@" .
}

# in_world_as USER HELPERS [options]: the same, as that user
in_world_as() {
  local user=$1 helpers=$2
  shift 2
  "$SUPPORT/network_world" setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
    env -i PATH="$OPEN/$helpers" HOME="$(getent passwd "$user" | cut -d: -f6)" \
    "$CBUILD" build --progress=plain -t "$NAME" \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@" .
}

# A RUN that tries to get to the cloud by the interface itself, past the routes, which anybody may.
reaching_past_routes() {
  dockerfile <<END
FROM busybox
COPY reach /reach
RUN for what in "tcp-bound 198.51.100.1 4001" "tcp-bound 169.254.169.254 4001" \
    "udp-bound 169.254.169.254 4002"; do /reach \$what & done; wait; \
    arping -c 1 -w 1 -I \$(ls /sys/class/net | grep -v '^lo\$') 198.51.100.1 || true
END
}

# A RUN that tries to reach everything in the world, with these flags.
reaching() {
  dockerfile <<END
FROM busybox
COPY reach /reach
RUN $1 for what in "tcp 127.0.0.1 4001" "udp 127.0.0.1 4002" "abstract cbuild-here" \
    "path $WORLD_SOCKET" "tcp 198.51.100.1 4001" "udp 198.51.100.1 4002" \
    "tcp 169.254.169.254 4001" "tcp 127.0.0.1 4003"; do /reach \$what & done; wait
END
}

abstract_sockets_can_be_hidden() { [[ $("$CBUILD" doctor --json | jq .landlock) -ge 6 ]]; }

# no process of a build is left, nor of its helper
nothing_left() { refute pgrep -f "$NAME|$OPEN/real/"; }
all_gone() { ! pgrep -f "$NAME|$OPEN/real/" >/dev/null; }
# ended, if not yet waited for
gone() { [[ ! -e /proc/$1 ]] || grep -q "^State:.Z" "/proc/$1/status"; }

@test "S-12 network none reaches nothing but its own loopback" {
  reaching --network=none
  run in_world only-pasta
  assert_status 0
  [[ $(grep -c ': not (' <<<"$output") -eq 8 ]]
  refute_contains "$output" ": reached"
  refute_contains "$output" "network: "
  [[ ! -s $OPEN/started ]]
}

@test "S-12 the default network has a way out by pasta, and none to this machine or its cloud" {
  reaching ""
  run in_world only-pasta
  assert_status 0
  assert_contains "$output" "network: private (pasta)"
  assert_contains "$output" "tcp 198.51.100.1 4001: reached"
  assert_contains "$output" "udp 198.51.100.1 4002: reached"
  [[ $(grep -c ': reached' <<<"$output") -eq 2 && $(grep -c ': not (' <<<"$output") -eq 6 ]]
  [[ $(cat "$OPEN/started") == pasta ]]
  nothing_left
}

@test "S-12 the same by slirp4netns, where there is no pasta" {
  reaching ""
  run in_world only-slirp
  assert_status 0
  assert_contains "$output" "network: private (slirp4netns)"
  assert_contains "$output" "tcp 198.51.100.1 4001: reached"
  assert_contains "$output" "udp 198.51.100.1 4002: reached"
  [[ $(grep -c ': reached' <<<"$output") -eq 2 && $(grep -c ': not (' <<<"$output") -eq 6 ]]
  [[ $(cat "$OPEN/started") == slirp ]]
  nothing_left
}

@test "S-12 a socket that is bound to the interface does not reach the cloud either, whole frames are refused" {
  reaching_past_routes
  for helpers in only-pasta only-slirp; do
    run in_world "$helpers" --no-cache
    assert_status 0
    assert_contains "$output" "arping: socket: Operation not permitted"
    assert_contains "$output" "network: private ("
    assert_contains "$output" "tcp-bound 198.51.100.1 4001: reached"
    refute_contains "$output" "169.254.169.254 4001: reached"
    refute_contains "$output" "169.254.169.254 4002: reached"
    [[ $(grep -c ': reached' <<<"$output") -eq 1 && $(grep -c ': not (' <<<"$output") -eq 2 ]]
    nothing_left
  done
}

# to_loopback FLAGS: a RUN that tries all names of this machine's loopback, and two that lead out
to_loopback() {
  dockerfile <<END
FROM busybox
COPY reach /reach
RUN $1 for address in 127.0.0.1 ::1 ::ffff:127.0.0.1; do for how in "" -bound; do \
      /reach tcp\$how \$address 4001 & /reach udp\$how \$address 4002 & done; done; \
    for address in 127.9.9.9 0.0.0.0 \$(ip route | sed -n 's/^default via \([0-9.]*\).*/\1/p'); do \
      for how in "" -bound; do /reach tcp\$how \$address 4003 & done; done; \
    /reach tcp 198.51.100.1 4001 & /reach tcp-bound 198.51.100.1 4001 & /reach tcp 2001:db8::1 4001 & wait
END
}

@test "S-12 this machine's loopback has no name that leads there, by a socket bound to the interface neither" {
  local helpers
  [[ -e /proc/net/if_inet6 ]] || lacks "IPv6"
  export WORLD_V6=1
  to_loopback ""
  for helpers in only-pasta only-slirp; do
    run in_world "$helpers" --no-cache
    assert_status 0
    assert_contains "$output" "network: private ("
    assert_contains "$output" "tcp 198.51.100.1 4001: reached"
    assert_contains "$output" "tcp-bound 198.51.100.1 4001: reached"
    refute grep -E '( 127[0-9.]*| ::1|:127[0-9.]*) 400[12]: reached| 4003: reached' <<<"$output"
    [[ $(grep -cE ': (reached|not \()' <<<"$output") -eq 21 ]]
    nothing_left
  done
  # there, they are reached: what is asked does show it
  to_loopback --network=host
  run in_world only-pasta --no-cache --allow=network.host
  assert_status 0
  for reached in "tcp 127.0.0.1 4001" "udp 127.0.0.1 4002" "tcp ::1 4001" "udp ::1 4002" "tcp ::ffff:127.0.0.1 4001" \
    "udp ::ffff:127.0.0.1 4002" "tcp 127.9.9.9 4003" "tcp 0.0.0.0 4003" "tcp 2001:db8::1 4001"; do
    assert_contains "$output" "$reached: reached"
  done
}

@test "S-12 a user without privileges has a private network, too, by both of them" {
  reaching ""
  for how in "$USER_NAME only-pasta rootless" "$USER_NAME only-slirp rootless" \
    "$SINGLE_NAME only-pasta single-id" "$SINGLE_NAME only-slirp single-id"; do
    read -r user helpers mode <<<"$how"
    run in_world_as "$user" "$helpers" --no-cache
    assert_status 0
    assert_contains "$output" "isolation: $mode"
    assert_contains "$output" "network: private ("
    assert_contains "$output" "tcp 198.51.100.1 4001: reached"
    [[ $(grep -c ': reached' <<<"$output") -eq 2 && $(grep -c ': not (' <<<"$output") -eq 6 ]]
    nothing_left
  done
}

@test "S-12 network host needs to be allowed, and hides abstract sockets where Landlock can" {
  reaching --network=host
  run in_world only-pasta
  assert_status 125
  assert_contains "$output" "entitlement network.host is not allowed"
  local n
  for allowed in "--allow=network.host" "--network=host"; do
    run in_world only-pasta --no-cache "$allowed"
    assert_status 0
    for reached in "tcp 127.0.0.1 4001" "udp 127.0.0.1 4002" "tcp 198.51.100.1 4001" "tcp 169.254.169.254 4001"; do
      assert_contains "$output" "$reached: reached"
    done
    assert_contains "$output" "path $WORLD_SOCKET: not ("
    if abstract_sockets_can_be_hidden; then
      assert_contains "$output" "abstract cbuild-here: not (Operation not permitted)"
      refute_contains "$output" "network: "
    else
      assert_contains "$output" "network: the host's, abstract unix sockets included"
    fi
    [[ ! -s $OPEN/started ]]
  done
}

@test "S-12 without a helper it is the host's network, said in one line" {
  reaching ""
  run in_world no-helper
  assert_status 0
  [[ $(grep -c 'network: ' <<<"$output") -eq 1 ]]
  assert_contains "$output" "network: the host's, whose loopback a RUN reaches"
  assert_contains "$output" "pasta: not installed (package passt); slirp4netns: not installed (package slirp4netns)"
  assert_contains "$output" "tcp 127.0.0.1 4001: reached"
  if abstract_sockets_can_be_hidden; then
    assert_contains "$output" "abstract cbuild-here: not (Operation not permitted)"
  fi
  nothing_left
}

@test "S-12 a helper that cannot do it, and what it leaves behind, is told and ended" {
  local nap
  nap=$(naps)
  mkdir bad
  printf '#!/bin/sh\nsetsid %s >/dev/null 2>&1 &\necho "Failed to send 3 bytes to syslog" >&2\necho "no luck today" >&2\nexit 3\n' \
    "/bin/$nap" >bad/pasta
  printf '#!/bin/sh\nsetsid %s >/dev/null 2>&1 &\nkill -9 $$\n' "/bin/$nap" >bad/slirp4netns
  chmod 0755 bad/*
  reaching ""
  run in_world "${CONTEXT#"$OPEN"/}/bad"
  assert_status 0
  [[ $(grep -c 'network: ' <<<"$output") -eq 1 ]]
  assert_contains "$output" "pasta: no luck today; slirp4netns: killed by signal 9"
  assert_contains "$output" "tcp 127.0.0.1 4001: reached"
  awake "/bin/$nap"
  nothing_left
}

@test "S-12 a /dev/net/tun that may not be opened, or is not there: the host's network" {
  reaching ""
  WORLD_TUN=0600 run in_world_as "$USER_NAME" only-pasta
  assert_status 0
  assert_contains "$output" "network: the host's"
  assert_contains "$output" "/dev/net/tun: not this user's to open (chmod 0666 /dev/net/tun)"
  WORLD_TUN=none run in_world only-pasta
  assert_status 0
  assert_contains "$output" "/dev/net/tun: not there (modprobe tun; in a container --device /dev/net/tun)"
  [[ ! -s $OPEN/started ]]
  nothing_left
}

# The helpers of the network make the same call, so strace comes when it is up.
@test "S-08 a network that is not entered, or only said to be, ends the step before its command starts" {
  local nap builder tracer how said
  nap=$(naps)
  printf 'FROM busybox\nRUN %s || true\nRUN echo "came ""too far"\n' "$nap" | dockerfile
  while read -r how said; do
    in_world only-pasta --no-cache >"$OUT/log" 2>&1 3>&- &
    BACKGROUND+=($!)
    local world=$! ended=0
    wait_until asleep "$nap"
    builder=$(pgrep -o -f "^$CBUILD build .*-t $NAME")
    begin strace -f -qq -o "$OUT/trace" -p "$builder" -e trace=setns -e "inject=setns:$how"
    tracer=$!
    wait_until grep -q "^TracerPid:[[:space:]]$tracer$" "/proc/$builder/status"
    pkill -TERM -f "^$nap"
    wait "$world" || ended=$?
    BACKGROUND=("$tracer")
    [[ $ended -eq 125 ]]
    assert_contains "$(tail -1 "$OUT/log")" "cbuild: error: $said"
    assert_contains "$(<"$OUT/log")" "network: private (pasta)"
    refute_contains "$(<"$OUT/log")" "came too far"
    grep -q 'CLONE_NEWNET.*INJECTED' "$OUT/trace"
    nothing_left
  done <<'END'
error=EINVAL enter the private network: Invalid argument
retval=0 not confined: the network namespace is the outer one
END
}

@test "S-12 the steps of a build share one namespace and one helper; another build has its own" {
  local nap
  nap=$(naps)
  # in the first build two steps sleep at the same time, and until the second build is over
  dockerfile <<END
FROM busybox AS a
ARG NAP=false
RUN readlink /proc/self/ns/net | tee /net && { \${NAP}1 || true; }
FROM busybox AS b
ARG NAP=false
RUN readlink /proc/self/ns/net | tee /net && { \${NAP}2 || true; }
FROM busybox
COPY --from=a /net /a
COPY --from=b /net /b
RUN readlink /proc/self/ns/net | tee /net && cmp /a /b && cmp /a /net
END
  in_world only-pasta --jobs 4 --build-arg "NAP=$nap" >"$OUT/first" 2>&1 3>&- &
  local first=$!
  BACKGROUND+=("$first")
  wait_until asleep "${nap}1"
  wait_until asleep "${nap}2"
  asleep "${nap}1"
  # the other world does not take the socket away from this one
  WORLD_SOCKET='' CBUILD_ROOT=$BATS_TEST_TMPDIR/second run in_world only-pasta
  pkill -f "^$nap"
  wait "$first" || { cat "$OUT/first"; return 1; }
  assert_status 0
  [[ $(wc -l <"$OPEN/started") -eq 2 ]]
  [[ $(grep -o 'net:\[[0-9]*\]' "$OUT/first" | sort -u | wc -l) -eq 1 ]]
  [[ $(grep -o 'net:\[[0-9]*\]' <<<"$output" | sort -u | wc -l) -eq 1 ]]
  [[ $(grep -o 'net:\[[0-9]*\]' "$OUT/first" | sort -u) != "$(grep -o 'net:\[[0-9]*\]' <<<"$output" | sort -u)" ]]
  nothing_left
}

@test "a build whose steps are cached, or want no network, starts no helper" {
  dockerfile <<'END'
FROM busybox
RUN echo x > /x
END
  in_world only-pasta
  : >"$OPEN/started"
  run in_world only-pasta
  assert_status 0
  assert_contains "$output" "CACHED"
  dockerfile <<'END'
FROM busybox
RUN --network=none echo y > /y
WORKDIR /w
COPY reach /
END
  in_world only-pasta
  [[ ! -s $OPEN/started ]]
}

@test "S-12 no helper is left after a failure, TERM or kill -9 of cbuild" {
  local nap pid
  dockerfile <<'END'
FROM busybox
RUN exit 7
END
  run in_world only-pasta
  assert_status 7
  nothing_left
  nap=$(naps)
  for how in TERM KILL; do
    for helpers in only-pasta only-slirp; do
      dockerfile <<END
FROM busybox
RUN $nap
END
      in_world "$helpers" --no-cache >"$OUT/log" 2>&1 3>&- &
      BACKGROUND+=($!)
      wait_until asleep "$nap"
      pid=$(pgrep -o -f "^$CBUILD build .*-t $NAME")
      # the coordinator, the supervisor and the holder of the namespace, at least
      [[ $(pgrep -c -f "^$CBUILD build .*-t $NAME") -ge 3 ]]
      pgrep -f "$OPEN/real/"
      kill -"$how" "$pid"
      wait_until awake "$nap"
      wait_until all_gone
      end_background
      nothing_left
    done
  done
}

@test "a helper that dies in the middle is an error of the next step, not the host's network" {
  local nap
  nap=$(naps)
  dockerfile <<END
FROM busybox
RUN $nap || true
RUN echo came too far
END
  in_world only-slirp >"$OUT/log" 2>&1 3>&- &
  BACKGROUND+=($!)
  local world=$!
  wait_until asleep "$nap"
  # its process 1, which sees the end of it, ends then, too
  local supervisor
  supervisor=$(pgrep -f "$OPEN/real/slirp4netns" | head -1 | xargs ps -o ppid= -p | tr -d ' ')
  pkill -KILL -f "$OPEN/real/slirp4netns"
  wait_until gone "$supervisor"
  pkill -TERM -f "^$nap"
  wait "$world" || true
  BACKGROUND=()
  assert_contains "$(cat "$OUT/log")" "the private network of this build broke: 'slirp4netns' ended"
  [[ $(grep -c 'came too far$' "$OUT/log") -eq $(grep -c 'RUN echo came too far$' "$OUT/log") ]]
  nothing_left
}

@test "a resolver on this machine's loopback is reached through the helper" {
  dockerfile <<'END'
FROM busybox
COPY reach /
RUN cat /etc/resolv.conf && nslookup -type=a name.world && /reach udp 127.0.0.53 53
END
  for helpers in only-pasta only-slirp; do
    WORLD_RESOLV=$OPEN/stub.conf run in_world "$helpers" --no-cache
    assert_status 0
    assert_contains "$output" "Address: 203.0.113.9"
    assert_contains "$output" "udp 127.0.0.53 53: not ("
    refute_contains "$output" "nameserver 127.0.0.53"
    assert_contains "$output" "options timeout:2 attempts:1"
  done
  WORLD_RESOLV=$OPEN/stub.conf run in_world only-pasta --no-cache --network=host
  assert_contains "$output" "nameserver 127.0.0.53"
  assert_contains "$output" "Address: 203.0.113.9"
}

@test "--add-host is in /etc/hosts of a RUN, its names in the key, its addresses not, nothing in a layer" {
  dockerfile <<'END'
FROM busybox
RUN cat /etc/hosts && grep -c six /etc/hosts > /count || true
END
  run in_world only-pasta --add-host db.test:10.1.2.3 --add-host "six.test=[::5]" --add-host many.test:1.1.1.1,2.2.2.2
  assert_status 0
  for line in $'10.1.2.3\tdb.test' $'::5\tsix.test' $'1.1.1.1\tmany.test' $'2.2.2.2\tmany.test'; do
    assert_contains "$output" "$line"
  done
  [[ ! -e $(unpacked "docker.io/library/$NAME:latest")/etc/hosts ]]
  run in_world only-pasta --add-host db.test:10.9.9.9 --add-host six.test=::6 --add-host many.test:1.1.1.1,2.2.2.2
  assert_contains "$output" "CACHED"
  refute_contains "$output" "10.9.9.9"
  run in_world only-pasta --add-host other.test:10.1.2.3
  assert_contains "$output" $'10.1.2.3\tother.test'
  for bad in db.test db.test: :1.2.3.4 db.test:1.2.3 "db.test:1.2.3.4,"; do
    run in_world only-pasta --add-host "$bad"
    assert_status 2
    assert_contains "$output" "invalid host $bad"
  done
}

@test "host-gateway is an address that leads to this machine, in every network" {
  dockerfile <<'END'
FROM busybox
COPY reach /
RUN /reach tcp $(awk '/gate.test/ { print $1 }' /etc/hosts) 4001
END
  for helpers in only-pasta only-slirp no-helper; do
    run in_world "$helpers" --no-cache --add-host gate.test:host-gateway
    assert_status 0
    assert_contains "$output" "4001: reached"
  done
  run in_world only-pasta --no-cache --network=none --add-host gate.test:host-gateway
  assert_contains "$output" "4001: not ("
}

@test "--dns and its kin stand in place of this machine's resolv.conf" {
  dockerfile <<'END'
FROM busybox
RUN cat /etc/resolv.conf
END
  for helpers in only-pasta no-helper; do
    WORLD_RESOLV=$OPEN/stub.conf run in_world "$helpers" --no-cache --dns 9.9.9.9,2620:fe::fe --dns 8.8.4.4 \
      --dns-search a.test --dns-search b.test --dns-option ndots:3
    assert_status 0
    [[ $(grep -o '\(nameserver\|search\|options\) .*' <<<"$output") == "nameserver 9.9.9.9
nameserver 2620:fe::fe
nameserver 8.8.4.4
search a.test b.test
options ndots:3" ]]
  done
  run in_world only-pasta --dns example.test
  assert_status 2
  assert_contains "$output" "--dns 'example.test' is not an IP address"
  run in_world only-pasta --dns none --dns-search a
  assert_status 2
}

@test "--dns none leaves the image its own resolv.conf" {
  echo "# of the image" >resolv.conf
  dockerfile <<'END'
FROM busybox
COPY resolv.conf /etc/resolv.conf
RUN cat /etc/resolv.conf && echo more >> /etc/resolv.conf
END
  run in_world only-pasta --dns none
  assert_status 0
  assert_contains "$output" "# of the image"
  [[ $(cat "$(unpacked "docker.io/library/$NAME:latest")/etc/resolv.conf") == "# of the image
more" ]]
}

@test "proxy variables reach a RUN, and neither key nor image" {
  dockerfile <<'END'
FROM busybox
RUN echo "$HTTP_PROXY $http_proxy $https_proxy $NO_PROXY"
END
  HTTP_PROXY=http://proxy.test:3128 no_proxy=internal.test run in_world only-pasta --build-arg https_proxy=http://other.test:1
  assert_status 0
  assert_contains "$output" "http://proxy.test:3128 http://proxy.test:3128 http://other.test:1 internal.test"
  refute_contains "$(config "docker.io/library/$NAME:latest")" "proxy.test"
  refute_contains "$(config "docker.io/library/$NAME:latest")" "other.test"
  HTTP_PROXY=http://elsewhere.test:8080 run in_world only-pasta
  assert_status 0
  assert_contains "$output" "CACHED"
}

@test "doctor says whether a private network works, by which program, or what is missing" {
  doctor() { "$SUPPORT/network_world" env PATH="$OPEN/$1" "$CBUILD" doctor "${@:2}"; }
  run doctor only-pasta
  assert_contains "$output" "Network    private (pasta)"
  run doctor only-slirp --json
  jq -e '.private_network and .network == "slirp4netns"' <<<"$output"
  run doctor no-helper
  assert_contains "$output" "Network    the host's (pasta: not installed (package passt); slirp4netns: not installed (package slirp4netns))"
  WORLD_TUN=none run doctor only-pasta --json
  jq -e '.private_network == false and (.network | startswith("/dev/net/tun: not there"))' <<<"$output"
  nothing_left
}
