"""A blob on its way into a layout: a file that is gone on with after an interruption."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

_CHUNK_BYTES = 1 << 20

_SETTLE_BYTES = 32 << 20
"""How often what came is brought to the disk: a crash loses no more, and the end does not take long."""


class Partial:
    """An open file without its final name. Close it; it stays where it is until it is published."""

    def __init__(self, fd: int, name: str, said: Callable[[], AbstractContextManager[None]]) -> None:
        """`said` makes sentences of what the system refuses."""
        self._fd, self._said = fd, said
        self.name = name
        """Of the file."""
        self.size_bytes = os.fstat(fd).st_size
        """How much is there."""
        self._settled_bytes = self.size_bytes

    def parts(self) -> Iterator[bytes]:
        """Yield what is there, a mebibyte at a time; raises LayertuiError."""
        for offset in range(0, self.size_bytes, _CHUNK_BYTES):
            with self._said():
                data = os.pread(self._fd, min(_CHUNK_BYTES, self.size_bytes - offset), offset)
            yield data

    def write(self, data: bytes) -> None:
        """Add bytes at the end; raises LayertuiError, for a full disk too."""
        view = memoryview(data)
        with self._said():
            while view:
                written = os.pwrite(self._fd, view, self.size_bytes)
                self.size_bytes += written
                view = view[written:]
            if self.size_bytes - self._settled_bytes >= _SETTLE_BYTES:
                self.settle()

    def empty(self) -> None:
        """Begin anew; raises LayertuiError."""
        with self._said():
            os.ftruncate(self._fd, 0)
        self.size_bytes = self._settled_bytes = 0

    def settle(self) -> None:
        """Bring it to the disk; raises OSError."""
        os.fdatasync(self._fd)
        self._settled_bytes = self.size_bytes

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)

    def __enter__(self) -> "Partial":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
