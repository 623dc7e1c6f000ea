"""What a content looks like as rows: those in view are made from where someone looks, never from all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from layertui.present.viewing.hits import Check, ContentSearch

Place = tuple[int, int]
"""Where a row begins: an offset in bytes (in a list, a number), and a character within the piece that begins there.

Places of one body are in the order of its rows, and stay good when the width changes.
"""

Span = tuple[int, int]
"""Characters of a text, begin and end."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What rows are made for."""

    width: int
    """Cells for the text of a row."""
    wraps: bool = False
    """Whether what is longer goes on in the next row; without, it is cut where it is drawn."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    place: Place
    text: str
    """What the row shows, or is a part of where it is wrapped; safe, tabs as blanks."""
    start: int = 0
    """The first character of `text` that the row shows."""
    stop: int | None = None
    """Behind the last one; None for all."""
    number: int | None = None
    """The number of the line that begins here, from 0; None where that is not known, and where a line goes on."""
    runs: Sequence[tuple[str, str]] | None = None
    """`text` in colours (see highlight.py); None where it is plain."""
    data: bytes = b""
    """The bytes that the row stands for, where it is one of bytes."""


class Body(Protocol):
    """The rows of one content. All methods but `marks` read it, and raise what its blob raises."""

    gutter: int
    """Cells for the numbers before the rows; 0 where rows have none."""
    is_ready: bool
    """Whether everything is drawn as it should be; where not, the same rows asked again have more colours."""

    def after(self, place: Place, count: int, shape: Shape) -> list[Row]:
        """Up to `count` rows from a place on, fewer at the end."""

    def before(self, place: Place, count: int, shape: Shape) -> list[Row]:
        """Up to `count` rows before a place, in order, fewer at the beginning."""

    def locate(self, position: int, shape: Shape) -> tuple[Place, int]:
        """The row that shows a position (an offset, or a number in a list), and the character of its text there."""

    def end(self) -> Place:
        """Behind the last row."""

    def told(self, row: Row) -> str:
        """Where a row is, for the title: `line 12 of 80`; safe."""

    def share(self, place: Place) -> float:
        """How much of the content lies before a place, from 0 to 1."""

    def find(self, search: ContentSearch, position: int, step: int, check: Check | None = None) -> int | None:
        """The position of the next hit from a position on, or (`step` -1) of the last one before it."""

    def marks(self, rows: Sequence[Row], search: ContentSearch) -> list[list[Span]]:
        """For each row the characters of its text that are hits."""


def window(body: Body, place: Place, shift: int, height: int, shape: Shape) -> list[Row]:
    """As many rows as fit the window, of which the first is `shift` rows behind a place, or before it.

    Near the ends the window moves so far that it is full, where there are enough rows. Raises what the body raises.
    """
    if shift < 0:
        rows = body.before(place, -shift, shape)[:height]
        if len(rows) < height:
            rows += body.after(place, height - len(rows), shape)
    else:
        rows = body.after(place, shift + height, shape)[-height:]
    if len(rows) < height:
        rows = body.before(rows[0].place if rows else place, height - len(rows), shape) + rows
    return rows
