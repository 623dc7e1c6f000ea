"""Where a text is broken into pieces that can be drawn: at its newlines, and within lines that are too long."""

import re
from bisect import bisect_left

from layertui.image.blob import Blob
from layertui.present.viewing.encoding import Encoding

GRID_BYTES = 16 * 1024
"""A line is broken at a multiple of this where the same number of bytes before it holds no newline.

So whether a text is broken somewhere is told by the bytes just before, wherever someone jumps to: no line has to be
looked for from its start, no piece is longer than twice this, and no line that is shorter than this is broken.
"""

_CHARACTER_BYTES = 4
"""A break moves behind the rest of a character that it would cut, at most so far (less one)."""


class Pieces:
    """The pieces of one text."""

    def __init__(self, blob: Blob, encoding: Encoding) -> None:
        self.blob = blob
        self.encoding = encoding
        self._newline = re.compile(re.escape(encoding.newline))

    @property
    def first(self) -> int:
        """Where the text begins, behind its byte order mark."""
        return self.encoding.mark_bytes

    def starts(self, first: int, stop: int) -> list[tuple[int, bool]]:
        """Where pieces begin from `first` on and before `stop`, in order, and whether a line begins there.

        Raises what the blob raises.
        """
        stop = min(stop, self.blob.size_bytes)
        if first >= stop:
            return []
        unit = self.encoding.unit_bytes
        origin = max(self.first, first - GRID_BYTES - _CHARACTER_BYTES)
        data = self.blob.read_at(origin, stop - origin + _CHARACTER_BYTES)
        lines = [self.first] if origin == self.first else []
        lines += [origin + found.end() for found in self._newline.finditer(data) if not found.start() % unit]
        found = [(line, True) for line in lines[bisect_left(lines, first) :] if line < stop]
        grid = max(first - _CHARACTER_BYTES, self.first + GRID_BYTES) // GRID_BYTES * GRID_BYTES
        for at in range(grid, stop, GRID_BYTES):
            if at - GRID_BYTES < self.first or _has_between(lines, at - GRID_BYTES, at):
                continue
            moved = at + self._rest_of_character(data, at - origin)
            if first <= moved < stop:
                found.append((moved, False))
        return sorted(found)

    def _rest_of_character(self, data: bytes, at: int) -> int:
        """How many bytes at a place belong to a character that began before it."""
        if self.encoding.codec != "utf-8":
            return 0
        rest = 0
        while rest < _CHARACTER_BYTES - 1 and data[at + rest : at + rest + 1] and data[at + rest] & 0xC0 == 0x80:
            rest += 1
        return rest

    def before(self, offset: int) -> list[tuple[int, bool]]:
        """Pieces that begin before an offset, in order: at least the last one, where there is one."""
        return self.starts(max(self.first, offset - 2 * GRID_BYTES), offset)

    def holding(self, offset: int) -> tuple[int, bool]:
        """The piece that an offset lies in: where it begins, and whether a line begins there."""
        found = self.before(min(offset + 1, self.blob.size_bytes))
        return found[-1] if found else (self.first, True)

    def text(self, start: int, stop: int) -> str:
        """What stands in a piece, without its newline; not made safe."""
        data = self.blob.read_at(start, stop - start)
        newline = self.encoding.newline
        if data.endswith(newline):
            data = data[: -len(newline)].removesuffix("\r".encode(self.encoding.codec))
        return self.encoding.decode(data)


def _has_between(lines: list[int], before: int, last: int) -> bool:
    """Whether one of these offsets lies behind `before` and not behind `last`."""
    at = bisect_left(lines, before + 1)
    return at < len(lines) and lines[at] <= last
