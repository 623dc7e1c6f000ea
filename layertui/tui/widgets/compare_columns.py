"""The columns of a comparison: both sides of a row, the mark between them, and what differs at the right."""

from dataclasses import dataclass

from rich.cells import cell_len

from layertui.present.comparing import COMPARE_MARKS
from layertui.present.comparing_rows import RowCells
from layertui.present.safetext import crop_end, crop_middle
from layertui.stack.compare import Change
from layertui.tui.widgets.looks import Line, Run, pad, pad_left

SIZE_WIDTH = 6
"""Cells of a size."""

MARK_WIDTH = 2
"""Cells of the widest mark, `!=`."""

GAP = 2
"""Cells beside the mark."""

TWO_NAMES_FROM = 56
"""Cells of the pane from which the name stands on both sides."""

REMARK_LEAST, REMARK_MOST = 9, 32
"""Cells of what differs."""

NOTHING = "----"
"""Stands where a side does not hold the path."""


@dataclass(frozen=True, slots=True)
class CompareColumns:
    """How wide each column is."""

    name: int
    remark: int
    both: bool
    """Whether the name stands on both sides, not only on the left."""

    @classmethod
    def fitting(cls, width: int) -> "CompareColumns":
        """The columns for a pane of so many cells."""
        both = width >= TWO_NAMES_FROM
        remark = max(REMARK_LEAST, min(REMARK_MOST, width // 7)) if width >= 40 else 0
        fixed = 1 + 2 * (SIZE_WIDTH + 1) + MARK_WIDTH + 2 * GAP + (remark + GAP if remark else 0)
        return cls(max(4, (width - fixed) // (2 if both else 1)), remark, both)

    def head(self, a: str, b: str) -> str:
        """The names of the sides over their columns."""
        size = pad_left("Size", SIZE_WIDTH + 1)
        between = " " * (GAP + MARK_WIDTH + GAP)
        left = " " + pad(crop_end(a, self.name), self.name) + size
        right = (pad(crop_end(b, self.name), self.name) if self.both else "") + size
        return left + between + right + (" " * GAP + "Differs in" if self.remark >= 10 else "")

    def line(self, row: RowCells, folded: bool | None) -> Line:
        """One row; `folded` is None where nothing can be folded."""
        quiet = row.mark.text in ("", COMPARE_MARKS[Change.IDENTICAL].text)
        look = "dim" if quiet else "directory" if row.name.endswith("/") else "plain"
        name = self._name(row, row.name, folded)
        absent = ("dim", pad(" " * self._indent(row) + "  " + NOTHING, self.name))
        left: list[Run] = [(look, self._name(row, row.name_a, folded)), ("dim", self._size(row.size_a))]
        if row.size_a is None:
            # Where the name stands once, it stands at the left whichever side holds it.
            left = [absent if self.both else (look, name), ("dim", self._size(None))]
        right: list[Run] = [(look, name)] if self.both else []
        if row.size_b is None and self.both:
            right = [absent]
        right.append(("dim", self._size(row.size_b)))
        mark = (row.mark.style, " " * GAP + pad(row.mark.text, MARK_WIDTH) + " " * GAP)
        runs = [("plain", " "), *left, mark, *right]
        if self.remark and row.remark:
            text = pad_left(row.remark, REMARK_LEAST) if row.remark[0] in "+-" else row.remark
            runs.append(("plain", " " * GAP + crop_end(text, self.remark)))
        return runs

    def _size(self, size: str | None) -> str:
        if size is None and not self.both:
            size = NOTHING
        return " " + pad_left(size or "", SIZE_WIDTH)

    def _indent(self, row: RowCells) -> int:
        return min(row.depth, self.name // 2)

    def _name(self, row: RowCells, name: str, folded: bool | None) -> str:
        fold = "  " if folded is None else ("> " if folded else "v ")
        before = " " * self._indent(row) + fold
        return pad(before + crop_middle(name, self.name - cell_len(before)), self.name)
