"""Looking for a text in every version of every file: shadowed and deleted ones too, which is how a leak is found."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from layertui.errors import Cancelled, LayertuiError
from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.stack.search_content import search_layer
from layertui.stack.search_file import FileHit
from layertui.stack.search_pattern import Needle
from layertui.stack.squash import Fate, Squash

Progress = Callable[[int, int], None]
"""Called with a layer's number and its stored bytes that are done."""

Cancel = Callable[[], bool]
"""Asked for every mebibyte; True stops the work."""


@dataclass(frozen=True, slots=True)
class ContentMatch:
    """A version whose content matches."""

    position: int
    """Of the version; each hard link to one content is a match of its own."""
    hit: FileHit
    """Where, and how often."""


class ContentSearch:
    """A search through the contents of an image's layers; iterate to run it, once.

    Matches come as they are found: layers base to top, within a layer in the order of its tar. A layer that cannot be
    read, or not to its end, is passed over, and `problems` says so unless its tree does. Raises Cancelled when
    `cancelled` says so.
    """

    def __init__(
        self,
        image: Image,
        squash: Squash,
        needle: Needle,
        positions: Iterable[int] | None = None,
        *,
        progress: Progress | None = None,
        cancelled: Cancel | None = None,
    ) -> None:
        """Look through the versions at `positions`, or all; a content with several names is looked through once."""
        self._image = image
        self._squash = squash
        self._needle = needle
        self._progress = progress
        self._cancelled = cancelled
        self._wanted = _contents(squash, range(len(squash)) if positions is None else positions)
        self.problems: dict[int, LayertuiError] = {}
        """By layer what could not be read, a sentence each; complete once the search has ended."""

    @property
    def layers(self) -> list[int]:
        """The layers that are looked through, base to top."""
        return sorted(self._wanted)

    def __iter__(self) -> Iterator[ContentMatch]:
        """Run the search."""
        for number in self.layers:
            layer, rows = self._image.layers[number], self._wanted[number]
            which = f"layer {number} of {len(self._image.layers)}"
            if layer.content is None:
                self.problems[number] = layer.problem or LayertuiError(f"{which} has no content.")
                continue
            tree = self._squash.trees[number - self._squash.first]
            try:
                for hit in search_layer(layer.content, tree, self._needle, rows, self._tick(number)):
                    for position in rows[hit.row]:
                        yield ContentMatch(position, hit)
            except LayertuiError as error:
                if tree.damage is not None:  # told when the layer was read
                    continue
                self.problems[number] = type(error)(f"{which}: {error.message}", error.hint)

    def _tick(self, layer: int) -> Callable[[int], None]:
        def tick(done: int) -> None:
            if self._cancelled is not None and self._cancelled():
                raise Cancelled
            if self._progress is not None:
                self._progress(layer, done)

        return tick


def _contents(squash: Squash, positions: Iterable[int]) -> dict[int, dict[int, list[int]]]:
    """The contents of versions: by layer and row, with all positions that have it."""
    wanted: dict[int, dict[int, list[int]]] = {}
    for position in positions:
        if squash.codes[position] & 7 not in (Kind.FILE, Kind.HARDLINK) or squash.fates[position] >= Fate.MARKER:
            continue
        source = squash.lower_links.get(position, position)
        layer = squash.layers[source]
        row = squash.trees[layer - squash.first].data_row(squash.rows[source])
        wanted.setdefault(layer, {}).setdefault(row, []).append(position)
    return wanted
