# Layers and archives that mean harm (docs/security.md: T), and those that only look as if they did.
# CBUILD_HUNT=1: bombs in full size, and 10,000 changes of a directory instead of 200.

load helper
source "$BATS_TEST_DIRNAME/../support/oracles.bash"

setup_file() { busybox_layout; }
setup() { attack; }
teardown() { after_attack; }

# unpacks NAME: a build that has the layers of the image unpacked; its files are then $OUT/NAME.tar
unpacks() {
  printf 'FROM %s\nCOPY Dockerfile /.copied\n' "$1" | dockerfile
  run attacked -o "type=tar,dest=$OUT/$1.tar" .
}

# listed NAME: type and mode, owner, name and target of what came out, directories as they are
listed() { tar --utc -tvf "$OUT/$1.tar" | grep -v ' .copied$' | sed -E 's/ +[0-9]+ [0-9-]+ [0-9:]+ / /'; }

# archive NAME < PYTHON: a tar of the entries in a list named "entries"
archive() {
  PYTHONPATH=$SUPPORT python3 -c 'import os, sys
from layout import *
CANARY = os.environ["CANARY"]
exec(sys.stdin.read())
open(sys.argv[1], "wb").write(layer(*entries))' "$1"
}

# both_ways NAME STATUS TEXT < PYTHON: the entries as a layer of a base and as an archive of ADD
both_ways() {
  local entries name=$1
  entries=$(cat)
  image "$name" <<<"$entries"$'\nlayers = [layer(*entries)]'
  unpacks "$name"
  expect "$name as a layer" "$2" "$3"
  archive a.tar <<<"$entries"
  printf 'FROM busybox\nADD a.tar /in/\n' | dockerfile
  run attacked .
  expect "$name as an archive" "$2" "$3"
}

expect() {
  echo "$1"
  if [[ $2 == 0 ]]; then assert_status 0; else assert_refused "$3"; fi
}

@test "T-01: a name that climbs out is refused by name, others are brought into the root" {
  local name
  for name in ../o a/../../o ./../o a/./../../o .. /../o; do
    both_ways climbs 125 "'$name'" <<<"entries = [file('$name', 'x')]"
    rm -rf --one-file-system "$OUT/climbs.layout"
    CONTEXTS=()
  done
  both_ways inside 0 "" <<<'entries = [file("/abs", "x"), file("./dot", "x"), file("d//e/./f", "x"),
    directory("."), directory("/".join(["n"] * 300))]'
  [[ $(listed inside | awk '$NF !~ "^n/" { print $NF }') == $'abs\nd/\nd/e/\nd/e/f\ndot' ]]
}

@test "T-01: names, paths and targets beyond what a kernel takes are refused by the limit" {
  both_ways long 125 "4095 bytes" <<<'entries = [file("d/" * 2500 + "x", "x")]'
  both_ways target 125 "4095 bytes" <<<'entries = [symlink("l", "d/" * 2500)]'
  both_ways name 125 "File name too long" <<<'entries = [file("n" * 300, "x")]'
  both_ways deep 125 "deeper than 1024" <<<'entries = [file("d/" * 1500 + "x", "x")]'
}

@test "T-02: what is written below a symlink lands inside, or nowhere" {
  image through <<'P'
layers = [layer(symlink("d", CANARY), file("d/x", "evil"), symlink("up", "../../.."), file("up/x", "evil"))]
P
  unpacks through
  assert_status 0
  listed through
  listed through | grep -qF " ${CANARY#/}/x"
  listed through | grep -qx -- '-rw-r--r-- 0/0 x'
  # a link of one layer, and what another has below it: a directory takes its place, as with overlay
  image twice <<'P'
layers = [layer(symlink("d", CANARY)), layer(file("d/x", "evil"))]
P
  unpacks twice
  assert_status 0
  [[ $(listed twice) == $'drwxr-xr-x 0/0 d/\n-rw-r--r-- 0/0 d/x' ]]
  both_ways chain 125 "l0/x" <<'P'
entries = [symlink(f"l{i}", f"l{i + 1}") for i in range(42)] + [file("l0/x", "x")]
P
  both_ways replaced 0 "" <<'P'
entries = [symlink("d", CANARY), directory("d"), file("d/file", "evil")]
P
}

@test "T-03: what an entry says about itself is not said about the target of a link in its place" {
  both_ways meta 0 "" <<'P'
target = CANARY + "/file"
entries = [symlink("s", target), file("s", "x", mode=0o4777, uid=99, mtime=1, pax_headers=xattr("user.x", "y")),
           symlink("t", target), symlink("t", target, uid=7, mtime=1), symlink("d", CANARY),
           directory("d", mode=0o1777, uid=5), symlink("h", target), hardlink("k", "h", mode=0o4777, uid=9)]
P
  [[ $(listed meta) == "drwxrwxrwt 5/0 d/
lrwxrwxrwx 0/0 h -> $CANARY/file
$(listed meta | grep ' k ')
-rwsrwxrwx 99/0 s
lrwxrwxrwx 7/0 t -> $CANARY/file" ]]
}

@test "T-04: layers that change a directory for a link and back, two builds at a time" {
  local n=$(repeats 200 10000) name
  for name in one two; do
    N=$n image $name <<'P'
turn = [file("p/a", "a"), symlink("p", CANARY), file("p/file", "evil"), directory("p"), file("p/b", "b")]
last = os.path.basename(sys.argv[1])
layers = [layer(*(turn * int(os.environ["N"])), file(last, "x")), layer(*turn), layer(symlink("p", CANARY)),
          layer(directory("p"), file("p/c", "c"))]
P
    mkdir "$OUT/$name"
    printf 'FROM %s\nCOPY Dockerfile /.copied\n' $name >"$OUT/$name/Dockerfile"
  done
  begin_attacked -t one "$OUT/one" >"$OUT/log.one" 2>&1
  local first=$!
  begin_attacked -t two "$OUT/two" >"$OUT/log.two" 2>&1
  local second=$!
  wait "$first" || { cat "$OUT/log.one"; return 1; }
  wait "$second" || { cat "$OUT/log.two"; return 1; }
  BACKGROUND=()
  local expected="p/ p/c ${CANARY#/}/ ${CANARY#/}/file"
  for name in one two; do
    unpacks $name
    assert_status 0
    [[ $(listed $name | awk '{ print $NF }' | grep -v '\.layout' | grep -E "^p/|canary/" | sort | tr '\n' ' ') == \
      $(tr ' ' '\n' <<<"$expected" | sort | tr '\n' ' ') ]]
  done
}

@test "T-05: hard links lead to files of the root and to nothing else" {
  echo here >victim
  both_ways cwd 125 "'victim'" <<<'entries = [hardlink("h", "victim")]'
  both_ways canary 125 "file'" <<<'entries = [hardlink("h", CANARY + "/file")]'
  both_ways dotdot 125 "'../file'" <<<'entries = [hardlink("h", "../file")]'
  both_ways later 125 "'later'" <<<'entries = [hardlink("h", "later"), file("later", "x")]'
  both_ways itself 125 "'h'" <<<'entries = [hardlink("h", "h")]'
  both_ways directory 125 "directory" <<<'entries = [directory("d"), hardlink("h", "d")]'
  both_ways behind 125 "file'" <<<'entries = [symlink("d", CANARY), hardlink("h", "d/file")]'
  # a target of the layer below is copied; one that a layer above deleted is not there
  image below <<'P'
layers = [layer(file("f", "content", mode=0o640, uid=3), file("gone", "x")), layer(file(".wh.gone")),
          layer(hardlink("d/h", "f"))]
P
  unpacks below
  assert_status 0
  listed below | grep -qx -- '-rw-r----- 3/0 d/h'
  [[ $(tar -xOf "$OUT/below.tar" d/h) == content ]]
  image gone <<'P'
layers = [layer(file("gone", "x")), layer(file(".wh.gone")), layer(hardlink("h", "gone"))]
P
  unpacks gone
  assert_refused "'gone'"
  [[ $(stat -c %h victim) -eq 1 ]]
}

@test "T-06: whiteouts delete what is below them in the root, and impossible ones are refused" {
  local name
  for name in .wh. .wh.. .wh... .wh.a/b x/.wh.. x/.wh.y/z; do
    image bad <<<"layers = [layer(file('$name'))]"
    unpacks bad
    assert_refused "'$name'"
    rm -rf --one-file-system "$OUT/bad.layout"
    CONTEXTS=()
  done
  # a link to a directory goes, what it points to stays; opaque before or after what stays; both of one name
  image legal <<'P'
below = layer(directory("x"), file("x/old", "x"), symlink("dir", CANARY), symlink("in", "x"), file("both", "old"),
              directory("t"), file("t/old", "x"))
above = [file("x/new", "x"), file("x/.wh..wh..opq"), file(".wh.dir"), file(".wh.in"), file("both", "new"),
         file(".wh.both"), file("t/.wh..wh..opq"), file("t/new", "x"), file(".wh.never"),
         directory(".wh..wh.plnk"), file(".wh..wh.plnk/1", "x"), file(".wh..wh.aufs")]
layers = [below, layer(*above)]
P
  unpacks legal
  assert_status 0
  [[ $(listed legal | awk '{ print $NF }') == $'both\nt/\nt/new\nx/\nx/new' ]]
  [[ $(tar -xOf "$OUT/legal.tar" both) == new ]]
  # in whatever order they are listed
  image turned <<'P'
below = layer(directory("x"), file("x/old", "x"), file("both", "old"))
layers = [below, layer(file(".wh.both"), file("both", "new"), file("x/.wh..wh..opq"), file("x/new", "x"))]
P
  image straight <<'P'
below = layer(file("both", "old"), directory("x"), file("x/old", "x"))
layers = [below, layer(file("x/new", "x"), file("x/.wh..wh..opq"), file("both", "new"), file(".wh.both"))]
P
  unpacks turned
  assert_status 0
  unpacks straight
  assert_status 0
  [[ $(listed turned) == "$(listed straight)" ]]
  # the root of a layer: overlay does not look for the mark there, and with Docker the old shows too
  image root <<'P'
layers = [layer(file("old", "x")), layer(file("new", "x"), file(".wh..wh..opq"))]
P
  unpacks root
  assert_status 0
  [[ $(listed root | awk '{ print $NF }') == $'new\nold' ]]
}

@test "T-07: nothing of a layer makes overlay act" {
  local name
  for name in user.overlay.opaque user.overlay.whiteout trusted.overlay.opaque trusted.overlay.redirect \
    trusted.overlay.metacopy trusted.overlay.overlay.opaque user.overlay.metacopy; do
    both_ways attribute 125 "'$name'" <<<"entries = [directory('d', pax_headers=xattr('$name', 'y'))]"
    rm -rf --one-file-system "$OUT/attribute.layout"
    CONTEXTS=()
  done
  both_ways device 125 "0/0" <<<'entries = [device("w", "c", 0, 0)]'
}

@test "T-07: nothing of a RUN makes overlay act" {
  host_programs setfattr
  dockerfile <<'D'
FROM busybox AS tools
COPY tools /
FROM busybox AS marked
COPY --from=tools / /t/
RUN mkdir /below /redirected && echo seen > /below/file && echo seen > /gone
RUN for name in user.overlay.opaque trusted.overlay.opaque user.overlay.whiteout; do \
      LD_LIBRARY_PATH=/t/lib/x86_64-linux-gnu:/t/usr/lib/x86_64-linux-gnu \
      /t/lib64/ld-linux-x86-64.so.2 /t/usr/bin/setfattr -n $name -v y /below 2>/dev/null && echo "set $name"; done; \
    mknod /gone2 c 0 0 2>/dev/null && echo "made a device 0/0"; touch /below/new; true
FROM busybox
COPY --from=marked / /copied/
RUN test "$(cat /copied/below/file)" = seen && test -e /copied/below/new
D
  run attacked -t app:v1 --target marked .
  assert_status 0
  echo "$output"
  # the second RUN's layer holds neither attributes nor a whiteout that no deletion made
  skopeo copy -q --insecure-policy "oci:$CBUILD_ROOT:docker.io/library/app:v1" "oci:$OUT/layout:image"
  local digest
  digest=$(skopeo inspect "oci:$OUT/layout:image" | jq -r '.Layers[-1]' | cut -d: -f2)
  python3 - "$OUT/layout/blobs/sha256/$digest" <<'P'
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    names = []
    for entry in tar:
        names.append(entry.name)
        assert not any("xattr" in key for key in entry.pax_headers), (entry.name, entry.pax_headers)
        assert ".wh." not in entry.name, entry.name
        assert not (entry.ischr() and (entry.devmajor, entry.devminor) == (0, 0)), entry.name
assert "below/new" in names, names
P
  run attacked -t app:v2 .
  assert_status 0
}

# peak COMMAND...: runs it; the most memory that one process of it had, in KiB, is then in $OUT/peak
peak() {
  python3 -c 'import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open(sys.argv[1], "w"))
sys.exit(status if status >= 0 else 128 - status)' "$OUT/peak" "$@"
}

# bomb TEXT: the build on the image "bomb" stops with that, in 256 MiB, and the store is as small as before
bomb() {
  printf 'FROM bomb\nCOPY Dockerfile /.copied\n' | dockerfile
  run peak "$CBUILD" build --progress=plain "${CONTEXTS[@]}" .
  assert_refused "$1"
  [[ $(<"$OUT/peak") -lt 262144 ]]
  [[ $(du -sm "$CBUILD_ROOT" | cut -f1) -le "${2:-2}" ]]
  rm -rf --one-file-system "$OUT/bomb.layout" "$CBUILD_ROOT"
  CONTEXTS=()
}

# packed NAME < PYTHON: an image "NAME" whose only layer is what the program has in "blob" at its end
packed() {
  PYTHONPATH=$SUPPORT python3 -c 'import gzip, os, subprocess, sys, tarfile
from layout import *
out = sys.argv[1]
exec(sys.stdin.read())
write_index(out, descriptor_of(out, make_manifest(out, [b""], packed=[blob])))' "$OUT/$1.layout"
  context "$1" "oci-layout://$OUT/$1.layout:latest"
}

@test "T-08: what unpacks to far more than it is stops at its budget, in bounded memory" {
  local mib=$(repeats 100 10240)
  # zeros: zstd makes a thirty-thousandth of them
  MIB=$mib packed bomb <<'P'
size = int(os.environ["MIB"]) << 20
with open(out + ".blob", "wb") as file:
    pack = subprocess.Popen(["zstd", "-q", "-3", "-c"], stdin=subprocess.PIPE, stdout=file)
    info = tarfile.TarInfo("zeros")
    info.size = size
    pack.stdin.write(info.tobuf())
    for _ in range(size >> 20):
        pack.stdin.write(bytes(1 << 20))
    pack.stdin.close()
    pack.wait()
blob = open(out + ".blob", "rb").read()
P
  bomb "largest ratio"
  # gzip makes a thousandth at best; what counts before anything is written is what the header says
  packed bomb <<'P'
info = tarfile.TarInfo("zeros")
info.size = 65 << 30
blob = gzip.compress(info.tobuf(tarfile.GNU_FORMAT)) + gzip.compress(bytes(10 << 20)) * 10
P
  bomb "largest size"
  # a file of holes: the terabyte that it claims counts
  SPARSE=$BATS_TEST_DIRNAME/../../testdata/layer/sparse-1t-gnu.tar packed bomb <<'P'
blob = gzip.compress(open(os.environ["SPARSE"], "rb").read())
P
  bomb "largest size"
  # a name of four gigabytes
  packed bomb <<'P'
info = tarfile.TarInfo("././@LongLink")
info.type, info.size = tarfile.GNUTYPE_LONGNAME, (4 << 30) - 1
blob = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + b"n" * (64 << 20))
P
  bomb "header too large"
  # a window of two gibibytes
  packed bomb <<'P'
blob = bytes.fromhex("28b52ffd00a8010000")
P
  bomb "window"
}

@test "T-08: millions of entries stop at their budget, many are only many" {
  local n=$(repeats 60000 6000000)
  N=$n packed bomb <<'P'
pack = subprocess.Popen(["gzip", "-1", "-c"], stdin=subprocess.PIPE, stdout=open(out + ".blob", "wb"))
info = tarfile.TarInfo("")
for i in range(int(os.environ["N"])):
    info.name = f"{i % 1000}/{i}"
    pack.stdin.write(info.tobuf())
pack.stdin.close()
pack.wait()
blob = open(out + ".blob", "rb").read()
P
  if [[ $n -gt 5000000 ]]; then
    bomb "5000000 entries" 128 # the blob alone has 75 MiB
  else
    printf 'FROM bomb\nCOPY Dockerfile /.copied\n' | dockerfile
    run peak "$CBUILD" build --progress=plain "${CONTEXTS[@]}" .
    # the diff id is none that the test knows: what is asked is that it came so far, and in what memory
    assert_refused "its config says"
    [[ $(<"$OUT/peak") -lt 262144 ]]
  fi
}

@test "T-08: a layer that is larger than its descriptor says is refused" {
  image good <<<'layers = [layer(file("f", "x" * 100000))]'
  python3 - "$OUT/good.layout" <<'P'
import glob, gzip, json, sys
for blob in glob.glob(sys.argv[1] + "/blobs/sha256/*"):
    data = open(blob, "rb").read()
    if data[:2] == b"\x1f\x8b":
        open(blob, "ab").write(gzip.compress(bytes(50 << 20)))
P
  printf 'FROM good\nCOPY Dockerfile /.copied\n' | dockerfile
  run attacked -t app:v1 .
  assert_refused "sha256:"
}

@test "T-09: layers as real images have them come out word for word" {
  image merged <<'P'
layers = [layer(directory("usr"), directory("usr/bin"), symlink("bin", "usr/bin"), file("bin/foo", "foo", mode=0o755),
                directory("etc"), directory("etc/pki"), directory("etc/pki/java"), file("etc/pki/java/cacerts", "c"),
                directory("jre"), directory("jre/lib"), symlink("jre/lib/cacerts", "../../../etc/pki/java/cacerts"),
                symlink("absolute", "/usr/bin/foo"), symlink("dangling", "/nowhere/at/all"),
                symlink("becomes-file", "usr"), symlink("becomes-dir", "/usr/bin"),
                symlink("odd", "a//b/./c/../")),
          layer(file("becomes-file", "now"), directory("becomes-dir"), file("becomes-dir/in", "x"),
                file("usr/bin/bar", "bar"), symlink("dangling", "elsewhere"))]
P
  unpacks merged
  assert_status 0
  umoci unpack --image "$OUT/merged.layout:latest" "$OUT/umoci" >/dev/null
  diff <(cd "$OUT/umoci/rootfs" && find . -mindepth 1 -printf '%P %y %m %l\n' | sort) \
    <(mkdir "$OUT/tree" && tar -C "$OUT/tree" -xf "$OUT/merged.tar" && rm "$OUT/tree/.copied" &&
      cd "$OUT/tree" && find . -mindepth 1 -printf '%P %y %m %l\n' | sort)
  [[ $(readlink "$OUT/tree/jre/lib/cacerts") == ../../../etc/pki/java/cacerts ]]
  [[ $(readlink "$OUT/tree/odd") == a//b/./c/../ ]]
}

# the layer with this index of app:v1, as a plain tar
layer_of() {
  [[ -d $OUT/layout ]] || skopeo copy -q --insecure-policy "oci:$CBUILD_ROOT:docker.io/library/app:v1" "oci:$OUT/layout:image"
  gzip -dc "$OUT/layout/blobs/sha256/$(skopeo inspect "oci:$OUT/layout:image" | jq -r ".Layers[$1]" | cut -d: -f2)"
}

@test "T-10: hard links of other tools are taken, ours are read by three others and by Docker's rules" {
  image links <<'P'
layers = [layer(directory("a"), file("a/f", "content", mode=0o640), hardlink("/a/g", "/a/f"), directory("b"),
                hardlink("b/h", "./a/f"), hardlink("c/before", "a/f"), directory("c", mode=0o700),
                file("z", "zed"), hardlink("a/up", "z"))]
P
  dockerfile <<'D'
FROM links AS links
FROM busybox
COPY --from=links / /copied/
RUN mkdir /made && echo one > /made/1 && ln /made/1 /made/2 && ln /made/1 /other && ln /copied/z /made/from-below
D
  run attacked -t app:v1 .
  assert_status 0
  layer_of -1 >"$OUT/run.tar"
  layer_of -2 >"$OUT/copy.tar"
  # a target is a file of this layer, before the link, without a slash in front and without dots
  python3 - "$OUT/run.tar" "$OUT/copy.tar" <<'P'
import sys, tarfile
for name in sys.argv[1:]:
    seen, links = set(), 0
    with tarfile.open(name) as tar:
        for entry in tar:
            if entry.islnk():
                links += 1
                assert entry.linkname in seen and entry.size == 0, (entry.name, entry.linkname)
            elif entry.isfile():
                seen.add(entry.name)
            assert not entry.name.startswith("/") and ".." not in entry.name.split("/"), entry.name
    assert links >= 2, name
P
  skopeo copy -q --insecure-policy "oci:$CBUILD_ROOT:docker.io/library/app:v1" "oci:$OUT/app:image"
  umoci unpack --image "$OUT/app:image" "$OUT/umoci" >/dev/null
  mkdir "$OUT/gnu" "$OUT/bsd"
  for layer in 0 1 2; do
    layer_of $layer | tar -C "$OUT/gnu" --numeric-owner --same-permissions -xf -
    layer_of $layer | bsdtar -C "$OUT/bsd" --numeric-owner -p -xf -
  done
  state() { cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %s %n %l\n' | grep -v ' d ' | sort; }
  diff <(state "$OUT/umoci/rootfs") <(state "$OUT/gnu")
  diff <(state "$OUT/gnu") <(state "$OUT/bsd")
  [[ $OUT/gnu/copied/a/f -ef $OUT/gnu/copied/c/before && $OUT/gnu/made/1 -ef $OUT/gnu/other ]]
  # the second name of a file of a lower layer is a file, as Docker makes it
  [[ $(cat "$OUT/gnu/made/from-below") == zed ]]
  [[ $(stat -c %h "$OUT/gnu/copied/a/f") -eq 4 && $(stat -c '%h %a' "$OUT/gnu/made/1") == '3 644' ]]
}

@test "T-11: images that other tools wrote come out with the same layers and the same files" {
  # written by umoci (the base), turned to zstd by skopeo, packed by GNU tar, made by buildah
  skopeo copy -q --insecure-policy --dest-compress-format zstd "oci:$BUSYBOX_LAYOUT:latest" "oci:$OUT/zstd:latest"
  umoci unpack --image "$BUSYBOX_LAYOUT:latest" "$OUT/bundle" >/dev/null
  tar -C "$OUT/bundle/rootfs" --numeric-owner -cf "$OUT/rootfs.tar" .
  packed gnu <<P
plain = open("$OUT/rootfs.tar", "rb").read()
make(out, [plain])
sys.exit()
P
  context gnu "oci-layout://$OUT/gnu.layout:latest"
  context zstd "oci-layout://$OUT/zstd:latest"
  local buildah=(buildah --root "$OUT/buildah" --runroot "$OUT/buildah.run" --storage-driver vfs)
  unshare -m --propagation private bash -euc '
    dir=$1; base=$2; shift 2
    container=$("$@" from --pull-never oci:"$base")
    mounted=$("$@" mount "$container")
    ln "$mounted/etc/passwd" "$mounted/etc/passwd.hard"
    rm "$mounted/etc/group"
    mkdir -m 1777 "$mounted/sticky"
    "$@" umount "$container"
    "$@" commit --format oci "$container" "oci:$dir/made:latest"' sh "$OUT" "$BUSYBOX_LAYOUT:latest" "${buildah[@]}" >"$OUT/log" 2>&1 ||
    { cat "$OUT/log"; return 1; }
  context made "oci-layout://$OUT/made:latest"
  local name layout
  for name in busybox zstd gnu made; do
    case $name in
      busybox) layout=$BUSYBOX_LAYOUT ;;
      gnu) layout=$OUT/gnu.layout ;;
      *) layout=$OUT/$name ;;
    esac
    printf 'FROM %s\nLABEL again=yes\n' $name | dockerfile
    run attacked -o "type=oci,dest=$OUT/$name.oci,tar=false" -o "type=tar,dest=$OUT/$name.tar" .
    assert_status 0
    mkdir "$OUT/$name.tree"
    tar -C "$OUT/$name.tree" --numeric-owner --same-permissions -xf "$OUT/$name.tar"
    diff <(skopeo inspect --config "oci:$layout:latest" | jq -c .rootfs.diff_ids) \
      <(skopeo inspect --config "oci:$OUT/$name.oci" | jq -c .rootfs.diff_ids)
    # umoci does not read zstd; that image has the base's files
    [[ $name != zstd ]] || layout=$BUSYBOX_LAYOUT
    umoci unpack --image "$layout:latest" "$OUT/$name.umoci" >/dev/null
    diff <(cd "$OUT/$name.umoci/rootfs" && find . -mindepth 1 -printf '%P %y %m %U:%G %n %l\n' | sort) \
      <(cd "$OUT/$name.tree" && find . -mindepth 1 -printf '%P %y %m %U:%G %n %l\n' | sort)
  done
  [[ -e $OUT/made.tree/sticky && ! -e $OUT/made.tree/etc/group ]]
}

@test "T-12: no program that is named like a decompressor is ever executed" {
  local name
  not_in_mode chroot "the programs of the mode itself would be in the trace"
  mkdir "$OUT/fakes"
  for name in xz gzip gunzip zcat unpigz pigz zstd bzip2 lbzip2 lzop lrzip grzip lz4 tar; do
    printf '#!/bin/sh\ntouch %s\nexec /bin/cat\n' "$CANARY/executed" >"$OUT/fakes/$name"
    chmod +x "$OUT/fakes/$name"
  done
  mkdir -p tree/d
  echo data >tree/d/f
  tar -C tree -cf plain.tar d
  gzip -k plain.tar
  xz -k plain.tar
  bzip2 -k plain.tar
  zstd -q plain.tar
  mv plain.tar kept
  # formats that are not unpacked: by their magic numbers, what follows is no matter
  printf '\x89LZO\0\r\n\x1a\n%s' "$(head -c 300 kept | tr -d '\0')" >plain.tar.lzo
  printf 'LRZI\0\x06%s' "$(head -c 300 kept | tr -d '\0')" >plain.tar.lrz
  printf '\x04\x22\x4d\x18%s' "$(head -c 300 kept | tr -d '\0')" >plain.tar.lz4
  cp -r "$OUT/fakes" fakes
  dockerfile <<'D'
FROM busybox
COPY fakes/ /usr/bin/
COPY fakes/ /usr/local/bin/
ADD plain.tar.gz /gz/
ADD plain.tar.xz /xz/
ADD plain.tar.bz2 /bz2/
ADD plain.tar.zst /zst/
ADD plain.tar.lzo plain.tar.lrz plain.tar.lz4 /as-they-are/
D
  PATH=$OUT/fakes:$PATH run strace -f -qq -e trace=execve,execveat -o "$OUT/trace" \
    "$CBUILD" build --progress=plain --build-context "busybox=oci-layout://$BUSYBOX_LAYOUT:latest" \
    -o "type=tar,dest=$OUT/made.tar" .
  assert_status 0
  # cbuild itself, which the trace does hold
  grep -q 'execve(".*cbuild"' "$OUT/trace"
  [[ $(grep -c 'exec.*= 0$' "$OUT/trace") -eq 1 ]] || { cat "$OUT/trace"; return 1; }
  for name in gz xz bz2 zst; do [[ $(/bin/tar -xOf "$OUT/made.tar" $name/d/f) == data ]]; done
  for name in lzo lrz lz4; do
    cmp <(/bin/tar -xOf "$OUT/made.tar" as-they-are/plain.tar.$name) plain.tar.$name
  done
}

# strace -P looks at the calls that have to do with one file: the blob, which nobody but its decoder reads
# in a store that has it already. With its second read the decoder gets a signal, or makes another call.
@test "T-13 a decoder that crashes, or tries more than reading and writing, fails its layer and nothing else" {
  local compression how signal blob
  # two, for what has the same content is unpacked once
  image gzip <<<'layers = [layer(file("data", os.urandom(3000000)), file("last", "whole"))]'
  image other <<<'layers = [layer(file("data", os.urandom(3000000)), file("last", "whole"))]'
  skopeo copy -q --insecure-policy --dest-compress --dest-compress-format zstd "oci:$OUT/other.layout:latest" "oci:$OUT/zstd.layout:latest"
  context zstd "oci-layout://$OUT/zstd.layout:latest"
  for compression in gzip zstd; do
    blob=$(skopeo inspect "oci:$OUT/$compression.layout:latest" | jq -r '.Layers[0]' | cut -d: -f2)
    printf 'FROM %s\n' "$compression" | dockerfile
    attacked -t "$compression" .
    [[ -s $CBUILD_ROOT/blobs/sha256/$blob ]]
    printf 'FROM %s\nCOPY Dockerfile /.copied\n' "$compression" | dockerfile
    while read -r how signal; do
      ATTACKED=$ATTACK run strace -f -qq -o "$OUT/trace" -P "$CBUILD_ROOT/blobs/sha256/$blob" -e trace=read -e "inject=read:$how:when=2" \
        "$CBUILD" build --progress=plain "${CONTEXTS[@]}" -o "type=tar,dest=$OUT/out.tar" .
      grep -q "killed by SIG" "$OUT/trace"
      assert_refused "the decoder died of signal $signal"
      assert_contains "${lines[-1]}" "$blob"
      [[ ! -e $OUT/out.tar ]]
      run "$CBUILD" fsck
      assert_status 0
    done <<'END'
signal=SIGSEGV 11
signal=SIGBUS 7
retval=0:syscall=getpid 31
END
    # and the layer is whole for who comes next
    run attacked -o "type=tar,dest=$OUT/out.tar" .
    assert_status 0
    [[ $(tar -xOf "$OUT/out.tar" last) == whole ]]
    rm "$OUT/out.tar"
  done
}
