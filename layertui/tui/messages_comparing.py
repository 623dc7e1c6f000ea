"""What the worker of a comparison tells its screen; apart from the others, as the first frame does not wait for it."""

from dataclasses import dataclass

from textual.message import Message

from layertui.errors import LayertuiError
from layertui.image.image import Image
from layertui.layer.tree import LayerTree
from layertui.stack.align import LayerPair
from layertui.stack.compare import Comparison
from layertui.stack.squash import Squash
from layertui.tui.want import Want


class CompareMessage(Message):
    """A message about a comparison."""

    def __init__(self, attempt: int) -> None:
        super().__init__()
        self.attempt = attempt
        """Which comparing it belongs to."""


class CompareProgress(CompareMessage):
    """A comparison is further: `reading` bytes, `comparing contents` or `looking for renames`."""

    def __init__(self, attempt: int, verb: str, done: int = 0, total: int = 0) -> None:
        super().__init__(attempt)
        self.verb = verb
        self.done = done
        """Bytes of what is read, files of what is compared."""
        self.total = total
        """0 where it is not known."""


@dataclass(frozen=True, slots=True)
class SideRead:
    """What was read of one side of a comparison, for the image's state to keep."""

    want: Want
    image: Image
    trees: dict[int, LayerTree]
    """Layers that were read whole or in part, by number."""
    folded: tuple[Squash, int] | None
    """Made now, none of them unread: the fold of all the image's layers, and the bytes that no container sees."""
    problems: tuple[LayertuiError, ...]
    """What could not be read of what is compared, or did not match."""


class SideDone(CompareMessage):
    """One side's layers are read."""

    def __init__(self, attempt: int, read: SideRead) -> None:
        super().__init__(attempt)
        self.read = read


class Compared(CompareMessage):
    """Two sides were compared, contents apart, or could not be."""

    def __init__(
        self,
        attempt: int,
        comparison: Comparison | None = None,
        *,
        disjoint: bool = False,
        error: LayertuiError | None = None,
    ) -> None:
        super().__init__(attempt)
        self.comparison = comparison
        self.disjoint = disjoint
        """Whether no path is on both sides."""
        self.error = error


class LayersAligned(CompareMessage):
    """The layers of two images stand side by side."""

    def __init__(self, attempt: int, pairs: list[LayerPair]) -> None:
        super().__init__(attempt)
        self.pairs = pairs


class ContentsCompared(CompareMessage):
    """Contents of some rows were compared; the screen settles them."""

    def __init__(self, attempt: int, same: list[tuple[int, bool]]) -> None:
        super().__init__(attempt)
        self.same = same
        """Rows, and whether the contents are the same."""


class CompareEnded(CompareMessage):
    """Nothing more will be found out: all contents that can be read were compared, or an error stopped it."""

    def __init__(self, attempt: int, renamed: list[tuple[int, int]], error: LayertuiError | None = None) -> None:
        super().__init__(attempt)
        self.renamed = renamed
        """Rows of A and of B with equal content."""
        self.error = error
