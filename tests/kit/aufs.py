"""Directories as the storage driver aufs kept layers: plain directories, with markers as in a tar."""

import os
from collections.abc import Sequence
from pathlib import Path

from tests.kit.entries import Layer
from tests.kit.overlay2 import layer_id, write_layer


def whiteout_file(path: Path) -> None:
    """A whiteout as aufs makes it: all of them are names of one inode, which lies at the layer's root."""
    path.with_name(f".wh.{path.name}").touch(mode=0o444)


def opaque_file(path: Path) -> None:
    """An opaque mark as aufs makes it."""
    (path / ".wh..wh..opq").touch(mode=0o444)


def aufs_store(root: Path, layers: Sequence[Layer], *, first: int = 0) -> list[str]:
    """`layers`, `diff` and `mnt` for one image's layers (base to top); returns their names."""
    names: list[str] = []
    for number, layer in enumerate(layers, first):
        names.append(add_layer(root, layer_id(number), layer, names))
    return names


def add_layer(root: Path, name: str, layer: Layer, below: Sequence[str]) -> str:
    """One layer on top of others (base to top), with aufs' control data at its root; returns its name."""
    for kind in ("layers", "diff", "mnt"):
        (root / kind).mkdir(parents=True, exist_ok=True)
    (root / "mnt" / name).mkdir()
    (root / "layers" / name).write_text("".join(f"{lower}\n" for lower in reversed(below)))
    directory = root / "diff" / name
    write_layer(directory, layer, whiteout_file, opaque_file)
    (directory / ".wh..wh.aufs").touch(mode=0o444)
    for control in (".wh..wh.orph", ".wh..wh.plnk"):
        (directory / control).mkdir(mode=0o700)
    _keep_links(directory)
    return name


def _keep_links(directory: Path) -> None:
    """Give every file with several names one more among aufs' pseudo-links, called by its inode (aufs(5))."""
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        if path.is_file() and not path.is_symlink() and status.st_nlink > 1 and ".wh." not in str(path):
            kept = directory / ".wh..wh.plnk" / f"{status.st_ino}.{status.st_ino}"
            if not kept.exists():
                os.link(path, kept)
