"""What the fold settles after its pass: it takes the whole table to know it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import compress

from layertui.stack.layercolumn import LayerColumn, is_equal, next_in
from layertui.stack.squash import Fate
from layertui.stack.state import State
from layertui.stack.table import Table

Pending = dict[int, int]
"""Directories of which only the mtime changed, by layer: unchanged after all if that layer adds or removes a child."""


def settle_directories(table: Table, pendings: Iterable[tuple[int, int, Pending]], firsts: LayerColumn) -> None:
    """Settle directories where the pass saw no child change: it does not stop at plain entries.

    Each pending comes with the first position of its path, and of what lies beneath it. `firsts` holds the layers of
    plain entries that are the first at their path.
    """
    parents, ends = table.parents, table.subtree_ends
    for start, beneath, pending in pendings:
        stop = ends[start]
        for layer, position in pending.items():
            at = next_in(firsts, layer, beneath, stop)
            while at >= 0 and parents[at] != start:
                while parents[at] != start:
                    at = parents[at]
                at = next_in(firsts, layer, ends[at], stop)
            if at >= 0:
                table.states[position] = State.UNCHANGED


def settle_opaque(table: Table, positions: Iterable[int]) -> None:
    """A directory is opaque in state only where it hides something: a version beneath it that its layer ended."""
    ended: dict[int, list[int]] = {}
    for position in positions:
        layer = table.layers[position]
        if layer not in ended:
            here = compress(range(len(table)), is_equal(table.ends, layer))
            ended[layer] = [other for other in here if table.layers[other] < layer]
        at = bisect_right(ended[layer], position)
        if at < len(ended[layer]) and ended[layer][at] < table.subtree_ends[position]:
            table.states[position] = State.OPAQUE


def settle_lower_links(table: Table) -> None:
    """Hard links whose target is no entry of their layer: the merged tree below it, before its whiteouts."""
    below = _Below(table)
    restated: set[bytes] = set()
    for layer, tree in enumerate(table.trees, table.first):
        if not tree.lower_links:
            continue
        for position in compress(range(len(table)), is_equal(table.layers, layer)):
            target_key = tree.lower_links.get(table.rows[position])
            if target_key is None:
                continue
            target = below.visible(target_key, layer)
            if target is not None and not table.is_directory(target):
                table.links[position] = table.links.get(target, target)
                restated.add(table.keys[position])
                table.warn(position, "a hard link into a lower layer; engines refuse it.")
            elif table.first == 0:
                table.warn(position, "a hard link to nothing; its size is unknown.")
    for key in restated:
        below.restate(key)


class _Below:
    """The merged trees just below each layer."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._visible: dict[tuple[bytes, int], int | None] = {}

    def visible(self, key: bytes, layer: int) -> int | None:
        """The version of a path that is visible just below a layer."""
        table = self._table
        if (key, layer) not in self._visible:
            self._visible[key, layer] = next(
                (
                    at
                    for at in self._run(key)
                    if table.layers[at] < layer <= table.ends[at] and table.fates[at] < Fate.MARKER
                ),
                None,
            )
        return self._visible[key, layer]

    def restate(self, key: bytes) -> None:
        """Decide again what the states at a path are, now that a hard link's size is known."""
        table = self._table
        for at in self._run(key):
            if table.states[at] in (State.REWRITTEN, State.MODIFIED, State.METADATA, State.IDENTICAL):
                below = self.visible(key, table.layers[at])
                if below is not None:
                    table.states[at] = table.state(below, at)

    def _run(self, key: bytes) -> range:
        keys = self._table.keys
        start = bisect_left(keys, key)
        return range(start, bisect_right(keys, key, start))
