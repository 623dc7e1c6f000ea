"""The bytes of two contents beside each other, in hexadecimal."""

from collections.abc import Callable
from itertools import groupby

from layertui.image.blob import Blob
from layertui.tui.loading.hunks import BLOCK_BYTES
from layertui.tui.messages_hunks import Blocks
from layertui.tui.widgets.hunks_marked import PART, MarkedList
from layertui.tui.widgets.looks import Line, Run

KEPT_BLOCKS = 64
"""Blocks that are kept of both sides."""

_ASCII = bytes(code if 0x20 <= code < 0x7F else ord(".") for code in range(256)).decode()

_SHAPES = ((16, True), (8, True), (8, False), (4, True), (4, False))
"""How many bytes a line may hold, and whether they stand there as ASCII too; the first that fits is taken."""


class BytePane(MarkedList):
    """Two contents byte by byte."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.sizes: tuple[int, int] | None = None
        """Bytes of both sides; None shows nothing."""
        self.wanted: Callable[[int], None] = lambda offset: None
        """Told around which byte is to be read."""
        self._blocks: dict[int, tuple[bytes, bytes]] = {}
        self._asked = -1
        """The block that is being read; -1 for none."""
        self._goal: int | None = None
        """The line that the cursor goes to once its bytes are read."""
        self._aim = 0
        """The byte that the cursor was put on last."""
        self._per_row, self._ascii_too = _SHAPES[0]

    def show(self, blobs: tuple[Blob, Blob] | None, offset: int = 0, blocks: Blocks | None = None) -> None:
        """Show two contents, the cursor at a byte; None shows none. `blocks` were read already."""
        self.sizes = None if blobs is None else (blobs[0].size_bytes, blobs[1].size_bytes)
        self._blocks = dict(blocks or {})
        self._asked, self._goal, self._aim = -1, None, offset
        self.begin_at(offset // self._per_row)

    @property
    def first_byte(self) -> int:
        """The first byte of the line under the cursor."""
        return self.cursor * self._per_row

    @property
    def next_byte(self) -> int:
        """The first byte behind the line under the cursor."""
        return self.first_byte + self._per_row

    def go_to(self, offset: int, blocks: Blocks) -> None:
        """Put the cursor on a byte's line; `blocks` were read for that."""
        self._keep(blocks)
        self._aim = offset
        self.move_to(offset // self._per_row)

    def take(self, blocks: Blocks) -> None:
        """Take in what was read."""
        self._keep(blocks)
        self._asked = -1
        goal, self._goal = self._goal, None
        if goal is not None:
            super().move_to(goal)
        else:
            self.changed()

    def ask_again(self) -> None:
        """What was being read may not come: ask for it once more."""
        self._asked, self._goal = -1, None
        self.changed()

    def _keep(self, blocks: Blocks) -> None:
        if len(self._blocks) >= KEPT_BLOCKS:
            self._blocks.clear()
        self._blocks.update(blocks)

    def move_to(self, index: int, *, say: bool = True) -> None:
        """Put the cursor on a line, once its bytes are there: to draw the pane without them would send it twice."""
        index = max(0, min(index, self.line_count() - 1))
        if self._block_of(index) in self._blocks:
            super().move_to(index, say=say)
        else:
            self._goal = index
            self._want(self._block_of(index))

    def _block_of(self, index: int) -> int:
        return index * self._per_row // BLOCK_BYTES

    def _want(self, block: int) -> None:
        if block != self._asked:
            self._asked = block
            self.wanted(block * BLOCK_BYTES)

    # Drawing

    @property
    def digits(self) -> int:
        """Digits of an offset."""
        return max(8, len(f"{max(self.sizes or (0, 0)):x}"))

    def _clamp(self) -> None:
        """Put as many bytes on a line as fit; the cursor stays at its byte."""
        at = self._aim if self._aim // self._per_row == self.cursor else self.first_byte
        self._per_row, self._ascii_too = next(filter(self._fits, _SHAPES), _SHAPES[-1])
        self.cursor = at // self._per_row
        super()._clamp()

    def _fits(self, shape: tuple[int, bool]) -> bool:
        count, ascii_too = shape
        side = count * 3 - 1 + (1 + count if ascii_too else 0)
        return self.digits + 2 + 2 * side + 3 <= self.inner_width

    def line_count(self) -> int:
        """How many lines the longer side has."""
        return 0 if self.sizes is None else -(-max(self.sizes) // self._per_row)

    def line(self, index: int, width: int) -> Line:
        """The offset, and what both sides have there."""
        count, ascii_too = self._per_row, self._ascii_too
        at = index * count
        start = ("dim", f"{at:0{self.digits}x}  ")
        block, inside = divmod(at, BLOCK_BYTES)
        held = self._blocks.get(block)
        if held is None:
            self._want(block)
            return [start, ("dim", "...")]
        one, other = (data[inside : inside + count] for data in held)
        sign, look = (" ", "plain") if one == other else ("|", "changed")
        sign = "<" if one and not other else ">" if other and not one else sign
        left = _side(one, other, count, "opaque", ascii_too=ascii_too)
        right = _side(other, one, count, "added", ascii_too=ascii_too)
        return [start, *left, (look, f" {sign} "), *right]


def _side(data: bytes, other: bytes, count: int, look: str, *, ascii_too: bool) -> list[Run]:
    """One side's bytes; those that the other does not have there are marked."""
    differs = [at >= len(other) or byte != other[at] for at, byte in enumerate(data)]
    runs: list[Run] = []
    at = 0
    for different, group in groupby(differs):
        size = len(list(group))
        runs.append((look + PART if different else "plain", data[at : at + size].hex(" ")))
        at += size
        if at < len(data):
            runs.append(("plain", " "))
    missing = count - len(data)
    runs.append(("plain", " " * (3 * missing - (1 if not data else 0))))
    if ascii_too:
        runs.append(("dim", f" {data.decode('latin-1').translate(_ASCII):<{count}}"))
    return runs
