"""Rows laid out for a screen: which lines each takes, and where a place in the texts is in another layout."""

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from layertui.present.contentdiff.drawing import piece_count
from layertui.present.contentdiff.text import DiffRows, Sign, TextDiff

MARKS_S = 0.15
"""So long is told at once what changed within lines; the rest is told where somebody looks."""

Check = Callable[[], None]
"""Called now and then; raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a difference is looked at."""

    unified: bool
    """One text below the other, not beside it."""
    context: int | None = 3
    """How many equal lines stand around a hunk; None shows all of them."""
    wrap_cells: int | None = None
    """What a line is wrapped at; None cuts it."""


class Laid:
    """The rows of a difference in a shape; made in the background, as wrapping looks at every line."""

    def __init__(self, diff: TextDiff, shape: Shape, check: Check | None = None) -> None:
        """Lay it out; raises what `check` raises."""
        self.shape = shape
        self.rows = diff.rows(unified=shape.unified, context=shape.context, check=check)
        if not self.rows.hunks and shape.context is not None:
            self.rows.rows.clear()  # a fold of everything says nothing
        self._places = array("Q")
        """Lines of both sides before each row."""
        place = 0
        for row in self.rows.rows:
            self._places.append(place)
            place += (row.folded or 1) * ((row.a is not None) + (row.b is not None))
        self._starts: array[int] | None = None if shape.wrap_cells is None else self._wrapped(shape.wrap_cells, check)
        """The first screen line of each row, and behind the last; None where each takes one."""
        self._first_marks(check)

    def _wrapped(self, width: int, check: Check | None) -> "array[int]":
        starts = array("Q", [0])
        for row in range(len(self.rows)):
            if check is not None and not row % 256:
                check()
            texts = (side.text for side in self.rows.sides(row) if side is not None)
            starts.append(starts[-1] + max((piece_count(text, width) for text in texts), default=1))
        return starts

    def _first_marks(self, check: Check | None) -> None:
        """Tell what changed within lines from the first hunk on, for as long as nobody minds."""
        end_s = time.monotonic() + MARKS_S
        for row in self.rows.rows:
            if row.pair is not None:
                if time.monotonic() > end_s:
                    return
                if check is not None:
                    check()
                self.rows.diff.tell_marks(row.pair)

    @property
    def line_count(self) -> int:
        """How many lines of the screen it takes."""
        return len(self.rows) if self._starts is None else self._starts[-1]

    def row_of(self, line: int) -> tuple[int, int]:
        """The row that a line of the screen is of, and which of its pieces."""
        if self._starts is None:
            return line, 0
        row = bisect_right(self._starts, line) - 1
        return row, line - self._starts[row]

    def line_of(self, row: int) -> int:
        """The first line of a row."""
        return row if self._starts is None else self._starts[row]

    def place_of(self, row: int) -> int:
        """Where in the texts a row is, for `row_at` of another layout; 0 where there are no rows."""
        return self._places[row] if row < len(self._places) else 0

    def row_at(self, place: int) -> int:
        """The row that shows a place in the texts."""
        return max(0, bisect_right(self._places, place) - 1)

    def hunk_at(self, row: int) -> int:
        """How many hunks begin up to a row, itself included."""
        return bisect_right(self.rows.hunks, row)

    def first_line(self) -> int:
        """Where to begin: the first line of the first hunk."""
        return self.line_of(self.rows.hunks[0]) if self.rows.hunks else 0

    def step(self, row: int, *, forward: bool) -> int | None:
        """The first row of the next or previous hunk; None where there is none."""
        return self.rows.next_hunk(row) if forward else self.rows.previous_hunk(row)


def find_rows(rows: DiffRows, matches: Callable[[str], bool], check: Check | None = None) -> "array[int]":
    """The rows of which a side, as it is drawn, matches; raises what `check` raises."""
    found = array("Q")
    for number, row in enumerate(rows.rows):
        if check is not None and not number % 256:
            check()
        if row.sign is not Sign.FOLD and any(side is not None and matches(side.text) for side in rows.sides(number)):
            found.append(number)
    return found


def step_in(rows: "array[int]", row: int, *, forward: bool) -> int | None:
    """The next or previous of some rows, in rising order; None behind the last."""
    at = bisect_right(rows, row) if forward else bisect_left(rows, row) - 1
    return rows[at] if 0 <= at < len(rows) else None
