# ADD of archives.

load helper

setup() {
  fresh
  unset BUSYBOX_LAYOUT
}

@test "T-05: the header of a hard link sets mode and owner of the file" {
  python3 - <<'P'
import io, tarfile
with tarfile.open("a.tar", "w") as tar:
    first = tarfile.TarInfo("f")
    first.size, first.mode, first.uid = 2, 0o600, 5
    tar.addfile(first, io.BytesIO(b"x\n"))
    link = tarfile.TarInfo("h")
    link.type, link.linkname, link.mode, link.uid, link.gid = tarfile.LNKTYPE, "f", 0o751, 7, 8
    tar.addfile(link)
P
  printf 'FROM scratch\nADD a.tar /o/\n' | dockerfile
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  [[ $(stat -c '%a %u %g %h' "$root/o/f" "$root/o/h") == $'751 7 8 2\n751 7 8 2' ]]
}

@test "an entry without a name is the root, which stays as it is" {
  python3 - <<'P'
import io, tarfile
with tarfile.open("a.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
    root = tarfile.TarInfo("/")
    root.type, root.mode, root.uid = tarfile.DIRTYPE, 0o700, 9
    tar.addfile(root)
    entry = tarfile.TarInfo("f")
    entry.size = 2
    tar.addfile(entry, io.BytesIO(b"x\n"))
P
  printf 'FROM scratch\nADD a.tar /o/\n' | dockerfile
  build -t app:v1 .
  root=$(unpacked docker.io/library/app:v1)
  [[ $(stat -c '%a %u' "$root/o") == "755 0" && $(<"$root/o/f") == x ]]
}
