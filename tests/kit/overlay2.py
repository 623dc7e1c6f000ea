"""Directories as the storage driver overlay2 keeps layers, made of the same plain data as the tars."""

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.kit.entries import Entry, Layer

Marker = Callable[[Path], None]
"""Writes what stands for a removed path, or marks a directory as opaque."""

_KINDS = {b"3": stat.S_IFCHR, b"4": stat.S_IFBLK, b"6": stat.S_IFIFO}


def layer_id(number: int) -> str:
    """A name such as Docker draws at random for each layer's directory; the same each time."""
    return hashlib.sha256(b"layer %d" % number).hexdigest()


def whiteout_device(path: Path) -> None:
    """A whiteout as overlayfs makes it (overlayfs.rst, "whiteouts and opaque directories")."""
    os.mknod(path, stat.S_IFCHR, 0)


def opaque_xattr(path: Path) -> None:
    """An opaque mark as overlayfs makes it."""
    os.setxattr(path, "trusted.overlay.opaque", b"y")


def write_layer(root: Path, layer: Layer, remove: Marker, make_opaque: Marker) -> None:
    """Write the entries of a layer below `root`; only root can, as they have owners."""
    root.mkdir(parents=True, exist_ok=True)
    stamps: list[tuple[Path, int]] = []
    for entry in layer:
        path = root / os.fsdecode(entry.name).rstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name == ".wh..wh..opq":
            make_opaque(path.parent)
        elif path.name.startswith(".wh."):
            remove(path.with_name(path.name.removeprefix(".wh.")))
        else:
            _write(root, path, entry)
            stamps.append((path, entry.mtime_ns))
    for path, mtime_ns in reversed(stamps):  # a directory's changes with what is written into it
        os.utime(path, ns=(mtime_ns, mtime_ns), follow_symlinks=False)


def _write(root: Path, path: Path, entry: Entry) -> None:
    match entry.type:
        case b"5":
            path.mkdir(exist_ok=True)
        case b"2":
            path.symlink_to(os.fsdecode(entry.link))
        case b"1":
            os.link(root / os.fsdecode(entry.link), path)
        case b"0":
            path.write_bytes(entry.data)
        case kind:
            os.mknod(path, _KINDS[kind], os.makedev(*entry.device))
    os.lchown(path, entry.uid, entry.gid)
    if entry.type != b"2":
        path.chmod(entry.mode)
        for name, value in entry.xattrs:
            os.setxattr(path, name, value)


def overlay2_store(root: Path, stacks: Sequence[Sequence[Layer]], *, short_names: bool = True) -> list[list[str]]:
    """A directory of layers for some images (layers base to top), without any books; returns the names of each.

    Without `short_names` the directory `l` is left out, as in a careless copy.
    """
    names: list[list[str]] = []
    number = 0
    for layers in stacks:
        below: list[str] = []
        for layer in layers:
            below.append(add_layer(root, layer_id(number), layer, below, short_names=short_names))
            number += 1
        names.append(below)
    return names


def add_layer(root: Path, name: str, layer: Layer, below: Sequence[str], *, short_names: bool = True) -> str:
    """One layer's directory on top of others (base to top); returns its name."""
    directory = root / name
    write_layer(directory / "diff", layer, whiteout_device, opaque_xattr)
    (directory / "link").write_text(short_name(name))
    if short_names:
        (root / "l").mkdir(exist_ok=True)
        (root / "l" / short_name(name)).symlink_to(f"../{name}/diff")
    if below:
        (directory / "lower").write_text(":".join(f"l/{short_name(lower)}" for lower in reversed(below)))
        (directory / "work").mkdir()
    return name


def short_name(name: str) -> str:
    """The 26 letters that stand for a layer in `lower`."""
    return hashlib.sha256(name.encode()).hexdigest()[:26].upper()
