"""Contents of a layer that has a table of contents: only the chunks that are asked for, each verified."""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator

from layertui.errors import DamagedError
from layertui.image.blob import Blob, BytesBlob
from layertui.layer.compression import OUTPUT_CHUNK_BYTES, Compression, decompress
from layertui.layer.member import shown
from layertui.layer.seekable.chunks import Chunks, Span
from layertui.layer.seekable.ranges import Ranges, StoredPart
from layertui.layer.spool import spool
from layertui.layer.tree import LayerTree

MEMORY_BYTES = 8 << 20
"""A verified part up to this size is kept in memory, a larger one in a file: chunks mostly have 64 KiB or 4 MiB."""

HOLE_BYTES = 256 << 20
"""A hole up to this size is checked against its digest; a larger one is taken at its word, for the time it takes."""

_AGAIN = "It is not shown. Fetch the layer again, or ask who made the image."

_HASHES = {32: hashlib.sha256, 64: hashlib.sha512}
"""What a digest was made with, by its length."""


class ChunkWindow:
    """A window over a layer's chunks; nothing is read before it is asked for, and offsets may come in any order.

    `chunks` is called for the first content that is asked for. Offsets are those of `files.place`.
    """

    def __init__(
        self, blob: Blob, compression: Compression, tree: LayerTree, chunks: Callable[[], Chunks], label: str
    ) -> None:
        self._ranges = Ranges(blob)
        self._compression = compression
        self._tree = tree
        self._load = chunks
        self._loaded: Chunks | None = None
        self._label = label
        self._row = -1
        self._first = self._stop = 0
        """The chunks of that row."""
        self._limit = 0
        """Where in the blob reading ahead ends."""
        self._span: tuple[Span, Blob] | None = None
        """What of the row was read last."""

    def fetch(self, offset: int, length: int) -> bytes:
        """Bytes of one file, fewer only where it ends.

        Raises DamagedError where they are not what the table of contents says, and what reading the blob raises.
        """
        columns = self._tree.columns
        chunks = self._loaded = self._loaded or self._load()
        row = bisect_right(columns.offsets, offset, 0, chunks.member_rows) - 1
        if row < 0 or offset >= columns.offsets[row] + columns.sizes[row]:
            return b""
        if row != self._row:
            self._enter(chunks, row)
        at = offset - columns.offsets[row]
        end = min(at + length, columns.sizes[row])
        parts = []
        while at < end:
            if self._span is None or not 0 <= at - self._span[0].start < self._span[0].size_bytes:
                span = chunks.span(self._first, self._stop, at)
                self._span = span, self._read(chunks, span, end)
            span, blob = self._span
            parts.append(blob.read_at(at - span.start, min(end, span.start + span.size_bytes) - at))
            at += len(parts[-1])
        return b"".join(parts)

    def missing(self, offset: int) -> int:
        """See Window.missing; a content that is cut short is refused."""
        return 0

    def _enter(self, chunks: Chunks, row: int) -> None:
        """Begin with another file: nothing beyond it is read ahead, unless one file after the other is read."""
        first, stop = chunks.of_row(row)
        runs_on = self._stop and first == self._stop
        self._limit = chunks.end if runs_on else max(map(chunks.likely_end, range(first, stop)))
        self._row, self._first, self._stop, self._span = row, first, stop, None

    def _read(self, chunks: Chunks, span: Span, end: int) -> Blob:
        """A part of the file, verified; chunks up to `end` in the file are needed next."""
        label = f"{self._label}: {shown(self._tree.columns.keys[self._row])}"
        digest = chunks.digests[span.first]
        if span.stop - span.first > 1:
            digest = self._tree.columns.checksums.get(self._row, b"")
        elif digest and chunks.zeros[span.first]:
            if span.size_bytes <= HOLE_BYTES:
                for _ in _verified(_zeros(span.size_bytes), digest, span, label):
                    pass
            return _Hole(span.size_bytes, label)
        content = self._content(chunks, span, end, label)
        if digest:
            content = _verified(content, digest, span, label)
        return BytesBlob(b"".join(content), label) if span.size_bytes <= MEMORY_BYTES else spool(content, label)

    def _content(self, chunks: Chunks, span: Span, end: int, label: str) -> Iterator[bytes]:
        """Inflate a part of the file."""
        last = bisect_right(chunks.starts, max(end - 1, span.start), self._first, self._stop) - 1
        for chunk in range(span.first, span.stop):
            goal = max(chunks.likely_end(chunk), chunks.likely_end(last))
            start, bound = chunks.offsets[chunk], chunks.stored_bound(chunk)
            part = StoredPart(self._ranges, start, bound, goal, self._limit, label)
            skipped, missing = chunks.inner[chunk], chunks.sizes[chunk]
            for data in decompress(part, self._compression):
                if skipped >= len(data):
                    skipped -= len(data)
                    continue
                data = data[skipped : skipped + missing]
                skipped = 0
                missing -= len(data)
                yield data
                if not missing:
                    break
            if missing:
                raise DamagedError(
                    f"{label}: its content ends {missing:,} bytes before what the table of contents says.", _AGAIN
                )


class _Hole:
    """A part of a file that is all zeros."""

    __slots__ = ("label", "size_bytes")

    def __init__(self, size_bytes: int, label: str) -> None:
        self.size_bytes = size_bytes
        self.label = label

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at."""
        return bytes(max(0, min(length, self.size_bytes - offset)))


def _zeros(size_bytes: int) -> Iterator[bytes]:
    for done in range(0, size_bytes, OUTPUT_CHUNK_BYTES):
        yield bytes(min(OUTPUT_CHUNK_BYTES, size_bytes - done))


def _verified(content: Iterator[bytes], digest: bytes, span: Span, label: str) -> Iterator[bytes]:
    """The same bytes; raises DamagedError at their end where they are not those of the digest."""
    hasher = _HASHES[len(digest)]()
    for data in content:
        hasher.update(data)
        yield data
    if hasher.digest() != digest:
        raise DamagedError(
            f"{label}: its bytes from {span.start:,} on are not those of their digest in the table of contents.", _AGAIN
        )
