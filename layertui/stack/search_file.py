"""Looking for bytes in one file while it passes by in chunks: the first match and its line, and how many more."""

import codecs
from dataclasses import dataclass, replace

from layertui.stack.search_pattern import Check, Needle
from layertui.stack.wide import MARK_BYTES, MARKS

CONTEXT_BYTES = 256
"""How much of a line is given before a match, and behind it."""

HIT_LIMIT = 10_000
"""Up to how many matches in one file are counted."""

BEGINNING_BYTES = 8 * 1024
"""A NUL in this much of a file's beginning makes it binary, as git and diff take it; by it, UTF-16 is told too."""


@dataclass(frozen=True, slots=True)
class FileHit:
    """A file whose content matches."""

    row: int
    """In its layer's tree: the row that holds the content."""
    hits: int
    """How many matches there are, up to `HIT_LIMIT`."""
    offset_bytes: int
    """Where in the file the first match begins."""
    line: int | None
    """The line of the first match, counted from 1; None in a binary file."""
    text: bytes
    """That line, at most `CONTEXT_BYTES` on either side of the match; of a binary file the match alone. What is UTF-16
    in the file is UTF-8 here."""
    match: tuple[int, int]
    """Where in `text` the match begins and ends."""


class FileSearch:
    """Looks through the bytes as they are."""

    def __init__(self, row: int, needle: Needle, check: Check, *, is_binary: bool = False) -> None:
        """Look for `needle` in the content of a row; `check` is called before each piece of it."""
        self._row = row
        self._needle = needle
        self._check = check
        self._is_binary = is_binary
        self._newlines = 0
        """In what has passed."""
        self._done = 0
        """Where in the file the last match ends."""
        self.hit: FileHit | None = None
        """What was found so far."""

    def look(
        self,
        data: bytes,
        subject: bytes,
        origin: int,
        floor: int,
        first: int,
        stop: int,
        *,
        is_start: bool,
        is_end: bool,
        is_last: bool,
        may_match: bool = True,
    ) -> None:
        """Look through what is new in a chunk; raises what `check` raises.

        The chunk begins at `origin` in the file, and holds it from `floor` to `stop`; what is new begins at `first`.
        `subject` is the chunk as the needle has it prepared. `is_start` and `is_end` say whether a run of the file
        begins at `floor` and ends at `stop`, `is_last` whether the file does; without `may_match`, it is known that no
        match begins in what is new.
        """
        needle, check = self._needle, self._check
        begin = max(floor, first - needle.overlap_bytes, self._done - origin)
        if self.hit is not None:
            limit = HIT_LIMIT - self.hit.hits
            more, last = needle.count(subject, begin, stop, is_end=is_end, limit=limit, check=check)
            self.hit = replace(self.hit, hits=self.hit.hits + more)
            self._done = max(self._done, last + origin)
            return
        match = None
        if may_match:
            starts = is_start and begin == floor
            match = next(needle.matches(subject, begin, stop, is_start=starts, is_end=is_end, check=check), None)
        if match is None:
            if not self._is_binary and not is_last:
                self._newlines += data.count(b"\n", first, stop)
            return
        more, last = needle.count(subject, match[1], stop, is_end=is_end, limit=HIT_LIMIT - 1, check=check)
        self._done = max(match[1], last) + origin
        line = self._newlines + 1 + data.count(b"\n", first, match[0]) - data.count(b"\n", match[0], first)
        text, span = self._around(data, match, floor, stop)
        self.hit = FileHit(self._row, 1 + more, match[0] + origin, None if self._is_binary else line, text, span)

    def _around(self, data: bytes, match: tuple[int, int], floor: int, stop: int) -> tuple[bytes, tuple[int, int]]:
        """The line that a match lies in, as far as it is shown, and where the match is in it."""
        start, end = match
        if self._is_binary:
            text = data[start : min(end, start + 2 * CONTEXT_BYTES)]
            return text, (0, len(text))
        lowest = start - CONTEXT_BYTES
        lowest = _whole(data, lowest) if lowest > floor else floor
        begin = max(data.rfind(b"\n", lowest, start) + 1, lowest)
        end = min(end, start + CONTEXT_BYTES)
        highest = end + CONTEXT_BYTES
        highest = max(_whole(data, highest), end) if highest < stop else stop
        newline = data.find(b"\n", end, highest)
        text = data[begin : newline if newline >= 0 else highest]
        return text, (start - begin, end - begin)


class WideFileSearch:
    """Looks through UTF-16 by way of UTF-8, so that a regular expression sees letters, and lines are lines."""

    def __init__(self, row: int, needle: Needle, check: Check, codec: str) -> None:
        """The same as FileSearch; `codec` is what Python calls the encoding."""
        self._file = FileSearch(row, needle, check)
        self._needle = needle
        self._codec = codec
        self._decoder = codecs.getincrementaldecoder(codec)("replace")
        self._passed = 0
        """Bytes of the file that have passed."""
        self._tail = b""
        """The end of them, in UTF-8."""
        self._tail_at = 0
        """Where that begins in the whole file, were it UTF-8."""
        self._offset = 0
        """Where the first match begins in the file as it is."""

    @property
    def hit(self) -> FileHit | None:
        """See FileSearch.hit."""
        found = self._file.hit
        return found and replace(found, offset_bytes=self._offset)

    def look(
        self,
        data: bytes,
        subject: bytes,
        origin: int,
        floor: int,
        first: int,
        stop: int,
        *,
        is_start: bool,
        is_end: bool,
        is_last: bool,
        may_match: bool = True,
    ) -> None:
        """See FileSearch.look; only what is new is taken of the chunk."""
        if not self._passed and data[first : first + MARK_BYTES] in MARKS:
            first += MARK_BYTES
            self._passed = MARK_BYTES
        self._passed += stop - first
        had = len(self._tail)
        text = self._tail + self._decoder.decode(data[first:stop], is_end).encode()
        known = self._file.hit is not None
        self._file.look(
            text,
            self._needle.prepared(text),
            self._tail_at,
            0,
            had,
            len(text),
            is_start=not self._tail_at,
            is_end=is_end,
            is_last=is_last,
        )
        if not known and self._file.hit is not None:
            rest = text[self._file.hit.offset_bytes - self._tail_at :].decode(errors="ignore").encode(self._codec)
            offset = self._passed - len(self._decoder.getstate()[0]) - len(rest)
            self._offset = offset + offset % 2  # half a character at the end of a file was taken for a whole one
        cut = _whole(text, max(0, len(text) - self._needle.overlap_bytes - CONTEXT_BYTES))
        self._tail, self._tail_at = text[cut:], self._tail_at + cut


Search = FileSearch | WideFileSearch
"""One file that is looked through."""


def _whole(data: bytes, at: int) -> int:
    """The beginning of the character of UTF-8 that a place lies in; the place itself where there is none."""
    for start in range(at, max(at - 4, -1), -1):
        if start >= len(data) or data[start] & 0xC0 != 0x80:
            return start
    return at
