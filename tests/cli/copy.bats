# COPY: what lands in the layer, link by link and mode by mode.

load helper

setup_file() { busybox_layout; }
setup() { fresh; }

# layer N: the names in it as tar lists them, owner and time left out
layer() {
  skopeo copy -q --insecure-policy "oci:$CBUILD_ROOT:docker.io/library/app:v1" "oci:$OUT/layout:image"
  local digest
  digest=$(skopeo inspect "oci:$OUT/layout:image" | jq -r ".Layers[$1]" | cut -d: -f2)
  tar tvzf "$OUT/layout/blobs/sha256/$digest" | awk '{ $2 = $3 = $4 = $5 = ""; print }' | tr -s ' '
}

@test "T-10: a name whose hard link another source replaced keeps its content" {
  mkdir d k
  echo one >d/l1 && ln d/l1 d/l2 && ln d/l1 d/l3
  echo two >k/l1
  printf 'FROM scratch\nCOPY d k /x/\n' | dockerfile
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  [[ $(cat "$root/x/l1" "$root/x/l2" "$root/x/l3") == $'two\none\none' ]]
  [[ $root/x/l2 -ef $root/x/l3 && ! $root/x/l1 -ef $root/x/l2 ]]
}

@test "names of a file that is there already are in no second layer" {
  mkdir d
  echo one >d/l1 && ln d/l1 d/l2
  printf 'FROM scratch\nCOPY d /x/\nCOPY d /x/\n' | dockerfile
  build -t app:v1 .
  [[ $(layer 0) == $'drwxr-xr-x x/\n-rw-r--r-- x/l1\nhrw-r--r-- x/l2 link to x/l1' ]]
  [[ -z $(layer 1) ]]
}

@test "directories made on the way take an octal --chmod as mkdir() does" {
  touch f
  printf 'FROM scratch\nCOPY --chmod=7777 f /a/b/\nCOPY --chmod=0640 f /c/f\nCOPY --chmod=u+s f /d/\n' | dockerfile
  build -t app:v1 .
  [[ $(layer 0) == $'drwxr-xr-x a/\ndrwxr-xr-x a/b/\n-rwsrwsrwt a/b/f' ]]
  [[ $(layer 1) == $'drw-r----- c/\n-rw-r----- c/f' ]]
  [[ $(layer 2) == $'drwxr-xr-x d/\n-rwSr--r-- d/f' ]]
}

@test "a directory of which only the time changed is named for what is in it, its parents too" {
  mkdir d e && touch d/one e/two && touch -d @1000 d
  printf 'FROM scratch\nCOPY d /a/b/\nCOPY e /a/b/\nCOPY d /a/b/\n' | dockerfile
  build -t app:v1 .
  [[ $(layer 1 | awk '{ print $2 }') == $'a/\na/b/\na/b/two' ]]
  [[ -z $(layer 2) ]]
}
