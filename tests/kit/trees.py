"""Directories as storage drivers keep them: a layer's files on disk, and real overlay mounts."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layertui.layer.columns import Kind
from layertui.layer.tree import DEAD, IMPLIED, LayerTree

IS_ROOT = os.geteuid() == 0
"""Device nodes, owners and mounts need it."""


def write_files(root: Path, tree: LayerTree, contents: dict[int, bytes]) -> None:
    """Write the files that a layer leaves on disk, those of living rows, by row: content only."""
    for row, data in contents.items():
        if tree.columns.kinds[row] == Kind.FILE and not tree.flags[row] & (DEAD | IMPLIED):
            path = os.fsencode(root) + b"/" + tree.columns.keys[row].replace(b"\0", b"/")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)


def make_whiteout(path: Path) -> None:
    """A whiteout as overlayfs makes one: a character device 0/0."""
    os.mknod(path, 0o020000, os.makedev(0, 0))


@contextmanager
def overlay_mount(base: Path, *, options: str = "") -> Iterator[Path]:
    """Mount `base/merged` over `base/{lower,upper,work}`; all but the content of `lower` is made here."""
    for name in ("lower", "upper", "work", "merged"):
        (base / name).mkdir(exist_ok=True)
    merged = base / "merged"
    said = f"lowerdir={base / 'lower'},upperdir={base / 'upper'},workdir={base / 'work'}{options}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", said, str(merged)], check=True, capture_output=True)
    try:
        yield merged
    finally:
        subprocess.run(["umount", str(merged)], check=True, capture_output=True)
