"""The members of a tar that arrives in chunks: each is handed out with its content while it passes."""

from collections.abc import Iterator
from dataclasses import dataclass

from layertui.errors import DamagedError
from layertui.layer.columns import Columns, Kind
from layertui.layer.header import ZERO_BLOCK
from layertui.layer.single import SingleLane, Stop, check_sum, size_of

_EXTENSIONS = frozenset(b"LKxgXN")
"""Type flags of headers that describe the next member, not one themselves."""

_AGAIN = "The engine may have been stopped. Refresh to read it again."

_FILE = int(Kind.FILE)


class Stream:
    """Bytes that pass once: what was taken is gone."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = memoryview(b"")
        self.position = 0
        """How many bytes have been taken."""

    def some(self, limit: int) -> bytes:
        """The next bytes, at most `limit`, as many as are there at once; none at the end."""
        if not self._chunk:
            self._chunk = memoryview(next(self._chunks, b""))
        part, self._chunk = bytes(self._chunk[:limit]), self._chunk[limit:]
        self.position += len(part)
        return part

    def take(self, length: int) -> bytes:
        """The next `length` bytes, fewer only at the end."""
        parts = []
        while length > 0 and (part := self.some(length)):
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def skip(self, length: int) -> int:
        """Pass over bytes; returns how many were missing at the end."""
        while length > 0 and (part := self.some(length)):
            length -= len(part)
        return length


@dataclass(slots=True)
class Arrival:
    """One member, whose content can be read until the next one is asked for."""

    row: int
    """Its row in the columns."""
    stored_bytes: int
    """How many bytes of content it has in the tar."""
    _stream: Stream
    _left: int
    _label: str

    def content(self, limit: int = 1 << 20) -> Iterator[bytes]:
        """Yield what is left of its content; raises DamagedError where the tar ends inside it."""
        while self._left:
            part = self._stream.some(min(limit, self._left))
            if not part:
                raise _cut_short(self._label, self._left)
            self._left -= len(part)
            yield part

    def read(self, length: int) -> bytes:
        """The next bytes of its content, fewer only at its end; raises DamagedError as `content` does."""
        data = self._stream.take(min(length, self._left))
        if len(data) < min(length, self._left):
            raise _cut_short(self._label, self._left - len(data))
        self._left -= len(data)
        return data

    def finish(self) -> None:
        """Pass over what is left."""
        for _ in self.content():
            pass


def arrivals(stream: Stream, columns: Columns, label: str) -> Iterator[Arrival]:
    """Yield each member of a tar once its header is read into `columns`; what is not read of it is passed over.

    `label` is what messages call the tar. Raises DamagedError, with the offset, where it is damaged or cut short.
    Bytes behind its end are not read.
    """
    lane = SingleLane(columns, lambda offset, length: _take(stream, offset, length))
    while True:
        position = stream.position
        header = stream.take(512)
        try:
            if len(header) < 512 or header == ZERO_BLOCK:
                _end(header, position, lane)
                return
            check_sum(header, position)
            size = size_of(header, position)
            if header[156] in _EXTENSIONS:
                lane.extensions.read(header[156], size, position + 512, lambda at, many: _take(stream, at, many))
                following, arrival = position + 512 + (size + 511 & -512), None
            else:
                rows = len(columns.keys)
                following = lane.add(header, position, size)
                arrival = _arrival(stream, columns, rows, label) if len(columns.keys) > rows else None
        except (Stop, ValueError) as problem:
            raise DamagedError(f"{label} is damaged at byte {position:,}: {problem}.", _AGAIN) from None
        if arrival is not None:
            yield arrival
            arrival.finish()
        if missing := stream.skip(following - stream.position):
            raise _cut_short(label, missing)


def _arrival(stream: Stream, columns: Columns, row: int, label: str) -> Arrival:
    stream.skip(columns.offsets[row] - stream.position)
    stored = columns.sizes[row] if columns.kinds[row] == _FILE else 0
    if row in columns.sparse:
        stored = sum(length for _, length in columns.sparse[row])
    return Arrival(row, stored, stream, stored, label)


def _cut_short(label: str, missing_bytes: int) -> DamagedError:
    return DamagedError(f"{label} is cut short: {missing_bytes:,} bytes of a member are missing.", _AGAIN)


def _take(stream: Stream, offset: int, length: int) -> bytes:
    """Bytes at an offset that the stream has not passed yet."""
    stream.skip(offset - stream.position)
    return stream.take(length)


def _end(rest: bytes, position: int, lane: SingleLane) -> None:
    if rest.strip(b"\0"):
        raise Stop("the tar ends inside a header", position)
    if lane.extensions.pending:
        raise Stop("the tar ends after an extension header", position)
