"""Lines of a text by ranges: an index of its newlines that grows only as far as someone looked."""

import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from layertui.image.blob import Blob
from layertui.present.safetext import safe
from layertui.present.viewing.encoding import Encoding

BLOCK_BYTES = 256 * 1024
"""What the index counts newlines in: 10 GB take 40,000 numbers, and a line is found within one block."""

LINE_BYTES = 32 * 1024
"""How much of one line is shown; what is longer is no line that anyone reads, and is cut with a mark."""

TAB_CELLS = 8

_FIRST_LOOK_BYTES = 512
"""Most lines end within this."""

Check = Callable[[], None]
"""Called before each block; raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it can be drawn."""

    text: str
    """Safe for a terminal, tabs as blanks; no mark where it is cut."""
    offset_bytes: int
    """Where it begins."""
    is_cut: bool = False
    """Whether the line goes on beyond what `text` has."""


class TextLines:
    """The lines of one text, numbered from 0; several threads may ask."""

    def __init__(self, blob: Blob, encoding: Encoding) -> None:
        self.blob = blob
        self.encoding = encoding
        self._before = array("q", [0])
        """Newlines before each block that was counted, and before the first that was not."""
        self._kept: dict[int, list[int]] = {}
        """Offsets of newlines in the blocks that were looked at last."""
        self._lock = threading.Lock()
        self._newline = re.compile(re.escape(encoding.newline))

    @property
    def blob_bytes(self) -> int:
        """Bytes of the whole text."""
        return self.blob.size_bytes

    @property
    def counted_bytes(self) -> int:
        """How far the index reaches."""
        return min((len(self._before) - 1) * BLOCK_BYTES, self.blob.size_bytes)

    @property
    def is_counted(self) -> bool:
        """Whether the index reaches to the end."""
        return self.counted_bytes >= self.blob.size_bytes

    @property
    def count(self) -> int | None:
        """How many lines there are; None while that is not known."""
        if not self.is_counted:
            return None
        newlines = self._before[-1]
        return newlines + (self._start_of_rest() < self.blob.size_bytes)

    @property
    def estimated_count(self) -> int:
        """How many lines there are, or would be if all were like those that were counted; for a scrollbar."""
        known = self.count
        if known is not None:
            return known
        counted = max(self.counted_bytes, 1)
        return max(self._before[-1] + 1, self._before[-1] * self.blob.size_bytes // counted)

    def index(self, through: int | None = None, check: Check | None = None) -> None:
        """Count newlines until line `through` is known, or all of them; raises what `check` and the blob raise."""
        while (through is None or self._before[-1] <= through) and not self.is_counted:
            if check is not None:
                check()
            with self._lock:
                if not self.is_counted:
                    block = len(self._before) - 1
                    self._before.append(self._before[-1] + self._count(block))

    def line(self, number: int) -> Line | None:
        """One line, or None behind the last; indexes as far as it has to."""
        start = self._start(number)
        if start is None or (start >= self.blob.size_bytes and number >= (self.count or 1)):
            return None
        width = self.encoding.unit_bytes
        for length in (_FIRST_LOOK_BYTES, LINE_BYTES + width):
            data = self.blob.read_at(start, length)
            end = self._find(data)
            if end is not None or len(data) < length:
                break
        body = data if end is None else data[:end]
        is_cut = len(body) > LINE_BYTES
        body = body[:LINE_BYTES] if is_cut else body
        carriage = "\r".encode(self.encoding.codec)
        if end is not None and body.endswith(carriage):
            body = body[: -len(carriage)]
        return Line(drawn(self.encoding.decode(body)), start, is_cut)

    def lines(self, first: int, count: int) -> list[Line]:
        """Up to `count` lines from `first` on, fewer at the end."""
        found = []
        for number in range(first, first + count):
            line = self.line(number)
            if line is None:
                break
            found.append(line)
        return found

    def number_at(self, offset: int, check: Check | None = None) -> int:
        """The number of the line that holds the byte at an offset; counts up to it."""
        block = min(offset, max(self.blob.size_bytes - 1, 0)) // BLOCK_BYTES
        while len(self._before) <= block:
            self.index(self._before[-1], check)
        return self._before[block] + bisect_left(self._newlines(block), offset)

    def _start(self, number: int) -> int | None:
        """Where a line begins; None where there are fewer."""
        if number <= 0:
            return self.encoding.mark_bytes
        self.index(number)
        wanted = number - 1
        if wanted >= self._before[-1]:
            return None
        block = bisect_right(self._before, wanted) - 1
        return self._newlines(block)[wanted - self._before[block]] + self.encoding.unit_bytes

    def _start_of_rest(self) -> int:
        """Where what follows the last newline begins."""
        newlines = self._before[-1]
        if not newlines:
            return self.encoding.mark_bytes
        block = bisect_right(self._before, newlines - 1) - 1
        return self._newlines(block)[-1] + self.encoding.unit_bytes

    def _count(self, block: int) -> int:
        if self.encoding.unit_bytes == 1:
            return self.blob.read_at(block * BLOCK_BYTES, BLOCK_BYTES).count(b"\n")
        return len(self._newlines(block))

    def _newlines(self, block: int) -> list[int]:
        """Offsets of the newlines in a block."""
        kept = self._kept.get(block)
        if kept is None:
            start = block * BLOCK_BYTES
            data = self.blob.read_at(start, BLOCK_BYTES)
            width = self.encoding.unit_bytes
            kept = [start + m.start() for m in self._newline.finditer(data) if m.start() % width == 0]
            # A new dict each time: another thread may be looking into the old one.
            self._kept = {**dict(list(self._kept.items())[-7:]), block: kept}
        return kept

    def _find(self, data: bytes) -> int | None:
        """Where the first newline of some bytes stands that begin with a whole code unit."""
        width = self.encoding.unit_bytes
        if width == 1:
            at = data.find(b"\n")
            return at if at >= 0 else None
        return next((m.start() for m in self._newline.finditer(data) if m.start() % width == 0), None)


def drawn(text: str) -> str:
    """A line of decoded text as it can be drawn: safe, tabs as blanks."""
    text = safe(text, keep="\t")
    return text.expandtabs(TAB_CELLS) if "\t" in text else text
