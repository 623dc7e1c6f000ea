"""Which rows of a comparison are on the screen: filters, folds, the next difference, and where the differences lie.

Everything is masks over rows: work in Python is for each directory that is open, not for each row.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import compress

from layertui.layer.columns import Kind
from layertui.layer.names import path_of
from layertui.present.comparing import COMPARE_MARKS, row_remark
from layertui.present.marks import Mark
from layertui.present.query import matching, narrows, parse_query
from layertui.present.safetext import safe
from layertui.present.units import size_change, size_narrow
from layertui.present.view import Folds
from layertui.stack.compare import Change, Comparison
from layertui.stack.layercolumn import both, either


@dataclass(frozen=True, slots=True)
class CompareView:
    """What a person chose to see of a comparison."""

    hidden: frozenset[Change] = frozenset({Change.IDENTICAL})
    """Changes that are not shown, but for directories that lead to what is."""
    query: str = ""
    """The filter's text (see query.py)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows that a view shows, folds apart."""

    mask: bytes
    """With the directories that lead to what matched."""
    matched: bytes
    """What matched."""
    holders: list[int] = field(repr=False)
    """Shown rows with shown rows beneath them, the root apart: what can be folded."""

    @property
    def count(self) -> int:
        """How many rows matched."""
        return self.matched.count(1)


def choose(comparison: Comparison, view: CompareView, previous: tuple[CompareView, Chosen] | None = None) -> Chosen:
    """The rows that a view shows; `previous` is what stood before the last keystroke, if it is of this comparison."""
    hidden = {*view.hidden, Change.ASIDE}
    matched = comparison.having(*(change for change in Change if change not in hidden))
    if matched[:1] == b"\1" and comparison.change(0) is Change.IDENTICAL:
        matched = b"\0" + matched[1:]  # a root that is the same is no row of the list
    if terms := parse_query(view.query):
        if previous is not None and previous[0].hidden == view.hidden and narrows(view.query, previous[0].query):
            matched = both(matched, previous[1].matched)
        rows = compress(range(len(comparison)), matched)
        hits = matching(terms, comparison.keys, rows, comparison.lowered())
        matched = _mask(hits, len(comparison))
    mask = _with_parents(comparison, matched)
    leading = both(mask, _mask(comparison.holders, len(comparison)))
    ends = comparison.subtree_ends
    holders = [
        row
        for row in compress(range(len(comparison)), leading)
        if comparison.depths[row] and mask.find(1, row + 1, ends[row]) >= 0
    ]
    return Chosen(mask, matched, holders)


def _mask(rows: Iterable[int], count: int) -> bytes:
    mask = bytearray(count)
    for row in rows:
        mask[row] = 1
    return bytes(mask)


def _with_parents(comparison: Comparison, matched: bytes) -> bytes:
    """A mask with all rows that lead to its rows, but for the root's."""
    parents, leading = comparison.parents, bytearray(len(matched))
    for row in set(compress(parents, matched)):
        while row and not leading[row]:
            leading[row] = 1
            row = parents[row]
    return either(matched, leading)


def visible_rows(comparison: Comparison, chosen: Chosen, folds: Folds, *, open_by_default: bool = True) -> "array[int]":
    """The rows to draw, in tree order: those of a view that lie in no closed directory."""
    mask, ends, keys = bytearray(chosen.mask), comparison.subtree_ends, comparison.keys
    beyond = 0
    for row in chosen.holders:
        if row >= beyond and not folds.is_open(keys[row], open_by_default):
            beyond = ends[row]
            mask[row + 1 : beyond] = bytes(beyond - row - 1)
    return array("I", compress(range(len(mask)), mask))


def next_difference(comparison: Comparison, chosen: Chosen, row: int, *, forward: bool = True) -> int | None:
    """The next or previous row of a view that differs, in folded directories too; None where there is none.

    Directories in which something differs are passed over for it; `row` may be -1, before the first.
    """
    open_ones = both(comparison.having(Change.UNKNOWN), _has_fields(comparison))
    mask = both(either(comparison.different(), open_ones), chosen.matched)
    found = mask.find(1, row + 1) if forward else mask.rfind(1, 0, max(row, 0))
    return None if found < 0 else found


def difference_number(comparison: Comparison, chosen: Chosen, row: int) -> tuple[int, int]:
    """How many differences of a view stand up to a row, itself included, and how many there are: `3/27`."""
    mask = both(comparison.different(), chosen.matched)
    return mask[: row + 1].count(1), mask.count(1)


def _has_fields(comparison: Comparison) -> bytes:
    return bytes(map(bool, comparison.fields_at))


def strip_cells(comparison: Comparison, rows: "array[int]", cells: int) -> bytes:
    """Where in a list of rows the differences lie: for each of some cells, whether one stands in its part.

    A closed directory counts where something beneath it differs.
    """
    if not rows or cells <= 0:
        return bytes(max(cells, 0))
    different, ends, count = comparison.different(), comparison.subtree_ends, len(rows)
    strip = bytearray(cells)
    for cell in range(cells):
        start, stop = cell * count // cells, max((cell + 1) * count // cells, cell * count // cells + 1)
        first = rows[start]
        # From this part's first row up to the next part's, and what is folded into its last row.
        beyond = rows[stop] if stop < count else max(ends[rows[-1]], rows[-1] + 1)
        strip[cell] = different.find(1, first, beyond) >= 0
    return bytes(strip)


def row_mark(comparison: Comparison, row: int) -> Mark:
    """The mark between the sides of a row: its own, or that something beneath a directory differs."""
    change = comparison.change(row)
    if change in (Change.IDENTICAL, Change.METADATA, Change.UNKNOWN, Change.ASIDE):
        if comparison.changed_below(row):
            return COMPARE_MARKS[Change.CONTENT]
        if change is Change.IDENTICAL and comparison.unknown_below(row):
            return COMPARE_MARKS[Change.UNKNOWN]
    return COMPARE_MARKS[change]


@dataclass(frozen=True, slots=True)
class RowCells:
    """The texts of one row, safe to draw."""

    depth: int
    """Cells of indentation: directories above it, the root apart."""
    name: str
    """Its last component, a slash behind a directory; where only one side holds a directory, as B has it."""
    name_a: str
    """The same as A has it."""
    size_a: str | None
    """None where A does not hold the path: `----` stands there."""
    mark: Mark
    size_b: str | None
    remark: str
    """What differs, or the bytes that B has more or less."""


def row_cells(comparison: Comparison, row: int) -> RowCells:
    """What a row says: `app/  91 MB  !=  98 MB  +7.1 MB`."""
    key = comparison.keys[row]
    name = safe(path_of(key[key.rfind(b"\0") + 1 :]))
    slash, slash_a = ("/" if kind is Kind.DIRECTORY else "" for kind in (comparison.kind(row), comparison.kind_a(row)))
    size_a, size_b = comparison.size_a(row), comparison.size_b(row)
    change = comparison.change(row)
    delta = None if size_a is None or size_b is None else size_b - size_a
    remark = size_change(delta) if delta else ""
    # Of a directory what lies beneath tells more than its own time, which changes with every name in it.
    is_rolled_up = change is Change.METADATA and comparison.changed_below(row)
    if not remark or (change in (Change.METADATA, Change.TYPE, Change.UNKNOWN) and not is_rolled_up):
        remark = row_remark(comparison, row) or remark
    return RowCells(
        max(comparison.depth(row) - 1, 0),
        name + slash,
        name + slash_a,
        None if comparison.a(row) is None else size_narrow(size_a),
        row_mark(comparison, row),
        None if comparison.b(row) is None else size_narrow(size_b),
        remark,
    )
