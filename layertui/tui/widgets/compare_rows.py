"""Which rows of a comparison the pane shows, and where its cursor is: filters, folds, the next difference."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from layertui.present.comparing_rows import (
    Chosen,
    CompareView,
    choose,
    difference_number,
    next_difference,
    visible_rows,
)
from layertui.present.view import Folds
from layertui.stack.compare import Change, Comparison
from layertui.tui.widgets.lines import LineList

MODIFIED = frozenset({Change.CONTENT, Change.METADATA, Change.TYPE, Change.UNKNOWN})
"""What `m` shows or hides."""


class CompareRows(LineList):
    """The rows, without a look."""

    def __init__(self, *, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(classes=classes)
        self.comparison: Comparison | None = None
        self.view = CompareView()
        self.chosen: Chosen | None = None
        """What the view shows, folds apart."""
        self.rows: array[int] = array("I")
        """The comparison's rows that are lines now."""
        self._chosen_view = CompareView()
        self._folds = Folds()
        self._opens = False
        """Whether directories are open unless they were closed: where everything fitted in the window at first."""
        self._touched = False
        """Whether a key did something here: what is open stays so from then on."""
        self._wanted = b""
        """Key of the row that the cursor belongs on."""

    def show(self, comparison: Comparison, key: bytes | None = None) -> None:
        """Show a comparison, with the cursor at a key; the first one with directories closed unless all rows fit."""
        self.comparison, self.chosen = comparison, None
        if key is not None:
            self._wanted = key
        self.rebuild()
        if key is not None:
            self.stand_at(key)

    def clear(self) -> None:
        """Show no comparison."""
        self.comparison = self.chosen = None
        self.rows = array("I")
        self.changed(0)

    def look_like(self, view: CompareView) -> None:
        """Show another view of the same comparison."""
        self.view = view
        self.rebuild()
        self.moved(self)

    def _choose(self) -> None:
        comparison = self.comparison
        if comparison is not None and (self.chosen is None or self._chosen_view != self.view):
            previous = (self._chosen_view, self.chosen) if self.chosen is not None else None
            self.chosen = choose(comparison, self.view, previous)
            self._chosen_view = self.view

    def rebuild(self) -> None:
        """Make the rows anew, with the cursor at its path, or at the directory that it is folded into."""
        self.relist()
        self.changed(self._index_of(self._wanted))

    def relist(self) -> None:
        """Make the rows anew, and draw nothing."""
        self._choose()
        if self.comparison is not None and self.chosen is not None:
            if not self._touched:
                self._opens = self.chosen.mask.count(1) <= self.window_height
            self.rows = visible_rows(
                self.comparison, self.chosen, self.folds, open_by_default=self._opens or bool(self.view.query)
            )

    @property
    def folds(self) -> Folds:
        """What is open; while a filter holds, hits do not hide in what was closed before."""
        return self._folds.for_filter(bool(self.view.query))

    def is_folded(self, row: int) -> bool | None:
        """Whether a row is closed; None where nothing can be folded."""
        comparison, chosen = self.comparison, self.chosen
        if comparison is None or chosen is None or not comparison.depth(row):
            return None
        if chosen.mask.find(1, row + 1, comparison.subtree_end(row)) < 0:
            return None
        return not self.folds.is_open(comparison.key(row), self._opens or bool(self.view.query))

    def _index_of(self, key: bytes) -> int:
        """The line of a key, or of the last one before it: of the directory that it is folded into."""
        comparison = self.comparison
        if comparison is None:
            return 0
        row = bisect_left(comparison.keys, key)
        held = row < len(comparison) and comparison.keys[row] == key
        return max(0, (bisect_right if held else bisect_left)(self.rows, row) - 1)

    def line_count(self) -> int:
        """How many rows are lines."""
        return len(self.rows)

    # The cursor

    @property
    def row(self) -> int | None:
        """The comparison's row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def key(self) -> bytes:
        """The key that the cursor belongs on."""
        return self._wanted

    @property
    def rows_in_view(self) -> Sequence[int]:
        """The comparison's rows that are seen."""
        return self.rows[self.top : self.top + self.window_height].tolist()

    @property
    def number(self) -> tuple[int, int]:
        """Which difference the cursor is at, or behind, and how many there are."""
        if self.comparison is None or self.chosen is None:
            return 0, 0
        return difference_number(self.comparison, self.chosen, -1 if self.row is None else self.row)

    def remember(self) -> None:
        """The path under the cursor is where the person wants to be."""
        self._touched = True
        if self.comparison is not None and self.row is not None:
            self._wanted = self.comparison.key(self.row)

    def stand_at(self, key: bytes) -> bool:
        """Put the cursor on a path, opening what it is folded into; False where the view does not show it."""
        comparison, chosen = self.comparison, self.chosen
        row = comparison.row_of(key) if comparison is not None else None
        if comparison is None or chosen is None or row is None or not chosen.mask[row]:
            return False
        index = bisect_left(self.rows, row)
        self._wanted = key
        if index < len(self.rows) and self.rows[index] == row:
            self.move_to(index, say=False)
        else:
            above = comparison.parent(row)
            while comparison.depth(above):
                self.folds.choose(comparison.key(above), True)
                above = comparison.parent(above)
            self.rebuild()
        self.moved(self)
        return True

    def step(self, *, forward: bool) -> bool:
        """Go to the next or previous difference; False where there is none."""
        if self.comparison is None or self.chosen is None:
            return False
        row = -1 if self.row is None else self.row
        found = next_difference(self.comparison, self.chosen, row, forward=forward)
        return found is not None and self.stand_at(self.comparison.key(found))

    # Folds

    def _fold(self, row: int, *, opened: bool) -> None:
        if self.comparison is not None:
            self.folds.choose(self.comparison.key(row), opened)
            self.rebuild()
            self.moved(self)

    def do_fold(self) -> None:
        """Fold or unfold the directory."""
        row = self.row
        folded = self.is_folded(row) if row is not None else None
        if row is not None and folded is not None:
            self._fold(row, opened=folded)

    def do_expand(self) -> None:
        """Unfold; on something unfolded go into it."""
        row = self.row
        folded = self.is_folded(row) if row is not None else None
        if folded and row is not None:
            self._fold(row, opened=True)
        elif folded is False:
            self.move_to(self.cursor + 1)

    def do_collapse(self) -> None:
        """Fold, or go to the parent."""
        row, comparison = self.row, self.comparison
        if row is None or comparison is None:
            return
        if self.is_folded(row) is False:
            self._fold(row, opened=False)
        elif comparison.depth(row) > 1:
            self.stand_at(comparison.key(comparison.parent(row)))

    def do_collapse_all(self) -> None:
        """Fold every directory."""
        self.folds.set_all(False)
        self.rebuild()
        self.remember()
        self.moved(self)

    def do_expand_all(self) -> None:
        """Unfold every directory."""
        self.folds.set_all(True)
        self.rebuild()
        self.moved(self)

    # What is shown

    def filter(self, query: str) -> None:
        """Show only what matches, with the cursor on a match."""
        if query == self.view.query:
            return
        self.view = replace(self.view, query=query)
        self._choose()
        comparison, chosen = self.comparison, self.chosen
        if query and comparison is not None and chosen is not None:
            row, first = comparison.row_of(self._wanted), chosen.matched.find(1)
            if first >= 0 and (row is None or not chosen.matched[row]):
                self._wanted = comparison.key(first)
        self.rebuild()
        self.moved(self)

    def _show_or_hide(self, changes: frozenset[Change]) -> None:
        self.look_like(replace(self.view, hidden=self.view.hidden ^ changes))

    def do_show_added(self) -> None:
        """Show or hide what only B holds."""
        self._show_or_hide(frozenset({Change.ONLY_B}))

    def do_show_modified(self) -> None:
        """Show or hide what differs on both sides."""
        self._show_or_hide(MODIFIED)

    def do_show_removed(self) -> None:
        """Show or hide what only A holds."""
        self._show_or_hide(frozenset({Change.ONLY_A}))

    def do_show_unchanged(self) -> None:
        """Show or hide what is identical."""
        self._show_or_hide(frozenset({Change.IDENTICAL}))
