"""The one-line bars: the header at the top and the footer at the bottom."""

from textual.geometry import Region
from textual.strip import Strip

from layertui.tui.widgets.looks import Line, Looks, cells, spread


class Bar(Looks):
    """One line across the screen, drawn only when it changes."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self._line: Line = ()

    def show(self, line: Line) -> None:
        """Say something else."""
        line = tuple(line)
        if line != self._line:
            self._line = line
            self.refresh(Region(0, 0, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """The line."""
        return self.strip(self._line, self.size.width)

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(text for _, text in self._line)


def header_line(image: list[str], sizes: list[str], width: int) -> Line:
    """The program's name, what is open, and the totals at the right.

    `image` is given most important last: source, platform, name; `sizes` most important first. What does not fit is
    left out, the source first, then the platform, then a total.
    """
    shown, totals = list(image), list(sizes)

    def sides() -> tuple[Line, Line]:
        left = [("title-on", "layertui")]
        for number, text in enumerate(sorted(shown, key=image.index, reverse=True)):
            left.append(("win" if number == 0 else "plain", f"  {text}"))
        return left, [("plain", "  ".join(totals))]

    left, right = sides()
    while cells(left) + cells(right) + 2 > width and (len(shown) > 1 or len(totals) > 1):
        if len(shown) > 1:
            shown.pop(0)
        else:
            totals.pop()
        left, right = sides()
    return spread(left, right, width)
