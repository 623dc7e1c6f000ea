"""A one-line bar to type into."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from layertui.present.safetext import safe
from layertui.tui.widgets.looks import Looks

BACKSPACES = ("backspace", "ctrl+h")
"""What terminals send for it."""


class Prompt(Looks, can_focus=True):
    """A label, the typed text with a cursor, and a remark at the right."""

    class Changed(Message):
        """The text is another now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    @dataclass(frozen=True, slots=True)
    class Done:
        """Enter (`kept`) or Esc was pressed; or `key` was pressed right after an Esc."""

        text: str
        kept: bool
        key: str = ""

    class Key(Message):
        """A key that moves in the list which the prompt filters."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    class Left(Message):
        """The focus went elsewhere."""

    MOVES = {"up": "cursor_up", "down": "cursor_down", "pageup": "page_up", "pagedown": "page_down"}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.label = ""
        self.text = ""
        self.remark = ""
        self.selected = False
        """Whether the next letter replaces the whole text."""
        self._at = 0

    def ask(self, label: str, text: str = "", *, selected: bool = False) -> None:
        """Begin to ask, with a text that is there already; `selected` says that typing replaces it."""
        self.label, self.text, self._at, self.remark = label, text, len(text), ""
        self.selected = selected and bool(text)
        self.refresh()

    def relabel(self, label: str) -> None:
        """Ask for something else with the same text."""
        self.label = label
        self.refresh()

    def say(self, remark: str) -> None:
        """Say something at the right, such as how many lines match."""
        if remark != self.remark:
            self.remark = remark
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Label, text, cursor and remark."""
        width = self.size.width
        plain, key, dim = self.look("plain"), self.look("key"), self.look("dim")
        remark = f"  {self.remark} " if self.remark else ""
        room = max(4, width - cell_len(self.label) - cell_len(remark) - 2)
        before = self.text[: self._at]
        while cell_len(before) >= room:
            before = before[1:]
        under = self.text[self._at : self._at + 1] or " "
        after = self.text[self._at + 1 :]
        cursor = plain + Style(reverse=True) if self.has_focus else plain
        typed = self.look("cursor-off") if self.selected else plain
        segments = [Segment(f" {self.label}", key), Segment(before, typed), Segment(under, cursor)]
        used = sum(segment.cell_length for segment in segments)
        rest = max(0, width - used - cell_len(remark))
        segments.append(Segment(after, plain))
        strip = Strip(segments).adjust_cell_length(used + rest, plain)
        return Strip.join([strip, Strip([Segment(remark, dim)])]).adjust_cell_length(width, plain)

    def take(self, event: events.Key) -> Done | None:
        """Edit the line; returns how it was left, if the key left it. Who hands keys over sees whether it changed."""
        key = event.key
        if key in self.MOVES:
            self.post_message(self.Key(self.MOVES[key]))
        elif key == "enter":
            return self.Done(self.text, True)
        elif key == "escape" or (key in BACKSPACES and not self.text):
            return self.Done(self.text, False)
        elif key.startswith("alt+"):
            return self.Done(self.text, False, key.removeprefix("alt+"))
        else:
            self._edit(event)
        return None

    def _edit(self, event: events.Key) -> None:
        text, at = self.text, self._at
        typing = bool(event.character and event.is_printable)
        if self.selected and (typing or event.key in (*BACKSPACES, "delete", "ctrl+w")):
            text, at = "", 0
        self.selected = False
        match event.key:
            case "left":
                at = max(0, at - 1)
            case "right":
                at = min(len(text), at + 1)
            case "home" | "ctrl+a":
                at = 0
            case "end" | "ctrl+e":
                at = len(text)
            case "backspace" | "ctrl+h":
                text, at = text[: max(0, at - 1)] + text[at:], max(0, at - 1)
            case "delete":
                text = text[:at] + text[at + 1 :]
            case "ctrl+u":
                text, at = text[at:], 0
            case "ctrl+w":
                start = text[:at].rstrip().rfind(" ") + 1
                text, at = text[:start] + text[at:], start
            case _:
                if typing and event.character:
                    typed = safe(event.character, exact=True)
                    text, at = text[:at] + typed + text[at:], at + len(typed)
        self._take(text, at)

    def _take(self, text: str, at: int) -> None:
        self.text, self._at = text, at
        self.refresh()

    def on_blur(self, event: events.Blur) -> None:
        """Say so: the mouse may have done it."""
        self.post_message(self.Left())

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what is pasted."""
        event.stop()
        event.prevent_default()
        lines = event.text.splitlines()
        if lines:
            if self.selected:
                self.selected, self.text, self._at = False, "", 0
            typed = safe(lines[0], exact=True)
            self._take(self.text[: self._at] + typed + self.text[self._at :], self._at + len(typed))
            self.post_message(self.Changed(self.text))
