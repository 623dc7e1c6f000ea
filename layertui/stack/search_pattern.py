"""What is looked for in contents: a text or a regular expression, over bytes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from layertui.errors import UsageError

PIECE_BYTES = 4 * 1024
"""A regular expression sees at most this much of a line at once: `.*x` takes time by the square of it."""

OVERLAP_BYTES = 512
"""By how much the pieces of a longer line overlap: a match up to this length is found across their ends."""

TEXT_BYTES = 4096
"""How long a text that is looked for may be: contents are held in overlapping parts, and it has to fit the overlap."""


Check = Callable[[], None]
"""Raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class Needle:
    """A text or a regular expression that is looked for within lines."""

    text: bytes = b""
    """The text, in lower case where `folds` says so: the fastest search there is. Empty where there is a pattern."""
    folds: bool = False
    """Whether the text is looked for in lower case."""
    pattern: re.Pattern[bytes] | None = None
    """The regular expression."""

    def prepared(self, data: bytes) -> bytes:
        """What to search for matches in some bytes: as they are, or in lower case."""
        return data.lower() if self.folds else data

    @property
    def overlap_bytes(self) -> int:
        """By how much two parts of a content have to overlap so that no match is lost between them."""
        return len(self.text) - 1 if self.pattern is None else OVERLAP_BYTES

    def matches(
        self, data: bytes, start: int, stop: int, *, is_start: bool, is_end: bool, check: Check | None = None
    ) -> Iterator[tuple[int, int]]:
        """Start and end of every match in a part of some bytes, in order; none of them overlap.

        `data` is as `prepared` gives it; `is_start` and `is_end` are whether a content begins at `start` and ends at
        `stop`. Where it does not end, a match of a regular expression that touches the end is left out: it may go on,
        and is found in the part that follows. `check` is called before each piece that a regular expression sees.
        """
        if self.pattern is None:
            at = data.find(self.text, start, stop)
            while at >= 0:
                yield at, at + len(self.text)
                at = data.find(self.text, at + len(self.text), stop)
            return
        origin = start if is_start else max(start - 1, 0)  # `^` looks at the byte before, but not at another file's
        subject = memoryview(data)[origin:stop]
        at = done = start - origin
        end = stop - origin
        while at < end:
            if check is not None:
                check()
            piece, is_cut = end, not is_end
            if end - at > PIECE_BYTES:
                piece = data.rfind(b"\n", origin + at, origin + at + PIECE_BYTES) + 1 - origin
                is_cut = piece <= at
                piece = at + PIECE_BYTES if is_cut else piece
            for match in self.pattern.finditer(subject, at, piece):
                first, last = match.span()
                if first >= done and first < last and not (is_cut and last == piece):
                    done = last
                    yield origin + first, origin + last
            at = piece - OVERLAP_BYTES if is_cut and piece < end else piece

    def count(
        self, data: bytes, start: int, stop: int, *, is_end: bool, limit: int, check: Check | None = None
    ) -> tuple[int, int]:
        """How many matches lie in a part of some bytes, up to `limit`, and where the last one ends."""
        if self.pattern is None:
            return min(limit, data.count(self.text, start, stop)), start
        matches = list(
            islice(self.matches(data, start, stop, is_start=False, is_end=is_end, check=check), max(limit, 0))
        )
        return len(matches), matches[-1][1] if matches else start


def compile_needle(text: str, *, regex: bool = False, ignore_case: bool = False, codec: str = "utf-8") -> Needle:
    """Make what is looked for out of what a person typed; `codec` is the encoding of what is looked through.

    A regular expression matches within a line: `^` and `$` are its ends. Case that is passed over is that of ASCII.
    Bytes that are no text are written as `\\xNN` in a regular expression. Raises UsageError where nothing, something
    too long or a malformed expression is given, and what the encoding has no way to write.
    """
    if not text:
        raise UsageError("There is nothing to look for: the text is empty.", "Give a text, or a regular expression.")
    if regex and codec.startswith("utf-16"):
        raise UsageError("In UTF-16 only a text can be looked for, no regular expression.")
    try:
        data = text.encode(codec, "surrogateescape")
    except UnicodeEncodeError as problem:
        raise UsageError(f"'{text}' cannot be written in {codec}, so it is nowhere in there.") from problem
    if len(data) > TEXT_BYTES:
        raise UsageError(f"The text to look for has {len(data):,} bytes; at most {TEXT_BYTES:,} are looked for.")
    if not regex:
        return Needle(data.lower() if ignore_case else data, ignore_case)
    try:
        return Needle(pattern=re.compile(data, re.MULTILINE | (re.IGNORECASE if ignore_case else 0)))
    except (re.error, OverflowError, RecursionError) as problem:
        raise UsageError(
            f"'{text}' is not a regular expression: {problem}.", "Look for it as a plain text."
        ) from problem
