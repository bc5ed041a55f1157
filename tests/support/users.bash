# Running cbuild as somebody who is not root; sourced after helper.bash. What others have to read, run or
# write lies below $OPEN, since bats keeps its folders to root. A file begins with open_programs and
# make_user in setup_file, open_context in setup, and ends with end_users in teardown_file, which bats
# calls however the tests and setup_file end.

# open_programs [PROGRAM...]: the folder $OPEN that everybody can enter; in $OPEN/bin are cbuild, which is
# $CBUILD then, what it needs, and these from beside it. The base image can be read by everybody.
open_programs() {
  local program from
  from=$(dirname "$CBUILD")
  open_dir
  busybox_layout
  mkdir "$OPEN/bin"
  for program in cbuild cbuild-net "$@"; do cp "$from/$program" "$OPEN/bin"; done
  export CBUILD=$OPEN/bin/cbuild
}

# A folder of the test's own, $OPENED, and in it an empty context to stand in.
open_context() {
  OPENED=$(mktemp -d "$OPEN/test.XXXXXX")
  chmod 0755 "$OPENED"
  CONTEXT=$OPENED/context
  mkdir "$CONTEXT"
  cd "$CONTEXT" || return 1
}

# Takes away all users and the folder.
end_users() {
  remove_users
  [[ -z ${OPEN:-} ]] || rm -rf --one-file-system "$OPEN"
}

# make_user [useradd options] NAME: prints nothing; remembers it for remove_users.
make_user() {
  local tries=0
  # somebody else may be changing /etc/passwd just now
  until useradd --create-home --shell /bin/sh "$@" >/dev/null; do
    [[ $((++tries)) -lt 100 ]] || return 1
    sleep 0.2
  done
  echo "${!#}" >>"$BATS_FILE_TMPDIR/users"
}

# make_lone_user NAME: one without sub-ids.
make_lone_user() {
  make_user -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 "$1"
}

remove_users() {
  local user
  [[ -f $BATS_FILE_TMPDIR/users ]] || return 0
  while read -r user; do
    local tries=0
    while id "$user" &>/dev/null && [[ $((++tries)) -lt 100 ]]; do
      userdel --remove "$user" &>/dev/null || sleep 0.2
    done
  done <"$BATS_FILE_TMPDIR/users"
}

# The folder alone.
open_dir() {
  OPEN=$(mktemp -d /var/tmp/cbuild-open.XXXXXX)
  chmod 0755 "$OPEN"
  export OPEN
}

# as_user NAME COMMAND...: with that user's ids, groups and home, and nothing of root's environment.
as_user() {
  local user=$1
  shift
  setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
    env -i PATH="$PATH" HOME="$(getent passwd "$user" | cut -d: -f6)" "$@"
}

# build_as NAME [options]: as build, by that user, with the user's own store and times that do not change
build_as() {
  local user=$1
  shift
  as_user "$user" "$CBUILD" build --progress=plain --build-arg SOURCE_DATE_EPOCH=1700000000 \
    --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@"
}

digest_as() { as_user "$1" "$CBUILD" inspect "$2" | jq -r '.[0].RepoDigests[0]' | sed 's/.*@//' | grep '^sha256:' || echo "no digest $RANDOM$RANDOM"; }
store_of() { echo "$(getent passwd "$1" | cut -d: -f6)/.local/share/cbuild"; }

# as_number UID COMMAND...: a uid without passwd entry and home, as some clusters give.
as_number() {
  local number=$1
  shift
  setpriv --reuid "$number" --regid "$number" --clear-groups env -i PATH="$PATH" "$@"
}

# Everything whose owners or marks a rootless store has to keep right.
many_owners() {
  mkdir -p tree/sub
  echo data >tree/sub/file
  touch -d @1700000000 tree tree/sub tree/sub/file
  dockerfile <<'END'
FROM busybox AS made
RUN mkdir /made /made/kept /made/gone && echo one > /made/a && chown 100:200 /made/a && \
    echo two > /made/b && chown 65534:1 /made/b && chmod 4755 /made/b && \
    ln -s a /made/link && chown -h 5:6 /made/link && mkfifo /made/fifo && echo x > /made/gone/x
RUN rm -rf /made/gone && rm /made/kept -r && mkdir /made/kept && echo new > /made/kept/new && \
    mv /made/a /made/c && ln /made/c /made/hard
USER 1000:33
RUN id -u > /tmp/uid && id -g >> /tmp/uid
FROM busybox
COPY --chown=12:34 tree /tree
COPY --from=made /made /copied
WORKDIR /work
RUN test "$(stat -c %u:%g /copied/c)" = 100:200 && test "$(stat -c %u:%g /tree/sub/file)" = 12:34
END
}

# docker_profile COMMAND...: with what Docker's default profile leaves to root in a container.
docker_profile() { "${DOCKER_PROFILE:-$(dirname "$CBUILD")/docker-profile}" "$@"; }
