"""What a search tells the screen, each time with its number: what belongs to a search that was replaced is dropped."""

from collections.abc import Sequence

from textual.message import Message

from layertui.errors import LayertuiError
from layertui.present.found import Match


class SearchMessage(Message):
    """A message about a search that is going on, or has ended."""

    def __init__(self, search: int, matches: Sequence[Match]) -> None:
        super().__init__()
        self.search = search
        """The number of the search."""
        self.matches = matches
        """What was found since the last message, in the order of the search."""


class FoundSome(SearchMessage):
    """A search in contents is further."""

    def __init__(self, search: int, matches: Sequence[Match], layer: int, done_bytes: int, total_bytes: int) -> None:
        super().__init__(search, matches)
        self.layer = layer
        """The one that is being looked through."""
        self.done_bytes = done_bytes
        """Of the stored blobs of all layers that are looked through."""
        self.total_bytes = total_bytes


class SearchEnded(SearchMessage):
    """A search came to its end, found as many as are kept, or was cancelled."""

    def __init__(
        self,
        search: int,
        matches: Sequence[Match],
        problems: Sequence[LayertuiError] = (),
        *,
        limited: bool = False,
        cancelled: bool = False,
    ) -> None:
        super().__init__(search, matches)
        self.problems = problems
        """What could not be read, base to top."""
        self.limited = limited
        """Whether there may be more, which are not kept."""
        self.cancelled = cancelled
