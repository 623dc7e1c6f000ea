"""What the workers of a content comparison tell its screen."""

from array import array
from collections.abc import Mapping

from layertui.errors import LayertuiError
from layertui.present.contentdiff.laid import Laid
from layertui.present.contentdiff.pair import Outcome
from layertui.tui.messages import SessionMessage


class ContentsProgress(SessionMessage):
    """How far some work is."""

    def __init__(self, session: int, work: str, text: str) -> None:
        super().__init__(session)
        self.work = work
        """`compare` or `step`."""
        self.text = text
        """Ours, and safe."""


Blocks = Mapping[int, tuple[bytes, bytes]]
"""Parts of both contents, by their number; all but the last are of one size."""


class ContentsCompared(SessionMessage):
    """Two contents were compared; said again once digests are known."""

    def __init__(
        self, session: int, outcome: Outcome, laid: Laid | None = None, *, blocks: Blocks | None = None, last: bool
    ) -> None:
        super().__init__(session)
        self.outcome = outcome
        self.laid = laid
        """The rows of texts."""
        self.blocks = blocks or {}
        """Of bytes, what lies around the first difference."""
        self.last = last
        """Whether no more is to come."""


class ContentsFailed(SessionMessage):
    """Contents could not be read."""

    def __init__(self, session: int, errors: list[tuple[str, LayertuiError]]) -> None:
        super().__init__(session)
        self.errors = errors
        """Of which side (`A`, `B`; empty where that cannot be told), and why."""


class RowsLaid(SessionMessage):
    """The rows were laid out in another shape."""

    def __init__(self, session: int, laid: Laid) -> None:
        super().__init__(session)
        self.laid = laid


class RowsMarked(SessionMessage):
    """It was told what changed within some lines."""


class BytesRead(SessionMessage):
    """Blocks of both contents were read."""

    def __init__(self, session: int, blocks: Blocks) -> None:
        super().__init__(session)
        self.blocks = blocks


class RunFound(SessionMessage):
    """The next or previous run of differing bytes was looked for."""

    def __init__(self, session: int, offset: int | None, blocks: Blocks, *, forward: bool) -> None:
        super().__init__(session)
        self.offset = offset
        """Where it begins; None where there is none."""
        self.blocks = blocks
        """What lies around it."""
        self.forward = forward


class RowsFound(SessionMessage):
    """A text was searched."""

    def __init__(self, session: int, laid: Laid, query: str, rows: "array[int]") -> None:
        super().__init__(session)
        self.laid = laid
        """What was searched."""
        self.query = query
        self.rows = rows
