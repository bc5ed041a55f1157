# Running cbuild as somebody who is not root; sourced by helper.bash. Users are made by the test and
# go with it (make_user, remove_users); what they have to read or write lies below a world-readable
# directory of the test's own, since bats keeps its folders to root.

# make_user NAME [useradd options]: prints nothing; remembers it for remove_users.
make_user() {
  useradd --create-home --shell /bin/sh "$@" >/dev/null
  echo "${!#}" >>"$BATS_FILE_TMPDIR/users"
}

remove_users() {
  local user
  [[ -f $BATS_FILE_TMPDIR/users ]] || return 0
  while read -r user; do
    userdel --remove "$user" 2>/dev/null || true
  done <"$BATS_FILE_TMPDIR/users"
}

# A directory for others than root to stand in; $OPEN. remove_open_dir takes it away.
open_dir() {
  OPEN=$(mktemp -d /var/tmp/cbuild-open.XXXXXX)
  chmod 0755 "$OPEN"
  export OPEN
}

remove_open_dir() {
  [[ -z ${OPEN:-} ]] || rm -rf --one-file-system "$OPEN"
}

# as_user NAME COMMAND...: with that user's ids, groups and home, and nothing of root's environment.
as_user() {
  local user=$1
  shift
  setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
    env -i PATH="$PATH" HOME="$(getent passwd "$user" | cut -d: -f6)" "$@"
}

# as_number UID COMMAND...: a uid without passwd entry and home, as some clusters give.
as_number() {
  local number=$1
  shift
  setpriv --reuid "$number" --regid "$number" --clear-groups env -i PATH="$PATH" "$@"
}
