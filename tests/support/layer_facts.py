#!/usr/bin/env python3
"""What a layer says of its files, to be compared with what another says.

usage: layer_facts.py ARCHIVE                      one line an entry of the topmost layer of an OCI archive
       layer_facts.py --compare A B MODE ALLOWED   compares two such lists

An entry: path, type, mode, owner, group, what it links to, device, capability (hexadecimal). Times
and contents are no part of it, sizes neither: logs and caches hold times.
ALLOWED: lines of "MODES <tab> PATTERN <tab> WHAT <tab> REASON"; WHAT is a field's name, "extra" or "missing".
"""
import fnmatch
import io
import json
import sys
import tarfile

FIELDS = ["path", "type", "mode", "uid", "gid", "link", "device", "capability"]


def blob(archive, digest):
    return archive.extractfile("blobs/" + digest.replace(":", "/")).read()


def top_layer(path):
    with tarfile.open(path) as archive:
        index = json.load(archive.extractfile("index.json"))
        manifest = json.loads(blob(archive, index["manifests"][0]["digest"]))
        return blob(archive, manifest["layers"][-1]["digest"])


def facts(path):
    lines = []
    with tarfile.open(fileobj=io.BytesIO(top_layer(path)), mode="r:gz", encoding="utf-8", errors="surrogateescape") as layer:
        for entry in layer:
            kind = {b"0": "file", b"1": "hard", b"2": "symlink", b"3": "char", b"4": "block", b"5": "dir", b"6": "fifo"}[entry.type]
            device = f"{entry.devmajor}:{entry.devminor}" if kind in ("char", "block") else "-"
            capability = entry.pax_headers.get("SCHILY.xattr.security.capability", "")
            lines.append([entry.name, kind, f"{entry.mode:o}", str(entry.uid), str(entry.gid), entry.linkname or "-", device,
                          capability.encode("utf-8", "surrogateescape").hex() or "-"])
    for line in sorted(lines):
        print("\t".join(line))


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return {line.split("\t")[0]: line.rstrip("\n").split("\t") for line in file}


def differences(a, b):
    """(path, what, in a, in b)"""
    for path in sorted(a.keys() | b.keys()):
        if path not in b:
            yield path, "missing", "there", "not there"
        elif path not in a:
            yield path, "extra", "not there", "there"
        else:
            for name, one, other in zip(FIELDS, a[path], b[path]):
                if one != other:
                    yield path, name, one, other


def compare(a, b, mode, allowed):
    with open(allowed, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    bad = 0
    for path, what, one, other in differences(read(a), read(b)):
        if any(fnmatch.fnmatch(mode, m) and fnmatch.fnmatch(path, p) and what == w for ms, p, w, _ in rows for m in ms.split()):
            continue
        bad += 1
        print(f"{path}: {what}: {one} as root, {other} in mode {mode}")
    return bad > 0


if sys.argv[1] == "--compare":
    sys.exit(compare(*sys.argv[2:6]))
facts(sys.argv[1])
