"""The tree pane: images and their layers."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len

from layertui.present.safetext import crop_end
from layertui.tui.actions import Place
from layertui.tui.state import ImageState
from layertui.tui.tree_rows import TreeRow, What, by_ancestry, by_image, chain_of
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, Run, pad

SIZE_LOOKS = {".": "dim", "stopped": "dim", "failed": "error", "damaged": "error", "mismatch": "error"}
"""How a word in the place of a size is drawn."""


class TreePane(LineList):
    """Images and layers, by image or by ancestry."""

    place: ClassVar[Place] = Place.TREE
    rail_track = "│"

    def __init__(self, *, id: str) -> None:
        """Make it empty."""
        super().__init__(id=id)
        self._states: Sequence[ImageState] = ()
        self.rows: list[TreeRow] = []
        self.ancestry = False
        self.closed: frozenset[int] = frozenset()
        """Images whose layers are folded away."""
        self._closed_chains: frozenset[str] = frozenset()
        self.current: tuple[int, int] | None = None
        """The entry and the layer that the file pane shows; kept apart from the cursor."""

    def show(self, states: Sequence[ImageState], closed: frozenset[int]) -> None:
        """Show other images."""
        self._states, self.closed = states, closed
        self.rebuild()

    def rebuild(self) -> None:
        """Make the lines anew, with the cursor on the same thing."""
        row = self.row
        build: Callable[[], list[TreeRow]] = (
            (lambda: by_ancestry(self._states, self._closed_chains))
            if self.ancestry
            else (lambda: by_image(self._states, self.closed))
        )
        before, self.rows = self.rows, build()
        index = self.cursor
        if row is not None:
            found = next((i for i, other in enumerate(self.rows) if other.identity == row.identity), None)
            if found is None:
                found = next((i for i, other in enumerate(self.rows) if other.place == row.place), index)
            index = found
        if len(before) != len(self.rows) or index != self.cursor:
            self.changed(index)
            return
        for number, (old, new) in enumerate(zip(before, self.rows, strict=True)):
            if old != new:
                self.refresh_line(number)

    @property
    def row(self) -> TreeRow | None:
        """The line under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def line_count(self) -> int:
        """How many lines there are."""
        return len(self.rows)

    def title(self, width: int) -> Line:
        """What the pane shows, and in which order."""
        return [("title", " LAYERS  by ancestry" if self.ancestry else " IMAGES / LAYERS")]

    def empty(self, width: int) -> list[Line]:
        """There is always an entry; a source without one says so."""
        return [[("dim", " This holds no image.")]]

    def line(self, index: int, width: int) -> Line:
        """Fold mark, label and size."""
        row = self.rows[index]
        fold = ("└ " if row.branch else "  ") if row.folded is None else ("> " if row.folded else "v ")
        indent = " " * (1 + row.depth) + (fold if row.depth == 0 or row.folded is not None or self.ancestry else " ")
        size = f" {row.size} " if row.size else " "
        room = width - len(indent) - len(row.number) - cell_len(size)
        runs: list[Run] = [("dim" if row.dimmed else "plain", indent + row.number)]
        if row.bold:
            tags = crop_end(f"{row.bold}  ", room)
            runs.append(("win", tags))
            room -= cell_len(tags)
        label = pad(crop_end(row.label, room), room)
        look = "dim" if row.dimmed else ("win" if row.what is What.IMAGE else "plain")
        runs.append((look, label))
        runs.append((SIZE_LOOKS.get(row.size, "dim" if row.dimmed else "plain"), size))
        return runs

    def select(self, place: int, layer: int) -> None:
        """Put the cursor on a layer, without saying so; opens its image's fold."""
        if place in self.closed:
            self.closed -= {place}
            self.rebuild()
        found = self.index_of(place, layer)
        if found is None and self.ancestry:
            self._closed_chains = frozenset()
            self.rebuild()
            found = self.index_of(place, layer)
        if found is not None:
            self.move_to(found, say=False)

    def index_of(self, place: int, layer: int) -> int | None:
        """The line of a layer."""
        for index, row in enumerate(self.rows):
            if row.layer == layer and (row.place == place or place in row.places):
                return index
        return None

    # Folding

    def _set_folded(self, row: TreeRow, folded: bool) -> None:
        if self.ancestry:
            chain = chain_of(self._states, row)
            self._closed_chains = self._closed_chains | {chain} if folded else self._closed_chains - {chain}
        else:
            self.closed = self.closed | {row.place} if folded else self.closed - {row.place}
        self.rebuild()
        self.moved(self)

    def do_fold(self) -> None:
        """Fold or unfold the line."""
        row = self.row
        if row is not None and row.folded is not None:
            self._set_folded(row, not row.folded)

    def do_expand(self) -> None:
        """Unfold; on something unfolded go into it."""
        row = self.row
        if row is None:
            return
        if row.folded:
            self._set_folded(row, False)
        elif row.folded is False and self.cursor + 1 < len(self.rows):
            self.move_to(self.cursor + 1)
        elif row.what is What.LAYER:
            self.post_message(self.Opened(self))

    def do_collapse(self) -> None:
        """Fold; on something folded go to its parent."""
        row = self.row
        if row is None:
            return
        if row.folded is False:
            self._set_folded(row, True)
            return
        above = self.rows[: self.cursor]
        parent = next((i for i in range(len(above) - 1, -1, -1) if above[i].depth < row.depth), None)
        if parent is not None:
            self.move_to(parent)

    def do_collapse_all(self) -> None:
        """Fold every image."""
        self.closed = frozenset(range(len(self._states)))
        chains = {chain_of(self._states, row) for row in by_ancestry(self._states, frozenset()) if row.folded is False}
        self._closed_chains = frozenset(chains)
        self.rebuild()

    def do_expand_all(self) -> None:
        """Unfold every image."""
        self.closed, self._closed_chains = frozenset(), frozenset()
        self.rebuild()

    def do_order(self) -> None:
        """By image, or by ancestry."""
        self.ancestry = not self.ancestry
        row = self.row
        self.rebuild()
        if row is not None and row.layer is not None:
            found = self.index_of(row.place, row.layer)
            if found is not None:
                self.move_to(found, say=False)
        self.changed()
