# Git repositories as contexts and as sources of ADD, over real servers: git http-backend behind
# source_server.py, and git daemon.

load helper

setup() {
  fresh
  unset BUSYBOX_LAYOUT
  SERVED=$BATS_TEST_TMPDIR/served
  start_source_server "$SERVED"
  export HOME=$BATS_TEST_TMPDIR/home GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
  export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
  export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
  mkdir -p "$HOME"
  make_repository
  GIT=http://$SOURCES/git/app.git
}

teardown() {
  stop_source_servers
  [[ -z ${DAEMON:-} ]] || { kill "$DAEMON" && wait "$DAEMON"; } 2>/dev/null || true
}

# main: f is "two"; v1 (annotated): f is "one"; other: f is "three"; d/ holds a Dockerfile of its own
make_repository() {
  WORK=$BATS_TEST_TMPDIR/work
  git init -q -b main "$WORK"
  (
    cd "$WORK"
    mkdir d
    printf 'FROM scratch\nCOPY . /o/\n' >Dockerfile
    printf 'FROM scratch\nCOPY . /sub/\n' >d/Dockerfile
    echo f >.dockerignore
    echo one >f
    printf '#!/bin/sh\n' >d/x
    chmod +x d/x
    ln -s f l
    git add . && git commit -qm one && git tag -a v1 -m v1
    echo two >f && git commit -qam two
    git checkout -q -b other && echo three >f && git commit -qam three && git checkout -q main
  )
  publish
}

publish() {
  rm -rf "$SERVED/git/app.git"
  git clone -q --bare "$WORK" "$SERVED/git/app.git"
}

commit_of() { git -C "$WORK" rev-parse "$1"; }

# add WORDS: builds a Dockerfile with one ADD into $OUT/tree
add() {
  printf 'FROM scratch\nADD %s\n' "$*" | dockerfile
  rm -rf "$OUT/tree"
  build -o "type=local,dest=$OUT/tree" .
}

# rules: 1-remote-context 1-remote-ignore-file
@test "a context: files, modes, links and times of the commit, no .git, ignore file unused" {
  # rules: 1-remote-context 1-remote-ignore-file
  build -o "type=tar,dest=$OUT/a.tar" "$GIT"
  tar --utc -tvf "$OUT/a.tar" | awk '{ print $1, $2, $4 "T" $5, $6, $8 }' >"$OUT/got"
  diff -b "$OUT/got" - <<'X'
drwxr-xr-x 0/0 2023-11-14T22:13 o/
-rw-r--r-- 0/0 2023-11-14T22:13 o/.dockerignore
-rw-r--r-- 0/0 2023-11-14T22:13 o/Dockerfile
drwxr-xr-x 0/0 2023-11-14T22:13 o/d/
-rw-r--r-- 0/0 2023-11-14T22:13 o/d/Dockerfile
-rwxr-xr-x 0/0 2023-11-14T22:13 o/d/x
-rw-r--r-- 0/0 2023-11-14T22:13 o/f
lrwxrwxrwx 0/0 2023-11-14T22:13 o/l f
X
  [[ $(tar -xOf "$OUT/a.tar" o/f) == two ]]
}

@test "refs, subdirectories and queries" {
  v1=$(commit_of 'v1^{commit}')
  for reference in '#v1' '#refs/tags/v1' '?tag=v1' '?ref=v1' "#$v1" "?commit=$v1&tag=v1"; do
    add "$GIT$reference" /o/
    [[ $(<"$OUT/tree/o/f") == one ]]
  done
  for reference in '#other' '?branch=other' '#refs/heads/other' "#$(commit_of other)"; do
    add "$GIT$reference" /o/
    [[ $(<"$OUT/tree/o/f") == three ]]
  done
  build -o "type=tar,dest=$OUT/a.tar" "$GIT#v1:d"
  [[ $(tar -tf "$OUT/a.tar") == $'sub/\nsub/Dockerfile\nsub/x' ]]
  build -o "type=tar,dest=$OUT/b.tar" "$GIT?ref=v1&subdir=d"
  cmp "$OUT/a.tar" "$OUT/b.tar"
  run -125 build "$GIT#nothere"
  assert_contains "$output" "no branch or tag 'nothere'"
  run -125 build "$GIT#:no/dir"
  assert_contains "$output" "subdirectory 'no/dir' of the repository does not exist"
}

@test "a branch wins over a tag of its name" {
  git -C "$WORK" tag other v1^{commit}
  publish
  add "$GIT#other" /o/
  [[ $(<"$OUT/tree/o/f") == three ]]
}

@test "a rebuild of the same commit is cached; a moved branch is not" {
  printf 'FROM scratch\nADD %s /o/\n' "$GIT" | dockerfile
  build -t app:v1 .
  first=$(manifest_digest app:v1)
  run build -t app:v1 .
  assert_contains "$output" CACHED
  [[ $(manifest_digest app:v1) == "$first" ]]
  echo four >"$WORK/f"
  git -C "$WORK" commit -qam four
  publish
  run build -t app:v1 .
  refute_contains "$output" CACHED
  [[ $(manifest_digest app:v1) != "$first" ]]
  # a whole commit asks nobody
  printf 'FROM scratch\nADD %s#%s /o/\n' "$GIT" "$(commit_of main)" | dockerfile
  build -t app:v1 .
  stop_source_servers
  build -t app:v1 .
}

# rules: 4.5-keep-git-dir
@test "--checksum and --keep-git-dir, in flags and queries" {
  # rules: 6.3-git 6.3-add-flags 4.5-keep-git-dir
  add --checksum="$(commit_of main | cut -c1-10)" "$GIT" /o/
  add --checksum="$(git -C "$WORK" rev-parse v1)" "$GIT#v1" /o/
  run -125 add --checksum=0123456789 "$GIT" /o/
  assert_contains "$output" "expected checksum to match 0123456789, got $(commit_of main)"
  run -125 add --checksum=01 "$GIT?checksum=02" /o/
  assert_contains "$output" 'checksum mismatch "02" != "01"'
  run -125 add --keep-git-dir=true "$GIT?keep-git-dir=false" /o/
  assert_contains "$output" 'inconsistent keep-git-dir configuration'
  [[ ! -e $OUT/tree/o/.git ]]
  add --keep-git-dir=true "$GIT#v1" /o/
  [[ $(git -c safe.directory='*' -C "$OUT/tree/o" rev-parse HEAD) == $(commit_of 'v1^{commit}') ]]
  [[ $(git -c safe.directory='*' -C "$OUT/tree/o" describe --tags) == v1 ]]
  git -c safe.directory='*' -C "$OUT/tree/o" status --porcelain | diff - /dev/null
  build --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1 -o "type=local,dest=$OUT/kept" "$GIT"
  [[ -f $OUT/kept/o/.git/HEAD ]]
  # the branch that was taken has its name there, also where it was not named
  [[ $(git -c safe.directory='*' -C "$OUT/kept/o" rev-parse refs/heads/main) == $(commit_of main) ]]
  [[ $(git -C "$OUT/kept/o" config remote.origin.fetch) == +refs/heads/*:refs/remotes/origin/* ]]
  # so two names of one commit are two results
  git -C "$WORK" branch same v1^{commit}
  publish
  add --keep-git-dir=true "$GIT#same" /o/
  [[ $(git -c safe.directory='*' -C "$OUT/tree/o" for-each-ref --format='%(refname)') == refs/heads/same ]]
}

@test "--chown, --chmod, --exclude and the destination of a repository" {
  # rules: 6.3-git
  printf 'FROM scratch\nADD --chown=7:8 --chmod=700 --exclude=d --exclude=l %s /o\n' "$GIT" | dockerfile
  build -o "type=tar,dest=$OUT/a.tar" .
  tar -tvf "$OUT/a.tar" | awk '{ print $1, $2, $6 }' >"$OUT/got"
  diff "$OUT/got" - <<'X'
drwx------ 7/8 o/
-rwx------ 7/8 o/.dockerignore
-rwx------ 7/8 o/Dockerfile
-rwx------ 7/8 o/f
X
}

# rules: 9.4-git
@test "--build-context: a repository is its checkout" {
  # rules: 9.4-git
  printf 'FROM scratch\nCOPY --from=code d /d/\n' | dockerfile
  build --build-context "code=$GIT#v1" -o "type=tar,dest=$OUT/a.tar" .
  [[ $(tar -tf "$OUT/a.tar") == $'d/\nd/Dockerfile\nd/x' ]]
  printf 'FROM code\n' | dockerfile
  build --build-context "code=$GIT#v1:d" -o "type=tar,dest=$OUT/b.tar" .
  [[ $(tar -tf "$OUT/b.tar") == $'Dockerfile\nx' ]]
}

@test "git daemon" {
  touch "$SERVED/git/app.git/git-daemon-export-ok"
  # it takes no port 0, so one is guessed, and another when somebody has that
  while [[ ! -s $OUT/pid ]]; do
    port=$((20000 + RANDOM % 12000))
    git daemon --listen=127.0.0.1 --port=$port --base-path="$SERVED/git" --pid-file="$OUT/pid" \
      "$SERVED/git" </dev/null >"$OUT/daemon" 2>&1 3>&- &
    DAEMON=$!
    until [[ -s $OUT/pid ]] || ! kill -0 "$DAEMON"; do sleep 0.02; done
    [[ -s $OUT/pid ]] || grep -q "already in use" "$OUT/daemon" || { cat "$OUT/daemon"; return 1; }
  done
  add "git://127.0.0.1:$port/app.git#v1" /o/
  [[ $(<"$OUT/tree/o/f") == one ]]
  [[ $(tail -1 "$SERVED/log") != *info/refs* ]]
}

@test "git:// from a server that accepts and says nothing ends with the limit's name" {
  local port
  python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
kept = []
while True:
    kept.append(server.accept())
' >"$OUT/port" </dev/null 3>&- &
  DAEMON=$!
  wait_until test -s "$OUT/port"
  port=$(<"$OUT/port")
  run add "git://127.0.0.1:$port/app.git" /o/
  assert_status 125
  assert_contains "$output" "git ls-remote: stalled: nothing came for 30 seconds"
  assert_contains "$output" "Dockerfile:2"
  [[ -z $(pgrep -f "git ls-remote.*127.0.0.1:$port" || true) ]]
}

@test "a secret that is too long for a header is refused by name" {
  head -c 70000 /dev/zero | tr '\0' a >"$OUT/long"
  printf 'FROM scratch\nADD %s /\n' "$GIT" | dockerfile
  run build --secret "id=GIT_AUTH_TOKEN,src=$OUT/long" -o "type=local,dest=$OUT/tree" .
  assert_status 2
  assert_contains "$output" "secret 'GIT_AUTH_TOKEN' is longer than 65536 bytes"
}

@test "G-02: submodules: relative and absolute, nested; none where they are refused" {
  for name in deep sub; do
    git init -q "$BATS_TEST_TMPDIR/$name"
    (
      cd "$BATS_TEST_TMPDIR/$name"
      echo "$name" >file
      git add file
      if [[ $name == sub ]]; then
        printf '[submodule "x"]\n\tpath = in/deep\n\turl = http://%s/git/deep.git\n' "$SOURCES" >.gitmodules
        git add .gitmodules
        git update-index --add --cacheinfo "160000,$(git -C ../deep rev-parse HEAD),in/deep"
      fi
      git commit -qm "$name"
    )
    git clone -q --bare "$BATS_TEST_TMPDIR/$name" "$SERVED/git/$name.git"
  done
  (
    cd "$WORK"
    printf '[submodule "s"]\n\tpath = m\n\turl = ../sub.git\n' >.gitmodules
    git add .gitmodules
    git update-index --add --cacheinfo "160000,$(git -C ../sub rev-parse HEAD),m"
    git commit -qm submodule
  )
  publish
  add "$GIT" /o/
  [[ $(<"$OUT/tree/o/m/file") == sub && $(<"$OUT/tree/o/m/in/deep/file") == deep ]]
  [[ -z $(find "$OUT/tree" -name .git) ]]
  add "$GIT?submodules=false" /o/
  [[ -d $OUT/tree/o/m && -z $(ls -A "$OUT/tree/o/m") ]]
  # what a repository may not name
  for url in /etc 'ext::sh -c touch% /tmp/x' file:///srv -u ../../../../../x "http://169.254.169.254/x.git" \
    ssh://git@other.example/x; do
    git -C "$WORK" config -f .gitmodules submodule.s.url "$url"
    git -C "$WORK" add .gitmodules && git -C "$WORK" commit -qm "$url"
    publish
    run -125 add "$GIT" /o/
    # git's own check of what it fetched refuses some of them already
    [[ $output == *"submodule 'm'"* || $output == *"disallowed submodule url"* ]]
  done
}

@test "G-01: arguments that would be options, other protocols and refs are refused before git runs" {
  mkdir "$OUT/bin"
  printf '#!/bin/sh\ntouch "%s"\nexec /usr/bin/git "$@"\n' "$OUT/ran" >"$OUT/bin/git"
  chmod +x "$OUT/bin/git"
  export PATH=$OUT/bin:$PATH
  for reference in "$GIT#--upload-pack=touch" "$GIT#-x" "$GIT#a..b" "$GIT?ref=a%0Ab" \
    'ssh://-oProxyCommand=x/y.git' 'git@-oX:y.git' 'git://h/-x' "$GIT?foo=1" "$GIT?ref=a&ref=b" \
    "$GIT?tag=a&branch=b" "$GIT?mtime=now" "$GIT?ref=" 'git://' "git://h:0/x" "$GIT?subdir=%00"; do
    run build "$reference"
    [[ $status -eq 125 || $status -eq 2 ]]
    dockerfile <<<"FROM scratch
ADD $reference /o/"
    run -125 build .
    assert_contains "$output" 'Dockerfile:2'
  done
  for source in 'ext::sh -c touch% /srv/x' file:///srv/x.git; do
    run build "$source"
    [[ $status -ne 0 ]]
  done
  [[ ! -e $OUT/ran ]]
  # and the program would have been this one
  build "$GIT"
  [[ -e $OUT/ran ]]
}

@test "G-02: nothing that the machine or the repository configures is run" {
  mkdir -p "$HOME/.config/git" "$OUT/hooks"
  printf '#!/bin/sh\ntouch "%s"\n' "$OUT/ran" | tee "$OUT/hooks/post-checkout" >"$OUT/evil"
  chmod +x "$OUT/hooks/post-checkout" "$OUT/evil"
  cat >"$HOME/.gitconfig" <<X
[core]
	hooksPath = $OUT/hooks
	fsmonitor = $OUT/evil
[filter "evil"]
	smudge = $OUT/evil
	required = true
[credential]
	helper = $OUT/evil
X
  printf 'f filter=evil\n' >"$WORK/.gitattributes"
  git -C "$WORK" add .gitattributes
  git -C "$WORK" -c filter.evil.clean=cat commit -qm attributes
  publish
  unset GIT_CONFIG_GLOBAL
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=$OUT/hooks
  export GIT_EXEC_PATH=$OUT GIT_SSH_COMMAND=$OUT/evil GIT_TRACE=$OUT/ran GIT_DIR=$OUT/none
  add "$GIT" /o/
  [[ $(<"$OUT/tree/o/f") == two && ! -e $OUT/ran ]]
}

@test "G-03: a subdirectory that is a link is none, wherever it leads" {
  ln -s /etc "$WORK/out"
  ln -s d "$WORK/in"
  git -C "$WORK" add . && git -C "$WORK" commit -qm links
  publish
  for dir in out in in/../in d/../out; do
    run -125 build "$GIT#main:$dir"
    assert_contains "$output" 'is no directory'
  done
}

@test "K-03: a token opens a repository, stays with its host, and is in no file, argument or log" {
  printf 'Basic %s\n' "$(printf 'x-access-token:tok-1234' | base64)" >"$SERVED/authorization"
  private=http://$SOURCES/private-git/app.git
  printf 'FROM scratch\nADD %s /o/\n' "$private" | dockerfile
  run -125 build .
  assert_contains "$output" 'Dockerfile:2'
  TOKEN=tok-1234 run build --secret id=GIT_AUTH_TOKEN,env=TOKEN -t app:v1 .
  assert_status 0
  refute_contains "$output" tok-1234
  TOKEN=tok-1234 build --secret id=GIT_AUTH_TOKEN.127.0.0.1,env=TOKEN "$private"
  printf 'Basic %s\n' "$(printf 'me:pass-5678' | base64)" >"$SERVED/authorization"
  run build -t app:v2 "http://me:pass-5678@$SOURCES/private-git/app.git"
  assert_status 0
  refute_contains "$output" pass-5678
  refute grep -rqa -e tok-1234 -e pass-5678 "$CBUILD_ROOT"
  # another server, to which the first one leads
  mine=$SOURCES
  other=$BATS_TEST_TMPDIR/other
  start_source_server "$other"
  cp -r "$SERVED/git/app.git" "$other/git/"
  printf 'FROM scratch\nADD http://%s/to/http://%s/git/app.git /o/\n' "$mine" "$SOURCES" | dockerfile
  TOKEN=tok-1234 run build --secret id=GIT_AUTH_TOKEN,env=TOKEN .
  refute grep -q Basic "$other/log"
}

@test "a server that answers is no matter of proxies and names, one that does not answer is" {
  local proxies="HTTPS_PROXY, NO_PROXY, DNS" port
  run -125 build "http://$SOURCES/git/none.git"
  assert_contains "$output" "not found"
  refute_contains "$output" "$proxies"
  echo 'Basic none' >"$SERVED/authorization"
  run -125 build "http://$SOURCES/private-git/app.git"
  assert_contains "$output" "could not read Username"
  assert_contains "$output" "for git --secret id=GIT_AUTH_TOKEN,src=PATH or --ssh default"
  refute_contains "$output" "$proxies"
  refute_contains "$output" askpass
  # where nobody listens: bound, and closed again
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  run -125 build "ssh://git@127.0.0.1:$port/x.git"
  assert_contains "$output" "ssh://git@127.0.0.1:$port/x.git: cannot reach 127.0.0.1:$port"
  refute_contains "$output" "http:"
  assert_contains "$output" "$proxies"
}

@test "without the git program the error names the package" {
  PATH=$OUT run -125 "$CBUILD" build --progress=plain "$GIT"
  assert_contains "$output" 'package git'
}

@test "ssh in a Dockerfile is refused: it would use keys that nobody offered" {
  run -125 add git@127.0.0.1:x.git /o/
  assert_contains "$output" 'needs --ssh default'
}

@test "a killed build leaves no git behind, and its checkout is swept" {
  # a server that accepts and says nothing
  python3 - "$OUT/port" <<'P' 3>&- &
import socket, sys, time
server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen()
open(sys.argv[1], 'w').write(str(server.getsockname()[1]))
held = []
while True:
    held.append(server.accept())
P
  DAEMON=$!
  wait_until test -s "$OUT/port"
  "$CBUILD" build --progress=plain "git://127.0.0.1:$(<"$OUT/port")/x.git#$(commit_of main)" \
    >"$OUT/log" 2>&1 3>&- &
  pid=$!
  until pgrep -f "git fetch.*127.0.0.1:$(<"$OUT/port")" >/dev/null; do kill -0 $pid || { cat "$OUT/log"; return 1; }; sleep 0.02; done
  kill_build "$pid"
  refute pgrep -f "git fetch.*127.0.0.1:$(<"$OUT/port")"
  printf 'FROM scratch\nLABEL a=b\n' | build -
  [[ -z $(ls -A "$CBUILD_ROOT/tmp") ]]
}

# rules: 4.6-context
@test "SOURCE_DATE_EPOCH=context is the time of the commit; --check takes a git context too" {
  run build -q --build-arg SOURCE_DATE_EPOCH=context -t app:v1 "$GIT"
  assert_status 0
  [[ $(config docker.io/library/app:v1 | jq -r .created) == 2023-11-14T22:13:20Z ]]
  run build --check "$GIT"
  assert_status 0
  assert_contains "$output" "no warnings found"
}

# rules: 4.6-stage
@test "SOURCE_DATE_EPOCH of a named context, and of a stage that is one ADD" {
  printf 'FROM scratch AS when\nARG U\nADD ${U} /\nFROM scratch AS two\nADD ${U} /\nADD ${U} /b\nFROM busybox AS base\nFROM scratch AS more\nENV a=b\nFROM scratch\nLABEL a=b\n' | dockerfile
  for name in when src; do
    run build -q --build-arg U="$GIT" --build-arg SOURCE_DATE_EPOCH=$name --build-context src="$GIT" -t app:v1 .
    assert_status 0
    [[ $(config docker.io/library/app:v1 | jq -r .created) == 2023-11-14T22:13:20Z ]]
  done
  for try in "two exactly one remote ADD" "base must use FROM scratch" "more unsupported ENV instruction"; do
    run build -q --build-arg U="$GIT" --build-arg SOURCE_DATE_EPOCH="${try%% *}" .
    assert_status 125
    assert_contains "$output" "${try#* }"
  done
  # --checksum of its ADD counts, though the stage itself is not built
  printf 'FROM scratch AS good\nARG S\nADD --checksum=${S} %s /\nFROM scratch\nLABEL a=b\n' "$GIT" | dockerfile
  build --build-arg S="$(commit_of main | cut -c1-12)" --build-arg SOURCE_DATE_EPOCH=good -t app:v1 .
  [[ $(config docker.io/library/app:v1 | jq -r .created) == 2023-11-14T22:13:20Z ]]
  run -125 build --build-arg S=0123456789 --build-arg SOURCE_DATE_EPOCH=good .
  assert_contains "$output" "expected checksum to match 0123456789, got $(commit_of main)"
  assert_contains "$output" "Dockerfile:3"
  echo text >"$SERVED/files/text"
  sum=$(sha256sum <"$SERVED/files/text" | cut -d' ' -f1)
  printf 'FROM scratch AS good\nARG S\nADD --checksum=${S} http://%s/files/text /\nFROM scratch\nLABEL a=b\n' "$SOURCES" | dockerfile
  build --build-arg S="sha256:$sum" --build-arg SOURCE_DATE_EPOCH=good -t app:v1 .
  run -125 build --build-arg S="sha256:${sum//[0-9]/0}" --build-arg SOURCE_DATE_EPOCH=good .
  assert_contains "$output" "Dockerfile:3"
}
