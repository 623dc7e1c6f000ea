"""The tree pane: images and their layers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar, TypeVar

from rich.cells import cell_len

from layertui.present.glyphs import LINE
from layertui.present.hosttree import fit_names
from layertui.present.safetext import crop_end, crop_middle
from layertui.tui.actions import Place
from layertui.tui.roots import Holdings
from layertui.tui.state import ImageState
from layertui.tui.tree_by_ancestry import by_ancestry
from layertui.tui.tree_by_image import by_image
from layertui.tui.tree_rows import ENTRIES, NOWHERE, TreeRow, What
from layertui.tui.tree_view import TreeView
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, Run, pad

SIZE_LOOKS = {
    **dict.fromkeys((".", "stopped", "connecting...", "opening..."), "dim"),
    **dict.fromkeys(("failed", "damaged", "mismatch"), "error"),
}
"""How a word in the place of a size is drawn."""

ADDRESS_CELLS, LABEL_CELLS = 20, 4
"""Cells that a place's address, and what else stands behind a name, must have; with fewer it is left out."""


MARKED = "A"
"""In the margin of what is side A of the next comparison."""


class TreePane(LineList):
    """Images and layers, by image or by ancestry."""

    place: ClassVar[Place] = Place.TREE
    rail_track = LINE

    def __init__(self, holdings: Holdings, *, id: str) -> None:
        """Show what is known; `rebuild` shows more of it."""
        super().__init__(id=id)
        self.holdings = holdings
        self.rows: list[TreeRow] = []
        self.view = TreeView()
        self._made_for = -1
        self._marked: tuple[int, int | None] | None = None
        """Entry and layer (None for all of it) that are side A of the next comparison."""

    def look_like(self, view: TreeView) -> None:
        """Show another view."""
        self.view = view
        self.rebuild()

    def rebuild(self) -> None:
        """Make the lines anew, with the cursor on the same thing."""
        row = self.row
        before, self.rows = self.rows, self._made()
        index = self.cursor
        if row is not None:
            index = self._again(row, index)
        if len(before) != len(self.rows) or index != self.cursor:
            self.changed(index)
            return
        for number, (old, new) in enumerate(zip(before, self.rows, strict=True)):
            if old != new:
                self.refresh_line(number)

    def show_progress(self, place: int, layer: int, size: str) -> None:
        """Show how far a layer is: its lines only, as to make thousands of lines anew would hold up keys."""
        for number, row in enumerate(self.rows):
            if row.layer == layer and row.place == place and row.size != size:
                self.rows[number] = replace(row, size=size)
                self.refresh_line(number)

    def _again(self, row: TreeRow, index: int) -> int:
        """The line that the cursor belongs on: the same as before, else of the same entry, else of the same place."""
        alike: tuple[Callable[[TreeRow], bool], ...] = (
            lambda other: other.identity == row.identity,
            lambda other: other.place == row.place and row.place != NOWHERE,
            lambda other: other.root == row.root and row.root != NOWHERE,
        )
        for same in alike:
            found = next((at for at, other in enumerate(self.rows) if same(other)), None)
            if found is not None:
                return found
        return index

    def _made(self) -> list[TreeRow]:
        self._made_for = self.inner_width
        now = datetime.now(UTC)
        if self.view.ancestry:
            return by_ancestry(self.holdings, self.view, self.inner_width, now)
        return by_image(self.holdings, self.view, self.inner_width, now)

    @property
    def row(self) -> TreeRow | None:
        """The line under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def state(self) -> ImageState | None:
        """The image or container that the cursor is in."""
        return self.holdings.states.get(self.row.place) if self.row is not None else None

    def wanting(self) -> list[ImageState]:
        """What in view, or without a place in the order by ancestry, could say more once its manifest is read."""
        places = {
            row.place
            for number, row in enumerate(self.rows)
            if row.wanting and (self._is_seen(number) or (row.what in ENTRIES and not self._is_remote(row.place)))
        }
        return [self.holdings.states[place] for place in sorted(places)]

    def _is_seen(self, number: int) -> bool:
        return self.top <= number < self.top + self.window_height

    def _is_remote(self, place: int) -> bool:
        return bool(self.holdings.roots[self.holdings.states[place].root].registry)

    def unlooked(self) -> dict[int, list[str]]:
        """By place, the tags in view of which nothing is known yet, from the top."""
        found: dict[int, list[str]] = {}
        for row in self.rows[self.top : self.top + self.window_height]:
            state = self.holdings.states.get(row.place)
            if state is not None and row.what in ENTRIES and state.by_tag and state.entry.record is None:
                found.setdefault(state.root, []).append(state.entry.tags[0].rpartition(":")[2])
        return found

    def line_count(self) -> int:
        """How many lines there are."""
        if self.holdings.host and self._made_for != self.inner_width:
            self.rows = self._made()  # sentences are wrapped to the width
            self._strips.clear()
        return len(self.rows)

    def title(self, width: int) -> Line:
        """What the pane shows, and in which order."""
        return [("title", " LAYERS  by ancestry" if self.view.ancestry else " IMAGES / LAYERS")]

    def empty(self, width: int) -> list[Line]:
        """There is always an entry; a source without one says so."""
        return [[("dim", " This holds no image.")]]

    def line(self, index: int, width: int) -> Line:
        """Fold mark, label, and at the right the size."""
        row = self.rows[index]
        fold = f"{row.stem} " if row.folded is None else ("> " if row.folded else "v ")
        wide = row.depth == 0 or row.folded is not None or self.view.ancestry
        indent = " " + (row.margin or " " * row.depth) + (fold if wide else " ")
        size = f" {self.right(row, width)} " if self.right(row, width) else " "
        room = width - len(indent) - len(row.number) - cell_len(size)
        runs: list[Run] = [("dim" if row.dimmed else "plain", indent + row.number)]
        if self._marked is not None and self._is(row, self._marked):
            runs = [("key", MARKED), (runs[0][0], runs[0][1][1:])]
        if row.names:
            names = fit_names(row.names, room)
            names += " " * min(2, room - cell_len(names))
            runs.append(("dim" if row.dimmed else "win", names))
            room -= cell_len(names)
        address = row.what is What.ROOT
        if room < (ADDRESS_CELLS if address else LABEL_CELLS) and row.names:
            label = ""  # so little of it says nothing
        else:
            label = crop_middle(row.label, room) if address else crop_end(row.label, room)
        dimmed = row.dimmed or row.what in (What.ROOT, What.CONTAINER)
        runs.append(("dim" if dimmed else "plain", pad(label, room)))
        runs.append((SIZE_LOOKS.get(row.size, "dim" if row.dimmed else "plain"), size))
        return runs

    def right(self, row: TreeRow, width: int) -> str:
        """What stands at the right of a line: its size."""
        return row.size

    def mark(self, place: int | None, layer: int | None) -> None:
        """Show which line is side A of the next comparison; None unmarks."""
        marked = None if place is None else (place, layer)
        before, self._marked = self._marked, marked
        if before != marked:
            for number, row in enumerate(self.rows):
                if any(meant is not None and self._is(row, meant) for meant in (before, marked)):
                    self.refresh_line(number)

    @staticmethod
    def _is(row: TreeRow, meant: tuple[int, int | None]) -> bool:
        place, layer = meant
        if layer is None:
            return row.what in ENTRIES and row.place == place
        return row.what is What.LAYER and row.layer == layer and (row.place == place or place in row.places)

    def select(self, place: int, layer: int) -> None:
        """Put the cursor on a layer, without saying so; opens its image's fold."""
        if place not in self.view.unfolded:
            self.look_like(replace(self.view, unfolded=self.view.unfolded | {place}))
        found = self.index_of(place, layer)
        if found is None and self.view.ancestry:
            self.look_like(replace(self.view, folded_chains=frozenset()))
            found = self.index_of(place, layer)
        if found is not None:
            self.move_to(found, say=False)

    def bring_up(self) -> None:
        """Let what lies beneath the line under the cursor be seen too."""
        top = max(0, min(self.cursor, self.line_count() - self.window_height))
        if top > self.top:
            self.top = top
            self.changed()

    def stand_at(self, place: int) -> None:
        """Put the cursor on the line of an entry, without saying so."""
        found = next((at for at, row in enumerate(self.rows) if row.place == place and row.what in ENTRIES), None)
        if found is not None:
            self.move_to(found, say=False)

    def index_of(self, place: int, layer: int) -> int | None:
        """The line of a layer."""
        for index, row in enumerate(self.rows):
            if row.layer == layer and (row.place == place or place in row.places):
                return index
        return None

    # Folding

    def unfold(self, place: int) -> None:
        """Show an image's layers, or a container's."""
        self.look_like(replace(self.view, unfolded=self.view.unfolded | {place}))

    def _set_folded(self, row: TreeRow, folded: bool) -> None:
        view = self.view
        if row.what is What.MISSING:
            view = replace(view, shows_missing=not folded)
        elif row.what is What.ROOT:
            view = replace(view, folded_roots=_with(view.folded_roots, row.root, folded))
        elif view.ancestry:
            view = replace(view, folded_chains=_with(view.folded_chains, row.chain, folded))
        else:
            view = replace(view, unfolded=_with(view.unfolded, row.place, not folded))
        self.look_like(view)
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
        """Fold everything."""
        everything = by_ancestry(
            self.holdings, replace(self.view, folded_chains=frozenset()), self.inner_width, datetime.now(UTC)
        )
        chains = frozenset(row.chain for row in everything if row.folded is False)
        roots = frozenset(range(len(self.holdings.roots)))
        self.look_like(
            replace(self.view, unfolded=frozenset(), folded_roots=roots, folded_chains=chains, shows_missing=False)
        )
        self.moved(self)

    def do_expand_all(self) -> None:
        """Unfold everything."""
        places = frozenset(self.holdings.states)
        unfolded = replace(self.view, unfolded=places, folded_roots=frozenset(), folded_chains=frozenset())
        self.look_like(replace(unfolded, shows_missing=True))
        self.moved(self)

    def do_order(self) -> None:
        """By image, or by ancestry."""
        row = self.row
        self.look_like(replace(self.view, ancestry=not self.view.ancestry))
        if row is not None and row.layer is not None:
            found = self.index_of(row.place, row.layer)
            if found is not None:
                self.move_to(found, say=False)
        self.changed()
        self.moved(self)


T = TypeVar("T", int, str)


def _with(values: frozenset[T], value: T, wanted: bool) -> frozenset[T]:
    """A set with a value in it, or without."""
    return values | {value} if wanted else values - {value}
