"""The lines of the tree pane, and what all of them say alike."""

from dataclasses import dataclass
from enum import Enum, auto

from layertui.image.image import Layer
from layertui.present.details import UNKNOWN_COMMAND
from layertui.present.safetext import safe
from layertui.present.units import size_narrow
from layertui.sources.place import Place
from layertui.tui.state import ImageState, LayerState, Reading
from layertui.tui.wrapping import wrap

NOTE_LINES = 6
"""Lines of the tree that one sentence takes at most; the details have all of it."""

NOWHERE = -1
"""Stands for the number of a place or an entry where a line belongs to none."""


class What(Enum):
    """What a line of the tree is."""

    ROOT = auto()
    """A place of the host: an engine, a store, or a file that is offered."""
    IMAGE = auto()
    CONTAINER = auto()
    LAYER = auto()
    STEP = auto()
    """A build step that made no layer."""
    NOTE = auto()
    """A sentence, such as why an image cannot be opened."""
    MISSING = auto()
    """A place that was looked for and is not there; or the heading of all of them."""


ENTRIES = frozenset({What.IMAGE, What.CONTAINER})
"""Lines that stand for an entry of a place."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line of the tree."""

    what: What
    place: int
    """The entry's number; of a shared layer, that of the first image that has it. NOWHERE for a line of a place."""
    layer: int | None
    depth: int
    label: str
    """Safe text."""
    size: str = ""
    """What stands at the right: a size, or how far the reading is."""
    number: str = ""
    """A layer's number, before the names."""
    names: tuple[str, ...] = ()
    """Before the label, safe text each: what the place or the entry is called, the tags of what ends at this layer."""
    dimmed: bool = False
    folded: bool | None = None
    """None where nothing can be folded."""
    margin: str = ""
    """In the order by ancestry: a cell for each branch that it lies in, `│` where another line follows there."""
    stem: str = " "
    """What stands before a layer in that order: `├` or `└` where a line begins, `│` where it goes on."""
    places: tuple[int, ...] = ()
    """All entries that share the layer."""
    ends: tuple[int, ...] = ()
    """What the line names: the entry that it is, or all that end at this layer."""
    root: int = NOWHERE
    """The number of the place of the host."""
    chain: str = ""
    """What a layer is folded by in the order by ancestry."""
    image_id: str = ""
    """The first digits of an image's ID, where there is room."""
    age: str = ""
    """How long ago it was made, where there is room."""
    unique: str = ""
    """Bytes freed if it is removed, where there is room."""
    missing: Place | None = None
    """The place that is not there; None in the heading."""
    wanting: bool = False
    """Whether it could say more once manifest and config of its entry are read."""

    @property
    def identity(self) -> tuple[What, int, int, int | None, str]:
        """What makes it the same line after the tree was built anew."""
        text = self.label if self.what in (What.STEP, What.NOTE, What.MISSING) else self.chain
        return self.what, self.root, self.place, self.layer, text


def one_line(command: str | None) -> str:
    """A command as one safe line; runs of white space become one space."""
    return safe(" ".join(command.split())) if command else UNKNOWN_COMMAND


def entry_names(state: ImageState) -> tuple[str, ...]:
    """What an entry is called: all its tags, or its reference; `<none>` and the ID of an engine's image without any."""
    entry = state.entry
    if state.by_tag:
        return tuple(safe(tag.rpartition(":")[2]) for tag in entry.tags)
    if not entry.tags and entry.kind == "image" and entry.record is not None:
        repository = entry.record.repo_digests[0].partition("@")[0] if entry.record.repo_digests else ""
        image_id = state.image_id
        name = image_id.short if image_id is not None else entry.reference
        return (safe(f"{repository}:<none>  {name}" if repository else f"<none>  {name}"),)
    return tuple(safe(tag) for tag in entry.tags) or (safe(entry.reference),)


def entry_name(state: ImageState) -> str:
    """All that an entry is called, as one text."""
    return "  ".join(entry_names(state))


def count_text(count: int, thing: str) -> str:
    """So many things: `1 image`, `9 images`, `2 entries`."""
    if count == 1:
        return f"1 {thing}"
    return f"{count:,} {thing.removesuffix('y')}ies" if thing.endswith("y") else f"{count:,} {thing}s"


def listed_bytes(state: ImageState, layer: int) -> int | None:
    """What the list of a place says of a layer's size; None where it says nothing."""
    listed = state.entry.record.layers if state.entry.record is not None else ()
    return listed[layer][1] if layer < len(listed) else None


def layer_size(layer: Layer, state: LayerState | None, listed: int | None = None) -> str:
    """A layer's size, or how far it is until it is read; before that as `listed`, or what is stored of it."""
    if state is None or state.reading is Reading.UNASKED:
        size_bytes = layer.stored_bytes if listed is None else listed
        return size_narrow(size_bytes) if size_bytes is not None else ""
    if state.reading is not Reading.DONE:
        return state.short()
    if state.tree is not None and state.tree.damage is not None:
        return "damaged"
    if state.tree is not None and state.tree.problems:
        return "mismatch"
    return size_narrow(state.content_bytes)


def notes(text: str, width: int, *, depth: int, root: int = NOWHERE, place: int = NOWHERE) -> list[TreeRow]:
    """A sentence as lines of the tree, for a pane of so many cells."""
    lines = wrap([("plain", safe(text.strip()))], max(10, width - depth - 4))[:NOTE_LINES] if text.strip() else []
    return [
        TreeRow(What.NOTE, place, None, depth, "".join(run for _, run in line).rstrip(), dimmed=True, root=root)
        for line in lines
    ]


def total_bytes(state: ImageState) -> tuple[int, bool]:
    """Content of all layers in bytes, and whether that is everything; of an unopened image, what is stored."""
    total, whole = 0, True
    for number, layer in enumerate(state.image.layers if state.image is not None else ()):
        reading = state.layers[number] if number < len(state.layers) else None
        if reading is not None and reading.tree is not None:
            total += reading.content_bytes
            whole = whole and reading.tree.damage is None
        else:
            whole = False
            total += 0 if state.opened else layer.stored_bytes or 0
    return total, whole
