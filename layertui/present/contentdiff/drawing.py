"""A line of a text as it is drawn beside its other form: safe, and with what changed within it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from layertui.present.contentdiff.intraline import Span, changed_spans
from layertui.present.safetext import cell_width
from layertui.present.viewing.layout import CUT_NOTE, wrapped
from layertui.present.viewing.lines import LINE_BYTES, drawn

NO_NEWLINE = " [no newline at the end]"
"""Behind a last line that does not end."""

UNSEEN = " [differs in what is not shown; H shows the bytes]"
"""Behind both forms of a line that look the same: a long line's end, or an escape beside the text that spells it."""


MOST_PARTS = 4
"""Parts of a line that are marked on their own; each takes bytes on the line to the terminal, too."""

JOINED_CHARACTERS = 1
"""What lies between two parts that are marked as one: the blank between two words that changed."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line, or a piece of one."""

    text: str
    """Safe for a terminal, tabs as blanks."""
    parts: tuple[Span, ...] = ()
    """What changed: places of characters in `text`, begin and end, in order."""

    def piece(self, start: int, stop: int) -> "Drawn":
        """The characters from `start` to `stop`."""
        parts = ((max(first, start) - start, min(last, stop) - start) for first, last in self.parts)
        return Drawn(self.text[start:stop], tuple(span for span in parts if span[0] < span[1]))

    def pieces(self, width: int) -> "list[Drawn]":
        """The line wrapped at so many cells; at least one piece."""
        made, start = [], 0
        for text in wrapped(self.text, width):
            made.append(self.piece(start, start + len(text)))
            start += len(text)
        return made


def piece_count(text: str, width: int) -> int:
    """How many pieces `Drawn.pieces` makes of a text."""
    if text.isascii():
        return max(1, -(-len(text) // width)) if width > 0 else 1
    return 1 if cell_width(text) <= width else len(wrapped(text, width))


def draw_line(line: str, *, same: bool, limit: int = LINE_BYTES) -> str:
    """At least the first `limit` characters of a line as they are drawn, its end as far as that is within them.

    A carriage return or a missing newline is said only where the sides may differ by it, which is not the `same`.
    """
    ends = line.endswith("\n")
    stop = len(line) - ends
    if same and line.endswith("\r", 0, stop):
        stop -= 1
    limit = min(limit, LINE_BYTES)
    text = drawn(line[: min(stop, limit)])
    if stop > limit:
        return text + CUT_NOTE if limit == LINE_BYTES else text
    return text if ends or same else text + NO_NEWLINE


@dataclass(frozen=True, slots=True)
class Marks:
    """What differs in two forms of a line, as both are drawn."""

    a: tuple[Span, ...] = ()
    b: tuple[Span, ...] = ()
    is_unseen: bool = False
    """Whether they look the same: what differs is not shown."""


def mark_lines(a: str, b: str) -> Marks:
    """Tell what changed from one line to the other; no marks where all of it did, the colour says that."""
    one, other = draw_line(a, same=False), draw_line(b, same=False)
    if one == other:
        return Marks(is_unseen=True)
    spans_a, spans_b = changed_spans(one, other)
    if _is_all(spans_a, one) and _is_all(spans_b, other):
        return Marks()
    return Marks(_few(spans_a), _few(spans_b))


def _few(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same as fewer spans: one reaches over the rest where there would be more than a person takes in."""
    joined: list[Span] = []
    for start, stop in spans:
        if joined and start - joined[-1][1] <= JOINED_CHARACTERS:
            joined[-1] = joined[-1][0], stop
        else:
            joined.append((start, stop))
    return tuple(joined) if len(joined) <= MOST_PARTS else ((joined[0][0], joined[-1][1]),)


def _is_all(spans: Iterable[Span], text: str) -> bool:
    return list(spans) == [(0, len(text))]
