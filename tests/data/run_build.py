#!/usr/bin/env python3
"""Builds testdata/build/<case>/ with a builder and compares what comes out.

usage: run_build.py [--only SUBSTR] [--write] [--other] ROOT

A case has a Dockerfile and, as it needs them, context/ (what it is built of), setup (a script run
with sh -eu in a copy of the context: modes, owners, links, archives), options (of the command
line, lines as a shell reads them; the context "." comes last unless one stands there behind a lone
"--"; an option @FILE... has the folder of the case for @) and stdin. The image busybox is the small base of the tests.
What it must come to is one or more of

  error        "status N", then texts of the output, one a line
  output       texts that the output of a good build holds, one a line; "!TEXT" must not be there
  history      the new entries: "L" has a layer, "-" has none, and created_by
  config.json  members that must be in the image's config, lists whole; null: not there
  tree         every path that differs from the base, as entry_line says

--write fills those of these files that are there and empty with what came out, for a new case; it
has to be checked by hand, or with --other: CBUILD is another builder with the same options, of which only
counts that it refuses what is refused, and what its images are.
"""
import argparse
import collections
import concurrent.futures
import difflib
import gzip
import hashlib
import io
import json
import os
import pathlib
import shlex
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import time

CBUILD = os.environ["CBUILD"]
SECONDS = 240
RECENT = 3600
CAPABILITY = "SCHILY.xattr.security.capability"
TYPES = {tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l", tarfile.FIFOTYPE: "p", tarfile.CHRTYPE: "c",
         tarfile.BLKTYPE: "b"}


def base_layout(root):
    """The small base image, shared with the other end-to-end tests."""
    made = subprocess.run([root / "tests/support/busybox-base"], check=True, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(made.stdout.strip())


Entry = collections.namedtuple("Entry", "kind mode owner mtime what")


class Image:
    """One image of an OCI layout that read_blob reads."""

    def __init__(self, read_blob, manifest):
        self.manifest = json.loads(read_blob(manifest["digest"]))
        self.config = json.loads(read_blob(self.manifest["config"]["digest"]))
        self.tree = {}
        for layer in self.manifest["layers"] or []:
            data = read_blob(layer["digest"])
            self.add_layer(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)

    def remove(self, path):
        for name in [n for n in self.tree if n == path or n.startswith(path + "/")]:
            del self.tree[name]

    def add_layer(self, data):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                path = "/" + os.path.normpath("/" + member.name).strip("/")
                head, name = os.path.split(path)
                if name == ".wh..wh..opq":
                    for old in [n for n in self.tree if n.startswith(head.rstrip("/") + "/")]:
                        del self.tree[old]
                elif name.startswith(".wh."):
                    self.remove(os.path.join(head, name[len(".wh."):]))
                else:
                    if not member.isdir() and path in self.tree:
                        self.remove(path)
                    self.tree[path] = self.entry_of(archive, member)

    def entry_of(self, archive, member):
        """Names of one file have one entry, also when its first name is replaced later."""
        if member.islnk():
            return self.tree["/" + os.path.normpath("/" + member.linkname).strip("/")]
        kind, what = TYPES.get(member.type, "f"), ""
        if member.issym():
            what = f" -> {member.linkname}"
        elif member.ischr() or member.isblk():
            what = f" {member.devmajor}:{member.devminor}"
        elif kind == "f":
            data = archive.extractfile(member).read()
            what = " " + (json.dumps(data.decode()) if len(data) <= 300 and is_text(data) else
                          f"{len(data)} sha256:{hashlib.sha256(data).hexdigest()[:16]}")
        if CAPABILITY in member.pax_headers:
            what += " capability"
        return Entry(kind, member.mode, f"{member.uid}:{member.gid}", int(member.mtime), what)


def is_text(data):
    try:
        return data.decode().isprintable() or all(c >= " " or c in "\n\t\r" for c in data.decode())
    except UnicodeDecodeError:
        return False


def entry_line(path, entry, since):
    """TYPE MODE UID:GID PATH [@MTIME] CONTENT; the time where the build kept an older one."""
    when = f" @{entry.mtime}" if entry.mtime < since - RECENT else ""
    return f"{entry.kind} {stat.S_IMODE(entry.mode):04o} {entry.owner} {path}{when}{entry.what}"


def is_same(new, old, since):
    if old is None or new.mtime >= since - RECENT:
        return old is not None and new == old._replace(mtime=new.mtime)
    return new == old


def tree_lines(image, base, since):
    lines, names = [], {}
    for path, entry in sorted(image.tree.items()):
        first = names.setdefault(id(entry), path)
        if first != path:
            lines.append((path, f"h {path} = {first}"))
        elif not is_same(entry, base.tree.get(path), since):
            lines.append((path, entry_line(path, entry, since)))
    lines += [(path, f"- {path}") for path in base.tree if path not in image.tree]
    return [line for _, line in sorted(lines)]


def history_lines(image, n_old):
    """As they are, but for newlines."""
    return [("- " if entry.get("empty_layer") else "L ") + entry["created_by"].replace("\n", "\\n")
            for entry in image.config.get("history", [])[n_old:]]


def read_layout(layout):
    def blob(digest):
        return (layout / "blobs/sha256" / digest.split(":")[1]).read_bytes()
    return Image(blob, json.loads((layout / "index.json").read_text())["manifests"][0])


def read_archive(file):
    """The images in an OCI archive, without attestations."""
    with tarfile.open(file) as archive:
        def blob(digest):
            return archive.extractfile("blobs/sha256/" + digest.split(":")[1]).read()

        def walk(descriptor):
            if "attestation" in json.dumps(descriptor.get("annotations", {})):
                return
            document = json.loads(blob(descriptor["digest"]))
            if "manifests" in document:
                for inner in document["manifests"]:
                    yield from walk(inner)
            else:
                yield Image(blob, descriptor)
        index = json.loads(archive.extractfile("index.json").read())
        return [image for descriptor in index["manifests"] for image in walk(descriptor)]


def differences(wanted, have, where=""):
    if isinstance(wanted, dict) and isinstance(have, dict):
        for key, value in wanted.items():
            yield from differences(value, have.get(key), f"{where}.{key}")
    elif wanted != have:
        yield f"config{where}: {json.dumps(have)}, not {json.dumps(wanted)}"


class Case:
    def __init__(self, folder, options, base):
        self.folder, self.options, self.base = folder, options, base
        self.faults = []

    def text(self, name):
        file = self.folder / name
        return file.read_text() if file.exists() else None

    def compare(self, name, have):
        wanted = self.text(name)
        if wanted is None:
            return
        if self.options.write and not wanted:
            (self.folder / name).write_text(have)
        elif wanted != have:
            self.faults += difflib.unified_diff(wanted.splitlines(), have.splitlines(), name,
                                                "what came out", lineterm="", n=1)

    def command(self, work):
        words = [word for line in (self.text("options") or "").splitlines()
                 for word in shlex.split(line, comments=True)]
        words = [word.replace("@", str(self.folder) + "/") if word.startswith("@") else word
                 for word in words]
        context = ["."]
        if "--" in words:
            at = words.index("--")
            words, context = words[:at], words[at + 1:]
        return [CBUILD, "build", "--progress=plain",
                "--build-context", f"busybox=oci-layout://{self.options.layout}:latest",
                "-o", f"type=oci,dest={work}/image.tar", *words, *context]

    def prepare(self, work):
        context = work / "context"
        if (self.folder / "context").is_dir():
            shutil.copytree(self.folder / "context", context, symlinks=True,
                            copy_function=shutil.copy)
        context.mkdir(exist_ok=True)
        if (self.folder / "Dockerfile").exists():
            shutil.copy(self.folder / "Dockerfile", context)
        for entry in context.rglob("*"):
            if not entry.is_symlink():
                entry.chmod(0o755 if entry.is_dir() or os.access(entry, os.X_OK) and
                            entry.stat().st_mode & 0o111 else 0o644)
                os.utime(entry)
        if (self.folder / "setup").exists():
            subprocess.run(["sh", "-eu", self.folder / "setup"], cwd=context, check=True,
                           capture_output=True, umask=0o022)
        return context

    def run(self):
        with tempfile.TemporaryDirectory(prefix="cbuild-case.") as name:
            work = pathlib.Path(name)
            since = time.time()
            context = self.prepare(work)
            with open(self.folder / "stdin" if (self.folder / "stdin").exists() else os.devnull,
                      "rb") as stdin:
                done = subprocess.run(self.command(work), cwd=context, stdin=stdin,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      timeout=SECONDS, umask=0o022)
            log = done.stdout.decode(errors="replace")
            if self.text("error") is not None or done.returncode:
                self.judge_error(done.returncode, log)
            else:
                self.judge_output(log)
                self.judge_image(read_archive(work / "image.tar"), since)
            if self.faults:
                self.faults += ["| " + line[:200] for line in log.splitlines()[-30:]]
        return self

    def judge_error(self, status, log):
        wanted = (self.text("error") or "").splitlines()
        if not wanted or not status:
            self.faults.append(f"ended with {status}" + ("" if status else ", not with an error"))
            return
        if self.options.other:
            return
        if f"status {status}" != wanted[0]:
            self.faults.append(f"ended with status {status}, not with {wanted[0]}")
        self.faults += [f"the output does not say: {text}" for text in wanted[1:] if text not in log]

    def judge_output(self, log):
        for text in (self.text("output") or "").splitlines():
            if not self.options.other and (text.lstrip("!") in log) == text.startswith("!"):
                self.faults.append(f"the output does{' ' if text[0] == '!' else ' not '}say: {text}")

    def judge_image(self, images, since):
        image = images[0]
        old = self.base.config["rootfs"]["diff_ids"]
        new = image.config["rootfs"].get("diff_ids") or []
        is_based = new[:len(old)] == old
        empty = type("Empty", (), {"tree": {}})
        history = history_lines(image, len(self.base.config["history"]) if is_based else 0)
        n_layers = sum(1 for line in history if line.startswith("L"))
        if n_layers != len(new) - (len(old) if is_based else 0):
            self.faults.append(f"{n_layers} entries of the history have a layer, there are {len(new)}")
        self.compare("history", "".join(line + "\n" for line in history))
        lines = tree_lines(image, self.base if is_based else empty, since)
        self.compare("tree", "".join(line + "\n" for line in lines))
        self.judge_config(images)

    def judge_config(self, images):
        wanted = self.text("config.json")
        if wanted is None:
            return
        if self.options.write and not wanted.strip():
            have = {"config": images[0].config["config"]}
            (self.folder / "config.json").write_text(json.dumps(have, indent=1) + "\n")
            return
        wanted = json.loads(wanted)
        of_images = wanted if isinstance(wanted, list) else [wanted]
        if len(of_images) != len(images):
            self.faults.append(f"{len(images)} images")
        for one, image in zip(of_images, images):
            self.faults += differences(one, image.config)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--other", action="store_true")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("root", type=pathlib.Path)
    options = parser.parse_args()
    options.root = options.root.resolve()
    options.layout = base_layout(options.root)
    base = read_layout(options.layout)
    folders = sorted(f for f in (options.root / "testdata/build").iterdir() if options.only in f.name)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="cbuild-store.") as store:
        os.environ["CBUILD_ROOT"] = store
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for case in pool.map(lambda f: Case(f, options, base).run(), folders):
                if case.faults:
                    failed += 1
                    print(f"{case.folder.name}:", *case.faults, sep="\n  ")
    print(f"{len(folders) - failed} cases as expected, {failed} not")
    return 1 if failed or not folders else 0


sys.exit(main())
