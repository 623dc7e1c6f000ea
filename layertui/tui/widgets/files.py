"""The file pane: what a layer did, or what the layers up to it give together."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual.message import Message

from layertui.present.row import strip_text
from layertui.present.rows import FileRows
from layertui.present.view import ADDED, MODIFIED, REMOVED, UNCHANGED, Folds, Order, Sort, View
from layertui.stack.squash import Squash
from layertui.tui.actions import Place
from layertui.tui.widgets.choosing import Choosing
from layertui.tui.widgets.columns import Columns
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, spread

SORT_WORDS = {
    Sort.NAME: "by name",
    Sort.SIZE: "by size",
    Sort.COUNT: "by count",
    Sort.MTIME: "by time",
    Sort.LAYER: "by layer",
    Sort.RECLAIMABLE: "by reclaimable",
}
"""How the title says what the rows are sorted by."""

GROUPS = (ADDED, MODIFIED, REMOVED, UNCHANGED)
"""What can be hidden, in the order of the title."""


class FilePane(Choosing, LineList):
    """One layer's diff, or a merged tree."""

    place: ClassVar[Place] = Place.FILES

    class Viewed(Message):
        """Another view is wanted: other layer content, order, sorting or filter."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.folds = Folds()
        self.asked: Callable[[], None] = lambda: None
        """Told at once when Enter is pressed on a file: the next key is for what that opens."""
        self.unread: Callable[[], None] = lambda: None
        """Told when Enter is pressed while there are no rows: what they would be of may have to be fetched."""
        self.rows: FileRows | None = None
        self.squash: Squash | None = None
        self.message = ""
        """What stands there while there are no rows: how far the reading is, or what went wrong."""
        self.layer_count = 0
        self.wanted: bytes | None = None
        """The path that the cursor belongs on, though the layer in view may not hold it."""
        self.columns = Columns.fitting(0, 0)
        self._shown_layer = -1
        """The layer whose rows were shown last; the same again, read further, opens nothing."""

    def show(self, squash: Squash | None, layer: int, layer_count: int, message: str) -> None:
        """Show a layer; the cursor stays at its path, and in another layer the directories it lies in are opened."""
        self.layer_count, self.message = layer_count, message
        self.view = replace(self.view, layer=layer)
        self.squash = squash
        self.rebuild()
        if self.rows is None or layer == self._shown_layer:
            return
        self._shown_layer = layer
        wanted = self.wanted
        if wanted is not None and self.rows.hides(wanted):
            self.changed(self.rows.reveal(wanted))

    def look_like(self, view: View) -> None:
        """Show another view of the same layers."""
        self.view = view
        self.rebuild()
        self.post_message(self.Viewed())

    def rebuild(self) -> None:
        """Make the rows anew, with the cursor at its path."""
        squash = self.squash
        if squash is None:
            self.rows = None
            self.changed(0)
            return
        wanted = self.wanted
        self.rows = FileRows(squash, self.view, self.folds, self.rows)
        index = self._row_of(wanted) if wanted is not None else 0
        self.changed(min(self.cursor, len(self.rows) - 1) if index is None else index)

    def _row_of(self, path: bytes) -> int | None:
        """The visible row of a path, or of the nearest parent that is there."""
        rows = self.rows
        while rows is not None:
            found = rows.index_of(path)
            if found is not None:
                return found
            if b"/" not in path:
                return None
            path = path.rpartition(b"/")[0]
        return None

    def stand_at(self, path: bytes) -> bool:
        """Put the cursor on a path, opening what it lies in; False where the view does not list it."""
        self.wanted = path
        found = self.rows.reveal(path) if self.rows is not None else None
        if found is None:
            return False
        self.changed(found)
        self.moved(self)
        return True

    @property
    def position(self) -> int | None:
        """The position under the cursor."""
        return self.rows.position(self.cursor) if self.rows is not None and self.cursor < len(self.rows) else None

    @property
    def path(self) -> bytes | None:
        """The path under the cursor."""
        position = self.position
        return None if position is None or self.squash is None else self.squash.path(position)

    def remember(self) -> None:
        """The path under the cursor is where the person wants to be."""
        path = self.path
        if path is not None:
            self.wanted = path

    def positions_in_view(self) -> list[int]:
        """Positions of the rows that are seen."""
        rows = self.rows
        if rows is None:
            return []
        return [rows.position(index) for index in range(self.top, min(len(rows), self.top + self.window_height))]

    # Lines

    def line_count(self) -> int:
        """How many rows are visible."""
        return 0 if self.rows is None else len(self.rows)

    def title(self, width: int) -> Line:
        """What is shown, how it is sorted and how much of it."""
        view = self.view
        what = ("merged up to it" if width >= 64 else "merged") if view.merged else "layer diff"
        words = [" FILES", f"L{view.layer}", what] if self.layer_count else [" FILES"]
        if view.sort is not Sort.NAME or view.reverse:
            words.append(SORT_WORDS[view.sort] + (" reversed" if view.reverse else ""))
        if view.order is Order.FLAT:
            words.append("flat")
        if view.overlaps:
            words.append("overlaps")
        if view.hidden:
            words.append("without " + " ".join(group for group in GROUPS if group in view.hidden))
        count = ""
        if self.rows is not None:
            rows = self.rows
            count = f"{rows.matched:,} of {rows.total:,} " if rows.matched != rows.total else f"{rows.total:,} "
        return spread([("title", "  ".join(words))], [("title", count)], width)

    def head(self, width: int) -> Line:
        """The columns' names."""
        return [("head", self._columns(width).head())]

    def line(self, index: int, width: int) -> Line:
        """One row."""
        rows = self.rows
        if rows is None:
            return []
        columns, row = self._columns(width), rows.row(index)
        strip = strip_text(rows.selection, row.position) if columns.strip else ""
        changed = rows.selection.changed_beneath(row.position) if row.folded else 0
        return columns.line(row, self.view.order is Order.FLAT, strip, changed)

    def _columns(self, width: int) -> Columns:
        if self.columns_for != (width, self.layer_count):
            self.columns_for = (width, self.layer_count)
            self.columns = Columns.fitting(width, self.layer_count)
        return self.columns

    columns_for: tuple[int, int] = (-1, -1)
    """What `columns` were made for."""

    def empty(self, width: int) -> list[Line]:
        """Why there is nothing, and what to do."""
        if self.rows is None:
            return wrapped(self.message, width)
        view = self.view
        if view.query:
            return [[("dim", " Nothing matches. f: all layers  Esc: no filter")]]
        if view.hidden or view.overlaps:
            return [[("dim", " Everything is hidden: a m r u show groups, o shows all paths.")]]
        if view.merged:
            return [[("dim", " The layers up to this one hold no files.")]]
        return [[("dim", " This layer changes nothing.")], [("dim", " v shows all layers merged up to it.")]]

    # Actions

    def _with_rows(self, change: Callable[[FileRows], int | None]) -> None:
        """Change the folds; the cursor goes to the row that `change` returns, else it stays at its path."""
        rows = self.rows
        if rows is None or not len(rows):
            return
        path = self.path
        cursor = change(rows)
        if cursor is None:
            cursor = (rows.index_of(path) if path is not None else None) or 0
        self.changed(cursor)
        self.moved(self)

    def do_fold(self) -> None:
        """Fold or unfold the directory."""
        self._with_rows(lambda rows: rows.toggle(self.cursor))

    def do_expand(self) -> None:
        """Unfold; on something unfolded go into it."""
        if self.rows is None or self.cursor >= len(self.rows):
            return
        folded = self.rows.row(self.cursor).folded
        if folded:
            self._with_rows(lambda rows: rows.expand(self.cursor))
        elif folded is False:
            self.move_to(self.cursor + 1)

    def do_collapse(self) -> None:
        """Fold, or go to the parent."""
        self._with_rows(lambda rows: rows.collapse(self.cursor))

    def do_collapse_all(self) -> None:
        """Fold every directory."""
        self._with_rows(lambda rows: rows.collapse_all())

    def do_expand_all(self) -> None:
        """Unfold every directory."""
        self._with_rows(lambda rows: rows.expand_all())

    def do_open(self) -> None:
        """Open a directory, or ask for a file's content."""
        if self.rows is None:
            self.unread()
        elif self.cursor >= len(self.rows):
            return
        elif self.rows.row(self.cursor).folded is None:
            self.asked()
        else:
            self.do_fold()

    def step_changed(self, step: int) -> bool:
        """Go to the next or previous changed row; False where there is none."""
        found = self.rows.next_changed(self.cursor, step) if self.rows is not None else None
        if found is None:
            return False
        self.move_to(found)
        return True


def wrapped(text: str, width: int) -> list[Line]:
    """A sentence over several lines, with a margin."""
    lines: list[Line] = []
    words, line = text.split(), ""
    for word in words:
        if line and len(line) + 1 + len(word) > max(10, width - 2):
            lines.append([("dim", f" {line}")])
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, [("dim", f" {line}")]] if line else lines
