"""What is said about references that are being typed."""

from collections.abc import Sequence

from textual.message import Message


class ReferencesFound(Message):
    """What a reference can be completed to."""

    def __init__(self, typed: str, found: Sequence[str]) -> None:
        super().__init__()
        self.typed = typed
        """What stood in the prompt."""
        self.found = found
        """The best first."""
