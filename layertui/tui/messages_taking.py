"""What the worker of an extraction tells its screen; apart from the others, as the first frame does not wait for it."""

from dataclasses import dataclass

from textual.message import Message


@dataclass(frozen=True, slots=True)
class Ending:
    """How an extraction ended. No text is made safe for a terminal."""

    said: str
    """What was done, `Extracted 1,204 files, 98.1 MB`, or in a sentence why nothing was."""
    where: str = ""
    """Where that is now; empty where nothing was done."""
    left_out: str = ""
    """What was left out by rule, in few words."""
    lines: tuple[str, ...] = ()
    """All else there is to say, a sentence each."""
    problems: int = 0
    """How many things could not be made or read."""
    cancelled: bool = False


class ExtractionMessage(Message):
    """A message about an extraction."""

    def __init__(self, attempt: int) -> None:
        super().__init__()
        self.attempt = attempt
        """Which one it belongs to: the last may have been cancelled and still be at it."""


class DestinationCompleted(ExtractionMessage):
    """What was typed so far of a destination, completed."""

    def __init__(self, attempt: int, before: str, text: str) -> None:
        super().__init__(attempt)
        self.before = before
        """What stood there when it was asked for."""
        self.text = text


class ExtractionMeasured(ExtractionMessage):
    """How much an extraction would be is known, while its destination is asked for."""

    def __init__(self, attempt: int, text: str) -> None:
        super().__init__(attempt)
        self.text = text


class ExtractionProgress(ExtractionMessage):
    """An extraction is further."""

    def __init__(self, attempt: int, done_bytes: int, total_bytes: int) -> None:
        super().__init__(attempt)
        self.done_bytes = done_bytes
        self.total_bytes = total_bytes


class ExtractionEnded(ExtractionMessage):
    """An extraction ended, in whatever way."""

    def __init__(self, attempt: int, ending: Ending) -> None:
        super().__init__(attempt)
        self.ending = ending
