"""What a content comparison shows, and what happens between its panes and its workers."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from textual import events

from layertui.present.contentdiff.laid import Shape
from layertui.present.contentdiff.pair import Outcome
from layertui.tui import hunks_page
from layertui.tui.base import Base
from layertui.tui.loading.hunks import Asked, HunkLoader
from layertui.tui.messages_hunks import (
    Blocks,
    BytesRead,
    ContentsCompared,
    ContentsFailed,
    ContentsProgress,
    RowsLaid,
    RowsMarked,
)
from layertui.tui.screens.above import AboveScreen
from layertui.tui.subject import Subject
from layertui.tui.version import Version
from layertui.tui.widgets.hunks import HunkPane
from layertui.tui.widgets.hunks_bytes import BytePane
from layertui.tui.widgets.hunks_marked import MarkedList
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line

SIDE_BY_SIDE_COLUMNS = 100
"""From this width on the sides stand beside each other."""

CONTEXT_LINES = 3
"""Equal lines around a hunk."""

PATIENCE_S = 0.3
"""Work that takes less shows nothing."""

MOST_FACTS = 8
"""Lines that the details take at most."""


class HunksShown(AboveScreen):
    """How one content differs from another; B is the one at hand, A what it is compared with."""

    DETAIL_LINES = 3

    def __init__(self, a: Version, b: Version, base: Base) -> None:
        """Compare two versions that have a content; nothing here changes the mark in `base`."""
        super().__init__()
        self.base = base
        self.asked = Asked(a, b)
        """What is to be compared."""
        self.shown = self.asked
        """What is on the screen; another comparison may be at work."""
        self.outcome: Outcome | None = None
        self.lines_pane = HunkPane(classes="pane")
        self.bytes_pane = BytePane(classes="pane")
        self.loader: HunkLoader | None = None
        self.session = 0
        """Which comparison is the newest; what comes of an older one is dropped."""
        self.shape = Shape(unified=False, context=CONTEXT_LINES)
        self.wrapping = False
        self.running: dict[str, str] = {}
        """What is being done in the background, and what the footer says of it; the newest last."""
        self.failed = False
        """Whether the comparison failed or was cancelled, and nothing is shown."""
        self.place: int | None = None
        """Where in the texts the cursor goes once they are compared anew; None for the first hunk."""
        self.hits: array[int] | None = None
        """The rows that hold what was searched for; None while nothing is."""

    def panes(self) -> Sequence[MarkedList]:
        """Lines and bytes."""
        return (self.lines_pane, self.bytes_pane)

    def begin(self) -> None:
        """Begin to compare."""
        self.loader = HunkLoader(self, low_bandwidth=getattr(self.app, "low_bandwidth", False))
        self.lines_pane.unmarked = self._want_marks
        self.bytes_pane.wanted = self._want_bytes
        self.compare(self.asked)

    def ended(self) -> None:
        """Stop what runs."""
        if self.loader is not None:
            self.loader.cancel()

    def subject(self) -> Subject:
        """Side B: the version at hand."""
        b = self.shown.b
        return Subject(b.image.reference, b.image, b.layer, squash=b.squash, position=b.position)

    # Comparing

    def compare(self, asked: Asked, *, stay: bool = False) -> None:
        """Compare; with `stay` the cursor stays where in the texts it is."""
        if self.loader is None:
            return
        laid = self.lines_pane.laid
        self.place = laid.place_of(self.lines_pane.row) if stay and laid is not None else None
        self.asked = asked
        self.session += 1
        self.running, self.failed = {"compare": "comparing"}, False
        self.shape = self._wanted_shape()
        self.loader.compare(self.session, asked, self.shape)
        self.tell_footer()

    def _wanted_shape(self) -> Shape:
        unified = self.app.size.width < SIDE_BY_SIDE_COLUMNS
        shape = replace(self.shape, unified=unified, wrap_cells=None)
        if not self.wrapping or self.outcome is None or self.outcome.text is None:
            return shape
        pane = self.lines_pane
        numbers = pane.number_cells(self.outcome.text.line_count)
        return replace(shape, wrap_cells=pane.text_cells(self.app.size.width - 1, unified=unified, numbers=numbers))

    def lay(self) -> None:
        """Lay the rows out anew, where that is due."""
        shape = self._wanted_shape()
        if shape != self.shape and self.outcome is not None and self.loader is not None:
            self.begin_to_lay(self.loader, self.outcome, shape)

    def begin_to_lay(self, loader: HunkLoader, outcome: Outcome, shape: Shape) -> None:
        """Lay the rows out in a shape; that is said where it takes a while."""
        self.shape = shape
        if outcome.text is not None:
            self.running["lay"] = "laying out"
            self.call_in(PATIENCE_S, self.tell_footer)
            loader.lay(self.session, outcome, shape)

    def on_resize(self, event: events.Resize) -> None:
        """Side by side or unified, as there is room."""
        self.lay()

    def _want_marks(self, first: int, stop: int) -> None:
        if self.loader is not None and self.lines_pane.laid is not None:
            self.loader.mark(self.session, self.lines_pane.laid, first, stop)

    def _want_bytes(self, offset: int) -> None:
        if self.loader is not None and self.outcome is not None:
            self.loader.read(self.session, self.outcome, offset)

    # What comes of it

    def on_contents_progress(self, message: ContentsProgress) -> None:
        """It takes a while."""
        if message.session == self.session and message.work in self.running:
            self.running[message.work] = message.text
            self.tell_footer()

    def on_contents_failed(self, message: ContentsFailed) -> None:
        """A side cannot be read."""
        if message.session == self.session:
            errors = [(side, error.message, error.hint) for side, error in message.errors]
            self.show_nothing(hunks_page.failure_lines(errors))

    def show_nothing(self, sentences: Sequence[str]) -> None:
        """Say why there is nothing."""
        self.running, self.failed, self.outcome, self.shown = {}, True, None, self.asked
        self.lines_pane.explain(sentences)
        self.lines_pane.show(None)
        self._bring(self.lines_pane)

    def on_contents_compared(self, message: ContentsCompared) -> None:
        """Show it."""
        if message.session != self.session:
            return
        again = self.outcome is not None and self.outcome.a is message.outcome.a and self.outcome.text is None
        outcome = self.outcome = message.outcome
        self.shown = self.asked
        if message.last:
            self.running.pop("compare", None)
        self.forget_search()
        what = "bytes" if outcome.text is None else "lines"
        for pane in self.panes():
            pane.explain([*self._sentences(), f"u shows the {what}."])
        if message.laid is None:
            self.show_bytes(message.blocks, stay=again and self.bytes_pane.sizes is not None)
            return
        place, self.place = self.place, None
        self.lines_pane.show(message.laid, None if place is None else message.laid.row_at(place))
        self._bring(self.lines_pane)
        self.lay()  # what lines are wrapped at is known once their numbers are

    def show_bytes(self, blocks: Blocks | None = None, *, stay: bool = False) -> None:
        """Show the bytes, those of equal contents only where that is asked; with `stay` the cursor stays."""
        outcome = self.outcome
        if outcome is None:
            return
        if outcome.is_equal and self.shape.context is not None:
            self.bytes_pane.show(None)
        elif not stay:
            first = outcome.binary.first if outcome.binary is not None else None
            self.bytes_pane.show((outcome.a.blob, outcome.b.blob), first or 0, blocks)
        self._bring(self.bytes_pane)

    def _bring(self, pane: MarkedList) -> None:
        """Bring a pane to the front; behind the help, where that is open."""
        if self._help_from is not None:
            self._help_from = pane
            self.tell()
        else:
            self.go(pane)

    def on_rows_laid(self, message: RowsLaid) -> None:
        """The same rows in another shape; the cursor stays where it is."""
        before = self.lines_pane.laid
        if message.session != self.session or before is None or message.laid.shape != self.shape:
            return
        self.running.pop("lay", None)
        self.forget_search()
        place = before.place_of(self.lines_pane.row)
        self.lines_pane.show(message.laid, message.laid.row_at(place) if before.line_count else None)
        self.tell()

    def on_rows_marked(self, message: RowsMarked) -> None:
        """It was told what changed within the lines in view."""
        if message.session == self.session:
            self.lines_pane.draw_marks()

    def on_bytes_read(self, message: BytesRead) -> None:
        """Bytes for the screen."""
        if message.session == self.session:
            self.bytes_pane.take(message.blocks)

    def forget_search(self) -> None:
        """Nothing is searched for any more."""
        self.hits, self.lines_pane.pattern = None, None

    # What is said

    def tell(self) -> None:
        """Say everything anew; only what changed is drawn."""
        self.tell_header()
        lines = self._facts(self.app.size.width - 1)
        height = min(max(len(lines), self.DETAIL_LINES), MOST_FACTS)
        if self.details.styles.height is None or self.details.styles.height.value != height:
            self.details.styles.height = height
        self.details.show("", self._facts)
        self.tell_footer()

    def tell_header(self) -> None:
        """Both sides, and where the cursor is."""
        self.header.show(hunks_page.header(self.shown.a, self.shown.b, self._where(), self.app.size.width))

    def _facts(self, width: int) -> list[Line]:
        if self.outcome is None:
            return []
        return hunks_page.fact_lines(self.shown.a, self.shown.b, self.outcome, self._sentences(), width)

    def _sentences(self) -> list[str]:
        if self.outcome is None:
            return []
        fields = hunks_page.metadata(self.shown.a, self.shown.b)
        metadata = hunks_page.metadata_sentence(fields, is_same=self.outcome.is_same)
        return [*self.outcome.sentences, *([metadata] if metadata else [])]

    def _where(self) -> str:
        """Which hunk, hit or byte the cursor is at."""
        laid, row = self.lines_pane.laid, self.lines_pane.row
        if self.outcome is None:
            return ""
        if self.outcome.text is None:
            return hunks_page.byte_text(self.bytes_pane.first_byte) if self.bytes_pane.sizes is not None else "equal"
        if self.hits:
            return f"hit {bisect_right(self.hits, row)}/{len(self.hits)}"
        if laid is None or not laid.rows.hunks:
            return "equal"
        return f"hunk {laid.hunk_at(row)}/{len(laid.rows.hunks)}"

    def moved(self, pane: LineList) -> None:
        """Another line is under the cursor."""
        self.tell_header()

    def progress_text(self) -> str:
        """What is being done."""
        return f"{list(self.running.values())[-1]}  Ctrl+C cancels" if self.running else ""

    def useless(self) -> set[str]:
        """One pane is shown at a time; what failed can be tried again."""
        useless = {"next_pane", "info"} if self.failed else {"next_pane", "info", "refresh"}
        if self.outcome is None or self.outcome.text is None:
            useless |= {"filter", "long_lines", "ignore_space", "show_unchanged"}
        return useless if self.outcome is not None else useless | {"next_hit", "hexadecimal"}
