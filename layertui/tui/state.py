"""What the screen knows about each image: how far its layers are read, and what they fold to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from layertui.errors import LayertuiError
from layertui.image.digest import Digest
from layertui.image.image import Image
from layertui.layer.stored import Transfer
from layertui.layer.tree import LayerTree
from layertui.present.units import size_text
from layertui.sources.base import ImageEntry
from layertui.stack.content import Contents
from layertui.stack.squash import Squash


class Reading(Enum):
    """How far a layer is."""

    UNASKED = auto()
    """It would have to be fetched, and nobody asked for it."""
    QUEUED = auto()
    RUNNING = auto()
    DONE = auto()
    FAILED = auto()
    CANCELLED = auto()


@dataclass(slots=True)
class LayerState:
    """One layer's reading."""

    reading: Reading = Reading.QUEUED
    size_bytes: int = 0
    """Of the stored blob: what there is to read; 0 where that is not known."""
    fetched: bool = False
    """Whether it had to be fetched, or still has to be: it is read only when somebody asks for it."""
    transfer: Transfer | None = None
    """What it arrives in, together with other layers; None for one that is read by itself."""
    attempt: int = 0
    """Which reading of it is awaited; 0 for none."""
    done_bytes: int = 0
    """Of the stored blob: what is read."""
    tree: LayerTree | None = None
    content_bytes: int = 0
    """Content of all its files, hard links counted once."""
    alone: Squash | None = None
    """The layer folded without those below it; dropped when the prefix reaches it."""
    error: LayertuiError | None = None
    """Why it could not be read."""

    def take(self, tree: LayerTree) -> None:
        """Take in what somebody else has read of it."""
        self.reading, self.attempt, self.error = Reading.DONE, 0, None
        self.tree, self.done_bytes, self.content_bytes = tree, self.size_bytes, tree.columns.content_bytes

    def stop(self) -> bool:
        """Wait for it no longer; returns whether it was waited for."""
        waited = self.reading in (Reading.QUEUED, Reading.RUNNING)
        if waited:
            self.reading, self.attempt, self.done_bytes = Reading.CANCELLED, 0, 0
        return waited

    def short(self) -> str:
        """How far it is, in the place of its size: `.`, `34%`, a word, or nothing when it is read."""
        if self.reading is Reading.RUNNING and self.transfer is None:
            return f"{min(99, 100 * self.done_bytes // self.size_bytes)}%" if self.size_bytes else "reading"
        words = {
            Reading.UNASKED: "",
            Reading.QUEUED: ".",
            Reading.RUNNING: ".",
            Reading.FAILED: "failed",
            Reading.CANCELLED: "stopped",
        }
        return words.get(self.reading, "")

    def sentence(self) -> str:
        """How far it is, as the file pane says it."""
        if self.transfer is not None and self.reading in (Reading.QUEUED, Reading.RUNNING):
            return f"All layers arrive in one {self.transfer.verb}; this one is shown once it is here."
        if self.reading is Reading.UNASKED:
            return f"This layer is not fetched: {size_text(self.size_bytes)}. Enter fetches it."
        if self.fetched and self.reading is Reading.RUNNING:
            return f"Fetching this layer: {self.short()} of {size_text(self.size_bytes)}"
        if self.fetched and self.reading is Reading.QUEUED:
            return "This layer waits to be fetched."
        if self.fetched and self.reading is Reading.CANCELLED:
            return "Fetching was cancelled. R or Enter fetches it."
        if self.reading is Reading.RUNNING:
            return f"Reading this layer: {self.short()}"
        if self.reading is Reading.QUEUED:
            return "This layer waits to be read."
        if self.reading is Reading.CANCELLED:
            return "Reading was cancelled. R reads it."
        if self.error is not None:
            return f"{self.error.message} {self.error.hint}".strip()
        return "Folding the layers..."


@dataclass(slots=True, eq=False)
class ImageState:
    """One entry of the source, and its image once it was opened."""

    entry: ImageEntry
    place: int = 0
    """Its own number, by which lines of the tree mean it."""
    root: int = 0
    """The number of the place that holds it."""
    image: Image | None = None
    error: LayertuiError | None = None
    """Why it could not be opened."""
    describing: bool = False
    """Whether its manifest and config are being read."""
    shared_bytes: int | None = None
    """Of its layers that other images of the same place use too; None where unknown."""
    unique_bytes: int | None = None
    """Of its layers that nothing else uses: freed when it is removed."""
    by_tag: bool = False
    """Whether its place is a repository, in which its tags alone name it."""
    session: int = 0
    """Numbers the openings of images; 0 before the first."""
    layers: list[LayerState] = field(default_factory=list)
    """Base to top."""
    squash: Squash | None = None
    """All layers from the base that are read, folded."""
    folded: int = 0
    """How many layers `squash` holds."""
    reclaimable_bytes: int | None = None
    """Bytes that no container can see; None until all that can be read is folded."""
    contents: Contents | None = None
    """Compares contents, and keeps what it learnt."""
    compared: set[int] = field(default_factory=set)
    """Positions of `squash` whose contents were compared, or could not be."""

    @property
    def opened(self) -> bool:
        """Whether its layers have a session."""
        return self.session > 0

    @property
    def openable(self) -> bool:
        """Whether it is an image, or a container on one."""
        return self.entry.kind in ("image", "container")

    @property
    def problem(self) -> LayertuiError | None:
        """Why it cannot be looked into."""
        return self.error or self.entry.problem

    @property
    def undescribed(self) -> bool:
        """Whether its manifest and config could be read, and are not yet."""
        return self.openable and self.image is None and self.error is None

    @property
    def created(self) -> str | None:
        """When it was made, in ISO 8601; None where that is not known yet."""
        entry = self.entry
        if entry.container is not None:
            return entry.container.created
        if entry.record is not None and entry.record.created:
            return entry.record.created
        return self.image.config.created if self.image is not None else None

    @property
    def image_id(self) -> Digest | None:
        """Digest of its config; of a container, of its image's; None where that is not known yet."""
        if self.image is not None:
            return self.image.image_id
        if self.entry.container is not None:
            return self.entry.container.image_id
        return self.entry.record.image_id if self.entry.record is not None else None

    @property
    def transfer(self) -> Transfer | None:
        """What a layer that is being read arrives in, together with others, until all of it is here."""
        for layer in self.layers:
            if layer.reading is Reading.RUNNING and layer.transfer is not None:
                return None if layer.transfer.ended else layer.transfer
        return None

    @property
    def prefix(self) -> int:
        """How many layers from the base on are read."""
        for number, layer in enumerate(self.layers):
            if layer.tree is None:
                return number
        return len(self.layers)

    @property
    def pending(self) -> bool:
        """Whether layers wait to be read, or are being read."""
        return any(layer.reading in (Reading.QUEUED, Reading.RUNNING) for layer in self.layers)

    @property
    def complete(self) -> bool:
        """Whether all layers are folded."""
        return self.image is not None and self.folded == len(self.image.layers) and self.squash is not None

    def take(self, squash: Squash, reclaimable_bytes: int) -> None:
        """Take in the fold of all layers that somebody else has made; none of them is unread."""
        self.squash, self.folded, self.reclaimable_bytes = squash, len(squash.trees), reclaimable_bytes
        self.compared.clear()
        for layer in self.layers:
            layer.alone = None

    def squash_of(self, layer: int) -> Squash | None:
        """The fold that shows a layer: the prefix, or the layer alone while lower ones are unread."""
        if layer < self.folded:
            return self.squash
        return self.layers[layer].alone if layer < len(self.layers) else None


class Rate:
    """How fast bytes come in, for a line of progress."""

    def __init__(self, now_s: float, done_bytes: int = 0) -> None:
        """Begin to measure."""
        self._start_s = now_s
        self._start_bytes = done_bytes

    def of(self, now_s: float, done_bytes: int) -> float:
        """Bytes a second since the beginning; 0 before anything can be said."""
        elapsed_s = now_s - self._start_s
        return (done_bytes - self._start_bytes) / elapsed_s if elapsed_s > 0.2 else 0.0


def progress_bytes(layers: Iterable[LayerState]) -> tuple[int, int]:
    """Bytes read and to be read over layers that can be and are to be; of fetched ones alone while one is on its way.

    What is here already would make the fetching look further than it is.
    """
    done = total = 0
    asked = [layer for layer in layers if layer.reading not in (Reading.FAILED, Reading.UNASKED)]
    if is_fetching(asked):
        asked = [layer for layer in asked if layer.fetched and layer.reading is not Reading.CANCELLED]
    for layer in asked:
        total += layer.size_bytes
        done += layer.size_bytes if layer.reading is Reading.DONE else layer.done_bytes
    return done, total


def is_fetching(layers: Iterable[LayerState]) -> bool:
    """Whether one of the layers is on its way over a network."""
    return any(layer.fetched and layer.reading is Reading.RUNNING for layer in layers)
