"""NoColour: what is drawn, without any colour, in as few pieces as that leaves."""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter


class NoColour(LineFilter):
    """Takes colours away, the terminal's own included: Textual's filter sends those with every piece of a line."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments of one line; neighbours that look the same are one."""
        return list(
            Segment.simplify(
                Segment(text, style and _without_colour(style), control) for text, style, control in segments
            )
        )


@lru_cache(1024)
def _without_colour(style: Style) -> Style:
    return style.without_color
