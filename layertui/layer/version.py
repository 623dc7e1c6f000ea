"""The content of one file of a layer, as a blob that can be read at any offset."""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Protocol

from layertui.errors import DamagedError, NotFoundError
from layertui.image.blob import Blob, BytesBlob, Content
from layertui.layer.columns import Kind
from layertui.layer.compression import Compression, sniff
from layertui.layer.member import shown
from layertui.layer.read import as_blob, ticking
from layertui.layer.sparse import Segment
from layertui.layer.spool import spool
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.layer.window import StreamWindow, Tick, Window

SMALL_BYTES = 1 << 20
"""Content out of a compressed layer up to this size is kept in memory; larger goes to a file without a name."""

CHUNK_BYTES = 1 << 20
"""How much of a file `parts` yields at once, at most."""

_CUT_HINT = "The layer is damaged or cut short. Copy or download it again."

_NO_CONTENT = {
    Kind.DIRECTORY: "is a directory, and has no content of its own.",
    Kind.HARDLINK: "is a hard link to a file that no layer holds.",
    Kind.CHAR: "is a character device, and has no content.",
    Kind.BLOCK: "is a block device, and has no content.",
    Kind.FIFO: "is a named pipe, and has no content.",
    Kind.WHITEOUT: "was removed by this layer.",
}


def open_version(content: Content, tree: LayerTree, row: int, tick: Tick | None = None, label: str = "") -> Blob:
    """The content of one file of a layer, hard links within the layer followed; of a symlink the text of its target.

    Read in place where that is possible: nothing is read before it is asked for, the holes of a sparse file come as
    zeros. A compressed layer is inflated from its start to the end of the file, which is kept in memory or on disk.
    `tick` is called with the stored bytes that are done, and raises Cancelled to stop the work. `label` is what
    messages call it; the path by default.

    Raises NotFoundError where there is no content (directories, devices, whiteouts, broken hard links), DamagedError
    where the layer ends too early, and other LayertuiErrors where it cannot be read.
    """
    row = tree.data_row(row)
    columns = tree.columns
    label = label or shown(columns.keys[row])
    kind = Kind(columns.kinds[row])
    if kind is Kind.SYMLINK:
        return BytesBlob(columns.links.get(row, b""), label)
    if kind is not Kind.FILE:
        raise NotFoundError(f"{label} {_NO_CONTENT[kind]}")
    if row in columns.metacopies:
        raise NotFoundError(f"{label}: the layer holds its metadata only.", "Its content is in a layer below.")
    size_bytes, offset = columns.sizes[row], columns.offsets[row]
    segments = columns.sparse.get(row)
    stored_bytes = size_bytes if segments is None else sum(length for _, length in segments)
    stored = _stored(content, tree, offset, stored_bytes, tick, label)
    return stored if segments is None else _Sparse(stored, segments, size_bytes)


def _stored(content: Content, tree: LayerTree, offset: int, size_bytes: int, tick: Tick | None, label: str) -> Blob:
    """A run of what the layer holds."""
    if not isinstance(content, StoredTree):
        return _of_tar(as_blob(content), offset, size_bytes, tick, label)
    tar = content.tar(tree, tick)
    if tar is not None:
        return _of_tar(tar, offset, size_bytes, tick, label)
    window = content.window(tree) if tick is None else content.window_for(tree, tick)
    return _InWindow(window, offset, size_bytes, label)


def _of_tar(blob: Blob, offset: int, size_bytes: int, tick: Tick | None, label: str) -> Blob:
    compression = sniff(blob.read_at(0, 16))
    if compression is Compression.PLAIN:
        if offset + size_bytes > blob.size_bytes:
            raise _cut(label)
        return _Part(blob, offset, size_bytes, label)
    inflated = _inflated(blob, compression, offset, size_bytes, tick, label)
    if size_bytes <= SMALL_BYTES:
        return BytesBlob(b"".join(inflated), label)
    return spool(inflated, label)


def _inflated(
    blob: Blob, compression: Compression, offset: int, size_bytes: int, tick: Tick | None, label: str
) -> Iterator[bytes]:
    """A part of a compressed tar, by inflating everything before it."""
    window = StreamWindow(ticking(blob, compression, tick))
    end = offset + size_bytes
    while offset < end:
        chunk = window.fetch(offset, 1)[: end - offset]
        if not chunk:
            raise _cut(label)
        yield chunk
        offset += len(chunk)


def parts(
    window: Window, tree: LayerTree, row: int, check: Callable[[], None] | None = None, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[tuple[int, bytes]]:
    """Yield a file's content in order, as offsets in it and bytes; what lies between, a hole, reads as zeros.

    For reading many files of a layer in one pass, in the order of their offsets; `row` is the one that holds the
    content. `check` is called before each part, and raises Cancelled to stop the work. Raises DamagedError where the
    content is cut short, and what `window` raises.
    """
    columns = tree.columns
    offset = columns.offsets[row]
    for start, length in columns.sparse.get(row, ((0, columns.sizes[row]),)):
        for done in range(0, length, chunk_bytes):
            if check is not None:
                check()
            wanted = min(chunk_bytes, length - done)
            data = window.fetch(offset, wanted)
            if len(data) < wanted:
                raise _cut(shown(columns.keys[row]))
            yield start + done, data if len(data) == wanted else data[:wanted]
            offset += wanted


def _cut(label: str) -> DamagedError:
    return DamagedError(f"{label}: the layer ends before the end of its content.", _CUT_HINT)


class _Source(Protocol):
    """What the parts below read from."""

    def read_at(self, offset: int, length: int) -> bytes: ...


class _Part:
    """A part of a blob that was checked to lie within it."""

    __slots__ = ("_blob", "_offset", "label", "size_bytes")

    def __init__(self, blob: _Source, offset: int, size_bytes: int, label: str) -> None:
        self._blob = blob
        self._offset = offset
        self.size_bytes = size_bytes
        self.label = label

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at."""
        length = min(length, self.size_bytes - offset)
        if offset < 0 or length <= 0:
            return b""
        return self._blob.read_at(self._offset + offset, length)


class _InWindow:
    """A part of a window that takes offsets in any order; a window remembers what is open, so one thread at a time."""

    __slots__ = ("_lock", "_offset", "_window", "label", "size_bytes")

    def __init__(self, window: Window, offset: int, size_bytes: int, label: str) -> None:
        self._window = window
        self._offset = offset
        self._lock = threading.Lock()
        self.size_bytes = size_bytes
        self.label = label

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at; raises DamagedError where the window has less than was listed."""
        length = min(length, self.size_bytes - offset)
        if offset < 0 or length <= 0:
            return b""
        with self._lock:
            data = self._window.fetch(self._offset + offset, length)[:length]
        if len(data) < length:
            raise _cut(self.label)
        return data


class _Sparse:
    """A file with holes, over the parts of it that are stored, one behind the other."""

    __slots__ = ("_places", "_segments", "_starts", "_stored", "label", "size_bytes")

    def __init__(self, stored: Blob, segments: tuple[Segment, ...], size_bytes: int) -> None:
        self._stored = stored
        self._segments = segments
        self._starts = [start for start, _ in segments]
        self._places = list(accumulate((length for _, length in segments), initial=0))
        self.size_bytes = size_bytes
        self.label = stored.label

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at."""
        end = min(offset + length, self.size_bytes)
        if offset < 0 or end <= offset:
            return b""
        parts = []
        at = max(bisect_right(self._starts, offset) - 1, 0)
        while offset < end:
            start, size = self._segments[at] if at < len(self._segments) else (self.size_bytes, 0)
            if offset < start:
                parts.append(bytes(min(start, end) - offset))
                offset = min(start, end)
            elif offset < start + size:
                wanted = min(start + size, end) - offset
                parts.append(self._stored.read_at(self._places[at] + offset - start, wanted))
                offset += wanted
            else:
                at += 1
        return b"".join(parts)
