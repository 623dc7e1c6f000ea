"""The rows of all layers as one table, path-major: what the fold works on, and what becomes a Squash.

Columns are gathered by calls that run in C, and filled in the same way with what is true of most rows.
"""

from array import array
from collections.abc import Callable, Sequence
from itertools import chain, compress, islice
from operator import eq, itemgetter, ne, not_
from typing import Any

from layertui.layer.columns import PROBLEM_LIMIT, Kind
from layertui.layer.member import shown
from layertui.layer.tree import IMPLIED, LayerTree
from layertui.stack.layercolumn import NARROW_LAYERS, NO_END_BYTE, NO_END_WORD, LayerColumn, either
from layertui.stack.order import slices
from layertui.stack.squash import Fate, Squash
from layertui.stack.state import State, metadata_differs, state_over

_FLAGS_UP = bytes((flags & 0x0F) << 3 for flags in range(256))
"""Moves a row's flags above its kind, so that both make one byte, its *code*."""

_FILE, _DIRECTORY = int(Kind.FILE), int(Kind.DIRECTORY)

_REWRITTEN, _METADATA = int(State.REWRITTEN), int(State.METADATA)
_IDENTICAL, _UNCHANGED = int(State.IDENTICAL), int(State.UNCHANGED)

_PAIR_STATES = bytes((State.REWRITTEN, State.MODIFIED)) + bytes(254)
"""Translates whether sizes differ to the state of a file over a file."""

_FATES = bytes((Fate.ONLY, Fate.WINS, Fate.SHADOWED, Fate.SHADOWED)) + bytes(252)
"""Translates 1, a version follows another at its path, and 2, another follows it, to what became of it."""

_TWICE = bytes((0, 2)) + bytes(254)
_UNLESS = bytes((255, 0)) + bytes(254)
"""Translate masks to 2 where they hold, and to 255 where they do not."""


class Table:
    """Columns over positions, filled as if there were nothing but files, each replacing the one before at its path."""

    def __init__(self, trees: Sequence[LayerTree], first: int) -> None:
        self.trees = tuple(trees)
        self.first = first
        self.links: dict[int, int] = {}
        """Hard links into lower layers, to the position that holds their content."""
        self.warnings: list[tuple[int, str]] = []
        self._gather()
        self._fill()

    def __len__(self) -> int:
        return len(self.keys)

    def _gather(self) -> None:
        """Put all rows into tree order. The stable sort merges the layers, each of which is in order by itself."""
        trees = self.trees
        is_narrow = self.first + len(trees) <= NARROW_LAYERS
        self.no_end = NO_END_BYTE if is_narrow else NO_END_WORD
        codes = [either(tree.columns.kinds, tree.flags.translate(_FLAGS_UP)) for tree in trees]
        self.keys: list[bytes] = []
        self.rows, self.sizes, layers, in_order = array("I"), array("q"), array("B" if is_narrow else "H"), bytearray()
        for parts in slices([tree.columns.keys for tree in trees], [tree.order for tree in trees]):
            here = _Rows()
            for index, part in enumerate(parts):
                if part:
                    here.take(trees[index], codes[index], self.first + index, part)
            pick = _picker(sorted(range(len(here.keys)), key=here.keys.__getitem__))
            self.keys += pick(here.keys)
            in_order += bytes(pick(here.codes))
            self.rows.extend(array("I", pick(here.rows)))
            self.sizes.extend(array("q", pick(here.sizes)))
            layers.extend(array(layers.typecode, pick(here.layers)))
        self.codes = bytes(in_order)
        self.layers: LayerColumn = layers.tobytes() if is_narrow else layers

    def _fill(self) -> None:
        keys, count = self.keys, len(self.keys)
        self.followed = bytes(map(eq, keys, islice(keys, 1, None))) + bytes(min(count, 1))
        """Mask of positions that another one of the same path follows."""
        self.follows = bytes(min(count, 1)) + self.followed[:-1]
        """Mask of positions that follow another one of the same path."""
        self.fates = bytearray(either(self.follows, self.followed.translate(_TWICE)).translate(_FATES))
        self.ends: bytearray | array[int]
        if isinstance(self.layers, bytes):
            self.ends = bytearray(either(self.layers[1:] + bytes(min(count, 1)), self.followed.translate(_UNLESS)))
        else:
            above = zip(self.followed, chain(self.layers[1:], (0,)), strict=True)
            self.ends = array("H", [layer if followed else NO_END_WORD for followed, layer in above])
        self.states = bytearray(count)
        self.subtree_ends = array("I", range(1, count + 1))
        self.parents = array("I")
        self.depths = array("H")
        followers = list(compress(range(count), self.follows))
        sizes = _picker(followers)(self.sizes)
        sizes_below = _picker(list(compress(range(count), self.followed)))(self.sizes)
        pair_states = bytes(map(ne, sizes, sizes_below)).translate(_PAIR_STATES)
        for at, state in zip(reversed(followers), reversed(pair_states), strict=True):
            self.states[at] = state
            self.subtree_ends[at - 1] = self.subtree_ends[at]
        for at in compress(followers, map(not_, sizes)):
            if self.states[at] == _REWRITTEN and self.codes[at] == self.codes[at - 1] == _FILE:
                self.states[at] = _METADATA if self._differs(at - 1, at) else _IDENTICAL  # no bytes to compare
        if any(tree.columns.checksums or tree.columns.metacopies for tree in self.trees):
            for at in followers:
                if self.states[at] == _REWRITTEN and self.codes[at] == self.codes[at - 1] == _FILE:
                    self.states[at] = self.state(at - 1, at)  # the listing knew more than the size

    def tree_row(self, position: int) -> tuple[LayerTree, int]:
        """The tree and row of a position."""
        return self.trees[self.layers[position] - self.first], self.rows[position]

    def is_directory(self, position: int) -> bool:
        """Whether a position is a directory."""
        return self.codes[position] & 7 == _DIRECTORY

    def state(self, below: int, position: int) -> State:
        """What a version is over the one that was visible just below its layer, -1 where there was none."""
        if below < 0:
            return State.ADDED
        if self.codes[below] >> 3 & IMPLIED and self.is_directory(position):
            return State.ADDED  # the first entry of a directory that names implied so far
        below_tree, below_row = self.tree_row(below)
        tree, row = self.tree_row(position)
        return state_over(below_tree, below_row, tree, row, self._size(below), self._size(position))

    def differs_beyond_mtime(self, below: int, position: int) -> bool:
        """Whether mode, owner or xattrs of two versions differ."""
        return self._differs(below, position, mtime=False)

    def over_directory(self, below: int, position: int) -> tuple[int, bool]:
        """The state of a directory over a directory, its children apart, and whether only the mtime makes it so."""
        below_tree, below_row = self.tree_row(below)
        tree, row = self.tree_row(position)
        if metadata_differs(below_tree, below_row, tree, row, mtime=False):
            return _METADATA, False
        if below_tree.columns.mtimes[below_row] != tree.columns.mtimes[row]:
            return _METADATA, True
        return _UNCHANGED, False

    def _differs(self, below: int, position: int, *, mtime: bool = True) -> bool:
        below_tree, below_row = self.tree_row(below)
        tree, row = self.tree_row(position)
        return metadata_differs(below_tree, below_row, tree, row, mtime=mtime)

    def warn(self, position: int, what: str) -> None:
        """Keep a sentence about a path, unless there are too many."""
        if len(self.warnings) < PROBLEM_LIMIT:
            self.warnings.append((self.layers[position], f"{shown(self.keys[position])}: {what}"))

    def squash(self, layer_count: int) -> Squash:
        """The table as it is now, for good."""
        return Squash(
            trees=self.trees,
            first=self.first,
            layer_count=layer_count,
            layers=self.layers,
            rows=self.rows,
            codes=self.codes,
            ends=bytes(self.ends) if isinstance(self.ends, bytearray) else self.ends,
            states=self.states,
            fates=bytes(self.fates),
            subtree_ends=self.subtree_ends,
            parents=self.parents,
            sizes=self.sizes,
            depths=self.depths,
            lower_links=self.links,
            warnings=tuple(sorted(self.warnings)),
            no_end=self.no_end,
            gaps=tuple(number for number, tree in enumerate(self.trees, self.first) if tree.damage is not None),
        )

    def _size(self, position: int) -> int | None:
        tree, row = self.tree_row(self.links.get(position, position))
        return tree.size_bytes(row)


class _Rows:
    """Rows of several layers, one layer after another."""

    __slots__ = ("codes", "keys", "layers", "rows", "sizes")

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.rows: list[int] = []
        self.sizes: list[int] = []
        self.codes: list[int] = []
        self.layers: list[int] = []

    def take(self, tree: LayerTree, codes: bytes, layer: int, part: Sequence[int]) -> None:
        """Add rows of one layer."""
        pick = _picker(part)
        self.keys += pick(tree.columns.keys)
        self.rows += part
        self.sizes += pick(tree.columns.sizes)
        self.codes += pick(codes)
        self.layers += (layer,) * len(part)


def _picker(rows: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """What picks these rows out of a column, in this order."""
    if len(rows) > 1:
        return itemgetter(*rows)
    return lambda column: tuple(column[row] for row in rows)
