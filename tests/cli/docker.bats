# What users of docker bring along: its templates and filters, and its name.

load helper

setup_file() {
  busybox_layout
  export CBUILD_ROOT=$BATS_FILE_TMPDIR/store
  mkdir "$BATS_FILE_TMPDIR/app"
  cd "$BATS_FILE_TMPDIR/app"
  echo 1 >x
  printf 'FROM scratch\nCOPY x /\nLABEL a=b\nCMD ["x","y"]\n' >Dockerfile
  "$CBUILD" build -q --source-date-epoch 1700000000 -t app:v1 -t reg.io/other:2 .
  printf 'FROM scratch\nCOPY x /y\n' >Dockerfile
  "$CBUILD" build -q --source-date-epoch 1600000000 -t old:v1 .
}
setup() {
  STORE=$BATS_FILE_TMPDIR/store
  fresh
  export CBUILD_ROOT=$STORE
  ln -s "$CBUILD" "$OUT/docker"
  DOCKER=$OUT/docker
}

listed() { "$CBUILD" images --format '{{.Repository}}:{{.Tag}}' "$@" | sort | paste -sd' '; }

@test "images --format: templates, tables and json" {
  [[ $("$CBUILD" images --format '{{.Repository}}:{{.Tag}} {{.CreatedAt}}' old) == "old:v1 2020-09-13 12:26:40 +0000 UTC" ]]
  run "$CBUILD" images --format 'table {{.Repository}}\t{{.Tag}}' app
  [[ ${lines[0]} == "REPOSITORY   TAG" ]]
  [[ ${lines[1]} == "app          v1" ]]
  [[ $("$CBUILD" images --format json old | jq -r .ID) == "$("$CBUILD" images -q old)" ]]
  [[ $("$CBUILD" images --format '{{.ID}}' --no-trunc old) == "$("$CBUILD" inspect -f '{{.Id}}' old:v1)" ]]
  run "$CBUILD" images --format '{{.Nonsense}}'
  assert_status 2
  assert_contains "$output" ".Repository"
}

@test "images --filter" {
  [[ $(listed) == "app:v1 old:v1 reg.io/other:2" ]]
  [[ $(listed old) == "old:v1" ]]
  [[ $(listed reg.io/other:2) == "reg.io/other:2" ]]
  [[ $(listed -f 'reference=*:v1') == "app:v1 old:v1" ]]
  [[ $(listed -f label=a) == "app:v1 reg.io/other:2" ]]
  [[ -z $(listed -f label=a=other) ]]
  [[ $(listed -f before=app:v1) == "old:v1" ]]
  [[ $(listed -f since=old:v1) == "app:v1 reg.io/other:2" ]]
  [[ $(listed -f until=2022-01-01T00:00:00Z) == "old:v1" ]]
  [[ $(listed -f label=a -f 'reference=app*') == "app:v1" ]]
  [[ -z $(listed -f dangling=true) ]]
  echo "FROM scratch" | dockerfile
  id=$(build -q --label c=d .)
  [[ $("$CBUILD" images -q -f dangling=true) == "${id:7:12}" ]]
  [[ $(listed -f label=c=d) == "<none>:<none>" ]]
  [[ -z $(listed -f dangling=false -f label=c=d) ]]
  "$CBUILD" rmi "$("$CBUILD" images -q -f dangling=true)"
  [[ -z $(listed -f dangling=true) ]]
  run "$CBUILD" images -f size=1
  assert_status 2
  assert_contains "$output" "reference="
}

@test "inspect --format" {
  [[ $("$CBUILD" inspect -f '{{.Config.Cmd}} {{json .Config.Labels}} {{.Config.Entrypoint}}{{.Config.User}}' app:v1) == '[x y] {"a":"b"} []' ]]
  [[ $("$CBUILD" inspect -f '{{range .RepoTags}}<{{.}}>{{end}}' app:v1) == "<app:v1><reg.io/other:2>" ]]
  [[ $("$CBUILD" inspect -f json app:v1 | jq -r .Config.Labels.a) == b ]]
  [[ $("$CBUILD" inspect -f . app:v1) == . ]]
  run "$CBUILD" inspect -f '{{printf "%s" .Id}}' app:v1
  assert_status 2
  assert_contains "$output" "not supported yet"
  run "$CBUILD" inspect nothing
  assert_status 125
  [[ ${lines[0]} == "[]" ]]
}

@test "called as docker, it builds, tags, lists, inspects and removes" {
  printf 'FROM scratch\nCOPY x /\n' | dockerfile
  echo 1 >x
  export CBUILD_ROOT=$BATS_TEST_TMPDIR/store
  "$DOCKER" build -q -t one .
  "$DOCKER" buildx build -q -t two .
  "$DOCKER" --context default -c default buildx b -q -t three .
  "$CBUILD" docker builder build -q -t four .
  "$CBUILD" image build -q -t five .
  "$DOCKER" tag one six
  [[ $(listed) == "five:latest four:latest one:latest six:latest three:latest two:latest" ]]
  "$DOCKER" image rm six
  "$CBUILD" image rm five
  [[ $("$DOCKER" image ls -q | wc -l) -eq 4 ]]
  [[ $("$DOCKER" image inspect -f '{{.Os}}' one) == linux ]]
  [[ $("$DOCKER" --version) =~ ^Docker\ version\ [0-9]+\.[0-9]+\.[0-9]+,\ build\ cbuild- ]]
  [[ $("$DOCKER" buildx create --name mine --use 2>/dev/null) == mine ]]
  "$DOCKER" buildx use mine
  "$DOCKER" system prune -f
}

@test "what docker has and this has not is refused by name" {
  for words in "ps" "run -it x" "compose up" "buildx bake" "image frobnicate" "." "-H tcp://x build ." "--context far build ." "--context" "--nonsense build ."; do
    # shellcheck disable=SC2086
    run "$DOCKER" $words
    assert_status 2
    [[ $(wc -l <<<"$output") -eq 1 ]]
  done
  run "$DOCKER" run x
  assert_contains "$output" "not supported yet"
  run "$DOCKER" -H tcp://x build .
  assert_contains "$output" "daemon"
}

@test "help of a command: before it, behind it, and by docker's two words" {
  local name asked
  for name in build images inspect tag push rmi prune reset fsck doctor lint parse plan graph context help version; do
    asked=$("$CBUILD" help "$name")
    [[ $asked == "Usage: cbuild $name "* ]]
    [[ $("$CBUILD" "$name" -h) == "$asked" && $("$CBUILD" "$name" --help) == "$asked" ]]
    [[ $("$CBUILD" -h "$name") == "$asked" && $("$CBUILD" --help "$name") == "$asked" ]]
  done
  [[ $("$CBUILD" help image ls) == "$("$CBUILD" help images)" && $("$DOCKER" help image ls) == "$("$CBUILD" help images)" ]]
  [[ $("$CBUILD" image ls -h) == "$("$CBUILD" help images)" ]]
  assert_contains "$("$CBUILD" buildx --help)" "cbuild buildx prune      as 'cbuild prune'"
  [[ $("$CBUILD" help buildx) == "$("$CBUILD" buildx -h)" ]]
  # alone it is about a build
  [[ $("$CBUILD" -h) == "$("$CBUILD" help build)" && $("$CBUILD" -h .) == "$("$CBUILD" help build)" ]]
  run -2 "$CBUILD" help imagse
  assert_contains "$output" "'imagse' is no command of cbuild (did you mean images?)"
  run -2 "$CBUILD" help image frobnicate
  assert_contains "$output" "'image frobnicate' is no command of cbuild"
}

@test "a first word that is neither a command nor a folder is answered with what is meant" {
  local words
  cd "$CONTEXT"
  for words in "ls images" "rm rmi" "bud build" "gc prune" "imagse images" "buidl build"; do
    run -2 "$CBUILD" "${words% *}" -t x
    assert_contains "$output" "there is no folder '${words% *}' to build; did you mean the command '${words#* }'?"
  done
  for words in ps "container ls" "exec x sh" "compose up"; do
    # shellcheck disable=SC2086
    run -2 "$CBUILD" $words
    assert_contains "$output" "there is no folder '${words%% *}' to build, and no command of that name: cbuild builds"
  done
  run -2 "$CBUILD" frobnicate
  assert_contains "$output" "and no command of that name ('cbuild help' lists them)"
  # a folder of that name is a context, and what is written as a path is one in any case
  mkdir ls
  echo 'FROM scratch' >ls/Dockerfile
  echo 'LABEL a=b' >>ls/Dockerfile
  "$CBUILD" ls -t of-ls
  [[ $(listed of-ls) == of-ls:latest ]]
  run -125 "$CBUILD" ./ps
  assert_contains "$output" "build context './ps'"
}
