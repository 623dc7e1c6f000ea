"""The tree order of all layers' rows together."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, repeat
from operator import add

SLICE_ROWS = 65_536
"""Rows are ordered in slices of about this many: one sort holds the interpreter, and keys must be answered meanwhile.
Each row is an object of its own while it is sorted: few at a time stay in the processor's cache and cost no memory."""


def path_major(keys: Sequence[bytes], orders: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Order the rows of all layers by key, and rows of one key base to top; yields them slice by slice.

    `keys` are those of all layers, one layer after another, and `orders` each layer's own rows, sorted by key. Rows
    that come out are indexes into `keys`. Merging sorted runs is what the stable sort does by itself; a slice is a
    range of keys cut out of every layer.
    """
    bases = list(accumulate(map(len, orders), initial=0))
    longest = max(range(len(orders)), key=lambda index: len(orders[index]), default=0)
    step = max(1, len(orders[longest]) * SLICE_ROWS // max(len(keys), 1)) if orders else 1
    starts = [0] * len(orders)
    pivots = [keys[bases[longest] + row] for row in orders[longest][step::step]] if orders else []
    for pivot in [*pivots, None]:
        rows: list[int] = []
        for index, order in enumerate(orders):
            start, base = starts[index], bases[index]
            stop = len(order)
            if pivot is not None:
                stop = bisect_left(order, pivot, start, key=lambda row, base=base: keys[base + row])
            rows += map(add, order[start:stop], repeat(base))
            starts[index] = stop
        rows.sort(key=keys.__getitem__)
        yield rows
