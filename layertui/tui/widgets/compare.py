"""The compare pane: the aligned rows of two sides, and where the differences lie."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from textual.geometry import Region
from textual.strip import Strip

from layertui.present.comparing_rows import row_cells, strip_cells
from layertui.present.glyphs import DIFFERENCE, FULL
from layertui.present.safetext import crop_end
from layertui.stack.compare import Change
from layertui.tui.actions import Place
from layertui.tui.widgets.compare_columns import CompareColumns
from layertui.tui.widgets.compare_rows import MODIFIED, CompareRows
from layertui.tui.widgets.files import wrapped
from layertui.tui.widgets.looks import Line, cells, spread

HIDDEN_WORDS = (
    (frozenset({Change.ONLY_B}), "only B"),
    (MODIFIED, "differing"),
    (frozenset({Change.ONLY_A}), "only A"),
)
"""What the keys a, m and r hide, as the title says it."""


class ComparePane(CompareRows):
    """One aligned row for each path."""

    place: ClassVar[Place] = Place.COMPARE

    def __init__(self, *, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(classes=classes)
        self.message = ""
        """What stands there while there is no comparison; safe."""
        self.tabs: Callable[[], Line] = lambda: [("title", " FILES")]
        """The left of the title: which panes there are."""
        self.names = ("A", "B")
        """What stands over the two sides; safe."""
        self.remark = ""
        """What is to be known of the whole, in the place of the columns' names; safe."""
        self.renamed: Mapping[int, int] = {}
        """Rows to their equal on the other side."""
        self.asked: Callable[[], None] = lambda: None
        """Called when Enter is pressed on something that is no directory."""
        self._told: tuple[str, ...] = ()
        """The right of the title, most important first."""
        self._strip: tuple[int, bytes] = (-1, b"")
        """Where differences lie, and the lines that this was made for."""

    def say(self, message: str) -> None:
        """Say something in the place of rows, while there is no comparison."""
        self.message = message
        if self.comparison is None:
            self.changed(0)

    def relist(self) -> None:
        """Make the rows anew, and what is said of them."""
        super().relist()
        self._strip = (-1, b"")
        comparison, chosen = self.comparison, self.chosen
        if comparison is None or chosen is None:
            return
        hidden = [text for changes, text in HIDDEN_WORDS if changes <= self.view.hidden]
        words = [f"without {', '.join(hidden)}"] if hidden else []
        if self.view.query:
            words.append(f"{chosen.count:,} match")
        if Change.IDENTICAL in self.view.hidden:
            words.append(f"identical hidden: {comparison.changes.count(Change.IDENTICAL):,}")
        self._told = tuple(words)

    def settle(self) -> None:
        """Take in what became known of contents, and draw only what it changes."""
        before, told, strip, drawn = self.rows, self._told, self._strip, dict(self._strips)
        self.chosen = None
        self.relist()
        if before != self.rows:
            self.changed(self._index_of(self.key))
            return
        self._strips.clear()
        if told != self._told:
            self._refresh_rows(0)
        width, head = self.inner_width, self.head_height
        for index in range(self.top, min(len(self.rows), self.top + self.window_height)):
            state = (1 + self.active) if index == self.cursor else 0
            if self._body(index, state, width) != drawn.get((index, state)):
                self._refresh_rows(index - self.top + head)
        if strip[0] >= 0 and strip != self._made_strip():
            self.refresh(Region(width, head, 1, self.window_height))

    # Lines

    def title(self, width: int) -> Line:
        """Which panes there are, what is hidden, and how many rows match."""
        tabs = self.tabs()
        for count in range(len(self._told), 0, -1):
            told: Line = [("title", "  ".join(self._told[:count]) + " ")]
            if cells(tabs) + cells(told) < width:
                return spread(tabs, told, width)
        return tabs

    def head(self, width: int) -> Line:
        """What the sides are called, over their columns; or what is to be known of the whole."""
        if self.remark:
            return [("error", f" {crop_end(self.remark, width - 2)}")]
        return [("head", CompareColumns.fitting(width).head(*self.names))]

    def line(self, index: int, width: int) -> Line:
        """One row."""
        if self.comparison is None:
            return []
        row = self.rows[index]
        texts = row_cells(self.comparison, row)
        if row in self.renamed:
            texts = replace(texts, remark="renamed")
        return CompareColumns.fitting(width).line(texts, self.is_folded(row))

    def empty(self, width: int) -> list[Line]:
        """Why there is nothing, and what to do."""
        comparison = self.comparison
        if comparison is None:
            return wrapped(self.message, width)
        if self.view.query:
            return [[("dim", " Nothing matches. Esc: no filter  u: identical ones too")]]
        counts = comparison.summary().counts
        if any(count for change, count in counts.items() if change not in (Change.IDENTICAL, Change.ASIDE)):
            return [[("dim", " Everything is hidden: a m r u show groups.")]]
        count = counts[Change.IDENTICAL]
        if not count:
            return [[("dim", " Neither side holds anything.")]]
        paths = "the one path is" if count == 1 else f"all {count:,} paths are"
        return wrapped(f"Nothing differs: {paths} identical. u shows them.", width)

    def _made_strip(self) -> tuple[int, bytes]:
        lines = min(self.window_height, len(self.rows))
        if self._strip[0] != lines and self.comparison is not None:
            self._strip = (lines, strip_cells(self.comparison, self.rows, lines))
        return self._strip

    def _rail_at(self, row: int, count: int) -> Strip:
        differs = self._made_strip()[1][row : row + 1]
        if self.comparison is None or differs != b"\1":
            return super()._rail_at(row, count)
        return self.strip([("changed", FULL if row in self._thumb(count) else DIFFERENCE)], 1)

    # Actions

    def do_open(self) -> None:
        """Open a directory, or ask for what differs in a file."""
        row = self.row
        if row is None:
            return
        if self.is_folded(row) is None:
            self.asked()
        else:
            self.do_fold()
