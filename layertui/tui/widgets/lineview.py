"""LineView: a title, lines, and a rail at their right, drawn line by line and only where something changed."""

from typing import ClassVar

from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip

from layertui.present.glyphs import THUMB
from layertui.tui.widgets.looks import Line, Looks, merged

KEPT_STRIPS = 2000
"""Strips that are kept of one pane; some screens full."""


class LineView(Looks, can_focus=True):
    """Lines that are drawn one by one, only where they change.

    A plain widget with its own top line: Textual's ScrollView lays the screen out anew when the number of lines
    changes, and sends a whole pane for one line scrolled.
    """

    RAIL: ClassVar[bool] = True
    """Whether the last column shows where in the list the window is."""

    CURSOR: ClassVar[bool] = True
    """Whether a line is marked; without, the keys scroll."""

    rail_track = " "
    """What the rail is where the thumb is not; a border where a pane follows at the right."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self.top = 0
        self._strips: dict[tuple[int, int], Strip] = {}
        self._fitted_to = Size(0, 0)

    # What a pane says of itself

    def line_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line(self, index: int, width: int) -> Line:
        """A line's runs, for `width` cells."""
        raise NotImplementedError

    def title(self, width: int) -> Line | None:
        """The title line, or None for a pane without one."""
        return None

    def head(self, width: int) -> Line | None:
        """Column heads below the title, or None."""
        return None

    def empty(self, width: int) -> list[Line]:
        """What stands where there are no lines: what happened and what to do next."""
        return []

    # Drawing

    @property
    def active(self) -> bool:
        """Whether the pane has the focus; known before the focus event comes."""
        return self.is_attached and self.screen.focused is self

    @property
    def inner_width(self) -> int:
        """Cells of a line, without the rail."""
        return max(0, self.size.width - (1 if self.RAIL else 0))

    @property
    def head_height(self) -> int:
        """Lines above the first."""
        width = self.inner_width
        return (self.title(width) is not None) + (self.head(width) is not None)

    @property
    def window_height(self) -> int:
        """Lines that are seen at once."""
        return max(1, self.size.height - self.head_height)

    def render_line(self, y: int) -> Strip:
        """One line of the screen, from the strips that are kept."""
        width = self.inner_width
        heads = [(look, line) for look, line in (("title", self.title(width)), ("head", self.head(width))) if line]
        if y < len(heads):
            look, line = heads[y]
            if look == "title":
                body = self.flat_strip(line, width, "title-on" if self.active else "title")
            else:
                body = self.flat_strip(line, width, look)
            return self._beside(body, self._track()) if self.RAIL else body
        index = self.top + y - len(heads)
        count = self.line_count()
        if index < count:
            state = (1 + self.active) if self.CURSOR and index == self.cursor else 0
            body = self._body(index, state, width)
        else:
            said = self.empty(width) if count == 0 else []
            body = self.strip(said[index] if index < len(said) else [], width)
        if not self.RAIL:
            return body
        return self._beside(body, self._rail_at(y - len(heads), count))

    @staticmethod
    def _beside(body: Strip, rail: Strip) -> Strip:
        runs = [(segment.text, segment.style or Style()) for segment in (*body, *rail)]
        return Strip(merged(runs), body.cell_length + rail.cell_length)

    def _body(self, index: int, state: int, width: int) -> Strip:
        strip = self._strips.get((index, state))
        if strip is None:
            if len(self._strips) > KEPT_STRIPS:
                self._strips.clear()
            line = self.line(index, width)
            if state:
                strip = self.flat_strip(line, width, "cursor" if state == 2 else "cursor-off")
            else:
                strip = self.strip(line, width)
            self._strips[index, state] = strip
        return strip

    def _rail_at(self, row: int, count: int) -> Strip:
        return self.strip([("thumb", THUMB)], 1) if row in self._thumb(count) else self._track()

    def _thumb(self, count: int) -> range:
        """The rows of the rail that say where the window is; none where it holds all lines."""
        height = self.window_height
        if count <= height:
            return range(0)
        size = max(1, height * height // count)
        start = (height - size) * self.top // max(1, count - height)
        return range(start, start + size)

    def _track(self) -> Strip:
        return self.strip([("rail" if self.rail_track.strip() else "plain", self.rail_track)], 1)

    def notify_style_update(self) -> None:
        """Draw anew what a new theme made wrong."""
        self._strips.clear()
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Fit the window to the size before anything is drawn in it.

        The resize event comes after the first paint; to act on it would paint everything twice.
        """
        if self.size != self._fitted_to:
            self._fitted_to = self.size
            self._strips.clear()
            self._clamp()
        return super().render_lines(crop)

    def changed(self, cursor: int | None = None) -> None:
        """Draw all lines anew, with the cursor at a line."""
        self._strips.clear()
        if cursor is not None:
            self.cursor = cursor
        self._clamp()
        self.refresh()

    def refresh_line(self, index: int, width: int | None = None) -> None:
        """Draw one line anew, if it is seen: the first `width` cells of it, or all."""
        for state in range(3):
            self._strips.pop((index, state), None)
        row = index - self.top
        if 0 <= row < self.window_height:
            self.refresh(Region(0, row + self.head_height, self.size.width if width is None else width, 1))

    def _refresh_rows(self, *rows: int) -> None:
        self.refresh(*(Region(0, row, self.size.width, 1) for row in rows))

    def _clamp(self) -> None:
        """Keep the cursor within the lines and within the window."""
        count, height = self.line_count(), self.window_height
        self.cursor = max(0, min(self.cursor, count - 1))
        if not self.size.height:
            self._fitted_to = self.size  # it is not shown, and fitted when it is
            return
        if not self.CURSOR:
            self.top = max(0, min(self.top, count - height))
            return
        if not self.top <= self.cursor < self.top + height:
            self.top = self.cursor - height // 2
        self.top = max(0, min(self.top, count - height))
