# Trying the walls of a RUN from the inside, in the modes that run anything: as root, as users with
# sub-ids and without, and in a chroot. Sourced after helper.bash.
source "$BATS_TEST_DIRNAME/../support/users.bash"

export MODES="root rootless single chroot"

setup_file() {
  open_programs docker-profile probe without
  export OWNER=cbuild-walls-$$
  export SINGLE=cbuild-one-$$
  make_user "$OWNER"
  make_lone_user "$SINGLE"
  chown "$OWNER" "$OPEN/bin/cbuild"
}

teardown_file() { end_users; }

setup() {
  fresh
  open_context
  mkdir "$OPENED/chroot"
  cp "$OPEN/bin/probe" .
}

teardown() {
  rm -rf --one-file-system "$OPENED/canary"
  end_background
}

# build_in MODE [options]
build_in() {
  local mode=$1 args
  shift
  args=(build --progress=plain --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" "$@")
  case $mode in
    root) "$CBUILD" "${args[@]}" ;;
    rootless) as_user "$OWNER" ${BUILDER_ENV:+env "$BUILDER_ENV"} "$CBUILD" "${args[@]}" ;;
    single) as_user "$SINGLE" ${BUILDER_ENV:+env "$BUILDER_ENV"} "$CBUILD" "${args[@]}" ;;
    chroot) CBUILD_ROOT=$OPENED/chroot docker_profile "$CBUILD" "${args[@]}" ;;
  esac
}

# said: what the RUN printed behind "> ", of $output
said() { sed -n 's/^#[0-9]* [0-9.]* > \?//p' <<<"$output"; }

# make_canary: files beside the store that nobody may touch; canary_sum: what they are now
make_canary() {
  CANARY=$OPENED/canary
  mkdir -p "$CANARY/dir/a/b"
  echo sings >"$CANARY/file"
  echo secret >"$CANARY/closed"
  chmod 0600 "$CANARY/closed"
  ln -s file "$CANARY/link"
  mkfifo "$CANARY/fifo"
  cp /bin/true "$CANARY/setid"
  chmod 4755 "$CANARY/setid"
  chmod 0777 "$CANARY" "$CANARY/dir"
  CANARY_SUM=$(canary_sum)
}
canary_sum() {
  (cd "$CANARY" && find . -printf '%p %y %m %u %g %s %T@ %l\n' | sort && sha256sum file closed setid) | sha256sum
}
check_canary() { [[ $(canary_sum) == "$CANARY_SUM" ]] || { echo "the canary changed: $1"; return 1; }; }

# tree NAME: root.tar of a small root; the caller has put into the folder NAME what is special of it
tree() {
  local dir
  mkdir -p "$1/bin"
  cp /bin/busybox "$1/bin/busybox"
  for dir in dev proc sys etc tmp; do
    [[ -e $1/$dir || -L $1/$dir || -e $1/.no-$dir ]] || mkdir "$1/$dir"
  done
  rm -f "$1"/.no-*
  tar -C "$1" -cf root.tar .
  rm -rf --one-file-system "$1"
}
