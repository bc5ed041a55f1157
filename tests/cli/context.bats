# What of the context a build sees, and which rule decided.

load helper

teardown() { stop_source_servers; }

setup() {
  fresh
  printf 'FROM scratch\nCOPY . /\n' | dockerfile
}

ls_context() { "$CBUILD" context ls "$@" . 2>/dev/null; }

@test "the list is what a COPY of everything copies" {
  mkdir -p src/a node_modules/x build/keep 'with blank'
  touch src/a/1.o src/a/2.c node_modules/x/y build/o build/keep/k 'with blank/f'
  ln -s nowhere src/link
  mkfifo fifo
  printf '**/*.o\nnode_modules\nbuild\n!build/keep\nfifo\n' >.dockerignore
  "$CBUILD" build -q -o "$OUT/tree" . >/dev/null
  diff <(ls_context | sed 's,/$,,' | sort) <(cd "$OUT/tree" && find . -mindepth 1 -printf '%P\n' | sort)
}

@test "--why names file, line and rule" {
  mkdir -p build/keep
  touch a.o b.c build/keep/k
  printf '\xef\xbb\xbf# comment\n\n*.o\nbuild/\n!/build/./keep/\n' >.dockerignore
  [[ $(ls_context --why a.o) == "a.o: ignored by .dockerignore:3: *.o" ]]
  [[ $(ls_context --why b.c) == "b.c: in the context, no rule applies" ]]
  [[ $(ls_context --why build/keep/k) == "build/keep/k: in the context, taken back by .dockerignore:5: !build/keep" ]]
  [[ $(ls_context --why build/other) == "build/other: ignored by .dockerignore:4: build (there is no such file)" ]]
  mv Dockerfile Other
  printf 'a.o\n' >Other.dockerignore
  [[ $(ls_context -f Other --why a.o) == "a.o: ignored by Other.dockerignore:1: a.o" ]]
  [[ $(ls_context -f Other --why build/keep) == *"no rule applies" ]]
}

@test "--json has both" {
  touch a.o b.c
  printf '*\n!b.*\n' >.dockerignore
  [[ $(ls_context --json | jq -c '[.entries[] | .path]') == '["b.c"]' ]]
  [[ $(ls_context --json | jq -c '.entries[0].rule') == '{"file":".dockerignore","line":2,"pattern":"!b.*"}' ]]
  [[ $(ls_context --json --why a.o | jq -c '[.ignored, .there, .rule.line]') == '[true,true,1]' ]]
}

@test "L-01: names from the context do not move the cursor" {
  touch $'a\x1b[2Jb'
  run ls_context
  assert_contains "$output" 'a\x1b[2Jb'
}

@test "a bad rule is told with its line; a bare context says what is missing" {
  printf 'ok\n[a-\n' >.dockerignore
  run "$CBUILD" context ls .
  assert_status 125
  assert_contains "$output" "line 2"
  run "$CBUILD" context
  assert_status 2
  assert_contains "$output" "ls"
}

@test "P-09: an ignored directory that nothing takes back is never entered" {
  mkdir -p closed/deep open
  touch closed/deep/f open/f
  chmod 000 closed/deep
  printf 'closed\n!open/f\n' >.dockerignore
  strace -f -e trace=open,openat,openat2 -o "$OUT/trace" "$CBUILD" context ls . >"$OUT/list"
  chmod 755 closed/deep
  refute grep -q '"closed' "$OUT/trace"
  grep -q '"open' "$OUT/trace"
  grep -q open/f "$OUT/list"
}

@test "a context that is fetched is listed too: an archive, an archive by http, a repository" {
  mkdir tree
  printf 'FROM scratch\n' >tree/Dockerfile
  echo f >tree/.dockerignore
  echo one >tree/f
  mkdir "$OUT/served"
  tar -C tree -czf "$OUT/context.tar.gz" .dockerignore Dockerfile f
  git -C tree init -q -b main
  git -C tree add .
  git -C tree -c user.name=a -c user.email=a@b commit -qm one
  start_source_server "$OUT/served"
  cp "$OUT/context.tar.gz" "$OUT/served/files/"
  git clone -q --bare tree "$OUT/served/git/app.git"
  wanted=$'.dockerignore\nDockerfile\nf'
  [[ $("$CBUILD" context ls - <"$OUT/context.tar.gz" 2>/dev/null) == "$wanted" ]]
  [[ $("$CBUILD" context ls "http://$SOURCES/files/context.tar.gz" 2>/dev/null) == "$wanted" ]]
  [[ $("$CBUILD" context ls "http://$SOURCES/git/app.git#main" 2>/dev/null) == "$wanted" ]]
  # an ignore file means nothing there
  run "$CBUILD" context ls --why f "http://$SOURCES/git/app.git"
  assert_contains "$output" "f: in the context, there is no ignore file"
  run -125 "$CBUILD" context ls "http://$SOURCES/files/none.tar"
  assert_contains "$output" "404"
}
