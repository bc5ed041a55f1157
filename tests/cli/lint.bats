# Checks of the Dockerfile: --check, --call, warnings of a build, cbuild lint.
load helper

setup() { fresh; }

sloppy() {
  dockerfile <<'D'
from scratch as Base
MAINTAINER me
ENV a b
COPY f /f
CMD run it
D
  echo 1 >f
}

@test "a check ends with 1 where it finds something, with 0 where it does not" {
  sloppy
  run "$CBUILD" build --check .
  assert_status 1
  assert_contains "$output" "Check complete, 5 warnings have been found!"
  assert_contains "$output" "WARNING: MaintainerDeprecated - https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/"
  assert_contains "$output" "   2 | >>> MAINTAINER me"
  run "$CBUILD" build --call=check,ignorestatus=true .
  assert_status 0
  printf 'FROM scratch\nCMD ["a"]\n' | dockerfile
  run "$CBUILD" build --call=lint .
  assert_status 0
  [[ $output == "Check complete, no warnings found." ]]
  [[ ! -e $CBUILD_ROOT/index.json || $(jq '.manifests | length' "$CBUILD_ROOT/index.json") -eq 0 ]]
}

@test "the JSON of a check is what docker's is" {
  sloppy
  run "$CBUILD" build --call=check,format=json .
  assert_status 1
  echo "$output" >"$OUT/check.json"
  run jq -r '.warnings[] | "\(.ruleName) \(.location.ranges[0].start.line) \(.url)"' "$OUT/check.json"
  assert_contains "$output" "LegacyKeyValueFormat 3 https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/"
  run jq -r '.sources[0] | "\(.filename) \(.language)"' "$OUT/check.json"
  [[ $output == "Dockerfile Dockerfile" ]]
  jq -r '.sources[0].data' "$OUT/check.json" | base64 -d | cmp - Dockerfile
  printf 'FROM scratch\n' | dockerfile
  [[ $("$CBUILD" build --call=check,format=json . | jq -r .warnings) == null ]]
}

@test "what a build would fail with is told beside what was found" {
  printf 'FROM scratch\nMAINTAINER x\nVOLUME $nothing\n' | dockerfile
  run "$CBUILD" build --call=check,format=json .
  assert_status 1
  [[ $(jq -r '.warnings[0].ruleName' <<<"$output") == MaintainerDeprecated ]]
  [[ -n $(jq -r '.buildError.message' <<<"$output") ]]
  printf 'FROM scratch\nCOPY a\n' | dockerfile
  run "$CBUILD" build --call=check,ignorestatus=true .
  assert_status 1
  assert_contains "$output" "Dockerfile:2"
  printf '# check=foo=bar\nFROM scratch\n' | dockerfile
  run "$CBUILD" build --check .
  assert_status 1
  assert_contains "$output" 'invalid check option "foo"'
}

@test "what stands above a line that does not parse is told beside the error" {
  printf 'FROM scratch AS A\nmaintainer m\nRUN a \\\n\n b\nCOPY x\nMAINTAINER n\nFROM scratch AS B\n' | dockerfile
  run "$CBUILD" build --call=check,format=json .
  assert_status 1
  [[ $(jq -r '[.warnings[] | "\(.ruleName) \(.location.ranges[0].start.line)"] | join(" ")' <<<"$output") == "NoEmptyContinuation 5 StageNameCasing 1 MaintainerDeprecated 2" ]]
  [[ $(jq -r '.buildError.location.ranges[0].start.line' <<<"$output") == 6 ]]
  run "$CBUILD" build --check .
  assert_status 1
  assert_contains "$output" "Check complete, 3 warnings have been found!"
  assert_contains "$output" "COPY requires at least two arguments"
  sed -i '1i# check=skip=MaintainerDeprecated,NoEmptyContinuation' Dockerfile
  [[ $("$CBUILD" build --call=check,format=json . | jq -r '[.warnings[].ruleName] | join(" ")') == StageNameCasing ]]
  printf 'NONSENSE\n' | dockerfile
  [[ $("$CBUILD" build --call=check,format=json . | jq -r .warnings) == null ]]
}

@test "a build shows its warnings as they are found, and again at its end" {
  sloppy
  run "$CBUILD" build --progress=plain -t app:v1 .
  assert_status 0
  assert_contains "$output" "warning: MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)"
  assert_contains "$output" "5 warnings found (use --debug to expand):"
  assert_contains "$output" " - LegacyKeyValueFormat: "
  run "$CBUILD" build --progress=plain -D -t app:v1 .
  assert_contains "$output" "5 warnings found:"
  assert_contains "$output" "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/"
  run -0 --separate-stderr "$CBUILD" build --progress=rawjson -t app:v1 .
  [[ $(jq -r 'select(.event == "warning") | .text' <<<"$stderr" | grep -c '(line ') -eq 5 ]]
  refute_contains "$stderr" "warnings found"
  run -0 --separate-stderr "$CBUILD" build -q -t app:v1 .
  [[ -z $stderr ]]
}

@test "the metadata has the warnings where buildx's variable asks for them" {
  sloppy
  "$CBUILD" build -t app:v1 --metadata-file "$OUT/one" .
  [[ $(jq 'has("buildx.build.warnings")' "$OUT/one") == false ]]
  BUILDX_METADATA_WARNINGS=1 "$CBUILD" build -t app:v1 --metadata-file "$OUT/two" .
  [[ $(jq -r '."buildx.build.warnings" | length' "$OUT/two") -eq 5 ]]
  run jq -r '."buildx.build.warnings"[].short' "$OUT/two"
  assert_contains "$(base64 -d <<<"${lines[2]}")" "(line "
}

@test "# check= and BUILDKIT_DOCKERFILE_CHECK switch rules and make errors of them" {
  { echo '# check=error=true;skip=StageNameCasing'; printf 'FROM scratch AS A\nCOPY f /\n'; } | dockerfile
  echo 1 >f
  run build -t app:v1 .
  assert_status 0
  refute_contains "$output" "StageNameCasing"
  run build -t app:v1 --build-arg BUILDKIT_DOCKERFILE_CHECK=error=true .
  assert_status 125
  assert_contains "$output" "lint violation found for rules: StageNameCasing"
  run build -t app:v1 --build-arg BUILDKIT_DOCKERFILE_CHECK=x .
  assert_status 125
  assert_contains "$output" 'failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK: invalid check option "x"'
}

@test "outline and targets are told as text and as JSON" {
  dockerfile <<'D'
ARG G=1
# base the base
FROM scratch AS base
# V which version
ARG V=$G
ARG G
RUN --mount=type=secret,id=s,required=true true
FROM base
ARG X
D
  run -0 "$CBUILD" build --call=targets .
  [[ $output == $'TARGET    DESCRIPTION\nbase      the base\n(default) ' ]]
  run -0 "$CBUILD" build --call=outline --target=base --build-arg V=7 .
  assert_contains "$output" $'TARGET:      base\nDESCRIPTION: the base\n'
  assert_contains "$output" "V           7       which version"
  assert_contains "$output" "s        true"
  refute_contains "$output" "X"
  run -0 "$CBUILD" build --call=outline,format=json .
  [[ $(jq -r '[.args[].name] | join(" ")' <<<"$output") == "G V X" ]]
  run -0 "$CBUILD" build --call=subrequests.describe .
  assert_contains "$output" "targets              1.0.0"
  run "$CBUILD" build --call=nonsense .
  assert_status 2
  run "$CBUILD" build --call=check,format=xml .
  assert_status 2
}

@test "lint --fix shows the difference, keeps mode and link, and leaves nothing to find" {
  dockerfile <<'D'
from scratch as base
env a   b c
LABEL d e # f
COPY f /f
D
  echo 1 >f
  chmod 640 Dockerfile
  mv Dockerfile real
  ln -s real Dockerfile
  cp real "$OUT/before"
  run "$CBUILD" lint --diff .
  assert_status 1
  cmp real "$OUT/before"
  "$CBUILD" plan . | jq 'del(.. | .at?, .line?)' >"$OUT/plan.before"
  run "$CBUILD" lint --fix .
  assert_status 0
  assert_contains "$output" '-env a   b c'
  assert_contains "$output" '+ENV a="b c"'
  assert_contains "$output" '+LABEL d="e # f"'
  [[ -L Dockerfile && $(stat -c %a real) == 640 ]]
  "$CBUILD" plan . | jq 'del(.. | .at?, .line?)' >"$OUT/plan.after"
  [[ -s $OUT/plan.before ]]
  cmp "$OUT/plan.before" "$OUT/plan.after"
  run "$CBUILD" lint .
  assert_status 0
  [[ $output == "0 findings" ]]
}

@test "the difference that --fix shows is one that patch understands" {
  { echo 'from scratch'; for i in $(seq 30); do printf 'ENV a%s=1\n' "$i"; [[ $i -eq 9 || $i -eq 12 || $i -eq 29 ]] && echo "ENV x y$i z"; done; printf 'CMD a b'; } | dockerfile
  cp Dockerfile "$OUT/Dockerfile"
  "$CBUILD" lint --fix . >"$OUT/diff" || true
  sed -n '/^---/,/^$/p' "$OUT/diff" >"$OUT/patch"
  (cd "$OUT" && patch -s Dockerfile <patch)
  cmp Dockerfile "$OUT/Dockerfile"
  grep -q '^CMD \["a", "b"\]$' Dockerfile
  [[ $(grep -c '^@@' "$OUT/diff") -eq 3 ]]
}

@test "lint has rules of its own, which a check has only when they are asked for" {
  printf 'FROM scratch\nCOPY . .\nRUN npm ci\n' | dockerfile
  run "$CBUILD" lint .
  assert_status 1
  assert_contains "$output" "CacheDefeatingOrder"
  assert_contains "$output" "Copy package.json and package-lock.json first"
  run "$CBUILD" build --check .
  assert_status 0
  run "$CBUILD" build --check --build-arg BUILDKIT_DOCKERFILE_CHECK=experimental=all .
  assert_status 1
}

@test "lint --fix refuses what it cannot write back" {
  run "$CBUILD" lint --fix -f - . <<<'from scratch'
  assert_status 2
  run "$CBUILD" lint --diff -f - . <<<'from scratch as a
COPY a /b
COPY a /b'
  assert_status 1
  assert_contains "$output" "+FROM scratch AS a"
}

@test "as JSON a fix is one document, with the difference in it" {
  printf 'FROM scratch\nENV a b\n' | dockerfile
  run --separate-stderr "$CBUILD" lint --json --diff .
  [[ $status -eq 1 ]]
  jq -e '.diff | contains("-ENV a b\n+ENV a=b\n")' <<<"$output"
  jq -e '.warnings | length == 1' <<<"$output"
  [[ $(tail -1 Dockerfile) == 'ENV a b' ]]
  run --separate-stderr "$CBUILD" lint --json --fix .
  [[ $status -eq 0 ]]
  jq -e '.diff | contains("+ENV a=b\n")' <<<"$output"
  jq -e '.warnings == null' <<<"$output"
  [[ $(tail -1 Dockerfile) == 'ENV a=b' ]]
  run --separate-stderr "$CBUILD" lint --json --fix .
  jq -e '.diff == ""' <<<"$output"
}

@test "lint of a fetched context: --diff shows, --fix is refused before anything is fetched" {
  mkdir tree
  printf 'FROM scratch\nENV a b\n' >tree/Dockerfile
  tar -C tree -cf "$OUT/context.tar" .
  run "$CBUILD" lint --diff - <"$OUT/context.tar"
  [[ $status -eq 1 ]]
  assert_contains "$output" '+ENV a=b'
  for words in - 'git://127.0.0.1:1/x.git' '-f http://127.0.0.1:1/Dockerfile .'; do
    # shellcheck disable=SC2086
    run -2 "$CBUILD" lint --fix $words <"$OUT/context.tar"
    assert_contains "$output" "has to be fetched"
    refute_contains "$output" "cannot reach"
  done
}

@test "findings that are left out are counted in the JSON too" {
  { echo 'FROM scratch'; for i in $(seq 10007); do echo "ENV a$i b"; done; } >Dockerfile
  run --separate-stderr "$CBUILD" lint --json .
  n=$(jq '.warnings | length' <<<"$output")
  [[ $((n + $(jq '.leftOut // 0' <<<"$output"))) -eq 10007 ]]
  [[ $n -eq 10000 ]]
}

@test "a check needs no leave for what a step asks for" {
  printf 'FROM scratch\nRUN --network=host a\nRUN --security=insecure b\nRUN --device=vendor.com/x=1 c\n' | dockerfile
  "$CBUILD" build --check .
  run "$CBUILD" build .
  [[ $status -eq 125 ]]
  assert_contains "$output" "entitlement network.host is not allowed"
}

@test "--check beside another question is refused" {
  printf 'FROM scratch\n' | dockerfile
  "$CBUILD" build --check --call=check,format=json .
  run -2 "$CBUILD" build --check --call=outline .
  assert_contains "$output" "cannot stand beside --call=outline"
}
