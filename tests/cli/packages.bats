# N-03: apt-get install in every mode; the layer has root's paths, types, modes, owners and capabilities.
load helper

CACHE=${CBUILD_TEST_CACHE:-/var/tmp/cbuild-tests}
# by hand others are added (tests/hunt/packages)
read -ra MORE <<<"${CBUILD_TEST_PACKAGES:-}"
PACKAGES=(iputils-ping sudo cron openssh-client libcap2-bin "${MORE[@]}")

setup_file() {
  DEBIAN=$("$SUPPORT/shared-debian" base)
  REPO=$("$SUPPORT/shared-debian" packages "${MORE[@]}")
  export DEBIAN REPO
}

setup() { fresh; }

project() {
  cp -r "$REPO" repo
  dockerfile <<END
FROM debian
COPY repo /repo
RUN echo 'deb [trusted=yes] file:/repo ./' > /etc/apt/sources.list && apt-get update && \\
    apt-get install -y --no-install-recommends ${PACKAGES[*]}
END
}

# install PROGRAM: builds with it; the layer's facts are in $OUT/facts
install() {
  project
  "$1" build --progress=plain --build-arg DEBIAN_FRONTEND=noninteractive --build-context "debian=oci-layout://$DEBIAN" \
    -o "type=oci,dest=$OUT/image.tar" . || return
  "$SUPPORT/layer_facts.py" "$OUT/image.tar" >"$OUT/facts"
}

fact() { awk -F'\t' -v path="$1" '$1 == path { print $2, $3, $4 ":" $5, $8 }' "$OUT/facts"; }

# What root's layer has, found out once for each program under test.
roots_facts() {
  local key
  key=$(cat "$ROOTS_CBUILD" "$DEBIAN" "$REPO/Packages" | sha256sum | cut -c1-16)
  ROOTS_FACTS=$CACHE/packages.facts.$key
  (
    exec 9>"$CACHE/packages.facts.lock"
    flock 9
    [[ ! -s $ROOTS_FACTS ]] || exit 0
    export TMPDIR=/var/tmp
    place=$(mktemp -d)
    trap 'rm -rf --one-file-system "$place"' EXIT
    cd "$place"
    CBUILD_ROOT=$place/store OUT=$place install "$ROOTS_CBUILD" >&2
    cp "$place/facts" "$ROOTS_FACTS.aside"
    mv "$ROOTS_FACTS.aside" "$ROOTS_FACTS"
  )
}

@test "N-03: apt-get install gives root's owners, modes and capabilities" {
  run install "$CBUILD"
  assert_status 0
  # set-id programs, groups that packages make, a capability
  [[ $(fact usr/bin/sudo) == "file 4755 0:0 -" ]]
  [[ $(fact usr/bin/crontab) == "file 2755 0:"[1-9]*" -" ]]
  [[ $(fact usr/bin/ssh-agent) == "file 2755 0:"[1-9]*" -" ]]
  [[ $(fact var/spool/cron/crontabs) == "dir 1730 0:"[1-9]*" -" ]]
  [[ $(fact usr/bin/ping) == "file 755 0:0 "*00200000* ]]
  if [[ -n ${TEST_MODE:-} ]]; then
    roots_facts
    "$SUPPORT/layer_facts.py" --compare "$ROOTS_FACTS" "$OUT/facts" "$TEST_MODE" "$SUPPORT/../../testdata/packages/differences.tsv"
  fi
}
