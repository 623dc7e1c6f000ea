"""What the workers of a content tell its screen; apart from the others, as the first frame does not wait for them."""

from textual.message import Message

from layertui.errors import LayertuiError
from layertui.present.viewing.body import Body
from layertui.present.viewing.document import Document


class ContentMessage(Message):
    """A message about one piece of work on a content."""

    def __init__(self, attempt: int) -> None:
        super().__init__()
        self.attempt = attempt
        """Which piece of work it comes from."""


class ContentProgress(ContentMessage):
    """Work is further."""

    def __init__(self, attempt: int, verb: str, done_bytes: int, total_bytes: int) -> None:
        super().__init__(attempt)
        self.verb = verb
        self.done_bytes = done_bytes
        self.total_bytes = total_bytes


class ContentOpened(ContentMessage):
    """Opening ended: with a document and its body, with an error, or (neither) because it was cancelled."""

    def __init__(
        self,
        attempt: int,
        document: Document | None = None,
        body: Body | None = None,
        position: int = 0,
        error: LayertuiError | None = None,
    ) -> None:
        super().__init__(attempt)
        self.document = document
        self.body = body
        self.position = position
        """Where to begin in the body."""
        self.error = error


class ContentFound(ContentMessage):
    """A search ended: at a position, without a hit, with an error, or because it was cancelled."""

    def __init__(
        self,
        attempt: int,
        position: int | None = None,
        *,
        around: bool = False,
        cancelled: bool = False,
        error: LayertuiError | None = None,
    ) -> None:
        super().__init__(attempt)
        self.position = position
        """The hit's: an offset in bytes, or a number in a list."""
        self.around = around
        """Whether the search went on at the content's other end."""
        self.cancelled = cancelled
        self.error = error


class ContentCounted(ContentMessage):
    """The lines of a text are counted, as far as they could be."""

    def __init__(self, attempt: int, *, cancelled: bool = False, error: LayertuiError | None = None) -> None:
        super().__init__(attempt)
        self.cancelled = cancelled
        self.error = error
