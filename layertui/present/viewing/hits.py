"""Search in one content: the next or the previous hit from an offset on, a part at a time."""

import re
from collections.abc import Callable
from itertools import takewhile

from layertui.image.blob import Blob
from layertui.present.viewing.encoding import UTF_8, Encoding
from layertui.stack.search_pattern import compile_needle

CHUNK_BYTES = 1 << 20
"""How much is looked through between two questions whether to go on."""

DRAWN_CHARACTERS = 4096
"""How much of a line hits are marked in: a regular expression takes time by the square of it."""

Check = Callable[[], None]
"""Raises Cancelled to stop the work."""

Hit = tuple[int, int]
"""Where a hit begins and ends: offsets in the content, in bytes."""


class ContentSearch:
    """What is looked for in one content, and where it is.

    Smart case: without an upper-case letter in it, case is passed over. Raises UsageError for what cannot be looked
    for, with a sentence.
    """

    def __init__(self, query: str, encoding: Encoding | None, *, regex: bool = False) -> None:
        self._encoding = encoding or UTF_8
        self._needle = compile_needle(
            query, regex=regex, ignore_case=query == query.lower(), codec=self._encoding.codec
        )
        flags = re.IGNORECASE if query == query.lower() else 0
        self._drawn = re.compile(query if regex else re.escape(query), flags)

    def next(self, blob: Blob, offset: int, check: Check | None = None) -> Hit | None:
        """The first hit that begins at an offset or behind it; raises what `check` and the blob raise."""
        while offset < blob.size_bytes:
            for hit in self._hits(blob, offset, offset + CHUNK_BYTES, check):
                return hit
            offset += CHUNK_BYTES
        return None

    def previous(self, blob: Blob, offset: int, check: Check | None = None) -> Hit | None:
        """The last hit that begins before an offset; raises what `check` and the blob raise."""
        while offset > 0:
            start = max(0, offset - CHUNK_BYTES)
            hits = self._hits(blob, start, offset, check)
            if hits:
                return hits[-1]
            offset = start
        return None

    def in_line(self, text: str) -> list[tuple[int, int]]:
        """Where hits are in a line as it is drawn: places of characters, begin and end."""
        found = (match.span() for match in self._drawn.finditer(text[:DRAWN_CHARACTERS]))
        return [span for span in found if span[0] < span[1]]

    def _hits(self, blob: Blob, start: int, stop: int, check: Check | None) -> list[Hit]:
        """The hits that begin in a part, in order."""
        if check is not None:
            check()
        needle = self._needle
        before = min(start, 1)  # what `^` looks at
        origin = start - before
        data = needle.prepared(blob.read_at(origin, stop - origin + needle.overlap_bytes + 1))
        is_end = origin + len(data) >= blob.size_bytes
        matches = needle.matches(data, before, len(data), is_start=not start, is_end=is_end, check=check)
        hits = takewhile(lambda hit: hit[0] < stop, ((origin + first, origin + last) for first, last in matches))
        return [hit for hit in hits if hit[0] % self._encoding.unit_bytes == 0]
