"""Files that only one side holds, and that have an equal on the other side under another path."""

from collections import defaultdict
from collections.abc import Iterable

from layertui.layer.columns import Kind
from layertui.layer.names import parent_of
from layertui.stack.compare import Change, Comparison
from layertui.stack.compare_side import Side
from layertui.stack.comparing_content import ContentComparer
from layertui.stack.content import Cancel, Spot


def renames(
    comparison: Comparison, comparer: ContentComparer | None = None, cancelled: Cancel | None = None
) -> list[tuple[int, int]]:
    """Pairs of rows, one of A and one of B, with equal content; by A's row, none twice. Empty files are no evidence.

    Only files that have one of their size on the other side are read. Among several of one content those of one name
    are paired, then those of one directory, then in tree order. Raises Cancelled.
    """
    only_a, only_b = _files(comparison, Change.ONLY_A), _files(comparison, Change.ONLY_B)
    sizes = {_size(spot) for spot in only_a.values()} & {_size(spot) for spot in only_b.values()} - {0}
    candidates = [
        {row: spot for row, spot in files.items() if _size(spot) in sizes and comparison.changes[row] == change}
        for files, change in ((only_a, Change.ONLY_A), (only_b, Change.ONLY_B))
    ]
    spots = [spot for files in candidates for spot in files.values()]
    digests = (comparer or ContentComparer()).digests(comparison, spots, cancelled)
    groups: dict[tuple[int, bytes], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for which, files in enumerate(candidates):
        for row, spot in files.items():
            if spot in digests:
                groups[_size(spot), digests[spot]][which].append(row)
    return sorted(pair for rows_a, rows_b in groups.values() for pair in _paired(comparison, rows_a, rows_b))


def _files(comparison: Comparison, change: Change) -> dict[int, Spot]:
    """Rows of files that only one side holds, with where their content lies."""
    side, at = (comparison.side_a, comparison.at_a) if change is Change.ONLY_A else (comparison.side_b, comparison.at_b)
    mask = comparison.having(change)
    rows = (row for row in range(len(comparison)) if mask[row])
    return {row: spot for row in rows if (spot := _file_spot(side, at[row])) is not None}


def _file_spot(side: Side, position: int) -> Spot | None:
    if side.squash.kind(position) not in (Kind.FILE, Kind.HARDLINK):
        return None
    spot = side.spot(position)
    return spot if spot is not None and spot[0].columns.kinds[spot[1]] == Kind.FILE else None


def _size(spot: Spot) -> int:
    tree, row = spot
    return tree.columns.sizes[row]


def _paired(comparison: Comparison, rows_a: list[int], rows_b: list[int]) -> Iterable[tuple[int, int]]:
    """Pair rows of one content: by name, by directory, then as they come."""
    left_a, left_b = dict.fromkeys(rows_a), dict.fromkeys(rows_b)
    for trait in (_name, parent_of, lambda _: b""):
        waiting: dict[bytes, list[int]] = defaultdict(list)
        for row in reversed(left_b):
            waiting[trait(comparison.keys[row])].append(row)
        for row in list(left_a):
            if same := waiting[trait(comparison.keys[row])]:
                other = same.pop()
                del left_a[row], left_b[other]
                yield row, other


def _name(key: bytes) -> bytes:
    return key[key.rfind(b"\0") + 1 :]
