"""Decide how the two sides of each path differ; most pairs by whole columns at once."""

from array import array
from collections.abc import Callable, Sequence
from itertools import compress
from operator import eq, ne

from layertui.image.digest import DiffID
from layertui.layer.columns import Columns, Kind, Owner
from layertui.layer.tree import IMPLIED, OPAQUE, LayerTree
from layertui.stack.compare_aligned import NOT, Aligned
from layertui.stack.compare_change import METADATA_FIELDS, Change, Field
from layertui.stack.compare_side import Side
from layertui.stack.layercolumn import both, but_not, either
from layertui.stack.state import State, state_over

_FILE, _DIRECTORY = int(Kind.FILE), int(Kind.DIRECTORY)
_IS_PLAIN = bytes(code in (_FILE, _DIRECTORY) for code in range(256))
"""Translates codes to a mask of files and directories without any flag."""

_MTIME, _SIZE, _CONTENT = int(Field.MTIME), int(Field.SIZE), int(Field.CONTENT)
_METADATA = int(METADATA_FIELDS) & 0xFF


def _plain_change(summary: int) -> Change:
    """The change of a plain pair: its fields, and in two bits that are no fields of it, whether bytes are at stake."""
    if summary & _CONTENT:
        return Change.CONTENT
    if summary & Field.XATTRS:
        return Change.UNKNOWN
    return Change.METADATA if summary & _METADATA else Change.IDENTICAL


_PLAIN_CHANGES = bytes(_plain_change(summary) for summary in range(256))

_CHANGE_OF = {
    State.TYPE: Change.TYPE,
    State.MODIFIED: Change.CONTENT,
    State.REWRITTEN: Change.UNKNOWN,
    State.METADATA: Change.IDENTICAL,
    State.IDENTICAL: Change.IDENTICAL,
    State.UNCHANGED: Change.IDENTICAL,
}
"""What a state of one version over another says of their contents; metadata is compared beside it."""


def compare_pairs(a: Side, b: Side, aligned: Aligned) -> None:
    """Fill in change and fields of every row that both sides hold, contents unread."""
    _Pairs(a, b, aligned).run()


class _Pairs:
    """Decides the rows that both sides hold."""

    def __init__(self, a: Side, b: Side, aligned: Aligned) -> None:
        self._a, self._b = a, b
        self._aligned = aligned

    def run(self) -> None:
        """All of them: first the same rows of the same layers, then plain ones by column, then what is left."""
        a, b, aligned = self._a, self._b, self._aligned
        same = _same_trees(a, b)
        rows = list(compress(range(len(aligned.keys)), aligned.paired))
        if same and not _depends(a) and not _depends(b):
            rows = self._unlike(rows, same)
        at_a, at_b = _take_from(aligned.at_a, rows), _take_from(aligned.at_b, rows)
        codes_a, codes_b = (bytes(map(side.squash.codes.__getitem__, at)) for side, at in ((a, at_a), (b, at_b)))
        plain = both(codes_a.translate(_IS_PLAIN), bytes(map(eq, codes_a, codes_b)))
        for side, at in ((a, at_a), (b, at_b)):
            if rare := _rare(side):
                plain = but_not(plain, bytes(side_at in rare for side_at in at))
        self._plain(list(compress(rows, plain)), list(compress(at_a, plain)), list(compress(at_b, plain)))
        special = plain.translate(NOT)
        for row, position_a, position_b in zip(
            compress(rows, special), compress(at_a, special), compress(at_b, special), strict=True
        ):
            aligned.changes[row], aligned.fields[row] = self._pair(position_a, position_b)
        self._settle_names()

    def _unlike(self, rows: list[int], same: dict[int, int]) -> list[int]:
        """The rows that are not the same row of the same layer on both sides."""
        squash_a, squash_b = self._a.squash, self._b.squash
        layers_a, rows_a, layers_b, rows_b = squash_a.layers, squash_a.rows, squash_b.layers, squash_b.rows
        at_a, at_b = self._aligned.at_a, self._aligned.at_b
        twins = [same.get(layer, -1) for layer in range(squash_a.top + 1)]
        return [
            row
            for row in rows
            if rows_a[at_a[row]] != rows_b[at_b[row]] or twins[layers_a[at_a[row]]] != layers_b[at_b[row]]
        ]

    def _plain(self, rows: list[int], at_a: list[int], at_b: list[int]) -> None:
        """Files with files and directories with directories, without flags, links and xattrs."""
        a, b, aligned = self._a.squash, self._b.squash, self._aligned
        sizes_a = list(map(a.sizes.__getitem__, at_a))
        resized = bytes(map(ne, sizes_a, map(b.sizes.__getitem__, at_b)))
        touched = bytes(map(ne, _gather(self._a, at_a, _mtimes), _gather(self._b, at_b, _mtimes)))
        numbers: dict[Owner, int] = {}
        owners_a, owners_b = (
            _gather(side, at, lambda columns: _owner_numbers(columns, numbers))
            for side, at in ((self._a, at_a), (self._b, at_b))
        )
        owners = list(numbers)
        owned = bytearray(len(rows))
        for index in compress(range(len(rows)), map(ne, owners_a, owners_b)):
            owned[index] = owner_fields(owners[owners_a[index]], owners[owners_b[index]])
        fields = either(owned, either(_bits(touched, _MTIME), _bits(resized, _SIZE | _CONTENT)))
        # No plain pair differs in xattrs: that bit says that there are bytes to compare.
        filled = but_not(bytes(map(bool, sizes_a)), resized)
        changes = either(fields, _bits(filled, int(Field.XATTRS))).translate(_PLAIN_CHANGES)
        for row, change, bits in zip(
            compress(rows, changes), compress(changes, changes), compress(fields, changes), strict=True
        ):
            aligned.changes[row], aligned.fields[row] = change, bits
        if _has_checksums(self._a) and _has_checksums(self._b):
            unknown = changes.translate(bytes(change == Change.UNKNOWN for change in range(256)))
            for row, one, other in zip(
                compress(rows, unknown), compress(at_a, unknown), compress(at_b, unknown), strict=True
            ):
                aligned.changes[row], aligned.fields[row] = self._pair(one, other)

    def _pair(self, at_a: int, at_b: int) -> tuple[int, int]:
        """Change and fields of any two entries at one path."""
        a, b = self._a, self._b
        tree_a, row_a, tree_b, row_b = a.tree(at_a), a.squash.rows[at_a], b.tree(at_b), b.squash.rows[at_b]
        kind, other_kind = a.kind(at_a), b.kind(at_b)
        if kind == other_kind == Kind.WHITEOUT:
            return Change.IDENTICAL, 0
        flags = tree_a.flags[row_a], tree_b.flags[row_b]
        fields = 0
        if kind == other_kind == Kind.DIRECTORY:
            hiding = self._aligned.hiding
            hides = (at_a in hiding[0] or flags[0] & OPAQUE), (at_b in hiding[1] or flags[1] & OPAQUE)
            if not (a.merged or b.merged) and bool(hides[0]) != bool(hides[1]):
                fields |= Field.OPAQUE
        if Kind.WHITEOUT not in (kind, other_kind) and not (flags[0] | flags[1]) & IMPLIED:
            fields |= metadata_fields(tree_a, row_a, tree_b, row_b)
        if kind != other_kind:
            return Change.TYPE, fields
        change, found = self._contents(kind, at_a, at_b)
        fields |= found
        if change is Change.IDENTICAL and fields:
            change = Change.METADATA
        return change, fields

    def _contents(self, kind: Kind, at_a: int, at_b: int) -> tuple[Change, int]:
        """How the contents of two entries of one kind differ; unread, so files of one size are unknown."""
        spot_a, spot_b = self._a.spot(at_a), self._b.spot(at_b)
        if spot_a is None or spot_b is None:
            return Change.UNKNOWN, 0
        (tree_a, row_a), (tree_b, row_b) = spot_a, spot_b
        if tree_a is tree_b and row_a == row_b:
            return Change.IDENTICAL, 0
        sizes = tree_a.columns.sizes[row_a], tree_b.columns.sizes[row_b]
        change = _CHANGE_OF[state_over(tree_a, row_a, tree_b, row_b, *sizes)]
        if change is not Change.CONTENT:
            return change, 0
        if kind is Kind.SYMLINK:
            return Change.CONTENT, Field.LINK_TARGET
        if kind is not Kind.FILE:
            return Change.CONTENT, Field.DEVICE
        return Change.CONTENT, Field.CONTENT | (Field.SIZE if sizes[0] != sizes[1] else 0)

    def _settle_names(self) -> None:
        """Files that have other names beside them on one side than on the other."""
        aligned, (names_a, names_b) = self._aligned, self._aligned.names
        if not names_a and not names_b:
            return
        for row, (at_a, at_b) in enumerate(zip(aligned.at_a, aligned.at_b, strict=True)):
            if (at_a in names_a or at_b in names_b) and at_a >= 0 and at_b >= 0:
                if names_a.get(at_a) == names_b.get(at_b) or aligned.changes[row] == Change.TYPE:
                    continue
                aligned.fields[row] |= Field.LINK_TARGET
                if aligned.changes[row] == Change.IDENTICAL:
                    aligned.changes[row] = Change.METADATA


def metadata_fields(tree_a: LayerTree, row_a: int, tree_b: LayerTree, row_b: int) -> int:
    """Which of mode, owner, mtime and xattrs of two rows differ."""
    a, b = tree_a.columns, tree_b.columns
    fields = owner_fields(a.owner_table[a.owners[row_a]], b.owner_table[b.owners[row_b]])
    if a.mtimes[row_a] != b.mtimes[row_b]:
        fields |= Field.MTIME
    if a.xattrs.get(row_a, ()) != b.xattrs.get(row_b, ()):
        fields |= Field.XATTRS
    return fields


def owner_fields(one: Owner, other: Owner) -> int:
    """Which of mode, uid and gid differ."""
    bits = (Field.MODE, Field.UID, Field.GID)
    return sum(int(bit) for bit, left, right in zip(bits, one, other, strict=True) if left != right)


def _same_trees(a: Side, b: Side) -> dict[int, int]:
    """Layers of A, by number, that are a layer of B: to its number there."""
    trees: dict[LayerTree, int] = {}
    promised: dict[DiffID, int] = {}
    for number, tree in enumerate(b.squash.trees, b.squash.first):
        trees[tree] = number
        diff_id = b.image.layers[number].diff_id
        if diff_id is not None:
            promised.setdefault(diff_id, number)
    twins = {}
    for number, tree in enumerate(a.squash.trees, a.squash.first):
        diff_id = a.image.layers[number].diff_id
        other = promised.get(diff_id) if diff_id is not None else None
        if tree in trees:
            twins[number] = trees[tree]
        elif other is not None and _alike(tree, b.squash.trees[other - b.squash.first]):
            twins[number] = other
    return twins


def _alike(one: LayerTree, other: LayerTree) -> bool:
    """Whether two layers of one diff ID list the same members, whole: a diff ID is a promise of who made the image."""
    if one.damage is not None or other.damage is not None or one.problems or other.problems:
        return False
    a, b = one.columns, other.columns
    return a.keys == b.keys and a.kinds == b.kinds and a.sizes == b.sizes and one.flags == other.flags


def _depends(side: Side) -> bool:
    """Whether what a row of a layer holds depends on the layers below it."""
    return bool(side.squash.lower_links) or any(tree.columns.metacopies for tree in side.squash.trees)


def _rare(side: Side) -> "set[int] | frozenset[int]":
    """Positions of files and directories with xattrs, and of files whose content lies in a lower layer."""
    squash = side.squash
    rare = [{*tree.columns.xattrs, *tree.columns.metacopies} for tree in squash.trees]
    if not any(rare):
        return frozenset()
    layers, rows, first = squash.layers, squash.rows, squash.first
    return {position for position in range(len(squash)) if rows[position] in rare[layers[position] - first]}


def _gather(side: Side, positions: list[int], column_of: Callable[[Columns], Sequence[int]]) -> list[int]:
    """Values of a column of the trees at positions."""
    squash = side.squash
    columns: list[Sequence[int]] = [()] * squash.first + [column_of(tree.columns) for tree in squash.trees]
    layers, rows = squash.layers, squash.rows
    return [columns[layers[position]][rows[position]] for position in positions]


def _mtimes(columns: Columns) -> Sequence[int]:
    return columns.mtimes


def _owner_numbers(columns: Columns, numbers: dict[Owner, int]) -> Sequence[int]:
    """The owners of a layer's rows as numbers that hold across layers."""
    table = [numbers.setdefault(owner, len(numbers)) for owner in columns.owner_table]
    return [table[index] for index in columns.owners]


def _has_checksums(side: Side) -> bool:
    return any(tree.columns.checksums for tree in side.squash.trees)


def _take_from(column: "array[int]", rows: list[int]) -> list[int]:
    return list(map(column.__getitem__, rows))


def _bits(mask: bytes, bits: int) -> bytes:
    """A mask with other bits set where it holds."""
    return mask.translate(bytes((0, bits)) + bytes(254))
