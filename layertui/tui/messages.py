"""What workers tell the screen. Every message says which session it belongs to; stale ones are dropped."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from layertui.errors import LayertuiError
from layertui.image.image import Image
from layertui.layer.tree import LayerTree
from layertui.sources.base import ImageEntry, Source
from layertui.sources.opened import Opened
from layertui.stack.squash import Squash
from layertui.tui.state import ImageState


@dataclass(frozen=True, slots=True)
class Description:
    """How reading an entry's manifest and config ended; with neither image nor error it was cancelled."""

    state: ImageState
    """What was asked; another has its number when its place was asked again meanwhile."""
    image: Image | None = None
    error: LayertuiError | None = None


class ImagesOpened(Message):
    """Manifests and configs of entries were read, or could not be."""

    def __init__(self, found: Sequence[Description]) -> None:
        super().__init__()
        self.found = found


class RootAnswered(Message):
    """A place was opened and listed, or could not be."""

    def __init__(
        self,
        root: int,
        attempt: int,
        source: Source | None,
        entries: tuple[ImageEntry, ...],
        error: LayertuiError | None,
        opened: Opened | None = None,
    ) -> None:
        super().__init__()
        self.root = root
        """The number of the place."""
        self.attempt = attempt
        """Which asking it answers."""
        self.source = source
        self.entries = entries
        self.error = error
        self.opened = opened
        """What a reference led to, where the place stands for one."""


class TagsLooked(Message):
    """A registry was asked about some tags of a repository."""

    def __init__(self, root: int, source: Source, looked: Sequence[str], *, ended: bool) -> None:
        super().__init__()
        self.root = root
        """The number of the place."""
        self.source = source
        """Stale where the place was opened again meanwhile."""
        self.entries = source.entries()
        """All there is, tags of one image together as far as that is known."""
        self.looked = looked
        self.ended = ended
        """Whether nothing more is being asked."""


class Offered(Message):
    """What the present directory holds that may be images."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names


class SessionMessage(Message):
    """A message about one image that is being read."""

    def __init__(self, session: int) -> None:
        super().__init__()
        self.session = session
        """Which opening of an image it belongs to."""


class LayerMessage(SessionMessage):
    """A message about one layer that is being read."""

    def __init__(self, session: int, layer: int, attempt: int) -> None:
        super().__init__(session)
        self.layer = layer
        self.attempt = attempt
        """Which reading it comes from: one that was cancelled may still be at it when the next has begun."""


class LayerProgress(LayerMessage):
    """A layer is being read."""

    def __init__(self, session: int, layer: int, attempt: int, done_bytes: int) -> None:
        super().__init__(session, layer, attempt)
        self.done_bytes = done_bytes
        """Of the stored blob."""


class LayerRead(LayerMessage):
    """A layer's reading ended: with its tree, with an error, or (neither) because it was cancelled."""

    def __init__(
        self,
        session: int,
        layer: int,
        attempt: int,
        tree: LayerTree | None = None,
        error: LayertuiError | None = None,
        content_bytes: int = 0,
    ) -> None:
        super().__init__(session, layer, attempt)
        self.tree = tree
        self.error = error
        self.content_bytes = content_bytes
        """Content of all its files, hard links counted once."""


class Folded(SessionMessage):
    """Layers were folded: the complete prefix, or one layer alone that the prefix does not reach yet."""

    def __init__(
        self,
        session: int,
        count: int,
        alone: int | None,
        squash: Squash | None = None,
        reclaimable_bytes: int | None = None,
        error: LayertuiError | None = None,
    ) -> None:
        super().__init__(session)
        self.count = count
        """How many layers from the base on; 1 for a layer alone."""
        self.alone = alone
        """The number of the layer that was folded alone."""
        self.squash = squash
        self.reclaimable_bytes = reclaimable_bytes
        """Known of a fold that no other will follow."""
        self.error = error


class Settled(SessionMessage):
    """Contents of rows in view were compared, and states became known."""

    def __init__(self, session: int, squash: Squash) -> None:
        super().__init__(session)
        self.squash = squash
