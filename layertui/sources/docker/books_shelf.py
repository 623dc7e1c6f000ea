"""Reading an engine's books: small files below one directory, no symlink followed."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.image.blob import FileBlob
from layertui.image.bounds import DOCUMENT_BYTES, Bound
from layertui.layer.beneath import Beneath
from layertui.layer.whiteout import PREFIX

NAMES = Bound("LAYERTUI_MAX_BOOK_ENTRIES", 100_000, "entries")
"""Names in one directory of the books: a build host has some ten thousand layers, and each is looked at."""

LINE_BYTES = Bound("LAYERTUI_MAX_BOOK_LINE_BYTES", 64 << 10, "bytes")
"""Files that hold one line, such as an ID or the layers below: 128 layers of the longest name fit."""

_LEAVES = 1000
"""How many paths of an engine's own layer are told: Docker makes a dozen."""

_LEAVES_DEPTH = 16
"""How deep they are looked for: Docker's lie three deep."""


class Shelf:
    """A directory of books, opened when it is first used; names are relative to it, with slashes.

    Every method raises LayertuiError where something is there and cannot be read.
    """

    def __init__(self, root: Path, label: str) -> None:
        self.root = root
        """The directory, as it was given; that may be a symlink itself."""
        self.label = label
        """What messages call it."""
        self._open: Callable[[], Beneath] = lambda: Beneath.open(root, label)
        self._opened: Beneath | None = None

    def within(self, name: str) -> "Shelf":
        """A directory in it as a shelf, opened when it is first used; it is refused where a symlink leads to it."""
        shelf = Shelf(self.root / name, f"{self.label}/{name}")
        shelf._open = lambda: self.beneath().directory(os.fsencode(name))
        return shelf

    def beneath(self) -> Beneath:
        """The directory, opened once."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def holds(self, name: str) -> bool:
        """Whether there is known to be something of this name, be it readable or not; raises nothing."""
        try:
            self.beneath().status(os.fsencode(name))
        except LayertuiError:
            return False
        return True

    def lacks(self, name: str) -> bool:
        """Whether there is known to be nothing of this name: of what may not be looked at, reading it tells why."""
        try:
            self.beneath().status(os.fsencode(name))
        except NotFoundError:
            return True
        except LayertuiError:
            return False
        return False

    def is_directory(self, name: str) -> bool:
        """Whether a name is a directory of its own, and no link to one; raises nothing."""
        try:
            return stat.S_ISDIR(self.beneath().status(os.fsencode(name)).st_mode)
        except LayertuiError:
            return False

    def is_file(self, name: str) -> bool:
        """Whether a name is known to be a regular file; raises nothing."""
        try:
            return stat.S_ISREG(self.beneath().status(os.fsencode(name)).st_mode)
        except LayertuiError:
            return False

    def directory(self, name: str) -> Callable[[], Beneath]:
        """What opens a directory, which is tried at once."""
        key = os.fsencode(name)
        for _ in self.beneath().scan(key):
            break
        return lambda: self.beneath().directory(key)

    def blob(self, name: str) -> FileBlob:
        """A file, not read yet."""
        return self.beneath().blob(os.fsencode(name))

    def read(self, name: str, bound: Bound = DOCUMENT_BYTES) -> bytes:
        """All of a file; DamagedError when it exceeds `bound`."""
        return self.beneath().read(os.fsencode(name), bound)

    def line(self, name: str) -> str:
        """A file that holds one line, without what surrounds it; DamagedError when it is no text."""
        data = self.read(name, LINE_BYTES)
        try:
            return data.decode("ascii").strip()
        except UnicodeDecodeError as problem:
            raise DamagedError(f"{self.label}/{name} is damaged: it should hold one line of text.") from problem

    def link_target(self, name: str) -> str:
        """Where a symlink leads, as it stands."""
        return os.fsdecode(self.beneath().link_target(os.fsencode(name)))

    def names(self, name: str = "") -> list[str]:
        """What a directory holds, sorted; a name that is no UTF-8 is left out, as no engine makes any.

        DamagedError when there are more than the bound.
        """
        found: list[str] = []
        directory = self.beneath().directory(os.fsencode(name))
        for raw, _ in directory.listing():
            if len(found) >= NAMES.value:
                raise NAMES.exceeded(f"{directory.label} is so large that it")
            found.append(os.fsdecode(raw))
        return sorted(text for text in found if text.isprintable())


def leaves(open_root: Callable[[], Beneath]) -> tuple[bytes, ...]:
    """Paths below a directory, directories only where nothing lies in them, markers left out; a thousand at most."""
    found: list[bytes] = []
    _add_leaves(open_root(), b"", found, 0)
    return tuple(sorted(found))


def _add_leaves(directory: Beneath, prefix: bytes, found: list[bytes], depth: int) -> bool:
    """Add what lies in a directory; returns whether anything does."""
    inside = sorted((name, status) for name, status in directory.listing() if not name.startswith(PREFIX))
    for name, status in inside:
        if len(found) >= _LEAVES:
            break
        path = prefix + name
        is_directory = status is not None and stat.S_ISDIR(status.st_mode) and depth < _LEAVES_DEPTH
        if not is_directory or not _add_leaves(directory.directory(name), path + b"/", found, depth + 1):
            found.append(path)
    return bool(inside)
