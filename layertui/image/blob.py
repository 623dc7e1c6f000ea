"""Blobs: bytes that can be read from any offset, and the sentence for why they cannot."""

import errno
import os
import stat
from pathlib import Path
from typing import Protocol, Self

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError


class Content(Protocol):
    """What a layer is kept in: a `Blob`, or files in a directory (see layer/stored.py)."""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are to go through; 0 where that is not known."""

    @property
    def label(self) -> str:
        """What messages call it, such as `image.tar: blobs/sha256/ab12...`; not made safe for a terminal."""


class Blob(Content, Protocol):
    """Bytes of known length that can be read from any offset, by several threads at once."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end. Raises LayertuiError."""


class SliceableBlob(Blob, Protocol):
    """A blob whose parts are blobs too: an archive whose members are read in place."""

    def slice(self, offset: int, size_bytes: int, label: str) -> Blob:
        """The part from `offset`; raises DamagedError when it reaches beyond the end."""


class BytesBlob:
    """A blob in memory."""

    __slots__ = ("_data", "label")

    def __init__(self, data: bytes, label: str) -> None:
        self._data = data
        self.label = label

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""
        return len(self._data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end."""
        return self._data[offset : offset + length]

    def slice(self, offset: int, size_bytes: int, label: str) -> "BytesBlob":
        """The part from `offset`; raises DamagedError when it reaches beyond the end."""
        _check_slice(self, offset, size_bytes, label)
        return BytesBlob(self._data[offset : offset + size_bytes], label)


class CutBlob:
    """What is left of a blob whose end is missing, in an archive that was cut short."""

    __slots__ = ("_blob", "lost_bytes")

    def __init__(self, blob: Blob, lost_bytes: int) -> None:
        self._blob = blob
        self.lost_bytes = lost_bytes
        """How many bytes are missing at the end."""

    @property
    def size_bytes(self) -> int:
        """How many bytes are there."""
        return self._blob.size_bytes

    @property
    def label(self) -> str:
        """What messages call it."""
        return self._blob.label

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end."""
        return self._blob.read_at(offset, length)


class _Handle:
    """An open file descriptor that is closed when the last blob over it is gone."""

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __del__(self) -> None:
        os.close(self.fd)


class FileBlob:
    """A regular file, or a part of one, read by `pread` so that threads share the descriptor without a lock."""

    __slots__ = ("_handle", "label", "offset", "size_bytes")

    def __init__(self, handle: _Handle, offset: int, size_bytes: int, label: str) -> None:
        self._handle = handle
        self.offset = offset
        """Where in the file the blob begins."""
        self.size_bytes = size_bytes
        """How many bytes there are."""
        self.label = label
        """What messages call it."""

    @classmethod
    def open(cls, path: Path, label: str, *, at: int | None = None, follow: bool = True) -> Self:
        """Open a regular file for reading; `path` is taken from the directory descriptor `at` when there is one.

        With `follow` false a symlink as last component is refused. Raises NotFoundError, UnreachableError or
        DamagedError with a sentence for each way in which this fails.
        """
        # O_NONBLOCK, or opening a named pipe waits for its writer before anyone can say that it is no file.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
        try:
            fd = os.open(path, flags, dir_fd=at)
        except (OSError, ValueError) as problem:
            raise read_error(problem, label) from problem
        return cls.adopt(fd, label)

    @classmethod
    def adopt(cls, fd: int, label: str) -> Self:
        """A blob over the whole of an open file; the descriptor is now the blob's to close."""
        handle = _Handle(fd)
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise UnreachableError(f"{label} is {file_kind(status.st_mode)}, not a file.")
        return cls(handle, 0, status.st_size, label)

    def fileno(self) -> int:
        """The descriptor, for mapping; it stays open while this blob or a slice of it lives."""
        return self._handle.fd

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end.

        Raises DamagedError when the file has become shorter than it was, UnreachableError when reading fails.
        """
        length = min(length, self.size_bytes - offset)
        if offset < 0 or length <= 0:
            return b""
        try:
            data = os.pread(self._handle.fd, length, self.offset + offset)
        except OSError as problem:
            raise read_error(problem, self.label) from problem
        while len(data) < length:
            more = self._pread(length - len(data), self.offset + offset + len(data))
            if not more:
                raise DamagedError(
                    f"{self.label} ends at byte {offset + len(data):,}; {self.size_bytes:,} bytes were there at first.",
                    "The file was cut off while it was being read. Open it again.",
                )
            data += more
        return data

    def _pread(self, length: int, position: int) -> bytes:
        try:
            return os.pread(self._handle.fd, length, position)
        except OSError as problem:
            raise read_error(problem, self.label) from problem

    def slice(self, offset: int, size_bytes: int, label: str) -> "FileBlob":
        """The part from `offset`, over the same descriptor; raises DamagedError when it reaches beyond the end."""
        _check_slice(self, offset, size_bytes, label)
        return FileBlob(self._handle, self.offset + offset, size_bytes, label)


def _check_slice(blob: Blob, offset: int, size_bytes: int, label: str) -> None:
    if offset < 0 or size_bytes < 0 or offset + size_bytes > blob.size_bytes:
        raise DamagedError(
            f"{label} should reach to byte {offset + size_bytes:,}, but {blob.label} ends at byte {blob.size_bytes:,}.",
            "The file is cut off. Fetch or save it again.",
        )


def file_kind(mode: int) -> str:
    """What a file mode says that a path is, with its article: `a directory`, `a socket`."""
    kinds = {
        stat.S_IFREG: "a file",
        stat.S_IFDIR: "a directory",
        stat.S_IFLNK: "a symlink",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a character device",
        stat.S_IFBLK: "a block device",
    }
    return kinds.get(stat.S_IFMT(mode), "a special file")


def read_error(problem: OSError | ValueError, label: str) -> LayertuiError:
    """The sentence for what the operating system said about reading `label`."""
    code = problem.errno if isinstance(problem, OSError) else errno.ENOENT
    match code:
        case errno.ENOENT | errno.ENOTDIR | errno.ENAMETOOLONG:
            return NotFoundError(f"{label} is not there.", "Check the spelling, and the directory you are in.")
        case errno.EACCES | errno.EPERM:
            return UnreachableError(f"{label}: permission denied.", "Ask its owner for read access, or use sudo.")
        case errno.EISDIR:
            return UnreachableError(f"{label} is a directory, not a file.")
        case errno.ELOOP:
            return DamagedError(f"{label} is a symlink that is not followed, or one of a loop of symlinks.")
        case errno.EMFILE | errno.ENFILE:
            return UnreachableError(f"{label} cannot be read: too many open files.", "Raise the limit: ulimit -n 8192")
        case errno.ENXIO | errno.ENODEV:
            return UnreachableError(f"{label} is a socket or a device, not a file.")
        case _:
            return UnreachableError(f"{label} cannot be read: {os.strerror(code or errno.EIO).lower()}.")
