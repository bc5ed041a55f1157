# A user without sub-ids: one id on disk, owners and users emulated. What root's build of the same says is
# what this one has to say.

load helper
source "$BATS_TEST_DIRNAME/../support/users.bash"

setup_file() {
  open_programs
  export SINGLE=cbs$$ OWNER=cbo$$
  make_lone_user "$SINGLE"
  make_user "$OWNER"
}

teardown_file() { end_users; }

setup() {
  fresh
  open_context
  export SOURCE_DATE_EPOCH=1700000000
}

# begin_single LOG [options]: in the background, its output in the file
begin_single() {
  local log=$1
  shift
  begin setpriv --reuid "$SINGLE" --regid "$(id -g "$SINGLE")" --init-groups \
    env -i PATH="$PATH" HOME="$(getent passwd "$SINGLE" | cut -d: -f6)" "$CBUILD" build --progress=plain \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@" >"$log" 2>&1
}

# said TEXT: what the steps themselves have printed, without the times
said() { sed -nE 's/^#[0-9]+ [0-9]+\.[0-9]+ //p' <<<"$1"; }

# same_as_root NAME: both build ./Dockerfile, the steps print the same, and the manifest is the same. What they
# print to two pipes comes in any order, so it is one where there are errors.
same_as_root() {
  local of_root of_single
  run build -t "$1" .
  assert_status 0
  of_root=$(said "$output")
  run build_as "$SINGLE" -t "$1" .
  assert_status 0
  of_single=$(said "$output")
  diff <(echo "$of_root") <(echo "$of_single")
  [[ $(digest_as "$SINGLE" "$1") == "$(manifest_digest "$1")" ]]
}

@test "the same build gives root and a user without sub-ids the same manifest" {
  many_owners
  run build_as "$SINGLE" -t app .
  assert_status 0
  assert_contains "$output" "isolation: single-id (a user namespace with one id)"
  same_as_root app
}

@test "all is cached the second time, nothing is left over, and the store is sound" {
  many_owners
  run build_as "$SINGLE" -t again .
  assert_status 0
  local before
  before=$(digest_as "$SINGLE" again)
  run build_as "$SINGLE" -t again .
  assert_status 0
  refute_contains "$output" "isolation:"
  [[ $(digest_as "$SINGLE" again) == "$before" ]]
  [[ -z $(ls "$(store_of "$SINGLE")/tmp" "$(store_of "$SINGLE")/leases" | grep -v :) ]]
  run as_user "$SINGLE" "$CBUILD" fsck
  assert_status 0
  run build_as "$SINGLE" --verify-cache -t again .
  assert_status 0
  refute_contains "$output" "differs"
}

@test "chown, set-id bits, set-group-id directories, links and renames are as of root" {
  dockerfile <<'END'
FROM busybox
RUN touch /a && chmod 6755 /a && chown 5:6 /a && stat -c '%a %u:%g' /a && \
    mkdir /sg && chown 0:50 /sg && chmod 2775 /sg && touch /sg/f && mkdir /sg/d && ln -s x /sg/l && \
    stat -c '%n %a %u:%g' /sg/*
RUN stat -c '%n %a %u:%g' /sg/* /a && mv /sg/l /moved && ln /moved /moved2 && touch /sg/d/new && \
    stat -c '%n %u:%g' /moved /moved2 /sg/d/new && \
    echo ro > /ro && chmod 0 /ro && chown 9:10 /ro && ln /ro /ro2 && mv /ro /ro3 && \
    stat -c '%n %a %u:%g %h' /ro2 /ro3
RUN chown -h 4000000000:4294967294 /moved2 && stat -c '%n %u:%g' /moved /ro3 && chown 1 /ro2 && \
    chown :2 /ro3 && stat -c '%n %u:%g' /ro2 && mkdir /tree && cp -a /sg /ro2 /moved /tree && \
    stat -c '%n %a %u:%g' /tree/* && chown -R 0:0 /tree && stat -c '%n %a %u:%g' /tree/* && \
    mkfifo /fifo && chown 3:4 /fifo && stat -c '%a %u:%g' /fifo
RUN rm -r /sg/d && mv /fifo /fifo2 && echo more >> /a && chown 0:0 /a && stat -c '%n %a %u:%g' /fifo2 /a
END
  same_as_root owners
}

@test "a step is its USER, by number and by name, with groups and what it makes" {
  dockerfile <<'END'
FROM busybox
USER user
RUN exec 2>&1; id && echo $HOME && touch /tmp/mine ~/own && mkdir /tmp/dir && mkfifo /tmp/fifo && ln -s x /tmp/link && \
    stat -c '%n %a %u:%g' /tmp/mine /tmp/dir /tmp/fifo /tmp/link ~ ~/own && \
    ! chown root /tmp/mine 2>&1 && ! chown 0:0 ~/own 2>&1 && chown user:extra /tmp/mine && stat -c %u:%g /tmp/mine
USER 4242:33
WORKDIR /w/x
RUN id && stat -c '%n %u:%g' . /w && umask 077 && touch n && mkdir d && stat -c '%a %u:%g' n d
USER 1000:0
RUN id -u && id -g && echo x > /tmp/made-late && stat -c %u:%g /tmp/made-late
END
  same_as_root users
}

@test "a device is one in the step and in the layer, and a mark of overlay's cannot be made" {
  dockerfile <<'END'
FROM busybox
RUN exec 2>&1; mknod /null c 1 3 && mknod /disk b 8 1 && chown 7:8 /null && stat -c '%F %a %u:%g %t:%T' /null /disk && \
    ! mknod /mark c 0 0
RUN mv /null /kept && stat -c '%F %u:%g %t:%T' /kept
USER user
RUN exec 2>&1; ! mknod /tmp/other c 1 3
END
  same_as_root devices
  run "$SUPPORT/layer_entries.py" "$(store_of "$SINGLE")" devices 1
  assert_contains "$output" "char 644 7:8 /kept 1:3"
  assert_contains "$output" "block 644 0:0 /disk 8:1"
}

@test "owners come along with COPY --from, COPY --chown, ADD and mounts" {
  mkdir t && echo f >t/f && tar --owner=61:61 --group=62:62 --numeric-owner -cf t.tar t
  touch -d @1700000000 t t/f
  dockerfile <<'END'
FROM busybox AS made
RUN mkdir -p /m/d && touch /m/f /m/d/g && ln -s f /m/l && chown -R 11:12 /m && chown -h 13:14 /m/l
FROM busybox
COPY --from=made /m /copied
COPY --from=made --chown=21:22 /m /chowned
COPY --chown=31:32 t /t
ADD t.tar /added
RUN find /copied /chowned /t /added | sort | while read f; do stat -c '%n %a %u:%g' $f; done
RUN --mount=type=cache,target=/c,uid=41,gid=42,mode=0750 --mount=type=bind,from=made,source=/m,target=/b \
    --mount=type=secret,id=s,uid=51,gid=52,mode=0440 \
    stat -c '%n %a %u:%g' /c /b/f /run/secrets/s
RUN --mount=type=cache,target=/new,from=made,source=/m stat -c '%n %u:%g' /new /new/l /new/d/g
END
  run build --secret id=s,env=HOME -t came .
  assert_status 0
  local of_root
  of_root=$(said "$output")
  run build_as "$SINGLE" --secret id=s,env=HOME -t came .
  assert_status 0
  diff <(echo "$of_root") <(said "$output")
  assert_contains "$output" "/c 750 41:42"
  [[ $(digest_as "$SINGLE" came) == "$(manifest_digest came)" ]]
}

@test "a step that is not confined has emulated owners, too, and cannot look at its init" {
  dockerfile <<'END'
FROM busybox
RUN --security=insecure touch /f && chown 5:6 /f && stat -c %u:%g /f && ! ls /proc/1/fd/ >/dev/null 2>&1 && echo hidden
USER user
RUN --security=insecure id && touch /tmp/x && stat -c %u:%g /tmp/x
RUN --network=none id -un
END
  run build_as "$SINGLE" --allow security.insecure .
  assert_status 0
  diff - <(said "$output") <<'END'
5:6
hidden
uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)
1000:1000
user
END
}

@test "a step with emulated owners is not taken for another one's, the layers are the same" {
  dockerfile <<'END'
FROM busybox
COPY --chown=5:6 Dockerfile /d
RUN touch /f && chown 3:4 /f
END
  run build_as "$OWNER" -t one .
  assert_status 0
  assert_contains "$output" "isolation: rootless "
  run build_as "$OWNER" --isolation=single-id -t two .
  assert_status 0
  assert_contains "$output" "isolation: single-id"
  # the files of both are read: the COPY has a layer, the RUN is run
  [[ $(digest_as "$OWNER" one) == "$(digest_as "$OWNER" two)" ]]
  run build_as "$OWNER" --isolation=single-id -t two .
  assert_status 0
  refute_contains "$output" "isolation:"
  run build_as "$OWNER" -t one .
  assert_status 0
  refute_contains "$output" "isolation:"
}

@test "a 32-bit program is refused by name" {
  # an ELF header of the other class is enough to be one
  printf '\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x03\0\x01\0\0\0' >old
  chmod 755 old
  dockerfile <<'END'
FROM busybox
COPY old /old
RUN ["/old"]
END
  run build_as "$SINGLE" .
  assert_status 126
  assert_contains "$output" "'/old' is a 32-bit program, which is not supported yet"
}

@test "without who answers for owners the step ends" {
  local nap helper
  nap=$(naps)
  dockerfile <<END
FROM busybox
RUN $nap
END
  begin_single "$OUT/log" .
  wait_until asleep "$nap"
  helper=$(pgrep -u "$SINGLE" -x cbuild-owners)
  kill -KILL "$helper"
  local result=0
  wait "${BACKGROUND[0]}" || result=$?
  [[ $result -ne 0 ]]
  run cat "$OUT/log"
  assert_contains "$output" "the helper that emulates owners died"
  awake "$nap"
}

@test "a build that is stopped leaves no process" {
  local nap
  nap=$(naps)
  dockerfile <<END
FROM busybox
RUN chown 1:1 /tmp; $nap
END
  begin_single "$OUT/log" --stop-grace=0 .
  wait_until asleep "$nap"
  kill -TERM "$(pgrep -o -u "$SINGLE" -x cbuild)"
  local result=0
  wait "${BACKGROUND[0]}" || result=$?
  [[ $result -eq 143 ]]
  wait_until awake "$nap"
  none_left() { ! pgrep -u "$SINGLE" >/dev/null; }
  wait_until none_left
}

@test "a step that forks, stops and is interrupted in the middle of calls goes on" {
  dockerfile <<'END'
FROM busybox
RUN mkdir /d && i=0; while test $i -lt 8; do \
      (n=0; while test $n -lt 40; do mkdir /d/$i.$n; chown $i:$n /d/$i.$n; n=$((n+1)); done) & i=$((i+1)); \
    done; wait; stat -c '%n %u:%g' /d/* | sed 's|/d/\([0-9]*\)\.\([0-9]*\) \1:\2|right|' | sort | uniq -c
RUN trap 'n=$((n+1))' ALRM; n=0; (for i in $(seq 60); do kill -ALRM $$ 2>/dev/null; usleep 2000; done) & \
    i=0; while test $i -lt 60; do mkdir /d/s$i || exit 1; chown 9:$i /d/s$i || exit 1; i=$((i+1)); done; wait; \
    ls -d /d/s* | wc -l
END
  run build_as "$SINGLE" .
  assert_status 0
  assert_contains "$(said "$output")" "    320 right"
  assert_contains "$(said "$output")" "60"
}

@test "doctor names the mode, and what it needs where it is not to be had" {
  run as_user "$SINGLE" "$CBUILD" doctor --json
  assert_status 0
  jq -e '.isolation == "single-id" and .run and .snapshots == "overlay-single"' <<<"$output"
  run bash -c 'ulimit -x 100; exec "$@"' sh setpriv --reuid "$SINGLE" --clear-groups \
    env HOME="$OPEN" "$CBUILD" doctor --json
  jq -e '.modes[] | select(.name == "single-id") | (.possible | not) and
    (.missing[] | test("ulimit -x"))' <<<"$output"
}

# The owners of packages: su, sudo, cron and man-db give files to others, ping has a capability.
@test "apt-get install gives the owners, modes and capabilities of root's; su and sudo work" {
  local debian
  debian=oci-layout://$("$SUPPORT/shared-debian" base)
  cp -r "$("$SUPPORT/shared-debian" packages)" repo
  dockerfile <<'END'
FROM debian
ENV DEBIAN_FRONTEND=noninteractive
RUN --mount=type=bind,source=repo,target=/repo echo 'deb [trusted=yes] file:/repo ./' > /etc/apt/sources.list && \
    apt-get update -q && apt-get install -qy --no-install-recommends \
      sudo man-db cron libcap2-bin iputils-ping openssh-client attr >/log 2>&1 || { tail -30 /log; exit 1; }
RUN useradd -m -s /bin/bash dev && echo 'dev ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/dev && \
    chmod 440 /etc/sudoers.d/dev && stat -c '%a %U:%G' /usr/bin/crontab /var/cache/man && getcap /usr/bin/ping
USER dev
RUN id && sudo id && sudo -u nobody id && touch ~/own && sudo chown 12:34 ~/own && stat -c %u:%g ~/own
RUN ["sudo", "sh", "-c", "id; touch /by-root; stat -c '%U:%G' /by-root /etc/shadow"]
RUN sudo cp /usr/bin/id /usr/bin/id2 && sudo chown games:tty /usr/bin/id2 && sudo chmod 6755 /usr/bin/id2 && id2
USER root
RUN su dev -c 'id; touch /tmp/by-su' && su - dev -c 'pwd; touch late' && stat -c '%n %U:%G' /tmp/by-su /home/dev/late
RUN setpriv --reuid 77 --regid 78 --groups 79 sh -c 'id; touch /tmp/p; stat -c %u:%g /tmp/p' && \
    runuser -u nobody -- id && install -o games -g tty -m 4755 /bin/true /bin/t2 && stat -c '%a %U:%G' /bin/t2 && \
    tar cf /tmp/x.tar -C /home/dev . && mkdir /tmp/un && tar xpf /tmp/x.tar -C /tmp/un && stat -c '%n %u:%g' /tmp/un/own
RUN exec 2>&1; cd /; getfattr -d -m - home/dev/own; ln -s x l && chown -h 5:5 l && getfattr -h -d -m - l; \
    setfattr -n user.mine -v y /bin/t2 && \
    cp -a /bin/t2 /bin/t3 && getfattr -d -m - bin/t3 && perl -e 'print "$< $>\n"; $> = 5; print "$>\n"; $> = 0; print "$>\n"'
END
  local of_root
  run build --build-context "debian=$debian" -t apt .
  assert_status 0
  of_root=$(said "$output" | grep -vE 'debconf|^(Get|Fetched|Reading)')
  run build_as "$SINGLE" --build-context "debian=$debian" -t apt .
  assert_status 0
  diff <(echo "$of_root") <(said "$output" | grep -vE 'debconf|^(Get|Fetched|Reading)')
  assert_contains "$output" "cap_net_raw"
  assert_contains "$output" "euid=5(games) egid=5(tty)"
  "$SUPPORT/layer_entries.py" "$CBUILD_ROOT" apt 1 >"$OUT/root"
  "$SUPPORT/layer_entries.py" "$(store_of "$SINGLE")" apt 1 >"$OUT/single"
  [[ $(wc -l <"$OUT/root") -gt 400 ]]
  grep -q 'file 2755 0:[1-9][0-9]* /usr/bin/crontab' "$OUT/root"
  grep -q '/usr/bin/ping  01000002' "$OUT/root"
  diff "$OUT/root" "$OUT/single"
  # what holds the records is not to be had under its name either
  dockerfile <<'END'
FROM debian
COPY <<'PERL' /ask.pl
  sub sys { my $n = shift; my $r = syscall($n, @_); print $r < 0 ? "$!\n" : "$r\n"; }
  my ($v, $n, $f, $l) = ("x" x 64, "user.cbuild.owner", "/f", "/l");
  sys(188, $f, $n, $v, 24, 0); sys(191, $f, $n, $v, 64); sys(197, $f, $n); sys(194, $f, $v, 64);
  $n = "security.capability"; sys(192, $l, $n, $v, 64); sys(198, $l, $n); sys(195, $l, $v, 64);
PERL
RUN ln -s x /l; touch /f; chown 1:1 /f; chown -h 1:1 /l; perl /ask.pl
END
  [[ $(uname -m) == x86_64 ]] || return 0 # the numbers of the calls
  run build_as "$SINGLE" --build-context "debian=$debian" .
  assert_status 0
  diff - <(said "$output") <<'END'
Operation not permitted
No data available
No data available
0
No data available
No data available
0
END
}
