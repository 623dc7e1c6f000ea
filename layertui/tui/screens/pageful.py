"""PageScreen: a page of text above whatever is open, for what no footer has room for."""

from collections.abc import Sequence

from layertui.tui.screens.above import AboveScreen
from layertui.tui.widgets.bars import header_line
from layertui.tui.widgets.looks import Line
from layertui.tui.widgets.page import PageView


class PageScreen(AboveScreen):
    """A heading and lines, which are read and left."""

    def __init__(self, heading: str, lines: Sequence[Line]) -> None:
        """Show lines that are safe already."""
        super().__init__()
        self._heading = heading
        self.text = PageView(classes="pane")
        self.text.show(heading, lambda width: lines)

    def panes(self) -> Sequence[PageView]:
        """The page."""
        return (self.text,)

    def useless(self) -> set[str]:
        """It is about no image, which most of what can be done on a page is for."""
        return super().useless() | {"next_layer", "next_hit", "find", "merged", "info"}

    def tell(self) -> None:
        """Say what it is."""
        self.header.show(header_line([self._heading.lower()], [""], self.app.size.width))
        super().tell()
