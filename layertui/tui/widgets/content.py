"""ContentPane: a file's content: text with numbers and colours, bytes, or an archive's members; and hits in it."""

from typing import ClassVar

from textual.strip import Strip

from layertui.present.glyphs import HALF
from layertui.present.safetext import cell_width, crop_end
from layertui.present.viewing.body import Body, Shape, Span
from layertui.present.viewing.body import Place as At
from layertui.present.viewing.hits import ContentSearch
from layertui.present.viewing.layout import numbered
from layertui.present.viewing.memberbody import MemberBody
from layertui.tui.actions import Place
from layertui.tui.loading.pages import View
from layertui.tui.widgets.contentline import painted, seen
from layertui.tui.widgets.contentrows import START, ContentRows, index_of
from layertui.tui.widgets.files import wrapped
from layertui.tui.widgets.looks import Line, spread

CURSOR_MARK = HALF
"""Before the row under the cursor, where there are no numbers."""


class ContentPane(ContentRows):
    """Shows a content, its title what it is and where in it the cursor is."""

    place: ClassVar[Place] = Place.CONTENT

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.facts: list[str] = []
        """What it is, for title and head; safe."""
        self.wraps = False
        self.numbers = True
        self.left = 0
        """By how many cells rows that are cut are moved aside."""
        self.search: ContentSearch | None = None
        self.hit: int | None = None
        """The position of the hit that was gone to."""
        self._hit_at: tuple[At, int] | None = None
        """The row of that hit, and its character there."""
        self._marks: list[list[Span]] = []

    @property
    def gutter_cells(self) -> int:
        """Cells before the text: for numbers, or for the mark of the cursor."""
        return self.body.gutter if self.body is not None and self.body.gutter and self.numbers else 1

    @property
    def room(self) -> int:
        """Cells for the text."""
        return max(1, self.inner_width - self.gutter_cells)

    @property
    def shape(self) -> Shape:
        """What rows are made for."""
        return Shape(self.room, self.wraps)

    @property
    def lacks_numbers(self) -> bool:
        """Whether numbers are wanted that are not known."""
        return (
            self.gutter_cells > 1
            and bool(self.rows)
            and all(row.number is None for row in self.rows if not row.place[1])
        )

    @property
    def byte(self) -> int:
        """Where in the bytes the cursor is, or the hit in its row; 0 in a list."""
        if isinstance(self.body, MemberBody):
            return 0
        return self.position if self.hit_in_row is None else self.hit_in_row

    @property
    def hit_in_row(self) -> int | None:
        """The position of the hit that was gone to, while the cursor is on its row."""
        row = self.row
        return self.hit if row is not None and self._hit_at is not None and self._hit_at[0] == row.place else None

    def show(self, body: Body, first: int | At = START) -> None:
        """Show another body, with the cursor at a position or a place; no hit is gone to."""
        self.hit = self._hit_at = None
        self.left = 0
        super().show(body, first)

    # Hits

    def look_for(self, search: ContentSearch | None) -> None:
        """Mark the hits of another search."""
        self.search, self.hit, self._hit_at = search, None, None
        self.rows_changed()
        self.changed()

    def go_to_hit(self, position: int) -> None:
        """Put the cursor on a hit, and show it where rows are cut."""
        self.hit = position
        self.go_to(position)

    def arrived(self, view: View) -> None:
        """The row of a position was found; it is a hit's, or where someone wanted to be."""
        if self.hit is not None and view.place is not None:
            self._hit_at = (view.place, view.character)
            row = view.rows[index_of(view.rows, view.place)] if view.rows else None
            if row is not None and not self.wraps:
                before = cell_width(row.text[: view.character])
                if cell_width(row.text) <= self.room:
                    self.left = 0
                elif not self.left <= before < self.left + self.room * 3 // 4:
                    self.left = max(0, before - self.room // 2)
            self._strips.clear()
            self.refresh()
        super().arrived(view)

    def rows_changed(self) -> None:
        """Find the hits in the rows in view."""
        self._marks = self.body.marks(self.rows, self.search) if self.body is not None and self.search else []

    # Drawing

    def title(self, width: int) -> Line:
        """What it is, and where in it the cursor is."""
        row = self.row
        told = self.body.told(row) if self.body is not None and row is not None else ""
        if self.left:
            told = f"from column {self.left + 1}  {told}"
        return spread([("title", f" {self.facts[0] if self.facts else ''}")], [("title", f"{told} ")], width)

    def head(self, width: int) -> Line | None:
        """What else it is."""
        return [("head", crop_end(f" {'  '.join(self.facts[1:])}", width))] if len(self.facts) > 1 else None

    def line(self, index: int, width: int) -> Line:
        """One row, without its gutter."""
        row = self.rows[index]
        marks = self._marks[index] if index < len(self._marks) else ()
        hit = self._hit_at[1] if self._hit_at is not None and self._hit_at[0] == row.place else None
        return painted(row, 0 if self.wraps else self.left, self.room, marks, hit)

    def _body(self, index: int, state: int, width: int) -> Strip:
        """A row; the cursor is marked before it, so that colours and hits are seen there too."""
        strip = self._strips.get((index, state))
        if strip is None:
            row = self.rows[index]
            look = ("dim", "cursor-off", "cursor")[state]
            if self.gutter_cells > 1:
                gutter = [(look, numbered(row.number, self.gutter_cells)[:-1]), ("plain", " ")]
            else:
                gutter = [("title-on", CURSOR_MARK)] if state else [("plain", " ")]
            strip = self._strips[index, state] = self.strip([*gutter, *self.line(index, width)], width)
        return strip

    def empty(self, width: int) -> list[Line]:
        """Why there is nothing."""
        return wrapped(self.message, width)

    # Actions

    def do_expand(self) -> None:
        """Move lines that are cut aside, to see what follows."""
        if not self.wraps and any(seen(row, self.left, self.room)[2] for row in self.rows):
            self._move_aside(self.left + self.room // 2)

    def do_collapse(self) -> None:
        """Move them back."""
        if self.left and not self.wraps:
            self._move_aside(max(0, self.left - self.room // 2))

    def _move_aside(self, left: int) -> None:
        self.left = left
        self.changed()

    def do_long_lines(self) -> None:
        """Wrap long lines, or cut them."""
        hit = self.hit_in_row
        self.wraps = not self.wraps
        self.left = 0
        self.reshape()
        if hit is not None:
            self.go_to_hit(hit)

    def do_line_numbers(self) -> None:
        """Show or hide line numbers."""
        self.numbers = not self.numbers
        self.reshape()
