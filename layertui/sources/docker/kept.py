"""Contents out of a stream, kept in an unnamed file on disk so that they can be read again."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from layertui.errors import DamagedError, LayertuiError, UnreachableError
from layertui.image.bounds import SPOOL_BYTES
from layertui.layer.spool import RESERVE_BYTES, disk_directory

_CHECK_EVERY_BYTES = 64 << 20
"""How often free space is looked at."""

_HINT = "Make room, or set XDG_CACHE_HOME to a directory on a larger disk. The listing is complete without."


class Kept:
    """A file without a name that grows at its end; its space is free again when this is gone.

    Where nothing can be kept, listing goes on: `problem` says why contents cannot be read.
    """

    def __init__(self, where: Callable[[], Path] = disk_directory) -> None:
        self.size_bytes = 0
        """How much is kept."""
        self.problem: LayertuiError | None = None
        """Why nothing more is kept."""
        self._checked = -_CHECK_EVERY_BYTES
        try:
            self._where = where()
            self._file = tempfile.TemporaryFile(dir=self._where, buffering=0)  # noqa: SIM115 - it lives as long as this
        except OSError as problem:
            self.problem = UnreachableError(f"Contents cannot be kept: {problem.strerror}.", _HINT)
        except LayertuiError as problem:
            self.problem = problem

    def append(self, data: bytes) -> None:
        """Keep the next bytes, while there is room."""
        if self.problem is not None:
            return
        try:
            self._check_room(len(data))
            view = memoryview(data)
            while view:
                view = view[os.write(self._file.fileno(), view) :]
            self.size_bytes += len(data)
        except OSError as problem:
            full = problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            reason = "there is no room" if full else os.strerror(problem.errno or errno.EIO).lower()
            self.problem = UnreachableError(f"Contents cannot be kept in {self._where}: {reason}.", _HINT)

    def _check_room(self, more_bytes: int) -> None:
        if self.size_bytes + more_bytes > SPOOL_BYTES.value:
            raise SPOOL_BYTES.exceeded("What the engine sends")
        if self.size_bytes - self._checked >= _CHECK_EVERY_BYTES:
            room = os.statvfs(self._where)
            if room.f_bavail * room.f_frsize < RESERVE_BYTES:
                raise OSError(errno.ENOSPC, "")
            self._checked = self.size_bytes

    def cut(self, size_bytes: int) -> None:
        """Forget what was kept behind an offset."""
        if self.problem is None:
            os.ftruncate(self._file.fileno(), size_bytes)
            os.lseek(self._file.fileno(), size_bytes, os.SEEK_SET)
            self.size_bytes = size_bytes

    def window(self, offset: int, size_bytes: int) -> "KeptWindow":
        """A window over a part, which may lie behind what was kept before a problem: fetching says so then."""
        return KeptWindow(self, offset, size_bytes)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes that were kept; raises UnreachableError where they were not."""
        if offset + length > self.size_bytes and self.problem is not None:
            raise type(self.problem)(self.problem.message, self.problem.hint)
        try:
            return os.pread(self._file.fileno(), length, offset)
        except OSError as problem:
            raise DamagedError(f"Kept contents cannot be read: {problem.strerror}.", _HINT) from problem


class KeptWindow:
    """A part of what was kept, as a window whose offset 0 is its beginning; offsets may be asked in any order."""

    def __init__(self, kept: Kept, start: int, size_bytes: int) -> None:
        self._kept, self._start, self._size_bytes = kept, start, size_bytes

    def fetch(self, offset: int, length: int) -> bytes:
        """See Window.fetch."""
        length = min(length, self._size_bytes - offset)
        return self._kept.read(self._start + offset, length) if length > 0 else b""

    def missing(self, offset: int) -> int:
        """See Window.missing."""
        return max(0, offset - self._size_bytes)
