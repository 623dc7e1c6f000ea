"""Roots of containerd that no daemon wrote: databases and blobs made in code, so that they can be wrong."""

import struct
from datetime import datetime
from pathlib import Path

from tests.kit.bolt import Tree, bolt_file
from tests.kit.images import OCI_MANIFEST, ImageSpec, build, digest

META_DB = "io.containerd.metadata.v1.bolt/meta.db"
SNAPSHOTTER = "io.containerd.snapshotter.v1.overlayfs"


def uvarint(number: int) -> bytes:
    """Go's binary.PutUvarint."""
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def go_time(text: str, nanoseconds: int = 0) -> bytes:
    """Go's time.MarshalBinary of a time in UTC."""
    seconds = int((datetime.fromisoformat(text) - datetime(1, 1, 1)).total_seconds())
    return struct.pack(">BqIh", 1, seconds, nanoseconds, -1)


def target(of: str, size_bytes: int, media_type: str = OCI_MANIFEST) -> Tree:
    """What an image's bucket holds."""
    return {
        b"target": {b"digest": of.encode(), b"mediatype": media_type.encode(), b"size": uvarint(size_bytes * 2)},
        b"createdat": go_time("2024-01-02T03:04:05"),
    }


def put_image(root: Path, spec: ImageSpec) -> Tree:
    """Write the blobs of an image; returns its bucket."""
    image = build(spec, "gzip")
    blobs = root / "io.containerd.content.v1.content/blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for data in [*(layer.blob for layer in image.layers), image.config, image.manifest]:
        (blobs / digest(data)[7:]).write_bytes(data)
    return target(digest(image.manifest), len(image.manifest))


def write_root(root: Path, namespaces: Tree) -> Path:
    """Write the database of all namespaces."""
    (root / META_DB).parent.mkdir(parents=True, exist_ok=True)
    (root / "io.containerd.content.v1.content").mkdir(exist_ok=True)
    (root / META_DB).write_bytes(bolt_file({b"v1": {**namespaces, b"version": b"\x06"}}))
    return root


def write_numbers(root: Path, numbers: dict[str, int]) -> None:
    """Write the overlayfs snapshotter's own database: the number of each snapshot's directory."""
    (root / SNAPSHOTTER).mkdir(parents=True, exist_ok=True)
    snapshots = {name.encode(): {b"id": uvarint(number)} for name, number in numbers.items()}
    (root / SNAPSHOTTER / "metadata.db").write_bytes(bolt_file({b"v1": {b"snapshots": snapshots}}))
