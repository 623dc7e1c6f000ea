"""Looks: the names of styles that lines are drawn in, and lines as runs of text with a look."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget

Run = tuple[str, str]
"""A look and a text: `("dim", "unread")`."""

Line = Sequence[Run]
"""One line of a pane, from left to right."""

LOOKS: Final = (
    *("plain", "added", "changed", "removed", "opaque", "win", "dim", "dead"),  # the names in layertui.present.marks
    *("title", "title-on", "head", "rail", "thumb", "cursor", "cursor-off", "directory", "error", "match", "key"),
)
"""Every look there is; `app.tcss` says what each one is, as the screen's component class `look--NAME`."""

LOOK_CLASSES: Final = {f"look--{name}" for name in LOOKS}


class Still(Widget):
    """A widget that is laid out once when its size changes."""

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), repaint=False)
    """Textual lays out and paints anew when this changes, which it does after each resize; nothing here needs it."""


class Looks(Still):
    """A widget that draws whole lines in looks, in a screen that has them as its component classes.

    The screen has them for all its widgets: each component class of each widget costs when styles are applied, and
    two hundred of them were half of the time to the first frame.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it with nothing resolved yet."""
        super().__init__(id=id, classes=classes)
        self._look_styles: dict[str, Style] = {}

    def look(self, name: str) -> Style:
        """The style of a look in the present theme; an unknown name is plain."""
        style = self._look_styles.get(name)
        if style is None:
            known = name if name in LOOKS else "plain"
            style = self._look_styles[name] = short(self.screen.get_component_rich_style(f"look--{known}"))
        return style

    def notify_style_update(self) -> None:
        """Forget styles that a new theme made wrong."""
        self._look_styles.clear()
        super().notify_style_update()

    def strip(self, line: Line, width: int) -> Strip:
        """A line as a strip of exactly `width` cells; every segment has a style, the padding too."""
        runs: list[tuple[str, Style]] = []
        used = 0
        for look, text in line:
            cells = cell_len(text)
            if used + cells > width:
                text = set_cell_size(text, width - used)
                cells = width - used
            if text:
                runs.append((text, self.look(look)))
            used += cells
            if used >= width:
                break
        if used < width:
            runs.append((" " * (width - used), self.look("plain")))
        return Strip(merged(runs), width)

    def flat_strip(self, line: Line, width: int, look: str) -> Strip:
        """A line in one look alone, as the cursor is drawn."""
        text = "".join(text for _, text in line)
        return Strip([Segment(set_cell_size(text, width), self.look(look))], width)


def short(style: Style) -> Style:
    """A style that does not name the terminal's own colours, which each segment begins with anyway.

    To name them took a seventh of what a screen sends.
    """
    colour, ground = style.color, style.bgcolor
    named = Style(
        color=None if colour is None or colour.is_default else colour,
        bgcolor=None if ground is None or ground.is_default else ground,
    )
    return style.without_color + named


def merged(runs: Iterable[tuple[str, Style]]) -> list[Segment]:
    """Runs as segments, as few as look the same: spaces take the style of what stands beside them.

    Each change of style is a dozen bytes on the line to the terminal, and most changes were to spaces and back.
    """
    made: list[tuple[str, Style]] = []
    for text, style in runs:
        if made:
            before_text, before = made[-1]
            alike = before == style
            if alike or _same_in_spaces(before, style):
                if alike or text.isspace():
                    made[-1] = (before_text + text, before)
                    continue
                if before_text.isspace():
                    made[-1] = (before_text + text, style)
                    continue
        made.append((text, style))
    return [Segment(text, style) for text, style in made]


def _same_in_spaces(one: Style, other: Style) -> bool:
    """Whether spaces look the same in two styles: what draws lines or blocks differs in them, colour does not."""
    for style in (one, other):
        if style.underline or style.strike or style.reverse:
            return False
    return one.bgcolor == other.bgcolor


def cells(line: Iterable[Run]) -> int:
    """How many cells a line takes."""
    return sum(cell_len(text) for _, text in line)


def pad(text: str, width: int) -> str:
    """A text at the left of exactly `width` cells."""
    return set_cell_size(text, max(width, 0))


def pad_left(text: str, width: int) -> str:
    """A text at the right of at least `width` cells."""
    return " " * (width - cell_len(text)) + text


def spread(left: Line, right: Line, width: int) -> Line:
    """Two ends of a line with space between; the right end goes when both do not fit."""
    room = width - cells(left) - cells(right)
    if room < 1:
        return left
    return [*left, ("plain", " " * room), *right]
