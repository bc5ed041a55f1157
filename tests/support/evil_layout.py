#!/usr/bin/env python3
"""evil_layout.py DIR KIND: an OCI layout DIR whose one image has a layer that means harm.

KIND: dotdot, absolute, symlink, hardlink, hardlink-symlink, device, overlay-xattr, wrong-diff-id,
wrong-manifest-digest, both (manifest and index at once), good
"""
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

out, kind = sys.argv[1], sys.argv[2]
os.makedirs(out + "/blobs/sha256")


def put(data):
    name = hashlib.sha256(data).hexdigest()
    with open(f"{out}/blobs/sha256/{name}", "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + name, "size": len(data)}


def entry(name, data=None, **fields):
    info = tarfile.TarInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    if data is not None:
        info.size = len(data)
    return info, data


evil = {
    "dotdot": [entry("../../canary/written", b"x")],
    "absolute": [entry("/canary", type=tarfile.SYMTYPE, linkname=os.environ.get("CANARY", "/")),
                 entry("/canary/written", b"x")],
    "symlink": [entry("out", type=tarfile.SYMTYPE, linkname=os.environ.get("CANARY", "/")),
                entry("out/written", b"x")],
    "hardlink": [entry("link", type=tarfile.LNKTYPE, linkname="../../../../../etc/passwd")],
    "hardlink-symlink": [entry("out", type=tarfile.SYMTYPE, linkname=os.environ.get("CANARY", "/") + "/file"),
                         entry("link", type=tarfile.LNKTYPE, linkname="out")],
    "device": [entry("whiteout", type=tarfile.CHRTYPE, devmajor=0, devminor=0)],
    "overlay-xattr": [entry("d", type=tarfile.DIRTYPE, mode=0o755,
                            pax_headers={"SCHILY.xattr.trusted.overlay.opaque": "y"})],
}
raw = io.BytesIO()
with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
    for info, data in [entry("bin", type=tarfile.DIRTYPE, mode=0o755)] + evil.get(kind, [entry("file", b"x")]):
        tar.addfile(info, io.BytesIO(data) if data is not None else None)
raw = raw.getvalue()
diff_id = "sha256:" + hashlib.sha256(raw if kind != "wrong-diff-id" else b"other").hexdigest()
layer = put(gzip.compress(raw, mtime=0))
config = put(json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": [diff_id]}}).encode())
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": dict(config, mediaType="application/vnd.oci.image.config.v1+json"),
            "layers": [dict(layer, mediaType="application/vnd.oci.image.layer.v1.tar+gzip")]}
if kind == "both":
    manifest["manifests"] = []
descriptor = put(json.dumps(manifest).encode())
if kind == "wrong-manifest-digest":
    with open(f"{out}/blobs/sha256/{descriptor['digest'][7:]}", "ab") as f:
        f.write(b" ")
    descriptor["size"] += 1
descriptor.update(mediaType=manifest["mediaType"],
                  annotations={"org.opencontainers.image.ref.name": "latest"})
with open(out + "/index.json", "w") as f:
    json.dump({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
               "manifests": [descriptor]}, f)
with open(out + "/oci-layout", "w") as f:
    f.write('{"imageLayoutVersion":"1.0.0"}')
