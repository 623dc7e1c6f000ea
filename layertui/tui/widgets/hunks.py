"""The rows of two texts: side by side, or one below the other."""

import re
import time
from collections.abc import Callable, Sequence

from textual.geometry import Region
from textual.strip import Strip

from layertui.present.contentdiff.drawing import Drawn
from layertui.present.contentdiff.laid import Laid
from layertui.present.contentdiff.text import DiffRow, Sign
from layertui.present.safetext import cell_width
from layertui.present.viewing.layout import number_width, numbered
from layertui.present.viewing.lines import LINE_BYTES
from layertui.tui.widgets.hunks_marked import HIT, PART, MarkedList, fitted
from layertui.tui.widgets.looks import Line, Run

BETWEEN = 3
"""Cells between the sides: the sign, and a blank on either side of it."""

SIGN_CELLS = 2
"""Cells before a line of a unified text: the sign and a blank."""

KEPT_ROWS = 100
"""Rows of which the pieces are kept that they were wrapped into."""

MARKS_S = 0.004
"""Seconds of one drawing in which it is told what changed within lines."""

SHORT_LINES = 600
"""Characters of both forms of a line up to which telling takes next to no time."""

_LOOKS = {Sign.ONLY_A: "opaque", Sign.ONLY_B: "added", Sign.CHANGED: "changed", Sign.SAME: "plain"}
_UNIFIED = {Sign.ONLY_A: "-", Sign.ONLY_B: "+"}

Pieces = tuple[list[Drawn], list[Drawn]]


class HunkPane(MarkedList):
    """Two texts line by line."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.laid: Laid | None = None
        self.numbers = True
        """Whether line numbers are shown."""
        self.left = 0
        """Cells that the lines are moved aside."""
        self.pattern: re.Pattern[str] | None = None
        """What was searched for, and is marked."""
        self.unmarked: Callable[[int, int], None] = lambda first, stop: None
        """Told which rows are seen when they are drawn without what changed in them."""
        self._pieces: dict[int, Pieces] = {}
        self._mark_until_s = 0.0

    # What is shown

    def show(self, laid: Laid | None, row: int | None = None) -> None:
        """Show other rows, the cursor at one of them; without, at the first hunk."""
        self.laid = laid
        self._pieces.clear()
        if laid is None:
            self.changed(0)
        else:
            self.begin_at(laid.first_line() if row is None else laid.line_of(row), stay=row is not None)

    @property
    def row(self) -> int:
        """The row under the cursor; 0 where there is none."""
        return self.laid.row_of(self.cursor)[0] if self.laid is not None and self.laid.line_count else 0

    def go_to(self, row: int) -> None:
        """Put the cursor on a row."""
        if self.laid is not None:
            self.move_to(self.laid.line_of(row))

    def redraw(self) -> None:
        """Draw the rows in view anew: something about them is known, or marked, now."""
        self._pieces.clear()
        self.changed()

    def draw_marks(self) -> None:
        """Draw the changed rows in view anew: it was told what changed in them."""
        self._pieces.clear()
        laid = self.laid
        for index in range(self.top, min(self.top + self.window_height, self.line_count())):
            if laid is not None and laid.rows.rows[laid.row_of(index)[0]].pair is not None:
                self.refresh_line(index)

    def text_cells(self, width: int, *, unified: bool, numbers: int) -> int:
        """Cells that a line's text has on a screen of `width` cells; `numbers` are what line numbers take."""
        if unified:
            return max(1, width - 2 * numbers - SIGN_CELLS)
        return max(1, (width - BETWEEN) // 2 - numbers)

    def number_cells(self, line_count: int) -> int:
        """Cells of a column of line numbers."""
        return number_width(max(line_count - 1, 0)) if self.numbers else 0

    # Drawing

    def line_count(self) -> int:
        """How many lines of the screen the rows take."""
        return 0 if self.laid is None else self.laid.line_count

    def line(self, index: int, width: int) -> Line:
        """A line of a row."""
        laid = self.laid
        if laid is None or index >= laid.line_count:
            return []
        number, piece = laid.row_of(index)
        row = laid.rows.rows[number]
        numbers = self.number_cells(laid.rows.diff.line_count)
        if row.sign is Sign.FOLD:
            lines = "1 equal line" if row.folded == 1 else f"{row.folded:,} equal lines"
            return [("dim", f"{' ' * max(numbers - 2, 0)}: {lines}")]
        if row.pair is not None and laid.rows.diff.marks(row.pair) is None:
            self._mark(laid, row.pair)
        if laid.shape.unified:
            return self._unified(laid, row, number, piece, width, numbers)
        return self._side_by_side(laid, row, number, piece, width, numbers)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw, and tell what changed within lines for as long as it does not hold up the drawing."""
        self._mark_until_s = time.monotonic() + MARKS_S
        return super().render_lines(crop)

    def _mark(self, laid: Laid, pair: tuple[int, int]) -> None:
        """Tell what changed within a line at once, if that is quick: the rows are sent once then, not twice."""
        is_short = len(laid.rows.diff.a[pair[0]]) + len(laid.rows.diff.b[pair[1]]) <= SHORT_LINES
        if is_short and time.monotonic() < self._mark_until_s:
            laid.rows.diff.tell_marks(pair)
        else:
            self.unmarked(*self._seen())

    def _seen(self) -> tuple[int, int]:
        """The rows around the window: those in it, and a window's height on either side."""
        if self.laid is None:
            return 0, 0
        height, last = self.window_height, max(self.laid.line_count - 1, 0)
        first = self.laid.row_of(max(self.top - height, 0))[0]
        return first, self.laid.row_of(min(self.top + 2 * height, last))[0] + 1

    def _unified(self, laid: Laid, row: DiffRow, number: int, piece: int, width: int, numbers: int) -> Line:
        cells = self.text_cells(width, unified=True, numbers=numbers)
        a, b = self._sides(laid, number, cells)
        drawn = b if row.sign is Sign.ONLY_B else a
        gutter = ""
        if numbers:
            gutter = "".join(numbered(None if piece else at, numbers) for at in (row.a, row.b))
        look = _LOOKS[row.sign]
        sign = _UNIFIED.get(row.sign, " ") if not piece else " "
        return [("dim", gutter), (look, f"{sign} "), *self._text(drawn, piece, look, cells)]

    def _side_by_side(self, laid: Laid, row: DiffRow, number: int, piece: int, width: int, numbers: int) -> Line:
        cells = self.text_cells(width, unified=False, numbers=numbers)
        a, b = self._sides(laid, number, cells)
        same = row.sign is Sign.SAME
        line: list[Run] = []
        for at, drawn, look in ((row.a, a, "plain" if same else "opaque"), (row.b, b, "plain" if same else "added")):
            if line:
                line.append((_LOOKS[row.sign], f" {row.sign.value} "))
            if numbers:
                line.append(("dim", numbered(None if piece else at, numbers)))
            text = self._text(drawn, piece, look, cells)
            line += fitted(text, cells, padded=True) if drawn is a else text
        return line

    def _sides(self, laid: Laid, number: int, cells: int) -> Pieces:
        """What both sides have of a row, in pieces; one piece where lines are cut."""
        kept = self._pieces.get(number)
        if kept is None:
            wrap = laid.shape.wrap_cells
            limit = LINE_BYTES if wrap is not None else self.left + cells + 1
            sides = laid.rows.sides(number, limit)
            one, other = ([] if side is None else side.pieces(wrap) if wrap is not None else [side] for side in sides)
            kept = one, other
            if len(self._pieces) >= KEPT_ROWS:
                self._pieces.clear()
            self._pieces[number] = kept
        return kept

    def _text(self, pieces: Sequence[Drawn], piece: int, look: str, cells: int) -> list[Run]:
        if piece >= len(pieces):
            return []
        drawn = pieces[piece]
        return fitted(self._runs(drawn, look), cells, self.left)

    def _runs(self, drawn: Drawn, look: str) -> list[Run]:
        marks = [(start, stop, PART) for start, stop in drawn.parts]
        if self.pattern is not None:
            hits = [(match.start(), match.end(), HIT) for match in self.pattern.finditer(drawn.text)]
            if hits:
                marks = hits
        runs: list[Run] = []
        at = 0
        for start, stop, mark in marks:
            runs += [(look, drawn.text[at:start]), (look + mark, drawn.text[start:stop])]
            at = stop
        runs.append((look, drawn.text[at:]))
        return [run for run in runs if run[1]]

    # Sideways

    def do_expand(self) -> None:
        """Show what cut lines have further right."""
        laid, cells = self.laid, self._cells()
        if laid is None or laid.shape.wrap_cells is not None:
            return
        rows = range(self.top, min(self.top + self.window_height, laid.line_count))
        sides = (side for row in rows for side in laid.rows.sides(row, self.left + cells + 1))
        if any(side is not None and cell_width(side.text) > self.left + cells for side in sides):
            self._aside(self.left + cells // 2)

    def do_collapse(self) -> None:
        """Go back to the left."""
        if self.left:
            self._aside(max(0, self.left - self._cells() // 2))

    def _cells(self) -> int:
        """Cells that a line's text has now."""
        if self.laid is None:
            return 1
        numbers = self.number_cells(self.laid.rows.diff.line_count)
        return self.text_cells(self.inner_width, unified=self.laid.shape.unified, numbers=numbers)

    def _aside(self, left: int) -> None:
        self.left = left
        self.redraw()
