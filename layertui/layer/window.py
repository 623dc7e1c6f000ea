"""What the tar scanner looks through: bytes at rising offsets of an uncompressed tar, from a file or from a stream."""

from collections.abc import Callable, Iterator
from typing import Protocol

from layertui.image.blob import Blob

Tick = Callable[[int], None]
"""Called with the offset reached, every time bytes are fetched; raises Cancelled to stop the work."""

SMALLEST_BYTES = 2048
"""A fetch when files are large: the next header is far away, so most of it would be thrown away."""

LARGEST_BYTES = 32 * 1024
"""A fetch when files are small and headers follow each other."""


class Window(Protocol):
    """Bytes of a tar from an offset on."""

    def fetch(self, offset: int, length: int) -> bytes:
        """Return at least `length` bytes from `offset` on, fewer only where the tar ends; offsets never fall."""
        ...

    def missing(self, offset: int) -> int:
        """How many bytes the tar lacks before `offset`; known once a fetch came back short."""
        ...


class Lookahead:
    """The bytes of a window that were fetched last: most headers stand among them."""

    __slots__ = ("_window", "buffer", "position", "start")

    def __init__(self, window: Window) -> None:
        self._window = window
        self.buffer = b""
        self.start = 0
        """The offset in the tar where `buffer` begins."""
        self.position = 0
        """Where the header stands that was looked for last."""

    def load(self, position: int, length: int = 512) -> bytes:
        """Fetch at least `length` bytes from a header on, fewer only where the tar ends, and keep them."""
        self.position = position
        self.buffer = self._window.fetch(position, length)
        self.start = position
        return self.buffer

    def header(self, position: int) -> bytes:
        """The 512 bytes of a header, fewer only where the tar ends."""
        at = position - self.start
        header = self.buffer[at : at + 512]
        return header if len(header) == 512 else self.load(position)[:512]

    def take(self, offset: int, length: int) -> bytes:
        """Bytes at an offset, fewer only where the tar ends; for what is not a header."""
        at = offset - self.start
        data = self.buffer[at : at + length]
        if len(data) < length:
            self.buffer, self.start = self._window.fetch(offset, length), offset
            data = self.buffer[:length]
        return data


class BlobWindow:
    """A plain tar in a file: what lies between headers is never read.

    `pread` and not a mapping: a file that is truncated while it is mapped kills the process.
    """

    def __init__(self, blob: Blob, tick: Tick | None) -> None:
        self._blob = blob
        self._tick = tick
        self._reach = 0
        self._size = SMALLEST_BYTES

    def fetch(self, offset: int, length: int) -> bytes:
        """See Window.fetch; reads ahead more while headers stand close together."""
        if offset - self._reach < self._size:
            self._size = min(self._size * 2, LARGEST_BYTES)
        else:
            self._size = max(self._size // 2, SMALLEST_BYTES)
        if self._tick is not None:
            self._tick(offset)
        data = self._blob.read_at(offset, max(length, self._size))
        self._reach = offset + len(data)
        return data

    def missing(self, offset: int) -> int:
        """See Window.missing."""
        return max(0, offset - self._blob.size_bytes)


class StreamWindow:
    """A tar that arrives in chunks, such as a layer while it is inflated: bytes that are passed over are dropped."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = b""
        self._start = 0

    def fetch(self, offset: int, length: int) -> bytes:
        """See Window.fetch; an offset below one that was already passed is not possible."""
        chunk, start = self._chunk, self._start
        while start + len(chunk) <= offset:
            start += len(chunk)
            chunk = next(self._chunks, b"")
            if not chunk:
                self._chunk, self._start = b"", start
                return b""
        if start + len(chunk) < offset + length:
            parts = [chunk[offset - start :]]
            start, have = offset, len(parts[0])
            while have < length and (more := next(self._chunks, b"")):
                parts.append(more)
                have += len(more)
            chunk = b"".join(parts)
        self._chunk, self._start = chunk, start
        return chunk[offset - start :] if offset > start else chunk

    def missing(self, offset: int) -> int:
        """See Window.missing."""
        return max(0, offset - self._start - len(self._chunk))

    def drain(self) -> None:
        """Read to the end, so that digests over the whole stream can be told."""
        for _ in self._chunks:
            pass
