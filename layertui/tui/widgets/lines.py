"""LineList: what every pane is: lines with a cursor that keys and mouse move."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.message import Message

from layertui.tui.actions import Place
from layertui.tui.widgets.lineview import LineView

WHEEL_LINES = 3
"""Lines that one notch of the mouse wheel moves."""


class LineList(LineView):
    """Lines and a cursor, or lines that only scroll."""

    place: ClassVar[Place] = Place.PAGE
    """What actions see as having the focus."""

    class Opened(Message):
        """The line under the cursor was clicked again."""

        def __init__(self, pane: "LineList") -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.moved: Callable[[LineList], None] = lambda pane: None
        """Told at once when another thing is under the cursor. A message would arrive a frame later, and what belongs
        to the cursor would be painted apart from it."""
        self._drawn_active = False

    # Moving

    def move_to(self, index: int, *, say: bool = True) -> None:
        """Put the cursor on a line; the window follows by half a page when the cursor leaves it."""
        count, height = self.line_count(), self.window_height
        if not self.CURSOR:
            self._window_to(index)
            return
        index = max(0, min(index, count - 1))
        before = self.cursor
        if index == before and self.top <= index < self.top + height:
            return
        self.cursor = index
        if self.top <= index < self.top + height:
            head = self.head_height
            self._refresh_rows(before - self.top + head, index - self.top + head)
        else:
            if abs(index - before) > height:
                self.top = index - height // 2
            else:
                self.top += height // 2 if index > before else -(height // 2)
            self._clamp()
            self.refresh()
        if say:
            self.moved(self)

    def _window_to(self, top: int) -> None:
        top = max(0, min(top, self.line_count() - self.window_height))
        if top != self.top:
            self.top = top
            self.refresh()

    def _by(self, lines: int) -> None:
        self.move_to((self.cursor if self.CURSOR else self.top) + lines)

    def do_cursor_up(self) -> None:
        """Up a line."""
        self._by(-1)

    def do_cursor_down(self) -> None:
        """Down a line."""
        self._by(1)

    def do_page_up(self) -> None:
        """Up a page."""
        self._page(-1)

    def do_page_down(self) -> None:
        """Down a page."""
        self._page(1)

    def _page(self, way: int) -> None:
        height = self.window_height
        if not self.CURSOR:
            self._window_to(self.top + way * height)
            return
        count = self.line_count()
        target = max(0, min(self.cursor + way * height, count - 1))
        if target == self.cursor:
            return
        self.cursor = target
        self.top = max(0, min(self.top + way * height, count - height))
        self._clamp()
        self.refresh()
        self.moved(self)

    def do_top(self) -> None:
        """To the first line."""
        self.move_to(0)

    def do_bottom(self) -> None:
        """To the last line."""
        self.move_to(self.line_count() - 1)

    # Focus and mouse

    def draw_focus(self) -> None:
        """Draw only what the focus changes, once: Textual would draw the whole pane, a frame later."""
        if self.active != self._drawn_active:
            self._drawn_active = self.active
            self._focus_drawn()

    def _focus_drawn(self) -> None:
        self._refresh_rows(0, self.cursor - self.top + self.head_height)

    def on_focus(self, event: events.Focus) -> None:
        """The focus came, perhaps by the mouse."""
        event.prevent_default()
        self.has_focus = True
        self.draw_focus()

    def on_blur(self, event: events.Blur) -> None:
        """The focus went."""
        event.prevent_default()
        self.has_focus = False
        self.draw_focus()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel."""
        event.stop()
        self._wheel(WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel."""
        event.stop()
        self._wheel(-WHEEL_LINES)

    def _wheel(self, lines: int) -> None:
        height = self.window_height
        top = max(0, min(self.top + lines, self.line_count() - height))
        if top == self.top:
            return
        self.top = top
        inside = max(top, min(self.cursor, top + height - 1))
        if self.CURSOR and inside != self.cursor:
            self.cursor = inside
            self.moved(self)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a click on the cursor opens."""
        index = self.top + event.y - self.head_height
        if not self.CURSOR or event.y < self.head_height or index >= self.line_count():
            return
        if index == self.cursor and event.chain > 1:
            self.post_message(self.Opened(self))
        else:
            self.move_to(index)
