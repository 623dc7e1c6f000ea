"""The stream of a tar-split file, and the tar that it describes as the scanner sees it: headers, contents left out."""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated

import msgspec

from layertui.errors import DamagedError
from layertui.image.blob import Blob
from layertui.image.bounds import SPLIT_LINE_BYTES
from layertui.layer.columns import LARGEST_SIZE_BYTES, Columns
from layertui.layer.compression import MAGIC_BYTES, decompress, sniff
from layertui.layer.tar import Damage
from layertui.layer.window import Tick

RUN_BYTES = 64 * 1024
"""How many bytes of headers are put together at once, where no content stands between them."""

_CONTENT, _SEGMENT = 1, 2
"""Types of records."""

_CHECKSUM_BYTES = 8
"""A CRC-64."""

_LEADING_MAP = b"GNU.sparse.major=1\n"
"""What stands in the PAX header of a sparse file whose map is the beginning of its data."""


class Record(msgspec.Struct, gc=False):
    """One line of a tar-split file; a content's name is left out, as its header says it too."""

    type: int
    size: Annotated[int, msgspec.Meta(ge=0, lt=LARGEST_SIZE_BYTES)] = 0
    payload: bytes | None = None
    """Bytes of the tar, or a content's checksum."""


_DECODER = msgspec.json.Decoder(Record)


def records(blob: Blob, tick: Tick) -> Iterator[Record]:
    """The records of a tar-split file, whether it is compressed or not; `tick` is told the stored bytes done.

    Raises DamagedError where the file is damaged or a line longer than its bound, once the records before it are out.
    """
    return chain.from_iterable(_batches(blob, tick))


def _batches(blob: Blob, tick: Tick) -> Iterator[list[Record]]:
    done, rest = 0, b""

    def on_input(data: bytes) -> None:
        nonlocal done
        done += len(data)
        tick(done)

    for chunk in decompress(blob, sniff(blob.read_at(0, MAGIC_BYTES)), on_input=on_input):
        end = chunk.rfind(b"\n")
        if end >= 0:
            yield from _decoded(rest + chunk[:end], blob.label)
            rest = chunk[end + 1 :]
        else:
            rest += chunk
        if len(rest) > SPLIT_LINE_BYTES.value:
            raise SPLIT_LINE_BYTES.exceeded(f"{blob.label}: a line of its tar-split file")
    yield from _decoded(rest, blob.label)


def _decoded(lines: bytes, label: str) -> Iterator[list[Record]]:
    """Whole lines as records; where one of them is damaged, those before it first."""
    try:
        yield _DECODER.decode_lines(lines)
        return
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    for line in lines.split(b"\n"):
        if line.strip():
            try:
                yield [_DECODER.decode(line)]
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
                raise DamagedError(f"{label}: a line of its tar-split file is damaged: {problem}.") from problem


class SegmentWindow:
    """The tar of a tar-split file as a window: bytes of headers, up to the content that follows.

    Whether contents are as long as their records say is told by `settle`, not on the way: sparse files are shorter in
    the tar, and some writers give a size to directories and links, which have no content.
    """

    def __init__(self, source: Iterator[Record], columns: Columns, label: str) -> None:
        self._source = source
        self._columns = columns
        self._label = label
        self._run = b""
        """Bytes of headers without a content between them."""
        self._start = 0
        """Where in the tar the run begins."""
        self._content: Record | None = None
        """The content that follows the run; None where headers go on, or nothing more comes."""
        self._contents: dict[int, Record] = {}
        """Contents by their offset in the tar."""
        self._is_at_end = False
        self.failure: DamagedError | None = None
        """What ended the records; it is told once all that stands before it was asked for."""

    @property
    def tar_bytes(self) -> int:
        """How many bytes of the tar are known; all of them once it is drained."""
        return self._start + len(self._run) + (self._content.size if self._content else 0)

    def fetch(self, offset: int, length: int) -> bytes:
        """See Window.fetch; fewer bytes come also where a content follows. Raises DamagedError."""
        while offset + length > (end := self._start + len(self._run)):
            if self._content is not None:
                if offset < end:
                    break
                if offset == end and self._run.rfind(_LEADING_MAP) >= 0:
                    return self._whole_map(self._content)
                self._pass_content(offset, self._content)
            elif self.failure is not None:
                raise self.failure
            elif self._is_at_end:
                break
            else:
                self._gather(min(offset, end))
        return self._run[offset - self._start :] if offset > self._start else self._run

    def missing(self, offset: int) -> int:
        """See Window.missing."""
        return max(0, offset - self.tar_bytes)

    def drain(self) -> None:
        """Go through what follows the tar's end, so that all of the file is known to be sound. Raises DamagedError."""
        if self.failure is not None:
            raise self.failure
        self._start = self.tar_bytes
        self._run, self._content = b"", None
        for record in self._source:
            self._start += len(record.payload or b"") if record.type == _SEGMENT else record.size

    def settle(self) -> Damage | None:
        """Give the rows their checksums; sparse files become one part, as they are whole where engines keep them.

        Returns the damage where a header and a record say different sizes.
        """
        columns, contents = self._columns, self._contents
        columns.sparse.update((row, ((0, columns.sizes[row]),)) for row in tuple(columns.sparse))
        for row, (offset, size) in enumerate(zip(columns.offsets, columns.sizes, strict=True)):
            if size:
                record = contents.get(offset)
                if record is None or record.size != size:
                    return Damage(_contradiction(record.size if record else 0, size), offset)
                if record.payload is not None and len(record.payload) == _CHECKSUM_BYTES:
                    columns.checksums[row] = record.payload
        return None

    def _gather(self, keep_from: int) -> None:
        """Read on up to the next content, or for a while; what the run has from an offset on is kept."""
        parts = [self._run[keep_from - self._start :]]
        self._start = keep_from
        gathered = 0
        try:
            for record in self._source:
                if record.type == _SEGMENT and record.payload:
                    parts.append(record.payload)
                    gathered += len(record.payload)
                    if gathered >= RUN_BYTES:
                        break
                elif record.type == _CONTENT and record.size:
                    self._content = record
                    break
            else:
                self._is_at_end = True
        except DamagedError as failure:
            self.failure = failure
        self._run = b"".join(parts)

    def _pass_content(self, offset: int, content: Record) -> None:
        """Go on at the header that the scanner expects behind a content."""
        end = self._start + len(self._run)
        self._contents[end] = content
        is_as_said = offset == end + content.size + -content.size % 512
        self._run, self._start, self._content = b"", offset, None
        self._gather(offset)
        # A sparse file takes less in the tar than is recorded; all that follows the padding is whole blocks.
        padding = -content.size % 512 if is_as_said else len(self._run) % 512
        if len(self._run) >= padding:
            self._run = self._run[padding:]
        elif self._content is None:
            self._run, self._start = b"", offset - padding + len(self._run)
        else:
            raise DamagedError(f"{self._label}: its tar-split file has too little between two contents.")

    def _whole_map(self, content: Record) -> bytes:
        """A map for a sparse file whose own was read as a part of its data and not recorded: all of it is there."""
        self._contents[self._start + len(self._run) + 512] = content
        return (b"1\n0\n%d\n" % content.size).ljust(512, b"\0")


def _contradiction(recorded: int, in_header: int) -> str:
    return f"its tar-split file says {recorded:,} bytes of content, the header before them {in_header:,}"
