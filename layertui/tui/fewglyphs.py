"""FewGlyphs: what is drawn, in the glyphs that the terminal has."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from layertui.present.glyphs import for_console, in_ascii


class FewGlyphs(LineFilter):
    """Puts other glyphs in the place of those that the terminal lacks, last of all and whoever drew them."""

    def __init__(self, glyphs: str) -> None:
        """Draw what `console` or `ascii` has; in ASCII names are escaped from now on."""
        super().__init__()
        self._draw = in_ascii if glyphs == "ascii" else for_console

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments of one line; none changes its width."""
        draw = self._draw
        return [Segment(draw(text), style, control) for text, style, control in segments]
