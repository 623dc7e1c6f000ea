"""Storage directories damaged at random: whoever hands over a disk controls everything on it.

The same seed always makes the same mutant of the same directory.
"""

import gzip
import json
import os
import random
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

OUTSIDE = "outside"
"""What the directory beside the mutant is called that symlinks lead to; nothing may ever read it."""

_BOOK_BYTES = 1 << 20
"""Larger files are only made shorter or longer."""

_WORDS = (
    "",
    ".",
    "..",
    "../../outside",
    "/etc/passwd",
    "a/../../b",
    "x\0y",
    "\x1b[2J\n\u202e[red]",
    "é" * 50,
    "0" * 64,
)
_NUMBERS = (0, -1, 1 << 31, 1 << 63, 1 << 64, 10**30, 10**400, -(10**4000), 1.5)


class Mutant:
    """A copy of a directory with some things wrong; `changes` says which."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.changes: list[str] = []
        self._random = random.Random(seed)
        self._paths = sorted(root.rglob("*"))
        self._by_depth: dict[int, list[Path]] = {}
        for path in self._paths:
            self._by_depth.setdefault(len(path.relative_to(root).parts), []).append(path)
        for _ in range(self._random.choice((1, 1, 1, 2, 3, 5))):
            self._change()

    def _change(self) -> None:
        """One change of one file or directory; each depth is as likely as another, and books more than contents."""
        chance = self._random
        path = self.root
        for _ in range(8):
            path = chance.choice(self._by_depth[chance.choice(sorted(self._by_depth))])
            if _is_book(self.root, path):
                break
        try:
            mode = path.lstat().st_mode
        except OSError:
            return  # gone by an earlier change
        if not self._is_own(path):
            return
        kinds: list[Callable[[Path], None]] = [_remove, self._replace, self._rename, self._symlink, self._close]
        if stat.S_ISREG(mode):
            kinds += [self._bytes, self._bytes, self._text, self._text, self._document, self._document, self._document]
            kinds += [self._grow, self._cut, self._times]
        kind = chance.choice(kinds)
        try:
            kind(path)
        except OSError:
            return  # what an earlier change left there is not of that kind any more
        self.changes.append(f"{kind.__name__.strip('_')} {path.relative_to(self.root)}")

    def _is_own(self, path: Path) -> bool:
        """Whether a change there stays in the copy: an earlier one may have put a link on the way to it."""
        real, root = os.path.realpath(path.parent), os.path.realpath(self.root)  # Path.resolve raises on a loop
        return Path(real).is_relative_to(root)

    def _replace(self, path: Path) -> None:
        """Something of another kind under the same name."""
        _remove(path)
        match self._random.randrange(6):
            case 0:
                os.mkfifo(path)
            case 1:
                _listen(path)
            case 2:
                path.mkdir()
            case 3:
                path.touch()
            case 4:
                _make_device(path, stat.S_IFCHR, (0, 0))
            case _:
                _make_device(path, self._random.choice((stat.S_IFCHR, stat.S_IFBLK)), (1, 8))

    def _symlink(self, path: Path) -> None:
        """A symlink out of the directory, to itself, or to what was there."""
        aside = path.with_name(path.name + "~")
        os.rename(path, aside)
        outside = self.root.parent / OUTSIDE
        kind = "file" if aside.is_file() else "directory"
        # None leads to this host's own files: whoever runs this is root, and a mistake here must not reach them.
        targets = ("..", ".", path.name, aside.name, f"{outside}/{kind}", f"{outside}/{kind}", f"{outside}/{kind}")
        path.symlink_to(self._random.choice(targets))

    def _rename(self, path: Path) -> None:
        """Another name, or the place of another file."""
        others = [path.with_name(name) for name in (b"\xff".decode(errors="surrogateescape"), "\x1b[31m\n", "x" * 255)]
        target = self._random.choice((*others, self._random.choice(self._paths)))
        if path not in target.parents and target not in path.parents and self._is_own(target):
            _remove(target)
            os.rename(path, target)

    def _close(self, path: Path) -> None:
        if not path.is_symlink():  # chmod(2) changes what a link leads to
            path.chmod(0)

    def _times(self, path: Path) -> None:
        os.utime(path, (self._random.choice((0, -(2**33), 2**33, 2**34 - 2**31)),) * 2, follow_symlinks=False)

    def _bytes(self, path: Path) -> None:
        """Other bytes somewhere, in what is compressed also beneath the compression."""
        data = _small(path)
        packed = data[:2] == b"\x1f\x8b" and self._random.random() < 0.7
        data = gzip.decompress(data) if packed else data
        changed = bytearray(data)
        for _ in range(self._random.choice((1, 1, 2, 8))):
            at = self._random.randrange(len(changed) + 1)
            if self._random.random() < 0.6:
                changed[at : at + 1] = bytes([self._random.randrange(256)])
            else:
                end = at + self._random.choice((1, 4, 8, 64))
                piece = self._random.choice((b"", b"\0", b"\xff" * 8, b"\n", b'"', b"[" * 5000, bytes(600), data[:end]))
                changed[at:end] = piece
        path.write_bytes(gzip.compress(changed, 1) if packed else changed)

    def _text(self, path: Path) -> None:
        """What a file of one line or of JSON may never hold."""
        word = self._random.choice(_WORDS)
        texts = (word, word + "\n", ":".join([word] * 5), "l/A:" * 2000, "[" * 100_000, '{"a":' * 50_000, "null", "[]")
        more = ("{}", "[null]", '"x"', "1e999", "\ufeff{}", '[{"id":"a"},{"id":"a"}]', "sha256:" + "f" * 64, "a" * 64)
        path.write_text(self._random.choice((*texts, *more)), errors="surrogateescape")

    def _document(self, path: Path) -> None:
        """A JSON document with one value of another type; anything else gets a line of another file."""
        data = _small(path)
        try:
            if data[:2] == b"\x1f\x8b":
                lines = gzip.decompress(data).split(b"\n")
                at = self._random.randrange(len(lines))
                lines[at] = json.dumps(self._wrong(json.loads(lines[at] or b"{}"))).encode()
                path.write_bytes(gzip.compress(b"\n".join(lines), 1))
                return
            made = self._wrong(json.loads(data))
            text = json.dumps(made)
            if self._random.random() < 0.1:
                text = text.replace("{", '{"id":1,"id":2,', 1)
            path.write_bytes(text.encode() if self._random.random() < 0.9 else text.encode().replace(b"a", b"\xff", 1))
        except (ValueError, OSError, RecursionError, EOFError):
            other = self._random.choice(self._paths)
            if other.is_file() and not other.is_symlink():
                path.write_bytes(_small(other))

    def _wrong(self, value: Any) -> Any:
        """The same with one value, somewhere within, replaced."""
        chance = self._random
        if isinstance(value, dict) and value and chance.random() < 0.85:
            key = chance.choice(sorted(value))
            return {**value, key: self._wrong(value[key])}
        if isinstance(value, list) and value and chance.random() < 0.85:
            at = chance.randrange(len(value))
            if chance.random() < 0.2:
                return value * chance.choice((0, 2, 50))
            return [*value[:at], self._wrong(value[at]), *value[at + 1 :]]
        if isinstance(value, str) and value and chance.random() < 0.3:
            return chance.choice((value[:-1], value + "0", value * 2, value.upper(), value[::-1]))
        deep: Any = []
        for _ in range(200):
            deep = [deep]
        return chance.choice((None, True, [], {}, [None], {"": None}, deep, *_WORDS, *_NUMBERS))

    def _grow(self, path: Path) -> None:
        """Far longer than it can be, without taking any space."""
        os.truncate(path, self._random.choice((5 << 20, 1 << 32, 1 << 43)))

    def _cut(self, path: Path) -> None:
        os.truncate(path, self._random.randrange(path.stat().st_size + 1))


def make_outside(parent: Path) -> Path:
    """The directory beside a mutant that nothing may read."""
    outside = parent / OUTSIDE
    (outside / "directory" / "diff").mkdir(parents=True)
    (outside / "directory" / "diff" / "secret").write_text("secret")
    (outside / "file").write_text("secret")
    return outside


def state_of(directory: Path) -> list[tuple[object, ...]]:
    """What of a directory and all in it changes with any change, and not by being read."""
    found = ((path, path.lstat()) for path in sorted([directory, *directory.rglob("*")]))
    return [(path, one.st_mode, one.st_uid, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for path, one in found]


def _is_book(root: Path, path: Path) -> bool:
    """Whether a path is what an engine wrote of its own, and not a file of an image's."""
    parts = path.relative_to(root).parts
    return not {"diff", "fs", "dir"} & set(parts[:-1])


def _small(path: Path) -> bytes:
    """What is in a file; an OSError where an earlier change made it huge."""
    if path.stat().st_size > _BOOK_BYTES:
        raise OSError(path)
    return path.read_bytes()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def _listen(path: Path) -> None:
    """A socket; its path may be longer than an address can be."""
    short = f"/tmp/lt-sock-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(short)
    os.rename(short, path)


def _make_device(path: Path, kind: int, numbers: tuple[int, int]) -> None:
    """A device where root makes it, and a named pipe elsewhere."""
    if os.geteuid() == 0:
        os.mknod(path, kind | 0o666, os.makedev(*numbers))
    else:
        os.mkfifo(path)
