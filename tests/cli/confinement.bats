# What the command line says about the walls around every RUN.
load helper

setup_file() { busybox_layout; }
setup() { fresh; }

# say COMMAND: a Dockerfile whose RUN prints what the command says, each line behind "> "
say() { printf 'FROM busybox\nRUN { %s; } 2>&1 | sed "s/^/> /"\n' "$1" | dockerfile; }
# said: what that was, of $output
said() { sed -n 's/^#[0-9]* [0-9.]* > //p' <<<"$output"; }

@test "--cap-add and --cap-drop change the capabilities of a RUN" {
  say "grep -E ^Cap[PBI] /proc/self/status"
  run build --cap-add NET_ADMIN,cap_sys_time --cap-drop MKNOD --cap-drop chown .
  assert_status 0
  [[ $(said) == $'CapInh:\t0000000000000000\nCapPrm:\t00000000a20435fa\nCapBnd:\t00000000a20435fa' ]]
  run build --cap-drop ALL --cap-add CHOWN .
  assert_status 0
  assert_contains "$(said)" $'CapBnd:\t0000000000000001'
}

@test "--cap-add brings the system calls that need it" {
  say "unshare -m true && echo yes"
  run build .
  assert_contains "$(said)" "Operation not permitted"
  run build --cap-add SYS_ADMIN .
  assert_status 0
  [[ $(said) == yes ]]
  run build --cap-add ALL --cap-drop SYS_ADMIN .
  assert_contains "$(said)" "Operation not permitted"
}

@test "capabilities that are none, or contradict each other, are refused" {
  say true
  run build --cap-add WINGS .
  assert_status 2
  assert_contains "$output" "--cap-add: there is no capability 'WINGS'"
  run -2 build --cap-drop "CHOWN," .
  assert_contains "$output" "--cap-drop: there is no capability ''"
  run build --cap-drop 3 .
  assert_status 2
  run build --cap-add CHOWN --cap-drop CHOWN .
  assert_status 2
  assert_contains "$output" "both added and dropped"
}

@test "--cap-add SYS_PTRACE does not lead to the builder" {
  say 'readlink /proc/1/exe /proc/1/root; cat /proc/1/environ; head -c1 /proc/1/mem; ls -l /proc/1/fd; echo over'
  run build --cap-add SYS_PTRACE .
  if [[ $(uname -r | awk -F. '{ print $1 * 100 + $2 }') -lt 612 ]]; then
    assert_status 125
    assert_contains "$output" "SYS_PTRACE"
    return
  fi
  assert_status 0
  [[ $(said | grep -c -E 'Permission denied|Operation not permitted') -ge 3 && $(said | tail -1) == over ]]
  refute grep -q cbuild <(said)
}

@test "--security-opt seccomp=unconfined takes the filter away, and only that" {
  say 'grep -E "^(Seccomp|CapBnd):" /proc/self/status; unshare -U true'
  run build --security-opt seccomp=unconfined .
  assert_status 0
  [[ $(said) == $'CapBnd:\t00000000a80425fb\nSeccomp:\t0' ]]
}

@test "--security-opt seccomp=FILE is Docker's format" {
  cat >profile.json <<'END'
{ "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95 },
                { "names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28,
                  "excludes": { "caps": ["CAP_SYS_ADMIN"] } } ] }
END
  say 'mkdir /new; chmod 1 /tmp; grep ^Seccomp: /proc/self/status'
  run build --security-opt seccomp=profile.json .
  assert_status 0
  [[ $(said) == *"Operation not supported"*$'\n'*"No space left on device"*$'\nSeccomp:\t2' ]]
  run build --cap-add SYS_ADMIN --security-opt seccomp=profile.json .
  assert_status 0
  assert_contains "$(said)" "Operation not supported"
  refute_contains "$(said)" "No space left"
}

@test "a seccomp profile that is none is refused before anything runs" {
  say true
  echo '{ "defaultAction": "SCMP_ACT_ALLOW", "sycalls": [] }' >profile.json
  run build --security-opt seccomp=profile.json .
  assert_status 2
  assert_contains "$output" "seccomp profile 'profile.json': unknown member 'sycalls'"
  refute_contains "$output" "RUN"
  run build --security-opt seccomp=missing.json .
  assert_status 2
  assert_contains "$output" "there is no file 'missing.json'"
}

@test "--security-opt no-new-privileges keeps set-id programs from giving anything" {
  cp "$(dirname "$CBUILD")/probe" .
  dockerfile <<'END'
FROM busybox
COPY --chmod=4755 probe /
USER user
RUN echo "> $(grep ^NoNew /proc/self/status | tr -d '\t') $(/probe ids)"
END
  run build .
  assert_status 0
  [[ $(said) == "NoNewPrivs:0 1000 0" ]]
  run build --security-opt no-new-privileges .
  assert_status 0
  [[ $(said) == "NoNewPrivs:1 1000 1000" ]]
  run build --security-opt no-new-privileges=false --no-cache .
  assert_status 0
  [[ $(said) == "NoNewPrivs:0 1000 0" ]]
}

@test "--security-opt systempaths=unconfined shows what is hidden" {
  say 'grep -c " /proc/" /proc/self/mountinfo'
  run build .
  assert_status 0
  [[ $(said) -ge 8 ]]
  for option in systempaths=unconfined unmask=ALL; do
    run build --no-cache --security-opt $option .
    assert_status 0
    # process 1 is the builder's all the same
    [[ $(said) == 3 ]]
  done
}

@test "--security=strict: fewer capabilities, no new privileges, no network, few sockets" {
  say 'grep -E "^(CapBnd|NoNewPrivs):" /proc/self/status; ls /sys/class/net; chroot / true'
  run build --security=strict .
  assert_status 0
  [[ $(said) == $'CapBnd:\t00000000000004fb\nNoNewPrivs:\t1\nlo\nchroot: '*"Operation not permitted" ]]
  run build --security=strict --allow security.insecure .
  assert_status 2
  run build --security=strict --network=host .
  assert_status 2
  run build --security=strict --security-opt seccomp=unconfined .
  assert_status 2
  run build --security=lax .
  assert_status 2
  assert_contains "$output" "lax"
}

@test "what is asked of the walls is part of the key, and --security=insecure has none" {
  say 'echo ran'
  build -q . >/dev/null
  run build .
  assert_contains "$output" CACHED
  [[ -z $(said) ]]
  for option in --cap-drop=KILL --security-opt=no-new-privileges --security-opt=seccomp=unconfined; do
    run build "$option" .
    assert_status 0
    [[ $(said) == ran ]]
    run -0 build "$option" .
    [[ -z $(said) ]]
  done
  printf 'FROM busybox\nRUN --security=insecure echo "> ran"\n' | dockerfile
  build -q --allow security.insecure . >/dev/null
  run build --allow security.insecure --cap-drop KILL .
  assert_status 0
  [[ -z $(said) ]]
}

@test "a security option that is not there is refused" {
  say true
  run -2 build --security-opt no-new-privileges=maybe .
  assert_contains "$output" "'maybe' is neither true nor false"
  run build --security-opt wings=1 .
  assert_status 2
  assert_contains "$output" "there is no such option"
  for option in mask=/proc/uptime label=type:x unmask=/proc/kcore; do
    run build --security-opt $option .
    assert_status 2
    assert_contains "$output" "not supported yet"
  done
  run build --security-opt label=disable .
  assert_status 0
  assert_contains "$output" "nothing is labelled here"
}

@test "--security-opt apparmor=PROFILE is refused where there is no AppArmor" {
  [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) != Y ]] || skip "there is AppArmor here"
  say true
  run build --security-opt apparmor=builds .
  assert_status 125
  assert_contains "$output" "this machine has no AppArmor"
  run build --security-opt apparmor=unconfined .
  assert_status 0
}
