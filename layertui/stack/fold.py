"""The fold: from layer trees, base to top, to what they make together. The layering rules live here and nowhere else.

Rules: OCI image-spec, layer.md, "Applying Changesets", "Whiteouts" and "Opaque Whiteout". Most paths are files in one
layer, or replaced by files: the table is filled with what they are, and the pass stops only where more is to be said.
Nothing is executed for each descendant of a removed directory: what kills beneath a path is filled in for all of them.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from struct import Struct

from layertui.layer.columns import Kind
from layertui.layer.tree import DEAD, IMPLIED, OPAQUE, PASSAGE, LayerTree
from layertui.stack.layercolumn import LayerColumn, both, either, unless
from layertui.stack.settling import Pending, settle_directories, settle_lower_links, settle_opaque
from layertui.stack.squash import Fate, Squash
from layertui.stack.state import State
from layertui.stack.table import Table

_FILE, _DIRECTORY, _WHITEOUT = int(Kind.FILE), int(Kind.DIRECTORY), int(Kind.WHITEOUT)
_METADATA, _TYPE = int(State.METADATA), int(State.TYPE)
_ONLY, _WINS, _SHADOWED, _DELETED = int(Fate.ONLY), int(Fate.WINS), int(Fate.SHADOWED), int(Fate.DELETED)
"""Numbers of what the hot loops compare: looking a member up in an enum takes longer than the comparison."""

_PLACE = Struct("=IHxx")
"""Eight bytes, parent and depth of a position: together they are written for all that lies beneath a path at once."""

_EVENTFUL = bytes(code == _DIRECTORY or code >= _WHITEOUT for code in range(256))
"""Translates codes to a mask of what the pass stops at: directories, markers, and rows with a flag."""
_NO_FILE = bytes(code != _FILE for code in range(256))
"""Translates codes to a mask of all but plain files, which are more than the table is filled with where paths meet."""
_IS_DEAD = bytes(code >> 3 & DEAD != 0 for code in range(256))


def fold(trees: Sequence[LayerTree], *, layer_count: int, first: int = 0) -> Squash:
    """Fold layer trees, base to top, into one Squash.

    `first` is the number of the first tree's layer, `layer_count` how many layers the image has: outcomes are known
    only when the trees reach up to the last one, states only when they begin at layer 0.
    """
    table = Table(trees, first)
    folding = _Fold(table)
    folding.run()
    settle_directories(table, folding.pendings, folding.firsts)
    settle_opaque(table, folding.opaque)
    settle_lower_links(table)
    return table.squash(layer_count)


class _Fold:
    def __init__(self, table: Table) -> None:
        self.table = table
        self.opaque: list[int] = []
        """Directories that hide what is beneath them, if there is anything."""
        self.pendings: list[tuple[int, int, Pending]] = []
        """Directories where no child was seen to change, by where their path and what lies beneath it begins."""
        self.firsts: LayerColumn = b""
        """Layers of plain entries that are the first at their path, where the pass goes by; "no end" elsewhere."""

    def run(self) -> None:
        """One pass in tree order; the stack holds the ancestors of the path at hand."""
        table = self.table
        keys, codes, layers, followed, follows = table.keys, table.codes, table.layers, table.followed, table.follows
        subtree_ends, places = table.subtree_ends, bytearray(_PLACE.size * len(table))
        count = end = len(table)
        eventful = either(codes.translate(_EVENTFUL), both(either(follows, followed), codes.translate(_NO_FILE)))
        careful = codes.translate(_IS_DEAD).find(1) >= 0
        if careful:
            # What a later member replaced may lie beneath a path that is no directory, or that no row stands for.
            eventful = bytes((1,)) * count
        several = either(eventful, followed)
        self.firsts = unless(table.layers, either(follows, eventful), table.no_end)
        stack: list[tuple[int, tuple[int, ...], Pending]] = []
        kills: tuple[int, ...] = ()
        no_pending: Pending = {}
        pending = no_pending
        stop = 0
        while stop < count:
            while stop >= end:
                end, kills, pending = stack.pop()
            start = (several if kills else eventful).find(1, stop, end)
            if start < 0:
                stop = end
                continue
            while follows[start]:
                start -= 1
            stop = followed.find(0, start) + 1
            own_kills: Sequence[int] = ()
            own_pending = no_pending
            if stop == start + 1 and codes[start] < _WHITEOUT:
                if pending:
                    self._child_changed(pending, layers[start])
                if codes[start] != _DIRECTORY:
                    own_kills = [layers[start]]
            elif eventful.find(1, start, stop) < 0:
                self._files(start, stop, kills, pending)
            elif kills or max(codes[start:stop]) >= _WHITEOUT:
                own_kills, own_pending = self._path(start, stop, kills, pending)
            else:
                own_kills, own_pending = self._versions(start, stop, pending)
            key = keys[start]
            beyond = bisect_left(keys, key + b"\1", stop, end) if key else count
            if beyond > stop:
                stack.append((end, kills, pending))
                end = beyond
                for position in range(start, stop):
                    subtree_ends[position] = end
                # All that lies beneath; subtrees in it come later, and overwrite their part.
                places[8 * stop : 8 * end] = _PLACE.pack(start, len(stack)) * (end - stop)
                if own_kills:
                    kills = tuple(sorted({*kills, *own_kills}))
                    self._doom(stop, end, kills)
                pending = own_pending
                if pending:
                    self.pendings.append((start, stop, pending))
        table.parents.frombytes(memoryview(places).cast("I")[::2].tobytes())
        table.depths.frombytes(memoryview(places).cast("H")[2::4].tobytes())
        if careful:
            table.depths = array("H", [key.count(b"\0") + 1 if key else 0 for key in keys])

    def _doom(self, start: int, stop: int, kills: tuple[int, ...]) -> None:
        """End all that lies beneath a path at the first layer above its own that kills there."""
        table, no_end = self.table, self.table.no_end
        ends = [_first_above(kills, layer) for layer in range(kills[-1])]
        here = table.layers[start:stop]
        if isinstance(table.ends, array):
            table.ends[start:stop] = array("H", [ends[layer] if layer < len(ends) else no_end for layer in here])
            table.fates[start:stop] = bytes(_DELETED if layer < len(ends) else _ONLY for layer in here)
        else:
            table.ends[start:stop] = bytes(here).translate(bytes(ends).ljust(256, bytes((no_end,))))
            table.fates[start:stop] = bytes(here).translate(bytes((_DELETED,)) * len(ends) + bytes(256 - len(ends)))

    def _files(self, start: int, stop: int, kills: tuple[int, ...], around: Pending) -> None:
        """A path of plain files under something that kills: the table's states stay, but for those after a gap."""
        table = self.table
        layers, ends, fates = table.layers, table.ends, table.fates
        self._child_changed(around, layers[start])
        for position in range(start, stop - 1):
            killer, layer = _first_above(kills, layers[position]), layers[position + 1]
            if 0 <= killer < layer:
                table.states[position + 1] = State.ADDED
                self._child_changed(around, layer)
            else:
                ends[position], fates[position] = layer, _SHADOWED
        if fates[stop - 1] == _ONLY:
            fates[stop - 1] = _WINS

    def _versions(self, start: int, stop: int, around: Pending) -> tuple[list[int], Pending]:
        """The common case of `_path`: entries only, and nothing above that kills; each replaces the one before it."""
        table = self.table
        codes, layers, ends, fates, states = table.codes, table.layers, table.ends, table.fates, table.states
        own_kills: list[int] = []
        if codes[start] != _DIRECTORY:
            own_kills.append(layers[start])
        pending: Pending = {}
        self._child_changed(around, layers[start])
        for position in range(start + 1, stop):
            below, layer = position - 1, layers[position]
            ends[below], fates[below] = layer, _SHADOWED
            if codes[position] == codes[below] == _DIRECTORY:
                states[position], only_mtime = table.over_directory(below, position)
                if only_mtime:
                    pending[layer] = position
                continue
            if codes[position] != _DIRECTORY:
                own_kills.append(layer)
            state = states[position] = table.state(below, position)
            if state == _TYPE:
                self._child_changed(around, layer)
        fates[stop - 1] = _WINS
        return own_kills, pending

    def _path(self, start: int, stop: int, kills: tuple[int, ...], around: Pending) -> tuple[list[int], Pending]:
        """Decide every version and marker of one path; returns the layers that kill beneath it, and its pendings."""
        table = self.table
        codes, layers, ends, fates, states = table.codes, table.layers, table.ends, table.fates, table.states
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
                elif alive < 0 and table.first == 0:
                    table.warn(position, "a whiteout of a path that no lower layer shows.")
                continue
            if flags & DEAD:
                ends[position], fates[position] = (
                    layer,
                    Fate.SHADOWED if self._replaced(position, stop) else Fate.DELETED,
                )
                states[position] = table.state(below, position)
                versions += 1
                continue
            if flags & PASSAGE or (flags & IMPLIED and alive >= 0 and table.is_directory(alive) and not killed_here):
                ends[position] = layer
                opens = alive >= 0 and table.is_directory(alive)
                fates[position] = Fate.MARKER if flags & OPAQUE else Fate.CONTEXT
                states[position] = State.OPAQUE if flags & OPAQUE else State.UNCHANGED
                if flags & OPAQUE and opens:
                    own_kills.append(layer)
                continue
            state = table.state(below, position)
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
                if state == State.METADATA and not flags & IMPLIED and not table.differs_beyond_mtime(below, position):
                    pending[layer] = position
            if state in (State.ADDED, State.TYPE):
                self._child_changed(around, layer)
            if flags & IMPLIED and state != State.TYPE:
                state = State.UNCHANGED
            else:
                versions += 1
            states[position] = state
            ends[position], fates[position], alive = table.no_end, _ONLY, position
        if alive >= 0:
            killer = _first_above(kills, layers[alive])
            if killer >= 0:
                ends[alive], fates[alive] = killer, Fate.DELETED
            elif versions > 1 and not (codes[alive] >> 3 & IMPLIED and states[alive] == State.UNCHANGED):
                fates[alive] = Fate.WINS
        own_kills.sort()
        return own_kills, pending

    def _child_changed(self, around: Pending, layer: int) -> None:
        if around and layer in around:
            self.table.states[around.pop(layer)] = State.UNCHANGED

    def _replaced(self, position: int, stop: int) -> bool:
        """Whether a dead row's own layer holds a later entry at the same path."""
        table = self.table
        return any(
            table.layers[later] == table.layers[position]
            and table.codes[later] & 7 != Kind.WHITEOUT
            and not table.codes[later] >> 3 & IMPLIED
            for later in range(position + 1, stop)
        )


def _first_above(kills: tuple[int, ...], layer: int) -> int:
    """The lowest layer above `layer` that kills, or -1."""
    at = bisect_right(kills, layer)
    return kills[at] if at < len(kills) else -1
