"""Reading everything that a storage directory holds, while it is watched what is opened."""

import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import layertui
from layertui.errors import LayertuiError
from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.layer.read import layer_window, read_layer
from layertui.layer.tree import LayerTree
from layertui.sources.base import Source
from layertui.sources.resolve import SOURCES
from layertui.sources.target import Target
from layertui.stack.fold import fold

STORAGE = tuple(kind for kind in SOURCES if kind.SCHEME in ("containers-storage", "containerd", "overlay2", "aufs"))
"""The kinds of source that are directories of an engine."""

_ALLOWED = ("/proc/", "/etc/subuid", "/etc/subgid", "/etc/passwd", "/etc/nsswitch.conf", "/etc/group")
"""What is read of this host, whatever is opened; a mutant's own symlinks lead elsewhere or to `/etc/passwd`."""

_PROGRAM = (sys.prefix, sys.base_prefix, os.path.dirname(os.path.dirname(layertui.__file__)))
"""What imports read."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link", "os.symlink")
_CHANGING += ("os.truncate", "os.utime", "os.setxattr", "os.removexattr", "subprocess.Popen", "os.exec", "os.system")


class Watch:
    """What was done that nobody may do while a directory is read."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self.bad: list[str] = []
        self._open = os.open

    @contextmanager
    def on(self) -> Iterator[None]:
        """Watch what this block does."""
        _hook_once()
        os.open = self._opened
        _WATCHING.append(self)
        try:
            yield
        finally:
            _WATCHING.remove(self)
            os.open = self._open

    def _opened(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        """os.open, and a look at what it opened."""
        try:
            status = os.stat(path, dir_fd=dir_fd, follow_symlinks=not flags & os.O_NOFOLLOW)
            # It does not matter whether the system allows it: where it does, opening alone makes some devices act.
            # Where a directory is asked for, the kernel refuses a device before its driver hears of it.
            if not flags & os.O_DIRECTORY and (stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)):
                self.bad.append(f"opened a device: {path!r}")
        except (OSError, ValueError):
            pass  # then it cannot be opened either
        fd = self._open(path, flags, mode, dir_fd=dir_fd)
        real = os.readlink(f"/proc/self/fd/{fd}")
        if real != self.root and not real.startswith((self.root + "/", *_ALLOWED[:3])):
            self.bad.append(f"opened {path!r}: {real}")
        return fd

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at what Python is about to do (sys.addaudithook)."""
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
            self.bad.append(f"opened for writing: {arguments[0]!r}")
        elif event in _CHANGING:
            self.bad.append(f"{event} {arguments[0]!r}")
        elif event in ("os.listdir", "os.scandir", "open") and isinstance(arguments[0], (str, bytes)):
            path = os.fsdecode(arguments[0])
            is_far = path.startswith("/") and path.endswith(".py") is False
            real = os.path.realpath(path) if is_far else self.root
            if is_far and not real.startswith((self.root, *_ALLOWED, *_PROGRAM)):
                self.bad.append(f"{event} {path}: {real}")


_WATCHING: list[Watch] = []


@cache
def _hook_once() -> None:
    """A hook cannot be taken off again, so there is one, which looks whether anything is watched."""

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        for watch in _WATCHING:
            watch.audit(event, arguments)

    sys.addaudithook(look)


class Hangs(BaseException):
    """Reading took too long; it is no Exception, so that nothing takes it for one of its own."""


@contextmanager
def within(limit_s: float) -> Iterator[None]:
    """Raise Hangs when the block takes longer."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def read_all(root: Path, said: Callable[[LayertuiError], None] = lambda _: None) -> int:
    """Open, list and read everything by every kind of source; what they raise is told. Returns how many layers."""
    count = 0
    for kind in STORAGE:
        try:
            target = Target.at(root, str(root), lambda _: None)
            kind.sniff(target)
            source = kind.open_source(target)
        except LayertuiError as error:
            said(error)
            continue
        count += read_source(source, said)
    return count


def read_source(source: Source, said: Callable[[LayertuiError], None]) -> int:
    """Read all that a source lists; returns how many layers."""
    count = 0
    for entry in source.entries():
        repr(entry)
        try:
            image = entry.open()
        except LayertuiError as error:
            said(error)
            continue
        count += read_image(image, said)
    return count


def read_image(image: Image, said: Callable[[LayertuiError], None]) -> int:
    """Read and fold its layers, and the beginnings of some files."""
    trees = []
    for layer in image.layers:
        if layer.problem is not None:
            said(layer.problem)
        if layer.content is None:
            continue
        try:
            tree = read_layer(layer.content, digest=layer.digest, diff_id=layer.diff_id)
            trees.append(tree)
            read_some(layer.content, tree)
        except LayertuiError as error:
            said(error)
    if trees:
        squash = fold(trees, layer_count=len(trees))
        squash.merged_mask(squash.top)
    return len(trees)


def read_some(content: Any, tree: LayerTree) -> None:
    """The first bytes of a few files; of a compressed layer in rising order."""
    columns = tree.columns
    files = [row for row in range(len(columns.offsets)) if columns.kinds[row] == Kind.FILE and columns.sizes[row]]
    window = layer_window(content, tree)
    for row in sorted(files, key=columns.offsets.__getitem__)[:6]:
        try:
            assert len(window.fetch(columns.offsets[row], 100)) <= 1 << 20
        except LayertuiError:
            continue
