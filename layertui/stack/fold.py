"""The fold: from layer trees, base to top, to what they make together. The layering rules live here and nowhere else.

Rules: OCI image-spec, layer.md, "Applying Changesets", "Whiteouts" and "Opaque Whiteout". Nothing is executed for each
descendant of a removed directory: every path hands down the layers that kill what lies beneath it.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import compress

from layertui.layer.columns import PROBLEM_LIMIT, Kind
from layertui.layer.member import shown
from layertui.layer.tree import DEAD, IMPLIED, OPAQUE, PASSAGE, LayerTree
from layertui.stack.layercolumn import NO_END_BYTE, NO_END_WORD, LayerColumn, is_equal
from layertui.stack.order import path_major
from layertui.stack.squash import Fate, Squash
from layertui.stack.state import State, metadata_differs, state_over

_FLAGS_UP = bytes((flags & 0x0F) << 3 for flags in range(256))
"""Moves a row's flags above its kind, so that both make one byte."""

_NARROW_LAYERS = 254
"""Up to this many layers a layer number is a byte; the last value means "no end"."""

_FILE, _DIRECTORY, _WHITEOUT = int(Kind.FILE), int(Kind.DIRECTORY), int(Kind.WHITEOUT)
_MODIFIED, _METADATA, _TYPE = int(State.MODIFIED), int(State.METADATA), int(State.TYPE)
_SHADOWED, _WINS = int(Fate.SHADOWED), int(Fate.WINS)
"""Numbers of what the hot loops compare: looking a member up in an enum takes longer than the comparison."""

Pending = dict[int, int]
"""Directories of which only the mtime changed, by layer: unchanged after all if that layer adds or removes a child."""


def fold(trees: Sequence[LayerTree], *, layer_count: int, first: int = 0) -> Squash:
    """Fold layer trees, base to top, into one Squash.

    `first` is the number of the first tree's layer, `layer_count` how many layers the image has: outcomes are known
    only when the trees reach up to the last one, states only when they begin at layer 0.
    """
    return _Fold(trees, layer_count, first).run()


class _Fold:
    def __init__(self, trees: Sequence[LayerTree], layer_count: int, first: int) -> None:
        self.trees = tuple(trees)
        self.first = first
        self.layer_count = layer_count
        runs = [list(map(tree.columns.keys.__getitem__, tree.order)) for tree in trees]
        order = path_major(runs)
        keys = [key for run in runs for key in run]
        self.keys = list(map(keys.__getitem__, order))
        del keys
        rows: array[int] = array("I")
        sizes: array[int] = array("q")
        codes = bytearray()
        for tree in trees:
            rows.extend(tree.order)
            sizes.extend(map(tree.columns.sizes.__getitem__, tree.order))
            kinds: bytes | bytearray = tree.columns.kinds
            if any(tree.flags):
                kinds = bytes(map(int.__or__, kinds, tree.flags.translate(_FLAGS_UP)))
            codes += bytes(map(kinds.__getitem__, tree.order))
        self.rows = array("I", map(rows.__getitem__, order))
        self.sizes = array("q", map(sizes.__getitem__, order))
        self.codes = bytes(map(codes.__getitem__, order))
        narrow = first + len(trees) <= _NARROW_LAYERS
        numbers = array("B" if narrow else "H")
        for index, run in enumerate(runs):
            numbers.extend(array(numbers.typecode, [first + index]) * len(run))
        picked = map(numbers.__getitem__, order)
        self.layers: LayerColumn = bytes(picked) if narrow else array("H", picked)
        count = len(order)
        self.no_end = NO_END_BYTE if narrow else NO_END_WORD
        self.ends: bytearray | array[int] = bytearray(b"\xff") * count if narrow else array("H", [NO_END_WORD]) * count
        self.states = bytearray(count)
        self.fates = bytearray(count)
        self.subtree_ends = array("I", range(1, count + 1))
        self.parents = array("I", bytes(4 * count))
        self.opaque: list[int] = []
        self.links: dict[int, int] = {}
        self.warnings: list[tuple[int, str]] = []
        self._below: dict[tuple[bytes, int], int | None] = {}
        self.careful = any(flag & DEAD for tree in trees for flag in tree.flags) if count else False

    def run(self) -> Squash:
        self._pass()
        self._settle_opaque()
        self._settle_lower_links()
        return Squash(
            trees=self.trees,
            first=self.first,
            layer_count=self.layer_count,
            layers=self.layers,
            rows=self.rows,
            ends=bytes(self.ends) if isinstance(self.ends, bytearray) else self.ends,
            states=self.states,
            fates=bytes(self.fates),
            subtree_ends=self.subtree_ends,
            parents=self.parents,
            sizes=self.sizes,
            depths=array("H", [key.count(b"\0") + 1 if key else 0 for key in self.keys]),
            lower_links=self.links,
            warnings=tuple(sorted(self.warnings)),
            no_end=self.no_end,
        )

    def _pass(self) -> None:
        """One pass in tree order; the stack holds the ancestors of the path at hand."""
        keys, codes, layers, subtree_ends = self.keys, self.codes, self.layers, self.subtree_ends
        ends, fates, states, parents = self.ends, self.fates, self.states, self.parents
        count, careful = len(keys), self.careful
        stack: list[tuple[bytes, tuple[int, ...], Pending | None, int, int]] = []
        prefix = b""
        kills: tuple[int, ...] = ()
        pending: Pending | None = None
        first = last = 0
        position = 0
        while position < count:
            key = keys[position]
            while not key.startswith(prefix):
                for index in range(first, last):
                    subtree_ends[index] = position
                prefix, kills, pending, first, last = stack.pop()
            after = position + 1
            code = codes[position]
            parents[position] = first
            if code < _WHITEOUT and (after == count or keys[after] != key):
                # Most paths: one layer, no marker. Its columns hold the right values from the start.
                layer = layers[position]
                if kills and kills[-1] > layer:
                    ends[position] = kills[bisect_right(kills, layer)]
                    fates[position] = Fate.DELETED
                if pending and layer in pending:
                    states[pending.pop(layer)] = State.UNCHANGED
                if code == _DIRECTORY or careful:
                    stack.append((prefix, kills, pending, first, last))
                    prefix = key + b"\0" if key else b""
                    pending, first, last = None, position, after
                    if code != _DIRECTORY:
                        kills = _with(kills, [layer])
                position = after
                continue
            while after < count and keys[after] == key:
                parents[after] = first
                after += 1
            stack.append((prefix, kills, pending, first, last))
            if not kills and max(codes[position:after]) < _WHITEOUT:
                own_kills, pending = self._versions(position, after, pending)
            else:
                own_kills, pending = self._path(position, after, kills, pending)
            kills = _with(kills, own_kills)
            prefix = key + b"\0" if key else b""
            first, last = position, after
            position = after
        while stack:
            for index in range(first, last):
                subtree_ends[index] = count
            prefix, kills, pending, first, last = stack.pop()

    def _versions(self, start: int, stop: int, around: Pending | None) -> tuple[list[int], Pending | None]:
        """The common case of `_path`: entries only, and nothing above that kills; each replaces the one before it."""
        codes, layers, ends, fates, states = self.codes, self.layers, self.ends, self.fates, self.states
        own_kills: list[int] = []
        pending: Pending = {}
        if around:
            self._child_changed(around, layers[start])
        if codes[start] != _DIRECTORY:
            own_kills.append(layers[start])
        for position in range(start + 1, stop):
            below, layer, code = position - 1, layers[position], codes[position]
            ends[below], fates[below] = layer, _SHADOWED
            if code == codes[below] == _FILE and self.sizes[position] != self.sizes[below]:
                states[position] = _MODIFIED
                own_kills.append(layer)
                continue
            state = self._state(below, position)
            states[position] = state
            if code != _DIRECTORY:
                own_kills.append(layer)
            elif state == _METADATA and not self._differs_beyond_mtime(below, position):
                pending[layer] = position
            if state == _TYPE and around:
                self._child_changed(around, layer)
        fates[stop - 1] = _WINS
        return own_kills, pending

    def _path(self, start: int, stop: int, kills: tuple[int, ...], around: Pending | None) -> tuple[list[int], Pending]:
        """Decide every version and marker of one path; returns the layers that kill beneath it, and its pendings."""
        codes, layers, ends, fates, states = self.codes, self.layers, self.ends, self.fates, self.states
        own_kills: list[int] = []
        pending: Pending = {}
        alive = -1  # the version that is visible so far
        removed, removed_in = -1, -1  # what this layer's whiteout ended, in case the layer holds an own entry too
        versions = 0
        for position in range(start, stop):
            layer, code = layers[position], codes[position]
            kind, flags = code & 7, code >> 3
            if alive >= 0 and kills:
                killer = _first_above(kills, layers[alive])
                if 0 <= killer < layer:
                    ends[alive], fates[alive], alive = killer, Fate.DELETED, -1
            if removed_in != layer:
                removed = -1
            below = alive if alive >= 0 else removed
            killed_here = alive >= 0 and _first_above(kills, layers[alive]) == layer
            if kind == Kind.WHITEOUT:
                ends[position], fates[position], states[position] = layer, Fate.MARKER, State.REMOVED
                own_kills.append(layer)
                if alive >= 0 and not flags & DEAD:
                    ends[alive], fates[alive] = layer, Fate.DELETED
                    removed, removed_in, alive = alive, layer, -1
                    self._child_changed(around, layer)
                elif alive < 0 and self.first == 0:
                    self._warn(position, "a whiteout of a path that no lower layer shows.")
                continue
            if flags & DEAD:
                ends[position], fates[position] = (
                    layer,
                    Fate.SHADOWED if self._replaced(position, stop) else Fate.DELETED,
                )
                states[position] = self._state(below, position)
                versions += 1
                continue
            if flags & PASSAGE or (flags & IMPLIED and alive >= 0 and self._is_directory(alive) and not killed_here):
                ends[position] = layer
                opens = alive >= 0 and self._is_directory(alive)
                fates[position] = Fate.MARKER if flags & OPAQUE else Fate.CONTEXT
                states[position] = State.OPAQUE if flags & OPAQUE else State.UNCHANGED
                if flags & OPAQUE and opens:
                    own_kills.append(layer)
                continue
            state = self._state(below, position)
            if below >= 0:
                ends[below] = layer
                fates[below] = Fate.DELETED if flags & IMPLIED else Fate.SHADOWED
            if kind != Kind.DIRECTORY:
                own_kills.append(layer)
            else:
                if flags & OPAQUE:
                    own_kills.append(layer)
                if (flags & OPAQUE or removed_in == layer) and state != State.TYPE:
                    self.opaque.append(position)
                if state == State.METADATA and not flags & IMPLIED and not self._differs_beyond_mtime(below, position):
                    pending[layer] = position
            if state in (State.ADDED, State.TYPE):
                self._child_changed(around, layer)
            if flags & IMPLIED and state != State.TYPE:
                state = State.UNCHANGED
            else:
                versions += 1
            states[position] = state
            alive = position
        if alive >= 0:
            killer = _first_above(kills, layers[alive])
            if killer >= 0:
                ends[alive], fates[alive] = killer, Fate.DELETED
            elif versions > 1 and not (codes[alive] >> 3 & IMPLIED and states[alive] == State.UNCHANGED):
                fates[alive] = Fate.WINS
        own_kills.sort()
        return own_kills, pending

    def _warn(self, position: int, what: str) -> None:
        if len(self.warnings) < PROBLEM_LIMIT:
            self.warnings.append((self.layers[position], f"{shown(self.keys[position])}: {what}"))

    def _child_changed(self, around: Pending | None, layer: int) -> None:
        if around and layer in around:
            self.states[around.pop(layer)] = State.UNCHANGED

    def _replaced(self, position: int, stop: int) -> bool:
        """Whether a dead row's own layer holds a later entry at the same path."""
        layer = self.layers[position]
        return any(
            self.layers[later] == layer
            and self.codes[later] & 7 != Kind.WHITEOUT
            and not self.codes[later] >> 3 & IMPLIED
            for later in range(position + 1, stop)
        )

    def _tree_row(self, position: int) -> tuple[LayerTree, int]:
        return self.trees[self.layers[position] - self.first], self.rows[position]

    def _is_directory(self, position: int) -> bool:
        return self.codes[position] & 7 == Kind.DIRECTORY

    def _size(self, position: int) -> int | None:
        tree, row = self._tree_row(self.links.get(position, position))
        return tree.size_bytes(row)

    def _state(self, below: int, position: int) -> State:
        if below < 0:
            return State.ADDED
        if self.codes[below] >> 3 & IMPLIED and self._is_directory(position):
            return State.ADDED  # the first entry of a directory that names implied so far
        below_tree, below_row = self._tree_row(below)
        tree, row = self._tree_row(position)
        return state_over(below_tree, below_row, tree, row, self._size(below), self._size(position))

    def _differs_beyond_mtime(self, below: int, position: int) -> bool:
        below_tree, below_row = self._tree_row(below)
        tree, row = self._tree_row(position)
        return metadata_differs(below_tree, below_row, tree, row, mtime=False)

    def _settle_opaque(self) -> None:
        """A directory is opaque in state only where it hides something: a version beneath it that its layer ended."""
        ended: dict[int, list[int]] = {}
        for position in self.opaque:
            layer = self.layers[position]
            if layer not in ended:
                here = compress(range(len(self.rows)), is_equal(self.ends, layer))
                ended[layer] = [other for other in here if self.layers[other] < layer]
            at = bisect_right(ended[layer], position)
            if at < len(ended[layer]) and ended[layer][at] < self.subtree_ends[position]:
                self.states[position] = State.OPAQUE

    def _settle_lower_links(self) -> None:
        """Hard links whose target is no entry of their layer: the merged tree below it, before its whiteouts."""
        restated: set[bytes] = set()
        for index, tree in enumerate(self.trees):
            if not tree.lower_links:
                continue
            layer = self.first + index
            for position in compress(range(len(self.rows)), is_equal(self.layers, layer)):
                target_key = tree.lower_links.get(self.rows[position])
                if target_key is None:
                    continue
                target = self._visible_below(target_key, layer)
                if target is not None and not self._is_directory(target):
                    self.links[position] = self.links.get(target, target)
                    restated.add(self.keys[position])
                    self._warn(position, "a hard link into a lower layer; engines refuse it.")
                elif self.first == 0:
                    self._warn(position, "a hard link to nothing; its size is unknown.")
        for key in restated:
            self._restate(key)

    def _run(self, key: bytes) -> range:
        start = bisect_left(self.keys, key)
        return range(start, bisect_right(self.keys, key, start))

    def _visible_below(self, key: bytes, layer: int) -> int | None:
        """The version of a path in the merged tree just below a layer."""
        if (key, layer) not in self._below:
            self._below[key, layer] = next(
                (
                    at
                    for at in self._run(key)
                    if self.layers[at] < layer <= self.ends[at] and self.fates[at] < Fate.MARKER
                ),
                None,
            )
        return self._below[key, layer]

    def _restate(self, key: bytes) -> None:
        """Decide again what the states at a path are, now that a hard link's size is known."""
        for at in self._run(key):
            if self.states[at] in (State.REWRITTEN, State.MODIFIED, State.METADATA, State.IDENTICAL):
                below = self._visible_below(key, self.layers[at])
                if below is not None:
                    self.states[at] = self._state(below, at)


def _with(kills: tuple[int, ...], own: list[int]) -> tuple[int, ...]:
    return tuple(sorted({*kills, *own})) if own else kills


def _first_above(kills: tuple[int, ...], layer: int) -> int:
    """The lowest layer above `layer` that kills, or -1."""
    at = bisect_right(kills, layer)
    return kills[at] if at < len(kills) else -1
