"""The tree order of all layers' rows together."""

from bisect import bisect_left
from collections.abc import Sequence

SLICE_ROWS = 250_000
"""Rows are sorted in slices of about this many: one sort holds the interpreter, and keys must be answered meanwhile."""


def path_major(runs: Sequence[list[bytes]]) -> list[int]:
    """Order the rows of all layers by key, and rows of one key base to top.

    `runs` are the keys of each layer, sorted. Returns indexes into their concatenation. Merging sorted runs is what
    the stable sort does by itself; a slice is a range of keys cut out of every run.
    """
    total = sum(map(len, runs))
    if len(runs) == 1:
        return list(range(total))
    longest = max(runs, key=len, default=[])
    step = max(1, len(longest) * SLICE_ROWS // max(total, 1))
    pivots = [] if total <= 2 * SLICE_ROWS else longest[step::step]
    starts = [0] * len(runs)
    bases = [sum(map(len, runs[:index])) for index in range(len(runs))]
    order: list[int] = []
    for pivot in [*pivots, None]:
        keys: list[bytes] = []
        indexes: list[int] = []
        for index, run in enumerate(runs):
            stop = len(run) if pivot is None else bisect_left(run, pivot, starts[index])
            keys += run[starts[index] : stop]
            indexes += range(bases[index] + starts[index], bases[index] + stop)
            starts[index] = stop
        order += map(indexes.__getitem__, sorted(range(len(keys)), key=keys.__getitem__))
    return order
