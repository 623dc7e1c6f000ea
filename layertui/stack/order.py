"""The tree order of all layers' rows together, slice by slice."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

SLICE_ROWS = 65_536
"""Rows are ordered in slices of about this many: one sort holds the interpreter, and keys must be answered meanwhile.
Each row is an object of its own while it is sorted: few at a time stay in the processor's cache and cost no memory."""


def slices(keys: Sequence[Sequence[bytes]], orders: Sequence[Sequence[int]]) -> Iterator[list[Sequence[int]]]:
    """Cut the rows of all layers into ranges of keys, rising; yields each range's rows of every layer, base to top.

    `keys` are those of each layer by row, and `orders` each layer's rows sorted by key.
    """
    longest = max(range(len(orders)), key=lambda layer: len(orders[layer]), default=-1)
    pivots: list[bytes] = []
    if longest >= 0:
        step = max(1, len(orders[longest]) * SLICE_ROWS // max(sum(map(len, orders)), 1))
        pivots = [keys[longest][row] for row in orders[longest][step::step]]
    starts = [0] * len(orders)
    for pivot in [*pivots, None]:
        parts = []
        for layer, order in enumerate(orders):
            start, stop = starts[layer], len(order)
            if pivot is not None:
                stop = bisect_left(order, pivot, start, key=keys[layer].__getitem__)
            parts.append(order[start:stop])
            starts[layer] = stop
        yield parts
