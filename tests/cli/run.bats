# RUN: what a step sees, and what of it stays.

load helper

setup_file() { busybox_layout; }
setup() { fresh; }

@test "the layer of a RUN holds its changes and nothing else" {
  dockerfile <<'D'
FROM busybox
RUN mkdir -p /a/b && echo x > /a/b/c && rm /etc/group && chmod 700 /home
D
  build -t app:v1 .
  skopeo copy -q --insecure-policy "oci:$CBUILD_ROOT:docker.io/library/app:v1" "oci:$OUT/layout:image"
  layer=$(skopeo inspect "oci:$OUT/layout:image" | jq -r '.Layers[-1]' | cut -d: -f2)
  run tar tzf "$OUT/layout/blobs/sha256/$layer"
  [[ $(sort <<<"$output") == $(sort <<<$'a/\na/b/\na/b/c\netc/\netc/.wh.group\nhome/') ]]
}

@test "environment, user, working directory and shell are those of the Dockerfile" {
  dockerfile <<'D'
FROM busybox
ENV GREETING="hello world"
WORKDIR /work
USER user
RUN echo "$GREETING $(id -u):$(id -g) $(id -Gn | wc -w) $PWD $HOME $(umask)" > /tmp/seen
SHELL ["/bin/sh", "-ec"]
RUN echo "$0" >> /tmp/seen
D
  build -t app:v1 .
  run cat "$(unpacked docker.io/library/app:v1)/tmp/seen"
  [[ ${lines[0]} == "hello world 1000:1000 2 /work /home/user 0022" ]]
}

@test "hosts and resolv.conf are there while it runs and never in the layer" {
  not_in_mode chroot "a step has the machine's host name"
  # rules: 6.2-traces
  dockerfile <<'D'
FROM busybox
RUN grep -q "localhost $(hostname)$" /etc/hosts && test -e /etc/resolv.conf && hostname > /hostname
D
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  [[ ! -e $root/etc/hosts && ! -e $root/etc/resolv.conf ]]
  [[ $(cat "$root/hostname") == buildkitsandbox ]]
  build -t app:v1 --build-arg BUILDKIT_SANDBOX_HOSTNAME=elsewhere .
  [[ $(cat "$(unpacked docker.io/library/app:v1)/hostname") == elsewhere ]]
}

@test "--network=none has loopback only" {
  not_in_mode chroot "there is no network namespace, so --network=none is refused"
  # rules: 6.2-network
  dockerfile <<'D'
FROM busybox
RUN --network=none ls /sys/class/net > /net
D
  build -t app:v1 .
  [[ $(cat "$(unpacked docker.io/library/app:v1)/net") == lo ]]
}

@test "a RUN has docker's capabilities, a seccomp filter and nothing of the host" {
  not_in_mode chroot "it has fewer capabilities and no /proc (tests/cli/isolation.bats)"
  dockerfile <<'D'
FROM busybox
RUN grep -E '^(CapEff|Seccomp):' /proc/self/status > /status && \
    ! mount -t tmpfs none /mnt 2>/dev/null && \
    ! unshare -U true 2>/dev/null && \
    ps -o pid= | wc -l > /processes && \
    ! touch /sys/x 2>/dev/null && ! (echo 1 > /proc/sysrq-trigger) 2>/dev/null && \
    cat /proc/kcore | wc -c > /kcore
D
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  grep -q 00000000a80425fb "$root/status"
  grep -qE 'Seccomp:\s+2' "$root/status"
  [[ $(cat "$root/processes") -lt 8 ]]
  [[ $(cat "$root/kcore") -eq 0 ]]
}

@test "the status of a failing RUN is the build's" {
  for status in 1 42 125; do
    printf 'FROM busybox\nRUN exit %s\n' $status | dockerfile
    run build -t app:v1 .
    assert_status $status
    assert_contains "$output" "Dockerfile:2"
    assert_contains "$output" "exit code: $status"
  done
}

@test "126 for what cannot be executed, 127 for what is not there, 128+n for a signal" {
  printf 'FROM busybox\nRUN ["/etc/passwd"]\n' | dockerfile
  run build -t app:v1 .
  assert_status 126
  printf 'FROM busybox\nRUN ["/no/such/program"]\n' | dockerfile
  run -127 build -t app:v1 .
  assert_contains "$output" "/no/such/program"
  printf 'FROM busybox\nRUN kill -9 $$\n' | dockerfile
  run build -t app:v1 .
  assert_status 137
}

@test "a process left in the background is killed and named" {
  dockerfile <<'D'
FROM busybox
RUN sleep 1000 & echo started
D
  run build -t app:v1 .
  assert_status 0
  assert_contains "$output" "background process"
}

@test "L-01: output of steps keeps its lines whole and its prefix" {
  dockerfile <<'D'
FROM busybox AS a
RUN for i in $(seq 200); do echo "aaaaaaaaaaaaaaaaaaaa $i"; done
FROM busybox AS b
RUN for i in $(seq 200); do echo "bbbbbbbbbbbbbbbbbbbb $i"; done
FROM scratch
COPY --from=a /etc/passwd /a
COPY --from=b /etc/passwd /b
D
  run build -t app:v1 .
  assert_status 0
  [[ $(grep -cE '^#[0-9]+ [0-9.]+ (a{20}|b{20}) [0-9]+$' <<<"$output") -eq 400 ]]
}

@test "L-01: a RUN cannot write to the terminal's control sequences" {
  dockerfile <<'D'
FROM busybox
RUN printf 'before\033]0;title\007after\033[2J\n'
D
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" $'\033'
}

@test "heredocs run as a script" {
  dockerfile <<'D'
FROM busybox
RUN <<EOF
set -e
echo one > /one
echo two > /two
EOF
RUN <<EOF
#!/bin/sh -e
echo "$0" > /script
EOF
COPY <<EOF /greeting
hello $PATH
EOF
D
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  [[ $(cat "$root/one" "$root/two") == $'one\ntwo' ]]
  [[ -s $root/script && ! -e $root/dev/pipes ]]
  grep -q 'hello /usr/local' "$root/greeting"
}

@test "a step that changes nothing is a layer of the image and costs no tree" {
  dockerfile <<'D'
FROM busybox
RUN true
RUN true again
RUN echo hi > /f
RUN test "$(cat /f)" = hi
D
  build -t app:v1 .
  [[ $(config docker.io/library/app:v1 | jq '.rootfs.diff_ids | length') -eq 5 ]]
  [[ $(find "$CBUILD_ROOT/snapshots" -mindepth 2 -maxdepth 2 | wc -l) -eq 2 ]]
  dockerfile <<'D'
FROM app:v1
RUN test "$(cat /f)" = hi && echo more > /g
COPY --from=app:v1 /f /copied
D
  "$CBUILD" build -t app:v2 .
  root=$(unpacked docker.io/library/app:v2)
  [[ $(cat "$root/copied") == hi && $(cat "$root/g") == more ]]
}

@test "the files of an image whose last steps changed nothing can be mounted" {
  printf 'FROM busybox\nRUN echo hi > /f\nRUN true\n' | dockerfile
  build -t app:v1 .
  dockerfile <<'D'
FROM app:v1
RUN --mount=type=bind,from=app:v1,target=/below test "$(cat /below/f)" = hi
RUN --mount=type=cache,from=app:v1,target=/kept test "$(cat /kept/f)" = hi
D
  "$CBUILD" build -t app:v2 .
}

@test "after 30 s of silence a line says what runs" {
  not_in_mode "*" "is about output only, and takes long"
  printf 'FROM busybox\nRUN sleep 32\n' | dockerfile
  run build -t app:v1 .
  assert_status 0
  [[ $output =~ running\ for\ 0m3[0-9]s:\ .*RUN\ sleep\ 32 ]]
}

@test "N-03: owners, set-id bits and hard links are those that the kernel gives" {
  dockerfile <<'D'
FROM busybox
RUN mkdir /o && cd /o && echo x > a && chown 10:20 a && mv a renamed && \
    touch setuid && chmod 6755 setuid && chown 10:20 setuid && \
    mkdir setgid && chown 0:30 setgid && chmod 2775 setgid && touch setgid/file && mkdir setgid/dir && \
    touch readonly && chmod 400 readonly && chown 10:20 readonly && cat readonly && \
    echo h > one && ln one two && chown 11:12 two && ln -s one link && chown -h 13:14 link && \
    mkfifo pipe && chown 15:16 pipe && mkdir -m 0777 shared && chown 1000:33 shared
RUN cd /o && [ "$(stat -c %a:%u:%g renamed setuid setgid/file setgid/dir one link shared | tr '\n' ' ')" = \
    "644:10:20 755:10:20 644:0:30 2755:0:30 644:11:12 777:13:14 777:1000:33 " ]
USER 1000:33
RUN echo y > /o/shared/mine && chmod 4755 /o/shared/mine
D
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)/o
  cd "$root"
  [[ $(stat -c '%n %a %u:%g %h' renamed setuid setgid setgid/file setgid/dir readonly one two pipe shared shared/mine) == \
    'renamed 644 10:20 1
setuid 755 10:20 1
setgid 2775 0:30 3
setgid/file 644 0:30 1
setgid/dir 2755 0:30 2
readonly 400 10:20 1
one 644 11:12 2
two 644 11:12 2
pipe 644 15:16 1
shared 777 1000:33 2
shared/mine 4755 1000:33 1' ]]
  [[ $(stat -c %u:%g link) == 13:14 ]]
}

@test "N-03: a user of the image is kept from what belongs to another" {
  not_in_mode single "there is one id, so the users of an image are not kept from each other"
  dockerfile <<'D'
FROM busybox
RUN mkdir /o && touch /o/theirs && mkdir -m 0777 /shared
USER 1000:33
RUN touch /shared/mine && ! chown 0 /shared/mine && ! rm /o/theirs && ! touch /o/another
D
  build -t app:v1 .
}
