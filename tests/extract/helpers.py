"""Images to take files out of, and what a tree is made of byte for byte."""

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from layertui.extract.attributes import Options
from layertui.extract.outcome import Outcome
from layertui.extract.plan import Plan, plan_of
from layertui.extract.tree import extract
from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.sources.resolve import open_reference
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from tests.kit.docker import docker_archive
from tests.kit.entries import Layer
from tests.kit.images import ImageSpec

IS_ROOT = os.geteuid() == 0


def opened(where: Path, layers: Sequence[Layer], *, compression: str = "plain") -> tuple[Image, Squash]:
    """An image of these layers, read and folded; its archive lies in a directory of its own."""
    where.mkdir(exist_ok=True)
    archive = where / "image.tar"
    archive.write_bytes(docker_archive([ImageSpec(layers=layers)], compression=compression))
    chosen = open_reference(str(archive)).chosen
    assert chosen is not None
    image = chosen.open()
    trees = [read_layer(layer.content) for layer in image.layers if layer.content is not None]
    return image, fold(trees, layer_count=len(trees))


def whole(squash: Squash) -> Plan:
    """The merged tree."""
    root = squash.alive_at(b"", squash.top)
    assert root is not None
    return plan_of(squash, [root], layer=squash.top, merged=True)


def extracted(
    where: Path,
    layers: Sequence[Layer],
    target: Path,
    *,
    preserve: bool = False,
    as_root_filesystem: bool = False,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Take the whole merged tree of these layers out to a directory."""
    image, squash = opened(where, layers)
    options = Options(preserve, as_root_filesystem, force)
    return extract(image, whole(squash), target, options, progress=progress)


def fingerprint(root: Path) -> dict[str, tuple[object, ...]]:
    """Every name beneath a directory with all that makes it what it is; change times and access times excepted."""
    found: dict[str, tuple[object, ...]] = {}
    for directory, names, files in os.walk(os.fsencode(root)):
        for name in (b".", *names, *files):
            path = os.path.join(directory, name)
            status = os.lstat(path)
            facts: tuple[object, ...] = (status.st_mode, status.st_uid, status.st_gid, status.st_ino, status.st_nlink)
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    facts += (status.st_mtime_ns, hashlib.sha256(file.read()).hexdigest())
            elif stat.S_ISLNK(status.st_mode):
                facts += (status.st_mtime_ns, os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                facts += (status.st_mtime_ns,)
            facts += tuple(os.listxattr(path, follow_symlinks=False))
            found[os.fsdecode(os.path.relpath(path, os.fsencode(root)))] = facts
    return found


def names(root: Path) -> list[str]:
    """All names beneath a directory, sorted; directories end with a slash."""
    found = []
    for path in root.rglob("*"):
        found.append(str(path.relative_to(root)) + ("/" if path.is_dir() and not path.is_symlink() else ""))
    return sorted(found)
