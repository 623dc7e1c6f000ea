"""MarkedList: lines in which parts are marked by more than colour, under the cursor too."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from layertui.present.safetext import CROP_MARK, first_cells
from layertui.tui.actions import Place
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, Run, cells
from layertui.tui.wrapping import wrap

PART = "+"
"""Behind the name of a look: this part differs."""

LEAD_LINES = 6
"""Lines above the cursor where something else is shown."""

HIT = "*"
"""Behind the name of a look: this part was searched for."""

_MARKS = {PART: Style(bold=True, underline=True), HIT: Style(bold=True, reverse=True)}


class MarkedList(LineList):
    """What both panes of a content comparison are."""

    place: ClassVar[Place] = Place.HUNKS

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.said: Sequence[str] = ()
        """What stands where there are no lines, a sentence each; safe."""

    def explain(self, sentences: Sequence[str]) -> None:
        """Say why there are no lines, where there are none."""
        if sentences != self.said:
            self.said = sentences
            self.refresh()

    def empty(self, width: int) -> list[Line]:
        """The sentences, below each other."""
        lines: list[Line] = [[]]
        for sentence in self.said:
            lines += wrap([("plain", f"  {sentence}")], width - 1, 2)
        return lines

    def begin_at(self, line: int, *, stay: bool = False) -> None:
        """Show other lines, the cursor at one of them; with `stay` it keeps its place on the screen."""
        lead = self.cursor - self.top if stay else LEAD_LINES
        self.changed(line)
        self.top = max(0, self.cursor - lead)
        self._fitted_to = Size(0, 0)  # the size of a pane that is not shown yet says nothing of its window
        self.refresh()

    def look(self, name: str) -> Style:
        """The style of a look; marks are added to it."""
        mark = _MARKS.get(name[-1:])
        return super().look(name) if mark is None else super().look(name[:-1]) + mark

    def _body(self, index: int, state: int, width: int) -> Strip:
        """A line; the cursor leaves its marks visible."""
        if not state:
            return super()._body(index, state, width)
        strip = self._strips.get((index, state))
        if strip is None:
            look = "cursor" if state == 2 else "cursor-off"
            line = self.line(index, width)
            runs = [(look + (name[-1] if name[-1] in _MARKS else ""), text) for name, text in line]
            runs.append((look, " " * max(0, width - cells(line))))
            strip = self._strips[index, state] = self.strip(runs, width)
        return strip


def fitted(runs: Sequence[Run], width: int, left: int = 0, *, padded: bool = False) -> list[Run]:
    """What is seen of a line that begins `left` cells aside, in at most `width` cells; a mark where it goes on.

    `padded` makes it exactly as wide.
    """
    made: list[Run] = []
    room = width
    for number, (look, text) in enumerate(runs):
        if left:
            head = first_cells(text, left)
            left -= min(left, cell_len(head))
            text = text[len(head) :]
            if text:
                left = 0
        taken = cell_len(text)
        if taken > room or (taken == room and any(more for _, more in runs[number + 1 :])):
            made += [(look, set_cell_size(text, max(room - 1, 0))), ("dim", CROP_MARK if room > 0 else "")]
            return made
        made.append((look, text))
        room -= taken
    if padded and room > 0:
        made.append(("plain", " " * room))
    return made
