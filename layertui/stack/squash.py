"""Squash: what the fold found, as columns over positions; every view, count and command reads it from here.

A *position* is a place in the table of all versions and markers of all paths, path-major: paths in tree order, and
within a path base to top. A subtree is one run of positions, so an aggregate is a difference of prefix sums.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import compress

from layertui.layer.columns import Kind
from layertui.layer.names import key_of, path_of
from layertui.layer.tree import IMPLIED, Entry, LayerTree
from layertui.stack.layercolumn import LayerColumn, at_most, but_not, is_equal
from layertui.stack.state import SETTLED, Outcome, State, metadata_differs

KINDS, STATES, OUTCOMES = tuple(Kind), tuple(State), tuple(Outcome)
"""Kinds, states and outcomes by number: a lookup costs less than asking the enum."""

IS_DIRECTORY = bytes(code & 7 == Kind.DIRECTORY for code in range(256))
"""Translates codes to 1 where they are of a directory."""


class Fate(IntEnum):
    """What a position is to the stack, as a column; the first four are outcomes of versions."""

    ONLY = 0
    WINS = 1
    SHADOWED = 2
    DELETED = 3
    MARKER = 4
    """A whiteout, or an opaque marker in a directory that its layer does not hold itself."""
    CONTEXT = 5
    """A directory that its layer does not hold and does not make: it only leads to something."""


@dataclass(frozen=True, slots=True, eq=False)
class Squash:
    """Layers base to top, folded."""

    trees: tuple[LayerTree, ...]
    first: int
    """The layer number of the first tree."""
    layer_count: int
    """How many layers the image has, read or not."""
    layers: LayerColumn
    """The layer of every position."""
    rows: "array[int]"
    """The row in its layer's tree."""
    codes: bytes
    """Kind of every position in the lower three bits, its row's flags above them."""
    ends: LayerColumn
    """The lowest layer above that ended the version; `no_end` where it is visible; a marker's own layer."""
    states: bytearray
    """State of every position; a rewritten one is settled once its content was compared (`settle`)."""
    fates: bytes
    subtree_ends: "array[int]"
    """The first position after everything beneath the path."""
    parents: "array[int]"
    """The first position of the parent directory's path; the root is its own parent."""
    sizes: "array[int]"
    """Bytes of content that a position holds itself: 0 for hard links and directories, so that sums count once."""
    depths: "array[int]"
    """Components of the path; 0 is the root."""
    lower_links: dict[int, int]
    """Hard links into a lower layer: the position that holds their content."""
    warnings: tuple[tuple[int, str], ...]
    """What is odd about how layers fit together: layer number and sentence."""
    no_end: int
    """What `ends` holds for a version that is visible from the top."""
    gaps: tuple[int, ...] = ()
    """Layers that are damaged or could not be read, base to top: what lies across one is not known."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def top(self) -> int:
        """The highest layer that was folded."""
        return self.first + len(self.trees) - 1

    @property
    def is_complete(self) -> bool:
        """Whether every layer up to the image's top is folded, so that outcomes are known."""
        return self.first + len(self.trees) == self.layer_count

    @property
    def states_known_to(self) -> int:
        """The highest layer whose states are known: every layer beneath it is folded, and whole."""
        if self.first:
            return -1
        return self.gaps[0] if self.gaps else self.layer_count

    def tree_at(self, position: int) -> LayerTree:
        """The tree of a position's layer."""
        return self.trees[self.layers[position] - self.first]

    def key(self, position: int) -> bytes:
        """The key of a position's path (see names.py)."""
        return self.tree_at(position).columns.keys[self.rows[position]]

    def path(self, position: int) -> bytes:
        """The path at a position; the root is `.`."""
        return path_of(self.key(position))

    def kind(self, position: int) -> Kind:
        """The kind of a position's entry."""
        return KINDS[self.codes[position] & 7]

    def layer(self, position: int) -> int:
        """The layer number of a position."""
        return self.layers[position]

    def entry(self, position: int) -> Entry:
        """The entry at a position, with the size of a hard link into a lower layer filled in."""
        entry = self.tree_at(position).entry(self.rows[position])
        if entry.size_bytes is None and position in self.lower_links:
            return replace(entry, size_bytes=self.size_bytes(position))
        return entry

    def size_bytes(self, position: int) -> int | None:
        """Content of a version in bytes, hard links followed; None where it is not known."""
        source = self.lower_links.get(position, position)
        return self.tree_at(source).size_bytes(self.rows[source])

    def depth(self, position: int) -> int:
        """Components of the path; 0 is the root."""
        return self.depths[position]

    def is_implied(self, position: int) -> bool:
        """Whether the layer does not hold the directory itself."""
        return bool(self.codes[position] >> 3 & IMPLIED)

    def state(self, position: int) -> State | None:
        """What the layer did to the path; None while lower layers are not read."""
        return STATES[self.states[position]] if self.layers[position] <= self.states_known_to else None

    def outcome(self, position: int) -> Outcome:
        """What became of the version; UNKNOWN for a living one while upper layers are not read."""
        fate = self.fates[position]
        if fate >= Fate.MARKER:
            return Outcome.NONE
        if fate <= Fate.WINS and not (self.is_complete and self._is_clear_above(position)):
            return Outcome.UNKNOWN
        return OUTCOMES[fate]

    def _is_clear_above(self, position: int) -> bool:
        """Whether every folded layer above a position's is whole."""
        return not self.gaps or self.gaps[-1] <= self.layers[position]

    def by_layer(self, position: int) -> int | None:
        """The layer that shadowed or deleted the version, or None."""
        return self.ends[position] if self.fates[position] in (Fate.SHADOWED, Fate.DELETED) else None

    def merged_mask(self, layer: int) -> bytes:
        """Mask of the versions that the merged tree of layers 0 to `layer` holds."""
        begun = at_most(self.layers, layer)
        return but_not(begun, at_most(self.ends, layer)) if layer < self.no_end else begun

    def diff_mask(self, layer: int) -> bytes:
        """Mask of what one layer holds: versions, markers, and directories that lead to them."""
        return is_equal(self.layers, layer)

    def overlap_mask(self) -> bytes:
        """Mask of all versions of paths that more than one layer holds."""
        mask = bytearray(len(self))
        for start, stop in self._groups():
            if len({self.layers[position] for position in self.versions(start, stop)}) > 1:
                mask[start:stop] = b"\1" * (stop - start)
        return bytes(mask)

    def _groups(self) -> Iterator[tuple[int, int]]:
        """Runs of several positions that share a path."""
        trees, first = self.trees, self.first
        keys = [trees[layer - first].columns.keys[row] for layer, row in zip(self.layers, self.rows, strict=True)]
        position, count = 0, len(keys)
        while position < count - 1:
            if keys[position] != keys[position + 1]:
                position += 1
                continue
            stop = position + 2
            while stop < count and keys[stop] == keys[position]:
                stop += 1
            yield position, stop
            position = stop

    def versions(self, start: int, stop: int) -> Iterator[int]:
        """The positions of a path's run that are versions: no markers, no directories that merely lead somewhere."""
        for position in range(start, stop):
            if self.fates[position] < Fate.MARKER and not (
                self.states[position] == State.UNCHANGED and self.is_implied(position)
            ):
                yield position

    def run(self, path: bytes) -> range:
        """All positions of a path; empty where no layer holds it or a marker of it."""
        key = key_of(path)
        start, high = 0, len(self)
        while start < high:
            middle = (start + high) // 2
            if self.key(middle) < key:
                start = middle + 1
            else:
                high = middle
        stop = start
        while stop < len(self) and self.key(stop) == key:
            stop += 1
        return range(start, stop)

    def history(self, path: bytes) -> list[int]:
        """The positions of every version and marker of a path, base to top.

        Implied directories are in no path's history, unless they replaced something or hide something.
        """
        return [
            position
            for position in self.run(path)
            if self.fates[position] != Fate.CONTEXT
            and not (self.states[position] == State.UNCHANGED and self.is_implied(position))
        ]

    def alive_at(self, path: bytes, layer: int) -> int | None:
        """The version of a path that the merged tree of layers 0 to `layer` holds."""
        for position in self.run(path):
            if self.layers[position] <= layer < self.ends[position]:
                return position
        return None

    def winner(self, path: bytes) -> int | None:
        """The version of a path that is visible from the top of what was folded, or None."""
        return self.alive_at(path, self.top)

    def below(self, position: int) -> int | None:
        """The version of the same path that was visible just below a position's layer."""
        layer = self.layers[position]
        key = self.key(position)
        for step in (-1, 1):
            other = position + step
            while 0 <= other < len(self) and self.key(other) == key:
                if self.layers[other] < layer <= self.ends[other] and self.fates[other] < Fate.MARKER:
                    return other
                other += step
        return None

    def data_position(self, position: int) -> tuple[LayerTree, int]:
        """The tree and row that hold a version's content, hard links followed."""
        source = self.lower_links.get(position, position)
        tree = self.tree_at(source)
        return tree, tree.data_row(self.rows[source])

    def content_position(self, position: int) -> tuple[LayerTree, int]:
        """The tree and row that hold a version's bytes, also where its layer copied up the metadata only.

        Linux, overlayfs.rst, "Metadata only copy up": the content is that of the version below. Where there is none
        the row is the last one that was found, which is among its layer's `metacopies`.
        """
        tree, row = self.data_position(position)
        at = self.lower_links.get(position, position)
        while row in tree.columns.metacopies:
            if self.rows[at] != row:  # a hard link: what lies below is asked of the path that it leads to
                held = self.run(path_of(tree.columns.keys[row]))
                at = next(other for other in held if self.rows[other] == row and self.tree_at(other) is tree)
            below = self.below(at)
            if below is None:
                break
            at = self.lower_links.get(below, below)
            tree, row = self.data_position(below)
        return tree, row

    def settle(self, position: int, same_content: bool) -> State:
        """Say what a rewritten version is, now that its content was compared with the version below.

        The one change that a Squash sees: a fact about the bytes that was not known when it was made.
        """
        below = self.below(position)
        if not same_content or below is None:
            state = State.MODIFIED
        else:
            differs = metadata_differs(
                self.tree_at(below), self.rows[below], self.tree_at(position), self.rows[position]
            )
            state = State.METADATA if differs else State.IDENTICAL
        if self.states[position] == State.REWRITTEN or self.states[position] in SETTLED:
            self.states[position] = state
        return state

    def is_rewritten(self, position: int) -> bool:
        """Whether a version's content has to be compared to know what it is; one that was born dead is left so."""
        return self.states[position] == State.REWRITTEN and self.ends[position] != self.layers[position]

    def rewritten(self) -> list[int]:
        """All positions whose content was not compared yet."""
        mask = bytes(self.states).translate(bytes(state == State.REWRITTEN for state in range(256)))
        return [position for position in compress(range(len(self)), mask) if self.is_rewritten(position)]
