"""What layers cost: bytes and counts for each layer, and what no container can see."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress

from layertui.layer.columns import Kind
from layertui.layer.tree import LayerTree
from layertui.stack.squash import Fate, Squash
from layertui.stack.state import State

_IS_DEAD = bytes(fate in (Fate.SHADOWED, Fate.DELETED) for fate in range(256))


@dataclass(frozen=True, slots=True)
class LayerCounts:
    """What one layer did, in entries by state, and its bytes."""

    entries: int
    """Members of the layer's tar."""
    content_bytes: int
    """Content of its files; a group of hard links counts once."""
    states: dict[State, int]
    """Entries by state; implied directories count only where they replaced something."""


def layer_counts(squash: Squash) -> list[LayerCounts]:
    """Counts for every layer that was folded, base to top."""
    states = bytes(squash.states)
    counts = []
    for index, tree in enumerate(squash.trees):
        layer = squash.first + index
        mask = squash.diff_mask(layer)
        here = bytes(compress(states, mask))
        by_state = {state: here.count(state) for state in State}
        counts.append(LayerCounts(tree.entry_count, tree.columns.content_bytes, by_state))
    return counts


def commit_bytes(tree: LayerTree) -> int:
    """What a commit of a container's writable layer adds to the size of an image, as Docker counts it.

    Content of all files, a group of hard links once, and the text of symlinks (moby, `pkg/directory`, Size).
    """
    columns = tree.columns
    targets = (len(target) for row, target in columns.links.items() if columns.kinds[row] == Kind.SYMLINK)
    return columns.content_bytes + sum(targets)


def reclaimable_bytes(squash: Squash) -> int:
    """Bytes in the image that no container can see: of every link group all of whose names are dead.

    While upper layers are not read this is what is known so far: it can only grow.
    """
    return sum(size_bytes for _, size_bytes in reclaimable(squash))


def reclaimable(squash: Squash) -> Iterator[tuple[int, int]]:
    """Yield positions whose content no container can see, with its bytes; a link group is at the row that holds it."""
    dead = squash.fates.translate(_IS_DEAD)
    groups = dict.fromkeys(_linked_rows(squash), False)
    if groups:
        for position in _link_positions(squash):
            tree, row = squash.data_position(position)
            groups[squash.trees.index(tree) + squash.first, row] |= not dead[position]
    for position in compress(range(len(squash)), dead):
        tree = squash.trees[squash.layers[position] - squash.first]
        row = squash.rows[position]
        size = tree.columns.sizes[row]
        if not size:
            continue
        if not groups.get((squash.layers[position], row), False):
            yield position, size


def _linked_rows(squash: Squash) -> Iterator[tuple[int, int]]:
    """Layer and row of every content that a hard link leads to."""
    for index, tree in enumerate(squash.trees):
        for row in set(tree.link_rows.values()):
            yield squash.first + index, row
    for position in squash.lower_links.values():
        tree, row = squash.data_position(position)
        yield squash.trees.index(tree) + squash.first, row


def _link_positions(squash: Squash) -> Iterator[int]:
    """Positions of all hard links whose content is known."""
    for position, (layer, row) in enumerate(zip(squash.layers, squash.rows, strict=True)):
        tree = squash.trees[layer - squash.first]
        if tree.columns.kinds[row] == Kind.HARDLINK and (row in tree.link_rows or position in squash.lower_links):
            yield position
