"""What workers need of the screen, and how their errors are said."""

from collections.abc import Callable
from typing import Protocol

from textual.message import Message
from textual.worker import Worker

from layertui.errors import LayertuiError


class Host(Protocol):
    """What the loader needs of the screen."""

    def post_message(self, message: Message) -> bool:
        """Send a message; safe from any thread."""

    def start_worker(self, work: Callable[[], None], group: str) -> Worker[None]:
        """Run `work` in a thread that does not end the app when it fails."""

    def call_in(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call back in the screen's thread."""


def guarded(error: BaseException) -> LayertuiError:
    """Any error of a worker, as something that can be said."""
    if isinstance(error, LayertuiError):
        return error
    if isinstance(error, OSError):
        return LayertuiError(f"{error.filename or 'the source'}: {error.strerror or error}")
    if isinstance(error, MemoryError):
        return LayertuiError("There is not enough memory for this.")
    return LayertuiError(f"{type(error).__name__}: {error}", "This is a bug; please report it.")
