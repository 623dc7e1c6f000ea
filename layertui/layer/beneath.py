"""A directory whose files are reached one name at a time: no symlink is followed, and nothing outside is reached.

What engines keep on disk was written by images, so a path in it may hold a symlink that leads anywhere.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError, as_damage
from layertui.image.blob import FileBlob, file_kind, read_error
from layertui.image.bounds import DOCUMENT_BYTES, Bound
from layertui.layer.member import shown

Root = Path | Callable[[], "Beneath"]
"""Where a layer's files are, opened only when they are asked for: thousands of layers may be known at once."""

_GONE = "It was removed just now, or the storage is damaged or only partly copied. Open or pull the image again."
"""What to do about a name that is missing: it comes from an engine or a store, and no person typed it."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK, or opening a named pipe waits for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Beneath:
    """A directory that is open, and what lies beneath it.

    Places are named by a key or a path, as bytes: `image\\0overlay2` and `image/overlay2` are the same. Every method
    raises LayertuiError: NotFoundError, UnreachableError, or DamagedError where a symlink or `..` stands in the way.
    """

    __slots__ = ("_fd", "label")

    def __init__(self, fd: int, label: str) -> None:
        self._fd = fd
        self.label = label
        """What messages call it; not made safe for a terminal."""

    def __del__(self) -> None:
        os.close(self._fd)

    @classmethod
    def open(cls, path: Path, label: str = "") -> Self:
        """Open a directory that a person or a setting named: symlinks on the way to it are followed, it may be one."""
        label = label or str(path)
        try:
            return cls(os.open(path, _DIRECTORY & ~os.O_NOFOLLOW), label)
        except (OSError, ValueError) as problem:
            raise read_error(problem, label) from problem

    def fileno(self) -> int:
        """The descriptor; it stays open while this object lives."""
        return self._fd

    def directory(self, key: bytes) -> "Beneath":
        """Open a directory beneath this one; the empty key is this one, opened again."""
        label = self._label_of(key)
        return Beneath(self._open(key, _DIRECTORY, label), label)

    def open_file(self, key: bytes) -> int:
        """Open what is at a key for reading; the descriptor is the caller's to close."""
        return self._open(key, _FILE, self._label_of(key))

    def blob(self, key: bytes, label: str = "") -> FileBlob:
        """A regular file as a blob; anything else is refused."""
        label = label or self._label_of(key)
        return FileBlob.adopt(self._open(key, _FILE, label), label)

    def read(self, key: bytes, bound: Bound = DOCUMENT_BYTES) -> bytes:
        """All bytes of a small regular file; DamagedError where it is larger than the bound."""
        blob = self.blob(key)
        if blob.size_bytes > bound.value:
            raise bound.exceeded(f"{blob.label} has {blob.size_bytes:,} bytes and")
        return blob.read_at(0, blob.size_bytes)

    def status(self, key: bytes) -> os.stat_result:
        """What is at a key, a symlink itself and not its target."""
        at, name = self._parent(key)
        try:
            return os.stat(name, dir_fd=at.fileno(), follow_symlinks=False)
        except (OSError, ValueError) as problem:
            raise _error(problem, self._label_of(key)) from problem

    def link_target(self, key: bytes) -> bytes:
        """Where a symlink leads, as it stands; it is not followed."""
        at, name = self._parent(key)
        try:
            return os.readlink(name, dir_fd=at.fileno())
        except (OSError, ValueError) as problem:
            raise _error(problem, self._label_of(key)) from problem

    def scan(self, key: bytes = b"") -> Iterator[tuple[bytes, os.stat_result]]:
        """Names in a directory and what they are, in no order; what vanishes while it is read is left out."""
        for name, status in self.directory(key).listing():
            if status is not None:
                yield name, status

    def listing(self) -> Iterator[tuple[bytes, os.stat_result | None]]:
        """Names in this directory and what they are, None where that cannot be told; see `names`."""
        for name in self.names():
            try:
                yield name, self.status(name)
            except LayertuiError:
                yield name, None

    def names(self) -> Iterator[bytes]:
        """Names in this directory, in no order; once for each opened directory.

        A second listing would go on where the first one is: they share the descriptor's place.
        """
        try:
            with os.scandir(self._fd) as entries:
                for entry in entries:
                    yield os.fsencode(entry.name)
        except OSError as problem:
            raise _error(problem, self.label) from problem

    def xattrs(self, name: bytes = b".") -> dict[bytes, bytes]:
        """Extended attributes of one name in this directory, never of what a symlink leads to.

        `trusted.` ones are left out by the system for whoever lacks the capability, without an error. What the file
        system has no attributes for has none. Raises LayertuiError where they are there and cannot be read.
        """
        # No call takes a directory's descriptor and a name; the path that Linux keeps for the descriptor does the same.
        path = b"/proc/self/fd/%d/%s" % (self._fd, name)
        found: dict[bytes, bytes] = {}
        try:
            for attribute in os.listxattr(path, follow_symlinks=False):
                found[os.fsencode(attribute)] = os.getxattr(path, attribute, follow_symlinks=False)
        except OSError as problem:
            if problem.errno not in (errno.ENOTSUP, errno.ENODATA):
                what = "" if problem.errno == errno.ENOENT else ": its extended attributes"
                raise _error(problem, f"{self.label}/{shown(name)}{what}") from problem
        return found

    def _parent(self, key: bytes) -> tuple["Beneath", bytes]:
        """The directory that a key lies in, and its last name."""
        names = _names(key, self._label_of(key)) or [b"."]
        return self.directory(b"\0".join(names[:-1])) if names[1:] else self, names[-1]

    def _label_of(self, key: bytes) -> str:
        return f"{self.label}/{shown(key)}" if key else self.label

    def _open(self, key: bytes, flags: int, label: str) -> int:
        """Open a name at a time: the kernel follows no link, as every name is the last component of its call."""
        names = _names(key, label) or [b"."]
        at, name = self._fd, b"."
        try:
            for name in names[:-1]:
                before, at = at, os.open(name, _DIRECTORY, dir_fd=at)
                if before != self._fd:
                    os.close(before)
            name = names[-1]
            if flags == _FILE:
                mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
                if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):  # opening one can do something: a watchdog starts
                    raise UnreachableError(f"{label} is {file_kind(mode)}, not a file.")
            return os.open(name, flags, dir_fd=at)
        except (OSError, ValueError) as problem:
            if isinstance(problem, OSError) and problem.errno == errno.ENOTDIR and _is_symlink(at, name):
                problem = OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            raise _error(problem, label) from problem
        finally:
            if at != self._fd:
                os.close(at)


def opened(root: Root) -> Beneath:
    """Open where a layer's files are; raises LayertuiError, DamagedError where they are missing."""
    try:
        return Beneath.open(root) if isinstance(root, Path) else root()
    except LayertuiError as problem:
        raise as_damage(problem) from problem


def _error(problem: OSError | ValueError, label: str) -> LayertuiError:
    """The sentence for what the operating system said about a name beneath a directory."""
    error = read_error(problem, label)
    return NotFoundError(error.message, _GONE) if isinstance(error, NotFoundError) else error


def _names(key: bytes, label: str) -> list[bytes]:
    names = [name for name in key.replace(b"/", b"\0").split(b"\0") if name not in (b"", b".")]
    if b".." in names:
        raise DamagedError(f"{label} leads out of its directory with '..'.")
    return names


def _is_symlink(at: int, name: bytes) -> bool:
    """Whether a name is a symlink: opened as a directory it is called "not a directory" by Linux."""
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
    except OSError:
        return False
