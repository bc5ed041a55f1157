#!/usr/bin/env python3
"""evil_layout.py DIR KIND: an OCI layout DIR whose one image has a layer that means harm.

KIND: dotdot, absolute, symlink, hardlink, hardlink-symlink, device, overlay-xattr, wrong-diff-id,
wrong-manifest-digest, both (manifest and index at once), good
"""
import os
import sys

from layout import (descriptor_of, device, directory, file, hardlink, layer, make_manifest, symlink,
                    write_index, xattr)

out, kind = sys.argv[1], sys.argv[2]
canary = os.environ.get("CANARY", "/")
evil = {
    "dotdot": [file("../../canary/written", "x")],
    "absolute": [symlink("/canary", canary), file("/canary/written", "x")],
    "symlink": [symlink("out", canary), file("out/written", "x")],
    "hardlink": [hardlink("link", "../../../../../etc/passwd")],
    "hardlink-symlink": [symlink("out", canary + "/file"), hardlink("link", "out")],
    "device": [device("whiteout", "c", 0, 0)],
    "overlay-xattr": [directory("d", pax_headers=xattr("trusted.overlay.opaque", "y"))],
}
content = layer(directory("bin"), *evil.get(kind, [file("file", "x")]))
manifest = make_manifest(out, [content],
                         diff_ids=["sha256:" + "0" * 64] if kind == "wrong-diff-id" else None)
if kind == "both":
    manifest["manifests"] = []
descriptor = descriptor_of(out, manifest)
if kind == "wrong-manifest-digest":
    with open(f"{out}/blobs/sha256/{descriptor['digest'][7:]}", "ab") as blob:
        blob.write(b" ")
    descriptor["size"] += 1
write_index(out, descriptor)
