"""Pages: text that is read and scrolled: help, config and history, a file's page, the details."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import ClassVar

from layertui.present.glyphs import HALF
from layertui.tui.actions import Place
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, cells
from layertui.tui.wrapping import cut, wrap

HANG = 4
"""Cells that the rest of a wrapped line is indented by, where it has no columns."""


class PageView(LineList):
    """A page of text; long lines are wrapped or cut."""

    place: ClassVar[Place] = Place.PAGE
    CURSOR: ClassVar[bool] = False

    def __init__(self, *, id: str | None = None, classes: str | None = None, wrapping: bool = True) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.wrapping = wrapping
        """Whether long lines are wrapped."""
        self.source: Callable[[int], Sequence[Line]] = lambda width: ()
        """Makes the page for a width; called again when what it tells changes."""
        self.heading = ""
        self._lines: list[Line] = []
        self._subject: object = None
        self._made_for = -1
        self._hangs = HANG

    def show(
        self, heading: str, source: Callable[[int], Sequence[Line]], hang: int = HANG, subject: object = None
    ) -> None:
        """Show another page, from its beginning if it has another heading or is about another `subject`."""
        if heading != self.heading or (subject != self._subject and self.top):
            self.top = 0
            self.refresh()
        self._subject = subject
        self.heading, self.source, self._hangs = heading, source, hang
        self.remake()

    def remake(self) -> None:
        """Make the lines anew, and draw those that are others now, as far as they reach."""
        before, top, height = self._lines, self.top, self.window_height
        self._made_for = self.inner_width
        self._lines = self._made(self._made_for)
        self._clamp()
        if top != self.top or (len(before) != len(self._lines) and max(len(before), len(self._lines)) > height):
            self.changed()
            return
        for index, (old, new) in enumerate(zip_longest(before, self._lines, fillvalue=())):
            if old != new:
                self.refresh_line(index, max(cells(old), cells(new)))

    def _made(self, width: int) -> list[Line]:
        lines = self.source(width)
        if width <= 0:
            return list(lines)
        if not self.wrapping:
            return [cut(line, width) for line in lines]
        return [part for line in lines for part in wrap(line, width, self._hangs)]

    def line_count(self) -> int:
        """How many lines the page has at this width."""
        if self._made_for != self.inner_width:
            self._made_for = self.inner_width
            self._lines = self._made(self._made_for)
            self._strips.clear()
        return len(self._lines)

    def line(self, index: int, width: int) -> Line:
        """One line."""
        return self._lines[index] if index < self.line_count() else []

    def title(self, width: int) -> Line | None:
        """The heading."""
        return [("title", f" {self.heading}")] if self.heading else None

    def do_long_lines(self) -> None:
        """Wrap long lines, or cut them."""
        self.wrapping = not self.wrapping
        self.remake()
        self.changed()


class DetailPane(PageView):
    """The details below the lists: what is under the cursor."""

    place: ClassVar[Place] = Place.DETAILS

    def line(self, index: int, width: int) -> Line:
        """A line; while the pane has the focus, with a mark at its left."""
        line = super().line(index, width)
        if not self.active or not line:
            return line
        (look, text), *rest = line
        return [("title-on", HALF), (look, text.removeprefix(" ")), *rest]

    def _focus_drawn(self) -> None:
        self.changed()
