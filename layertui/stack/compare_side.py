"""One side of a comparison: a layer's diff or a merged tree, one row a path, in tree order."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress

from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.layer.tree import DEAD, PASSAGE, LayerTree
from layertui.stack.layercolumn import but_not
from layertui.stack.squash import Squash

_IS_DEAD = bytes(code >> 3 & DEAD != 0 for code in range(256))
_IS_WHITEOUT = bytes(code & 7 == Kind.WHITEOUT for code in range(256))

Spot = tuple[LayerTree, int]
"""Where content lies: a layer's tree, and the row in it."""


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared: one layer's diff, or the layers of a squash merged up to one of them."""

    image: Image
    squash: Squash
    layer: int
    """The layer, or the highest one of those that are merged; -1 of an image without layers."""
    merged: bool
    """Whether layers from `squash.first` up to `layer` are merged, not that layer's diff alone."""

    def tree(self, position: int) -> LayerTree:
        """The tree of a position's layer."""
        return self.squash.tree_at(position)

    def kind(self, position: int) -> Kind:
        """What stands at a position, hard links followed; a broken one is taken for a file."""
        tree, row = self.squash.data_position(position)
        kind = Kind(tree.columns.kinds[row])
        return Kind.FILE if kind is Kind.HARDLINK else kind

    def spot(self, position: int) -> Spot | None:
        """Where the content of a file lies, hard links and metadata-only copies followed; None where that is open."""
        tree, row = self.squash.content_position(position)
        is_open = tree.columns.kinds[row] == Kind.HARDLINK or row in tree.columns.metacopies
        return None if is_open else (tree, row)

    @property
    def last_gap(self) -> int:
        """The highest layer of this side that is damaged or could not be read, or -1.

        What layers below it hold may be replaced there, and what no layer holds may stand in it.
        """
        numbers = range(self.squash.first, self.layer + 1) if self.merged else range(self.layer, self.layer + 1)
        return max((number for number in self.squash.gaps if number in numbers), default=-1)


@dataclass(frozen=True, slots=True)
class Listed:
    """The paths of one side; all lists are equally long, in tree order."""

    positions: list[int]
    """Position of each path in the side's squash."""
    keys: list[bytes]
    hiding: frozenset[int]
    """Positions of a layer diff whose path has a whiteout beside it: what lies below is hidden, as by an opaque one."""
    names: dict[int, bytes]
    """Positions of files with several names on this side, to the first of these names."""
    sizes: list[int]
    """Bytes that each path holds itself: those of a file with several names stand at the first of them."""


def listed(side: Side) -> Listed:
    """List one side: one position a path, the entry where a layer holds a whiteout beside it."""
    squash = side.squash
    if side.merged:
        mask = squash.merged_mask(side.layer)
    else:
        mask = but_not(squash.diff_mask(side.layer), squash.codes.translate(_IS_DEAD))
    positions = list(compress(range(len(squash)), mask))
    keys = keys_of(squash, positions)
    hiding: set[int] = set()
    if not side.merged:
        _drop_doubles(squash, positions, keys, hiding)
    sizes = list(map(squash.sizes.__getitem__, positions))
    return Listed(positions, keys, frozenset(hiding), _several_names(squash, positions, keys, sizes), sizes)


def keys_of(squash: Squash, positions: Iterable[int]) -> list[bytes]:
    """The keys of positions."""
    keys: list[list[bytes]] = [[]] * squash.first + [tree.columns.keys for tree in squash.trees]
    layers, rows = squash.layers, squash.rows
    return [keys[layers[position]][rows[position]] for position in positions]


def _drop_doubles(squash: Squash, positions: list[int], keys: list[bytes], hiding: set[int]) -> None:
    """Leave one position to a path that has both a whiteout and something else in the layer.

    The entry stays, and so does the whiteout of a directory to which only other markers lead.
    """
    codes = bytes(map(squash.codes.__getitem__, positions))
    doubles = []
    for index in compress(range(len(codes) - 1), codes.translate(_IS_WHITEOUT)):
        if keys[index] != keys[index + 1]:
            continue
        is_passage = codes[index + 1] >> 3 & PASSAGE
        doubles.append(index + 1 if is_passage else index)
        if not is_passage:
            hiding.add(positions[index + 1])
    for index in reversed(doubles):
        del positions[index], keys[index]


def _several_names(squash: Squash, positions: list[int], keys: list[bytes], sizes: list[int]) -> dict[int, bytes]:
    """Files with several names in the listing; their bytes are moved to the first name, so that sums count them once.

    A name whose content is not listed under any other name is a plain file: the rest of its names are gone.
    """
    if not squash.lower_links and not any(tree.link_rows for tree in squash.trees):
        return {}
    number = {id(tree): index for index, tree in enumerate(squash.trees)}
    targets = {(index, row) for index, tree in enumerate(squash.trees) for row in set(tree.link_rows.values())}
    for source in squash.lower_links.values():
        tree, row = squash.data_position(source)
        targets.add((number[id(tree)], row))
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    layers, rows, codes, first = squash.layers, squash.rows, squash.codes, squash.first
    for index, position in enumerate(positions):
        if codes[position] & 7 == Kind.HARDLINK:
            tree, row = squash.data_position(position)
            if tree.columns.kinds[row] != Kind.HARDLINK:
                groups[number[id(tree)], row].append(index)
        elif (own := (layers[position] - first, rows[position])) in targets:
            groups[own].append(index)
    names = {}
    for (at, row), members in groups.items():
        for index in members:
            sizes[index] = 0
            if len(members) > 1:
                names[positions[index]] = keys[members[0]]
        sizes[members[0]] = squash.trees[at].columns.sizes[row]
    return names
