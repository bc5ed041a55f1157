# Every kind of refusal: where it is, what it is about, and what was meant perhaps. Each case says the
# line and the column that it is to name; the lines shown have to hold a caret below that very byte.

load helper

setup_file() { busybox_layout; }
teardown() { stop_source_servers; }

setup() {
  fresh
  mkdir -p dir/deep
  echo one >file
  echo two >dir/inner
  echo three >hidden.txt
  echo '*.txt' >.dockerignore
}

# refused LINE:COLUMN TEXT [options] < Dockerfile
refused() {
  local at=$1 text=$2 line=${1%:*} column=${1#*:} caret
  shift 2
  dockerfile
  run build --retry 1 "$@" -t app:v1 .
  assert_status 125
  assert_contains "$output" "$text"
  assert_contains "$output" "Dockerfile:$at"
  # the line behind the failing one ends in the caret: 11 bytes stand before each line's own
  caret=$(grep -A1 -E "^ +$line \| >>>" <<<"$output" | sed -n 2p)
  [[ $caret == *'|'*'^' && ${#caret} -eq $((11 + column)) ]] || {
    echo "caret of $at: '$caret'"
    return 1
  }
}

# told TEXT STATUS [options] < Dockerfile: what is wrong does not stand in the file, and none is shown
told() {
  local text=$1 status=$2
  shift 2
  dockerfile
  run build "$@" -t app:v1 .
  assert_status "$status"
  assert_contains "$output" "$text"
  [[ $output != *'>>>'* ]]
}

@test "what the parser refuses" {
  refused 2:1 'unknown instruction: COPPY (did you mean COPY?)' <<<$'FROM busybox\nCOPPY a b'
  refused 2:6 'unknown flag: --form (did you mean from?)' <<<$'FROM busybox\nCOPY --form=x a b'
  refused 3:9 'unknown flag: --mont (did you mean mount?)' <<<$'FROM busybox\nRUN \\\n        --mont=type=bind,target=/x true'
  refused 2:5 'did you mean required?' <<<$'FROM busybox\nRUN --device=name=a,requird=true x'
  refused 2:13 'did you mean secret?' <<<$'FROM busybox\nRUN --mount=type=secrt,target=/x true'
  refused 2:13 'did you mean target?' <<<$'FROM busybox\nRUN --mount=type=tmpfs,taget=/x true'
  refused 2:5 'did you mean none?' <<<$'FROM busybox\nRUN --network=nome true'
  refused 2:5 'did you mean insecure?' <<<$'FROM busybox\nRUN --security=insecur true'
  refused 2:13 'missing unit' <<<$'FROM busybox\nHEALTHCHECK --interval=5 CMD true'
  refused 1:17 'invalid name for build stage' <<<'FROM busybox AS 0bad'
  refused 2:6 'unterminated heredoc' <<<$'FROM busybox\nCOPY <<EOF /x\nabc'
  refused 1:1 'invalid escape token' <<<$'# escape=x\nFROM busybox'
  refused 1:10 'example.org/other' <<<$'# syntax=example.org/other\nFROM busybox'
  refused 2:10 'example.org/other' <<<$'#!/usr/bin/env x\n# syntax=example.org/other\nFROM busybox'
}

@test "what the options of the check say wrongly" {
  refused 1:20 'invalid check option "skpi" (did you mean skip?)' <<<$'# check=error=true;skpi=all\nFROM busybox'
  refused 1:9 'neither true nor false' <<<$'# check=error=maybe\nFROM busybox'
  told 'build-arg:BUILDKIT_DOCKERFILE_CHECK: invalid check option "skpi"' 125 \
    --build-arg BUILDKIT_DOCKERFILE_CHECK=skpi=all <<<'FROM busybox'
  # a name that a newer builder may know is none of our business, a mistyped one is told
  told 'Dockerfile:1: # check=: there is no rule "StageNameCasin" (did you mean StageNameCasing?)' 0 \
    <<<$'# check=skip=StageNameCasin\nFROM busybox'
  dockerfile <<<$'# check=skip=SomethingOfTomorrow\nFROM busybox'
  run build -t app:v1 .
  assert_status 0
  [[ $output != *'there is no rule'* ]]
}

@test "what planning refuses" {
  refused 2:13 'invalid stage index' <<<$'FROM busybox\nCOPY --from=7 a b'
  refused 2:13 'variable expansion is not supported' <<<$'FROM busybox\nCOPY --from=$x a b'
  refused 2:14 'invalid chmod parameter' <<<$'FROM busybox\nCOPY --chmod=9 file /'
  refused 2:11 "missing '}'" <<<$'FROM busybox\nENV a=b c=${d'
  refused 2:11 'd: wanted' <<<$'FROM busybox\nENV a=b c=${d:?wanted}'
  refused 2:6 "source can't be a URL" <<<$'FROM busybox\nCOPY http://example.org/x /'
  refused 2:16 'checksum requires' <<<$'FROM busybox\nADD --checksum=sha256:1 file /'
  refused 2:6 'did you mean BASE?' <<<$'ARG BASE=busybox\nFROM $BAES'
  refused 1:17 'os/architecture' <<<'FROM --platform=linux/amd64/v2/x busybox'
  refused 2:8 'invalid containerPort' <<<$'FROM busybox\nEXPOSE 80x'
  refused 2:12 'did you mean SIGTERM?' <<<$'FROM busybox\nSTOPSIGNAL SIGTREM'
  refused 2:15 'network.host' <<<$'FROM busybox\nRUN --network=host true'
  refused 2:16 'security.insecure' <<<$'FROM busybox\nRUN --security=insecure true'
  refused 2:14 'allow device=vendor.com/x=1' <<<$'FROM busybox\nRUN --device=vendor.com/x=1 true'
  refused 2:13 'needs to be defined before' --target first \
    <<<$'FROM busybox AS first\nCOPY --from=later a b\nFROM busybox AS later'
  refused 2:13 'invalid mount target' <<<$'FROM busybox\nRUN --mount=type=tmpfs,target=/ true'
  refused 2:6 'syntax error in pattern' <<<$'FROM busybox\nCOPY [ /'
  refused 2:16 'syntax error in pattern' <<<$'FROM busybox\nCOPY --parents dir/[ /'
  refused 3:11 'syntax error in pattern' <<<$'FROM busybox\nCOPY --exclude=*.c \\\n--exclude=[ dir /'
  refused 1:23 'invalid SOURCE_DATE_EPOCH: sorces (did you mean sources?)' \
    <<<$'ARG SOURCE_DATE_EPOCH=sorces\nFROM busybox AS sources'
}

@test "what comes from outside of the file says so, and what was meant perhaps" {
  told '--target: target stage "biulder" could not be found (did you mean builder?)' 125 \
    --target=biulder <<<$'FROM busybox AS builder\nFROM busybox'
  told '--target: target stage "nowhere" could not be found (the stages are one, two)' 125 \
    --target=nowhere <<<$'FROM busybox AS one\nFROM busybox AS two'
  told 'no stage of the Dockerfile has a name' 125 --target=nowhere <<<'FROM busybox'
  told 'command line or environment: invalid SOURCE_DATE_EPOCH: sorces (did you mean sources?)' 125 \
    --build-arg SOURCE_DATE_EPOCH=sorces <<<'FROM busybox AS sources'
  told '--build-arg BUILDKIT_MULTI_PLATFORM' 125 --build-arg BUILDKIT_MULTI_PLATFORM=x <<<'FROM busybox'
  told 'BUILDKIT_SYNTAX' 125 --build-arg BUILDKIT_SYNTAX=example.org/other <<<'FROM busybox'
}

@test "an image or a stage that is not there" {
  refused 3:13 'did you mean builder?' --pull=never \
    <<<$'FROM busybox AS builder\nFROM busybox\nCOPY --from=biulder a b'
  refused 2:18 'did you mean builder?' --pull=never --target x \
    <<<$'FROM busybox AS builder\nRUN --mount=from=biulder,target=/x true\nFROM builder AS x'
  refused 1:6 'did you mean' --pull=never <<<'FROM busibox'
}

@test "a source that is not there, of the context" {
  refused 2:11 '"/fiel": not found (did you mean file?)' <<<$'FROM busybox\nCOPY file fiel /x/'
  refused 3:3 '"/dir/iner": not found (did you mean dir/inner?)' <<<$'FROM busybox\nCOPY file \\\n  dir/iner /x/'
  refused 2:6 "a rule of '.dockerignore' leaves it out" <<<$'FROM busybox\nCOPY hidden.txt /'
  refused 2:15 '"/fiel": not found' <<<$'FROM busybox\nADD --chown=1 fiel fiel'
  refused 2:9 '"/a b": not found' <<<$'FROM busybox\nCOPY [ "a b", "/" ]'
  refused 2:16 '"/dir/nope": not found' <<<$'FROM busybox\nCOPY --parents dir/nope /'
  refused 2:13 '"/dirr": not found (did you mean dir?)' \
    <<<$'FROM busybox\nRUN --mount=type=bind,source=dirr,target=/x true'
  # of several steps all are told, each in its place
  dockerfile <<<$'FROM busybox\nCOPY one file two /x/\nRUN false\nCOPY three /'
  run build -t app:v1 .
  assert_status 125
  for at in Dockerfile:2:6 Dockerfile:2:15 Dockerfile:4:6; do assert_contains "$output" "$at"; done
  [[ ${lines[-1]} == "cbuild: error: 3 errors in 'Dockerfile'" ]]
}

@test "a source that is not there, of a stage or an image" {
  refused 2:21 '"/nope": not found' <<<$'FROM busybox\nCOPY --from=busybox /nope /'
  refused 3:3 '"/nope": not found' <<<$'FROM busybox\nCOPY --from=busybox /bin/busybox \\\n  /nope /x/'
  refused 2:13 '"/nope": not found' <<<$'FROM busybox\nRUN --mount=type=bind,from=busybox,source=/nope,target=/x true'
}

@test "what a step finds when it runs" {
  refused 2:14 'larger than any user or group' <<<$'FROM busybox\nCOPY --chown=99999999999 file /'
  refused 2:14 'give numbers' <<<$'FROM scratch\nCOPY --chown=app file /'
  refused 2:11 'not a directory' <<<$'FROM busybox\nCOPY file /bin/busybox/x'
  refused 2:10 'not a directory' <<<$'FROM busybox\nCOPY dir /bin/busybox'
  refused 3:11 'replace' <<<$'FROM busybox\nRUN mkdir -p /x/file\nCOPY file /x/'
  refused 2:12 'not a directory' <<<$'FROM busybox\nCOPY <<EOF /bin/busybox/x\nbody\nEOF'
  refused 2:9 'not a directory' <<<$'FROM busybox\nWORKDIR /bin/busybox'
  refused 3:9 'not a directory' <<<$'FROM busybox\nWORKDIR /bin\nWORKDIR busybox/x'
  refused 2:13 'secret tok: not found' <<<$'FROM busybox\nRUN --mount=type=secret,id=tok,required=true true'
  refused 3:1 "user 'rot' is not in '/etc/passwd' of the image (did you mean root?)" \
    <<<$'FROM busybox\nUSER rot\nRUN true'
  refused 2:14 'vendor.com' --allow device <<<$'FROM busybox\nRUN --device=vendor.com/x=1,required=true true'
}

@test "what is fetched" {
  start_source_server "$OUT/served"
  mkdir -p "$OUT/served/files"
  echo text >"$OUT/served/files/text"
  refused 2:5 404 <<<$'FROM busybox\nADD http://'"$SOURCES/files/nope /"
  refused 2:16 'digest' <<<$'FROM busybox\nADD --checksum=sha256:'"$(printf '%064d' 1) http://$SOURCES/files/text /"
  refused 3:3 'not found' <<<$'FROM busybox\nADD \\\n  http://'"$SOURCES/git/none.git /"
}
