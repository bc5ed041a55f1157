# KILL to any process of a build at any instant: nothing runs on, nothing is lost that was done, and the
# next build needs nobody's help.

load helper

setup_file() { start_registry; }
teardown_file() { stop_registry; }
setup() { fresh; }

@test "K-02 processes that are killed at random instants leave nothing, and lose nothing that was done" {
  not_in_mode "*" "whose processes are not its children there"
  local count=20
  [[ -z ${CBUILD_HUNT:-} ]] || count=200
  run "$BATS_TEST_DIRNAME/../hunt/kill" "${CBUILD_SEED:-$RANDOM}" "$count" "$OUT"
  echo "$output"
  assert_status 0
  echo "# $output" >&3
}
