"""Which positions of a Squash a view lists: a layer's diff or a merged tree, less what filters and toggles hide."""

from array import array
from bisect import bisect_left
from dataclasses import replace
from functools import cached_property
from itertools import accumulate, chain, compress

from layertui.layer.tree import DEAD
from layertui.present.query import matching, narrows, parse_query
from layertui.present.view import ADDED, MODIFIED, REMOVED, UNCHANGED, Order, View
from layertui.stack.layercolumn import both, but_not
from layertui.stack.space import reclaimable
from layertui.stack.squash import IS_DIRECTORY, Fate, Squash
from layertui.stack.state import State

GROUPS: dict[str, frozenset[State]] = {
    ADDED: frozenset({State.ADDED}),
    MODIFIED: frozenset({State.MODIFIED, State.METADATA, State.REWRITTEN, State.TYPE}),
    REMOVED: frozenset({State.REMOVED, State.OPAQUE}),
    UNCHANGED: frozenset({State.UNCHANGED, State.IDENTICAL}),
}
"""What the toggles and `--changed` mean, by state: every state is in exactly one group.

Identical (`=`) goes with unchanged: nothing about the path differs, only its bytes count again.
"""

CHANGED = bytes(state not in (State.UNCHANGED,) for state in range(256))
"""Translates a column of states to 1 where the layer did something."""
_CONTEXT = bytes(fate == Fate.CONTEXT for fate in range(256))


def view_states(squash: Squash, view: View) -> bytes:
    """State of every position as the view shows it: in a merged tree, what lower layers did is unchanged there."""
    states = bytes(squash.states)
    if not view.merged:
        return states
    other = but_not(b"\1" * len(squash), squash.diff_mask(view.layer))
    raised = other.translate(bytes([0, int(State.UNCHANGED)]) + bytes(254))
    kept = both(states, squash.diff_mask(view.layer).translate(b"\0\xff" + bytes(254)))
    return (int.from_bytes(raised, "little") | int.from_bytes(kept, "little")).to_bytes(len(states), "little")


class Selection:
    """The positions that a view lists, in tree order, and which of them matched."""

    def __init__(self, squash: Squash, view: View, previous: "Selection | None" = None) -> None:
        """Select; `previous` is the selection of the same squash before the last keystroke, if there is one."""
        self.squash = squash
        self.view = view
        same_base = previous is not None and previous.squash is squash and _base(previous.view) == _base(view)
        if same_base and previous is not None:
            self.states: bytes = previous.states
            self._mask: bytes = previous._mask
            self.listed: array[int] = previous.listed
            self.total: int = previous.total
        else:
            self.states = view_states(squash, view)
            mask = squash.merged_mask(view.layer) if view.merged else squash.diff_mask(view.layer)
            self._mask = mask
            self.listed = array("I", compress(range(len(squash)), mask))
            context = both(mask, squash.fates.translate(_CONTEXT)).count(1)
            if len(self.listed) and _is_bare_root(squash, self.listed[0]):
                context -= squash.fates[self.listed[0]] == Fate.CONTEXT
                del self.listed[0]
            self.total = len(self.listed) - context
        self._keys: list[bytes] = previous._keys if same_base and previous is not None else []
        self._hits: list[int] | None = None  # indexes into `listed` of what matched
        self.positions = self.listed
        """Positions of all rows, folds apart, ancestors of what matched included."""
        self.matched = self.total
        """How many rows matched the filters."""
        self._select(previous if same_base else None)
        self._sums: array[int] | None = None
        self._lost: array[int] | None = None

    @cached_property
    def depths(self) -> "array[int]":
        """Depth in the tree of every row in `positions`."""
        return array("H", map(self.squash.depths.__getitem__, self.positions))

    @cached_property
    def has_dead(self) -> bool:
        """Whether a member that its own layer replaced is among the rows."""
        return any(code >> 3 & DEAD for code in set(map(self.squash.codes.__getitem__, self.positions)))

    @cached_property
    def holders(self) -> list[int]:
        """Indexes into `positions` of the directories that have rows beneath them, the root's row apart."""
        depths = self.depths
        codes = bytes(map(self.squash.codes.__getitem__, self.positions))
        directories = compress(range(len(codes) - 1), codes.translate(IS_DIRECTORY))
        return [index for index in directories if 0 < depths[index] < depths[index + 1]]

    def _select(self, previous: "Selection | None") -> None:
        view = self.view
        terms = parse_query(view.query)
        flat = view.order is Order.FLAT
        filtered = bool(terms or view.hidden or view.overlaps)
        if not filtered and not flat:
            return
        if (
            previous is not None
            and previous._hits is not None
            and replace(previous.view, query="") == replace(view, query="")
            and narrows(view.query, previous.view.query)
        ):
            hits = previous._hits
        else:
            hits = self._by_columns(flat)
        if terms:
            if not self._keys:
                trees, first = self.squash.trees, self.squash.first
                layers, rows = self.squash.layers, self.squash.rows
                keys = [tree.columns.keys for tree in trees]
                self._keys = [keys[layers[position] - first][rows[position]] for position in self.listed]
            hits = matching(terms, self._keys, hits)
        self._hits = hits
        self.matched = len(hits)
        if len(hits) != len(self.listed):
            found = list(map(self.listed.__getitem__, hits))
            self.positions = array("I", found) if flat else self._with_ancestors(found)

    def _by_columns(self, flat: bool) -> list[int]:
        """What toggles, overlaps and the flat order leave of what is listed, as indexes into it."""
        view, squash = self.view, self.squash
        keep = b"\1" * len(squash)
        for group in view.hidden:
            keep = but_not(keep, self.states.translate(bytes(state in GROUPS[group] for state in range(256))))
        if view.overlaps:
            keep = both(keep, squash.overlap_mask())
        if view.overlaps or view.hidden or view.query:
            keep = but_not(keep, squash.fates.translate(_CONTEXT))
        if flat:
            unchanged = self.states.translate(bytes(state == State.UNCHANGED for state in range(256)))
            keep = but_not(keep, both(squash.codes.translate(IS_DIRECTORY), unchanged))
        return list(compress(range(len(self.listed)), map(keep.__getitem__, self.listed)))

    def _with_ancestors(self, hits: list[int]) -> "array[int]":
        """The hits and the directories that lead to them, in tree order; work is for each directory, not each hit."""
        squash, parents, depths = self.squash, self.squash.parents, self.squash.depths
        ends, count = squash.subtree_ends, len(squash)
        directories = squash.codes.translate(IS_DIRECTORY)
        listed, chosen = self._mask, bytearray(count)
        for position in hits:
            chosen[position] = 1
        has_root = len(self.listed) > 0 and not depths[self.listed[0]]
        seen: set[int] = set() if has_root else {0}  # the root's run begins at 0
        for run in set(map(parents.__getitem__, hits)):
            while run not in seen:
                seen.add(run)
                at, parent, end, depth = run, parents[run], ends[run], depths[run]
                # The versions of one path lie side by side, and share parent, depth and the end of what is beneath.
                while at < count and parents[at] == parent and ends[at] == end and depths[at] == depth:
                    if listed[at] and directories[at]:
                        chosen[at] = 1
                    at += 1
                run = parent
        return array("I", compress(range(count), chosen))

    def subtree_stop(self, index: int) -> int:
        """Index into `positions` after everything beneath the row at `index`."""
        return bisect_left(self.positions, self.squash.subtree_ends[self.positions[index]], index + 1)

    def _sum_to(self, position: int) -> int:
        """Content bytes of everything listed before a position, filters apart."""
        if self._sums is None:
            sizes = map(self.squash.sizes.__getitem__, self.listed)
            self._sums = array("q", chain((0,), accumulate(sizes)))
        return self._sums[bisect_left(self.listed, position)]

    def size_beneath(self, position: int) -> int:
        """Content bytes that the view lists beneath a directory, whatever filters hide."""
        return self._sum_to(self.squash.subtree_ends[position]) - self._sum_to(position)

    @property
    def total_bytes(self) -> int:
        """Content bytes of the whole view."""
        return self._sum_to(len(self.squash))

    def count_beneath(self, position: int) -> int:
        """How many entries the view lists beneath a directory."""
        start = bisect_left(self.listed, position + 1)
        return bisect_left(self.listed, self.squash.subtree_ends[position], start) - start

    def changed_beneath(self, position: int) -> int:
        """How many entries beneath a directory the layer did something to."""
        start = bisect_left(self.listed, position + 1)
        stop = bisect_left(self.listed, self.squash.subtree_ends[position], start)
        states = bytes(map(self.states.__getitem__, self.listed[start:stop]))
        return len(states) - states.count(State.UNCHANGED)

    def reclaimable_beneath(self, position: int) -> int:
        """Bytes at or beneath a path, in whatever layer, that no container sees."""
        squash = self.squash
        if self._lost is None:
            column = array("q", bytes(8 * (len(squash) + 1)))
            for at, size_bytes in reclaimable(squash):
                column[at + 1] = size_bytes
            self._lost = array("q", accumulate(column))
        key, start = squash.key(position), position
        while start and squash.key(start - 1) == key:
            start -= 1
        return self._lost[squash.subtree_ends[position]] - self._lost[start]


def _is_bare_root(squash: Squash, position: int) -> bool:
    """Whether this is a root for which the layer holds neither an entry nor a marker."""
    return not squash.depths[position] and squash.is_implied(position) and squash.fates[position] != Fate.MARKER


def _base(view: View) -> tuple[int, bool]:
    return view.layer, view.merged
