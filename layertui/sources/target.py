"""What a reference points at on this host, looked at once however many kinds of source ask."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from layertui.errors import UnreachableError
from layertui.image.blob import FileBlob, SliceableBlob, file_kind, read_error
from layertui.sources.outer import Outer, open_outer
from layertui.sources.spool import open_stream


class Target:
    """A file, a directory or a stream that may hold images."""

    def __init__(self, label: str, tick: Callable[[int], None]) -> None:
        self.label = label
        """What messages call it: the path as typed."""
        self.directory: Path | None = None
        """The directory, when it is one."""
        self._tick = tick
        self._blob: SliceableBlob | None = None
        self._outer: Outer | None = None

    @classmethod
    def at(cls, path: Path, label: str, tick: Callable[[int], None]) -> "Target":
        """What is at a path; raises LayertuiError when nothing is, or nothing that can be read."""
        target = cls(label, tick)
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as problem:
            raise read_error(problem, label) from problem
        if stat.S_ISDIR(mode):
            _check_directory(path, label)
            target.directory = path
            target.label = label.rstrip("/") or label
        elif stat.S_ISFIFO(mode):
            target._blob = _from_pipe(path, label, tick)
        elif stat.S_ISREG(mode):
            target._blob = FileBlob.open(path, label)
        else:
            raise UnreachableError(f"{label} is {file_kind(mode)}, not a file or a directory.")
        return target

    @classmethod
    def of_stream(cls, fd: int, label: str, tick: Callable[[int], None]) -> "Target":
        """What comes through a file descriptor, such as standard input."""
        return cls.of_blob(open_stream(fd, label, tick), label, tick)

    @classmethod
    def of_blob(cls, blob: SliceableBlob, label: str, tick: Callable[[int], None]) -> "Target":
        """An archive that is already open, be it in memory."""
        target = cls(label, tick)
        target._blob = blob
        return target

    def outer(self) -> Outer | None:
        """Its members when it is an archive; None for a directory. Raises DamagedError when it is no tar at all."""
        if self._outer is None and self._blob is not None:
            self._outer = open_outer(self._blob, self.label, self._tick)
        return self._outer


def _check_directory(path: Path, label: str) -> None:
    """Raise UnreachableError unless names can be listed and reached: otherwise every file would seem missing."""
    try:
        os.scandir(path).close()
        os.stat(os.path.join(path, "."))  # pathlib would drop the dot
    except OSError as problem:
        raise read_error(problem, label) from problem


def _from_pipe(path: Path, label: str, tick: Callable[[int], None]) -> SliceableBlob:
    """A named pipe, as the shell makes for `<(...)`, read to its end."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as problem:
        raise read_error(problem, label) from problem
    try:
        return open_stream(fd, label, tick)
    finally:
        os.close(fd)
