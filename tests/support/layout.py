"""OCI layouts byte by byte, as wrong as a test wants its images.

  make(DIR, LAYERS, config={...})   an image DIR:latest; a layer is what layer() gives, or raw bytes of a tar
  layer(ENTRIES...)                 a tar of what file(), directory(), symlink(), hardlink(), device() give;
                                    for anything else a (tarfile.TarInfo, data) pair
"""
import gzip
import hashlib
import io
import json
import os
import tarfile


def entry(name, data=None, **fields):
    info = tarfile.TarInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    if data is not None:
        data = data.encode() if isinstance(data, str) else data
        info.size = len(data)
    return info, data


def file(name, data="", **fields):
    return entry(name, data, **fields)


def directory(name, mode=0o755, **fields):
    return entry(name, type=tarfile.DIRTYPE, mode=mode, **fields)


def symlink(name, target, **fields):
    return entry(name, type=tarfile.SYMTYPE, linkname=target, mode=0o777, **fields)


def hardlink(name, target, **fields):
    return entry(name, type=tarfile.LNKTYPE, linkname=target, **fields)


def device(name, kind, major, minor, **fields):
    return entry(name, type={"c": tarfile.CHRTYPE, "b": tarfile.BLKTYPE}[kind], devmajor=major,
                 devminor=minor, **fields)


def fifo(name, **fields):
    return entry(name, type=tarfile.FIFOTYPE, **fields)


def layer(*entries):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data) if data is not None else None)
    return raw.getvalue()


def xattr(name, value):
    """a value of pax_headers= for one extended attribute, any bytes in it"""
    return {"SCHILY.xattr." + name: value.decode("utf-8", "surrogateescape")
            if isinstance(value, bytes) else value}


def put(out, data):
    name = hashlib.sha256(data).hexdigest()
    with open(f"{out}/blobs/sha256/{name}", "wb") as blob:
        blob.write(data)
    return {"digest": "sha256:" + name, "size": len(data)}


def descriptor_of(out, manifest, media_type="application/vnd.oci.image.manifest.v1+json"):
    return dict(put(out, json.dumps(manifest).encode()), mediaType=media_type,
                annotations={"org.opencontainers.image.ref.name": "latest"})


def write_index(out, *descriptors):
    with open(out + "/index.json", "w") as index:
        json.dump({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                   "manifests": descriptors}, index)
    with open(out + "/oci-layout", "w") as mark:
        mark.write('{"imageLayoutVersion":"1.0.0"}')


def make_manifest(out, layers, config=None, packed=None, diff_ids=None, more=None):
    """packed: the blobs instead of what gzip makes of the layers"""
    os.makedirs(out + "/blobs/sha256", exist_ok=True)
    packed = packed or [gzip.compress(one, mtime=0) for one in layers]
    diff_ids = diff_ids or ["sha256:" + hashlib.sha256(one).hexdigest() for one in layers]
    document = {"architecture": "amd64", "os": "linux", "config": config or {},
                "rootfs": {"type": "layers", "diff_ids": diff_ids}, **(more or {})}
    kinds = {b"\x28\xb5": "+zstd", b"\x1f\x8b": "+gzip"}
    return {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": dict(put(out, json.dumps(document).encode()),
                           mediaType="application/vnd.oci.image.config.v1+json"),
            "layers": [dict(put(out, one), mediaType="application/vnd.oci.image.layer.v1.tar"
                            + kinds.get(one[:2], "")) for one in packed]}


def make(out, layers, **more):
    write_index(out, descriptor_of(out, make_manifest(out, layers, **more)))
