"""ContentRows: a list that holds only the rows in view, and reads others off the screen's thread."""

from bisect import bisect_right
from collections.abc import Callable

from textual import events

from layertui.present.safetext import safe
from layertui.present.viewing.body import Body, Row, Shape, window
from layertui.present.viewing.body import Place as At
from layertui.tui.loading.pages import Page, PageRead, PageReader, View
from layertui.tui.widgets.lines import WHEEL_LINES, LineList

START: At = (0, 0)


class ContentRows(LineList):
    """Goes through a body; as it holds the rows in view alone, `top` stays 0."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.body: Body | None = None
        self.rows: list[Row] = []
        self.message = ""
        """What stands there while there are no rows; safe."""
        self._reader = PageReader(self.post_message)
        self._awaited: Page | None = None
        """What is being read; anything else that arrives is stale."""
        self._first: int | At = START
        """Where to begin once the size is known: a position, or a place."""
        self._top: At = START
        """Of the rows that were shown last."""
        self._made_for: object = None

    @property
    def shape(self) -> Shape:
        """What rows are made for."""
        return Shape(max(1, self.inner_width))

    @property
    def waits(self) -> bool:
        """Whether rows are awaited that take longer."""
        return self._awaited is not None

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def position(self) -> int:
        """Where the row under the cursor begins: an offset, or a number in a list."""
        row = self.row
        return self._top[0] if row is None else row.place[0]

    def show(self, body: Body, first: int | At = START) -> None:
        """Show another body, with the cursor at a position or a place."""
        self.body, self.rows, self.message = body, [], ""
        self._first, self._top, self._made_for = first, START, None
        self.reshape()

    def say_instead(self, message: str) -> None:
        """Show a sentence in place of a content."""
        self.body, self.rows, self.message, self._awaited = None, [], message, None
        self.changed(0)

    def end(self) -> None:
        """Read nothing more."""
        self._reader.end()

    # Reading rows

    def ask(self, work: Callable[[Body, Shape, int], View], then: Callable[[View], None]) -> None:
        """Read rows for the present shape and height; `then` takes them, at once where they come within patience."""
        body, shape, height = self.body, self.shape, self.window_height
        if body is None:
            return
        self._awaited = page = Page(lambda: work(body, shape, height), then)
        if self._reader.ask(page):
            self._take(page)

    def on_page_read(self, message: PageRead) -> None:
        """Rows that took longer were read."""
        message.stop()
        self._take(message.page)

    def _take(self, page: Page) -> None:
        if page is not self._awaited:
            return
        self._awaited = None
        if page.error is not None:
            self.rows = []
            self.message = safe(f"{page.error.message} {page.error.hint}")
            self.changed(0)
        else:
            page.then(page.view)
        self.moved(self)

    def put(self, rows: list[Row], cursor: int) -> None:
        """Show rows; nothing is drawn where they are the same."""
        is_new, self.rows = rows != self.rows, rows
        if rows:
            self._top = rows[0].place
        if is_new:
            self.rows_changed()
            self.changed(max(0, min(cursor, len(rows) - 1)))
        else:
            self.move_to(cursor, say=False)
        if self.body is not None and not self.body.is_ready:
            self.again()

    def rows_changed(self) -> None:
        """Other rows are in view."""

    def show_at(self, place: At, above: int = 0) -> None:
        """Put the cursor on a place, with so many rows above it."""

        def work(body: Body, shape: Shape, height: int) -> View:
            return View(window(body, place, -above, height, shape))

        self.ask(work, lambda view: self.put(view.rows, index_of(view.rows, place)))

    def reshape(self) -> None:
        """Make the rows anew if they were made for another size or shape; nothing before the size is known."""
        made_for = (self.shape, self.window_height)
        if self.size.width and made_for != self._made_for:
            self._made_for = made_for
            self.again()

    def again(self) -> None:
        """Make the rows anew, with what is known or chosen by now; the cursor stays where it is."""
        row = self.row
        if row is not None:
            self.show_at(row.place, self.cursor)
        elif isinstance(self._first, int):
            self.go_to(self._first)
        else:
            self.show_at(self._first)

    def go_to(self, position: int) -> None:
        """Put the cursor where a position is shown; the window stays where it can."""
        rows = self.rows

        def work(body: Body, shape: Shape, height: int) -> View:
            place, character = body.locate(position, shape)
            if not any(row.place == place for row in rows):
                return View(window(body, place, -(height // 3), height, shape), place, character)
            return View(rows, place, character)

        self.ask(work, self.arrived)

    def arrived(self, view: View) -> None:
        """The row of a position was found."""
        self.put(view.rows, index_of(view.rows, view.place or START))

    # Moving

    def _by(self, lines: int) -> None:
        if 0 <= self.cursor + lines < len(self.rows):
            self.move_to(self.cursor + lines)
        else:
            half = max(1, self.window_height // 2)
            self._scroll(half if lines > 0 else -half, lines)

    def _page_by(self, way: int) -> None:
        self._scroll(way * self.window_height, 0)

    def do_page_up(self) -> None:
        """Up a page."""
        self._page_by(-1)

    def do_page_down(self) -> None:
        """Down a page."""
        self._page_by(1)

    def do_top(self) -> None:
        """To the first row."""
        self.show_at(START)

    def do_bottom(self) -> None:
        """To the last row: from the end on backwards, whatever lies before."""

        def work(body: Body, shape: Shape, height: int) -> View:
            return View(window(body, body.end(), -height, height, shape))

        self.ask(work, lambda view: self.put(view.rows, len(view.rows) - 1))

    def _scroll(self, shift: int, step: int) -> None:
        """Move the window by rows. The cursor goes `step` rows on from its row; with 0 it stays in its place."""
        top, cursor, row = self._top, self.cursor, self.row

        def work(body: Body, shape: Shape, height: int) -> View:
            return View(window(body, top, shift, height, shape))

        def then(view: View) -> None:
            rows = view.rows
            if row is not None and step:
                self.put(rows, index_of(rows, row.place) + step)
            elif rows == self.rows:  # it is as far as it goes
                self.put(rows, len(rows) - 1 if shift > 0 else 0)
            else:
                self.put(rows, cursor)

        self.ask(work, then)

    def _wheel(self, lines: int) -> None:
        self._scroll(WHEEL_LINES if lines > 0 else -WHEEL_LINES, 0)

    def move_to(self, index: int, *, say: bool = True) -> None:
        """Put the cursor on a row in view; the title says where that is."""
        before = self.cursor
        super().move_to(index, say=say)
        if self.cursor != before:
            self._refresh_rows(0)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is."""
        index = event.y - self.head_height
        if 0 <= index < len(self.rows):
            self.move_to(index)

    # Drawing

    def line_count(self) -> int:
        """How many rows are held."""
        return len(self.rows)

    def on_resize(self, event: events.Resize) -> None:
        """Read the rows for another size."""
        self.reshape()

    def _thumb(self, count: int) -> range:
        """See LineView: by how much of the content lies before the rows in view."""
        height, body = self.window_height, self.body
        if body is None or count < height:
            return range(0)
        first, last = body.share(self.rows[0].place), body.share(self.rows[-1].place)
        size = max(1, min(height - 1, round((last - first) * height)))
        start = round(first / max(first + 1 - last, 1e-9) * (height - size))
        return range(start, start + size)


def index_of(rows: list[Row], place: At) -> int:
    """The row that a place is in."""
    return max(0, bisect_right([row.place for row in rows], place) - 1)
