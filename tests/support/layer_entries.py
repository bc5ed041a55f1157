#!/usr/bin/env python3
"""layer_entries.py STORE NAME [FIRST]: what the layers of an image in a store (or any OCI layout) hold,
from layer FIRST on: number, type, mode, owner, path, target or device, capability; a line each."""
import gzip
import io
import json
import os
import sys
import tarfile

TYPES = {b"0": "file", b"\0": "file", b"1": "hardlink", b"2": "symlink", b"3": "char", b"4": "block",
         b"5": "dir", b"6": "fifo"}


def blob(store, digest):
    with open(os.path.join(store, "blobs", *digest.split(":")), "rb") as file:
        return file.read()


def manifest(store, name):
    with open(os.path.join(store, "index.json"), encoding="utf-8") as file:
        index = json.load(file)
    for entry in index["manifests"]:
        if name in entry.get("annotations", {}).get("org.opencontainers.image.ref.name", ""):
            return json.loads(blob(store, entry["digest"]))
    raise SystemExit(f"layer_entries: no image '{name}' in {store}")


def line(number, entry):
    capability = entry.pax_headers.get("SCHILY.xattr.security.capability", "")
    special = entry.linkname
    if entry.type in (b"3", b"4"):
        special = f"{entry.devmajor}:{entry.devminor}"
    return (f"{number} {TYPES[entry.type]} {entry.mode:o} {entry.uid}:{entry.gid} /{entry.name}"
            f" {special} {capability.encode('utf-8', 'surrogateescape').hex()}")


def main():
    store, name = sys.argv[1:3]
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    for number, layer in enumerate(manifest(store, name)["layers"]):
        if number < first:
            continue
        data = blob(store, layer["digest"])
        stream = io.BytesIO(data)
        if data[:2] == b"\x1f\x8b":
            # member by member: decompress() would copy the rest for each of them
            stream = gzip.GzipFile(fileobj=stream)
        with tarfile.open(fileobj=stream, errors="surrogateescape") as archive:
            for entry in archive:
                print(line(number, entry).encode("utf-8", "backslashreplace").decode())


main()
