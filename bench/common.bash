# Shared by the scripts here. Sourced after `set -eu`; gives each run a folder of its own, in a mount
# namespace of its own, and both builders their stores in it.

CBUILD=$(readlink -f "${CBUILD:-$(dirname "${BASH_SOURCE[0]}")/../build/static/bin/cbuild}")
BUILDAH=${BUILDAH:-buildah}
BENCH=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
export CBUILD

# No mount of a builder is seen outside; crun refuses a hybrid cgroup hierarchy.
if [[ -z ${BENCH_STATE:-} ]]; then
  BENCH_STATE=${TMPDIR:-/var/tmp}/cbuild-bench.$$ # buildah takes no capitals here
  mkdir "$BENCH_STATE"
  export BENCH_STATE
  trap 'rm -rf --one-file-system "$BENCH_STATE"' EXIT
  unshare -m --propagation private "$0" "$@"
  exit
fi
umount /sys/fs/cgroup/unified 2>/dev/null || true

export CBUILD_ROOT=$BENCH_STATE/cbuild
export CONTAINERS_CONF=$BENCH_STATE/containers.conf
printf '[containers]\ndefault_ulimits = ["nproc=32768:32768"]\n' >"$CONTAINERS_CONF"

buildah() {
  command "$BUILDAH" --root "$BENCH_STATE/buildah" --runroot "$BENCH_STATE/buildah-run" --storage-driver overlay "$@"
}

has_buildah() { command -v "$BUILDAH" >/dev/null; }

# The base `busybox`, in both stores.
make_base() {
  "$BENCH/../tests/support/busybox-base" "$BENCH_STATE/busybox"
  printf 'FROM base\n' >"$BENCH_STATE/base.Dockerfile"
  "$CBUILD" build -q -t busybox -f "$BENCH_STATE/base.Dockerfile" \
    --build-context "base=oci-layout://$BENCH_STATE/busybox:latest" "$BENCH_STATE/busybox" >/dev/null
  ! has_buildah || buildah pull -q "oci:$BENCH_STATE/busybox:latest" >"$BENCH_STATE/base.id"
  ! has_buildah || buildah tag "$(<"$BENCH_STATE/base.id")" docker.io/library/busybox:latest
}

# make_sources FOLDER FILES: a tree like sources, always the same
make_sources() {
  python3 - "$1" "$2" <<'P'
import os, random, sys
root, n = sys.argv[1], int(sys.argv[2])
r = random.Random(3)
for i in range(n):
    d = f"{root}/src/m{i // 600:02}/p{i // 60 % 10}"
    os.makedirs(d, exist_ok=True)
    size = max(40, min(200000, int(r.lognormvariate(8.06, 1.15))))
    with open(f"{d}/file{i:05}.c", "wb") as f:
        f.write(r.randbytes(size // 2).hex().encode()[: size // 2] + r.randbytes(size - size // 2))
P
}

# milliseconds COMMAND...: how long it took; what it says is shown when it fails
milliseconds() {
  local start end
  start=$(date +%s%N)
  "$@" >"$BENCH_STATE/said" 2>&1 || { cat "$BENCH_STATE/said" >&2; return 1; }
  end=$(date +%s%N)
  awk -v n=$((end - start)) 'BEGIN { printf "%.3f\n", n / 1e6 }'
}

# median FILE: of the numbers in it
median() { sort -g "$1" | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }

# ratio WHAT A B: B is so many times A
ratio() { awk -v what="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%s: %.1f ms against %.1f ms: %.1f times\n", what, a, b, b / a }'; }
