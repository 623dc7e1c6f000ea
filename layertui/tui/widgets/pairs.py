"""The layers of two images side by side, aligned."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from layertui.image.image import Image
from layertui.layer.tree import LayerTree
from layertui.present.comparing import COMPARE_MARKS
from layertui.present.safetext import crop_end
from layertui.present.units import size_narrow
from layertui.stack.align import How, LayerPair
from layertui.stack.compare import Change, Comparison
from layertui.tui.actions import Place
from layertui.tui.tree_rows import one_line
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, pad, pad_left, spread

SIZE_WIDTH = 6
"""Cells of a size."""

MARK_CELLS = 6
"""Cells of the mark between the sides, with its margins."""

ABSENT = "----"
"""Stands where a layer has no counterpart."""

WHY = {How.CONTENT: "alike in content", How.COMMAND: "alike in command"}
"""Why two layers that are not the same stand side by side, where there is room."""

WHY_WIDTH, WHY_FROM = 18, 120
"""Cells of that, and of the pane from which there is room."""


class PairsPane(LineList):
    """One line for each pair of layers, base to top; Enter compares the two."""

    place: ClassVar[Place] = Place.PAIRS

    def __init__(self, *, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(classes=classes)
        self.tabs: Callable[[], Line] = lambda: [("title", " LAYERS")]
        """The left of the title: which panes there are."""
        self.names = ("A", "B")
        """What stands over the two sides; safe."""
        self.pairs: Sequence[LayerPair] = ()
        self.shared = ""
        """Up to where the layers are the same, as a sentence; empty where they are not."""
        self._sides: tuple[Image, Image] | None = None
        self._trees: tuple[Mapping[int, LayerTree], Mapping[int, LayerTree]] = ({}, {})

    def show(self, comparison: Comparison, pairs: Sequence[LayerPair], shared: str) -> None:
        """Show the layers of both sides of a comparison."""
        sides = comparison.side_a, comparison.side_b
        self._sides = sides[0].image, sides[1].image
        a, b = (dict(enumerate(side.squash.trees, side.squash.first)) for side in sides)
        self._trees = (a, b)
        self.pairs, self.shared = pairs, shared
        self.changed(self.cursor)

    @property
    def pair(self) -> LayerPair | None:
        """The pair under the cursor."""
        return self.pairs[self.cursor] if self.cursor < len(self.pairs) else None

    def line_count(self) -> int:
        """How many pairs there are."""
        return len(self.pairs)

    def title(self, width: int) -> Line:
        """Which panes there are, and up to where both are the same."""
        return spread(self.tabs(), [("title", f"{self.shared} ")] if self.shared else [], width)

    def head(self, width: int) -> Line:
        """The names of the sides over their columns."""
        cells = self._side_cells(width)
        why = "Aligned as" if width >= WHY_FROM else ""
        return [
            ("head", " " + "".join(pad(name, cells + gap) for name, gap in zip(self.names, (6, 2), strict=True)) + why)
        ]

    def empty(self, width: int) -> list[Line]:
        """Why there is nothing."""
        return [
            [("dim", " Neither image has layers." if self._sides is not None else " The layers are being aligned.")]
        ]

    def _side_cells(self, width: int) -> int:
        return max(8, (width - 1 - MARK_CELLS - (WHY_WIDTH + 2 if width >= WHY_FROM else 0)) // 2)

    def line(self, index: int, width: int) -> Line:
        """One pair: number, size and command on both sides."""
        pair, cells = self.pairs[index], self._side_cells(width)
        same = pair.how is How.SAME
        mark = COMPARE_MARKS[self.change(pair)]
        look = "dim" if same else "plain"
        why = f"  {WHY.get(pair.how, '')}" if width >= WHY_FROM else ""
        return [
            (look if pair.a is not None else "dim", " " + self._side(0, pair.a, cells)),
            (mark.style, f"  {pad(mark.text, 2)}  "),
            (look if pair.b is not None else "dim", self._side(1, pair.b, cells)),
            ("dim", why),
        ]

    @staticmethod
    def change(pair: LayerPair) -> Change:
        """How the two layers of a pair differ, as far as their diff IDs tell."""
        if pair.a is None:
            return Change.ONLY_B
        if pair.b is None:
            return Change.ONLY_A
        return Change.IDENTICAL if pair.how is How.SAME else Change.CONTENT

    def size_bytes(self, which: int, number: int) -> int | None:
        """Content of a layer on side A (0) or B (1) in bytes; None where it could not be read."""
        tree = self._trees[which].get(number)
        return None if tree is None else tree.columns.content_bytes

    def _side(self, which: int, number: int | None, cells: int) -> str:
        if number is None or self._sides is None:
            return pad(f"{ABSENT}", cells)
        size = pad_left(size_narrow(self.size_bytes(which, number)), SIZE_WIDTH)
        text = f"{f'L{number}':<4}{size} {one_line(self._sides[which].layers[number].command)}"
        return pad(crop_end(text, cells), cells)
