"""Lay the listings of two sides next to each other: the union of their paths, and what only one of them holds."""

from array import array
from dataclasses import dataclass
from itertools import compress, islice
from operator import eq

from layertui.layer.tree import IMPLIED, OPAQUE
from layertui.stack.compare_change import Change
from layertui.stack.compare_side import Side, listed
from layertui.stack.layercolumn import both, either

NOT = b"\1\0" + bytes(254)
"""Turns a mask around."""


@dataclass(slots=True)
class Aligned:
    """The rows of a comparison, in tree order; see Comparison for the columns."""

    keys: list[bytes]
    at_a: "array[int]"
    at_b: "array[int]"
    changes: bytearray
    fields: "array[int]"
    names: tuple[dict[int, bytes], dict[int, bytes]]
    """Of both sides, see Listed."""
    sizes_a: "array[int]"
    """Bytes that each row holds itself on side A, each file with several names once."""
    sizes_b: "array[int]"
    uncertain: frozenset[int] = frozenset()
    """Rows that damaged or unread layers leave open."""
    paired: bytes = b""
    """Mask of the rows that both sides hold."""
    hiding: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    """Of both sides, see Listed."""


def lay_out(a: Side, b: Side) -> Aligned:
    """Align two sides; what one of them holds alone is marked, what both hold is left to be compared."""
    one, other = listed(a), listed(b)
    keys, in_a, in_b = _merge(one.keys, other.keys)
    aligned = Aligned(
        keys,
        _spread(one.positions, in_a, -1),
        _spread(other.positions, in_b, -1),
        bytearray(len(keys)),
        array("H", bytes(2 * len(keys))),
        (one.names, other.names),
        _spread(one.sizes, in_a, 0),
        _spread(other.sizes, in_b, 0),
        paired=both(in_a, in_b),
        hiding=(one.hiding, other.hiding),
    )
    _alone(a, aligned.at_a, in_b, Change.ONLY_A, aligned)
    _alone(b, aligned.at_b, in_a, Change.ONLY_B, aligned)
    return aligned


def _merge(one: list[bytes], other: list[bytes]) -> tuple[list[bytes], bytes, bytes]:
    """The union of two sorted lists, and masks of which of its keys each of them holds."""
    if one == other:
        return one, b"\1" * len(one), b"\1" * len(one)
    ordered = sorted(one + other)  # two runs, which the sort merges
    followed = bytes(map(eq, ordered, islice(ordered, 1, None))) + bytes(min(len(ordered), 1))
    heads = b"\1" * len(followed[:1]) + followed[:-1].translate(NOT)
    keys = list(compress(ordered, heads))
    paired = bytearray(compress(followed, heads))
    in_a = bytearray(paired)
    held = frozenset(one)
    for row in compress(range(len(keys)), paired.translate(NOT)):
        in_a[row] = keys[row] in held
    return keys, bytes(in_a), either(paired, in_a.translate(NOT))


def _spread(column: list[int], mask: bytes, missing: int) -> "array[int]":
    """A column of one side over the rows that a mask has of it, and what stands in the others."""
    values = iter(column)
    return array("q", [next(values) if held else missing for held in mask] if 0 in mask else column)


def _alone(side: Side, at: "array[int]", in_other: bytes, change: Change, aligned: Aligned) -> None:
    """Mark the rows of one side; the root is put aside, and a directory that only leads to something in a diff."""
    codes = side.squash.codes
    for row in compress(range(len(at)), in_other.translate(NOT)):
        leads = not side.merged and codes[at[row]] >> 3 & (IMPLIED | OPAQUE) == IMPLIED
        leads = leads or not aligned.keys[row]  # a root is on both sides, whatever layers say of it
        aligned.changes[row] = Change.ASIDE if leads else change


def mark_uncertain(a: Side, b: Side, aligned: Aligned) -> None:
    """Make unknown what layers that are damaged or unread leave open, whatever was found of it."""
    gap_a, gap_b = a.last_gap, b.last_gap
    if gap_a < 0 and gap_b < 0:
        return

    def is_open(at: int, side: Side, gap: int) -> bool:
        return gap >= 0 and (at < 0 or side.squash.layers[at] < gap)

    pairs = zip(aligned.at_a, aligned.at_b, strict=True)
    aligned.uncertain = frozenset(
        row
        for row, (at_a, at_b) in enumerate(pairs)
        if (is_open(at_a, a, gap_a) or is_open(at_b, b, gap_b)) and aligned.keys[row]  # there is always a root
    )
    for row in aligned.uncertain:
        aligned.changes[row] = Change.UNKNOWN
