"""Compare any two of a layer diff, a merged tree, an image and a container: one aligned row for each path.

Both sides are in tree order, so the union of their keys is a merge, and a subtree is one run of rows.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate, chain, compress
from operator import lt

from layertui.layer.columns import Kind
from layertui.layer.names import path_of
from layertui.stack.compare_aligned import Aligned, lay_out, mark_uncertain
from layertui.stack.compare_change import DIFFERENCES, METADATA_FIELDS
from layertui.stack.compare_change import Change as Change  # part of this module's face
from layertui.stack.compare_change import Field as Field  # part of this module's face
from layertui.stack.compare_pairs import compare_pairs
from layertui.stack.compare_side import Side as Side  # part of this module's face

CHANGES = tuple(Change)
"""Changes by number: a lookup costs less than asking the enum."""

_IS_DIFFERENT = bytes(change in DIFFERENCES for change in range(256))
_IS_UNKNOWN = bytes(change == Change.UNKNOWN for change in range(256))


@dataclass(frozen=True, slots=True)
class Summary:
    """What differs in all."""

    counts: dict[Change, int]
    """Rows by change; each change is there."""
    size_a: int
    """Bytes of content on side A, each file with several names once."""
    size_b: int

    @property
    def differences(self) -> int:
        """Rows that are known to differ."""
        return sum(self.counts[change] for change in DIFFERENCES)


class Comparison:
    """Two sides compared, as columns over rows: the union of their paths, in tree order.

    Nothing changes in it but what `settle` adds: a fact about the bytes that was not known when it was made.
    """

    def __init__(self, a: Side, b: Side, aligned: Aligned, shape: "Comparison | None" = None) -> None:
        """Take the columns; `shape` is a comparison with the same keys, whose tree is the same."""
        self.side_a, self.side_b = a, b
        self.keys: list[bytes] = aligned.keys
        """Key of every row."""
        self.at_a: array[int] = aligned.at_a
        """Position in A's squash of every row, -1 where A does not hold the path."""
        self.at_b: array[int] = aligned.at_b
        self.changes: bytearray = aligned.changes
        """Change of every row."""
        self.fields_at: array[int] = aligned.fields
        """Fields of every row."""
        self._uncertain = aligned.uncertain
        self._names = aligned.names
        self._sums: dict[str, array[int]] = {}
        self.own_a: array[int] = aligned.sizes_a
        """Bytes that a row holds itself on side A: those of a file with several names stand at the first of them."""
        self.own_b: array[int] = aligned.sizes_b
        self._lowered: list[bytes] | None = None
        self.depths: array[int]
        """Components of the path of every row; 0 is the root."""
        self.holders: list[int]
        """Rows with something beneath them, in tree order."""
        self.subtree_ends: array[int]
        """The first row after everything beneath a row."""
        self.parents: array[int]
        """The row of the directory that a row lies in; the first row is its own parent."""
        if shape is None:
            self._make_tree()
        else:
            self.depths, self.holders, self._lowered = shape.depths, shape.holders, shape._lowered
            self.subtree_ends, self.parents = shape.subtree_ends, shape.parents

    def _make_tree(self) -> None:
        count = len(self.keys)
        self.depths = array("H", [key.count(b"\0") + 1 if key else 0 for key in self.keys])
        self.holders = list(compress(range(count), map(lt, self.depths, self.depths[1:])))
        self.subtree_ends = array("I", range(1, count + 1))
        self.parents = array("I", bytes(4 * count))
        for row in self.holders:
            key = self.keys[row]
            end = bisect_left(self.keys, key + b"\1", row + 1) if key else count
            self.subtree_ends[row] = end
            self.parents[row + 1 : end] = array("I", (row,)) * (end - row - 1)

    def __len__(self) -> int:
        return len(self.keys)

    def key(self, row: int) -> bytes:
        """The key of a row's path (see names.py)."""
        return self.keys[row]

    def path(self, row: int) -> bytes:
        """The path of a row; the root is `.`."""
        return path_of(self.keys[row])

    def lowered(self) -> list[bytes]:
        """The key of every row in lower case, for filters; made when it is first asked for, and kept."""
        if self._lowered is None:
            # Most keys are in lower case already, and need no memory of their own.
            self._lowered = [key if (lower := key.lower()) == key else lower for key in self.keys]
        return self._lowered

    def row_of(self, key: bytes) -> int | None:
        """The row of a key, or None."""
        row = bisect_left(self.keys, key)
        return row if row < len(self.keys) and self.keys[row] == key else None

    def a(self, row: int) -> int | None:
        """The position in A's squash, or None where A does not hold the path."""
        position = self.at_a[row]
        return None if position < 0 else position

    def b(self, row: int) -> int | None:
        """The position in B's squash, or None where B does not hold the path."""
        position = self.at_b[row]
        return None if position < 0 else position

    def change(self, row: int) -> Change:
        """How the sides of a row differ."""
        return CHANGES[self.changes[row]]

    def fields(self, row: int) -> Field:
        """What differs, as far as it is known; none where only one side holds the path."""
        return Field(self.fields_at[row])

    def kind_a(self, row: int) -> Kind | None:
        """What A holds, hard links followed; None where it holds nothing."""
        return None if self.at_a[row] < 0 else self.side_a.kind(self.at_a[row])

    def kind_b(self, row: int) -> Kind | None:
        """What B holds, hard links followed; None where it holds nothing."""
        return None if self.at_b[row] < 0 else self.side_b.kind(self.at_b[row])

    def kind(self, row: int) -> Kind:
        """What a row is, hard links followed: B's, where B holds the path."""
        kind = self.kind_b(row)
        kind = self.kind_a(row) if kind is None else kind
        assert kind is not None, "a row is of one side at least"
        return kind

    def depth(self, row: int) -> int:
        """Components of the path; 0 is the root."""
        return self.depths[row]

    def subtree_end(self, row: int) -> int:
        """The first row after everything beneath a row."""
        return self.subtree_ends[row]

    def parent(self, row: int) -> int:
        """The row of the directory that a row lies in; the first row is its own parent."""
        return self.parents[row]

    def size_a(self, row: int) -> int | None:
        """Bytes on side A: a file's content, or all beneath a row with each file once; None where it is not known."""
        return self._size(row, 0)

    def size_b(self, row: int) -> int | None:
        """Bytes on side B, as `size_a`."""
        return self._size(row, 1)

    def _size(self, row: int, which: int) -> int | None:
        side, at = ((self.side_a, self.at_a), (self.side_b, self.at_b))[which]
        position = at[row]
        if position >= 0 and self.subtree_ends[row] == row + 1:
            return side.squash.size_bytes(position) if side.kind(position) is Kind.FILE else 0
        sums = self._sums.get("ab"[which])
        if sums is None:
            sums = self._sums["ab"[which]] = _sums((self.own_a, self.own_b)[which])
        return sums[self.subtree_ends[row]] - sums[row]

    def first_name(self, position: int, *, of_b: bool) -> bytes | None:
        """The key of the first name of a file that has several on its side; None of one with a single name."""
        return self._names[of_b].get(position)

    def different(self) -> bytes:
        """Mask of the rows that are known to differ."""
        return bytes(self.changes).translate(_IS_DIFFERENT)

    def having(self, *changes: Change) -> bytes:
        """Mask of the rows with one of some changes."""
        return bytes(self.changes).translate(bytes(change in changes for change in range(256)))

    def changed_below(self, row: int) -> int:
        """How many rows beneath a row are known to differ."""
        sums = self._sums.get("different")
        if sums is None:
            sums = self._sums["different"] = _sums(self.different())
        return sums[self.subtree_ends[row]] - sums[row + 1]

    def unknown_below(self, row: int) -> int:
        """How many rows beneath a row are of unknown change."""
        sums = self._sums.get("unknown")
        if sums is None:
            sums = self._sums["unknown"] = _sums(bytes(self.changes).translate(_IS_UNKNOWN))
        return sums[self.subtree_ends[row]] - sums[row + 1]

    def is_uncertain(self, row: int) -> bool:
        """Whether damaged or unread layers leave open what a row is; no comparing of contents helps."""
        return row in self._uncertain

    def unknown(self) -> list[int]:
        """The rows whose content has to be compared, in tree order."""
        rows = compress(range(len(self)), bytes(self.changes).translate(_IS_UNKNOWN))
        return [row for row in rows if row not in self._uncertain]

    def summary(self) -> Summary:
        """What differs in all, as far as it is known."""
        counts = {change: self.changes.count(change) for change in Change}
        return Summary(counts, sum(self.own_a), sum(self.own_b))

    def settle(self, row: int, same: bool) -> Change:
        """Say what a row is, now that its content was compared; no other row is changed by it."""
        if self.changes[row] == Change.UNKNOWN and row not in self._uncertain:
            if not same:
                self.changes[row] = Change.CONTENT
                self.fields_at[row] |= Field.CONTENT
            else:
                changed = self.fields_at[row] & METADATA_FIELDS
                self.changes[row] = Change.METADATA if changed else Change.IDENTICAL
            self._sums.pop("different", None)
            self._sums.pop("unknown", None)
        return CHANGES[self.changes[row]]


def compare(a: Side, b: Side) -> Comparison:
    """Compare two sides without reading any content.

    What the same layer holds at the same row is identical; layers are the same where they are one tree, or where they
    have one diff ID and list the same members. Sizes or checksums that differ prove another content; files of one size
    are UNKNOWN until they are settled (see comparing_content.py).
    """
    aligned = lay_out(a, b)
    compare_pairs(a, b, aligned)
    mark_uncertain(a, b, aligned)
    return Comparison(a, b, aligned)


def exchanged(comparison: Comparison) -> Comparison:
    """The same comparison with its sides exchanged; what was settled stays so."""
    other = Comparison(comparison.side_b, comparison.side_a, _exchanged(comparison), comparison)
    names = {"a": "b", "b": "a"}
    other._sums = {names.get(name, name): sums for name, sums in comparison._sums.items()}
    return other


def _exchanged(comparison: Comparison) -> Aligned:
    swap = bytes((0, Change.ONLY_B, Change.ONLY_A)) + bytes(range(3, 256))
    return Aligned(
        comparison.keys,
        comparison.at_b,
        comparison.at_a,
        bytearray(comparison.changes.translate(swap)),
        comparison.fields_at[:],
        (comparison._names[1], comparison._names[0]),
        comparison.own_b,
        comparison.own_a,
        comparison._uncertain,
    )


def _sums(column: "array[int] | bytes | bytearray") -> "array[int]":
    """Sums of a column up to each row."""
    return array("q", chain((0,), accumulate(column)))
