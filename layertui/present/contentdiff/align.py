"""Which lines of two texts belong together: patience over lines that are unique, Myers between them, within a bound.

Patience diff (Bram Cohen): a line that stands once on either side is an anchor, the longest run of anchors in one
order divides the texts. What has no anchors is compared by E. W. Myers, "An O(ND) Difference Algorithm and Its
Variations", which takes time by the number of differences; beyond a bound they are shown as replaced.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

STEP_LIMIT = 3_000_000
"""How many steps all of Myers' comparisons may take together: some two seconds."""

DIFFERENCE_LIMIT = 800
"""How many differences between two anchors are told apart: each costs memory for those before it."""

Lines = Sequence[Hashable]
Range = tuple[int, int, int, int]
"""A part of both sides: from and to on side A, from and to on side B."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """What belongs together."""

    blocks: tuple[tuple[int, int, int], ...]
    """Runs of equal lines, in order: where on side A, where on side B, how many."""
    is_complete: bool
    """False where a bound was reached, and lines that belong together may be missing."""


def align(a: Lines, b: Lines, check: Callable[[], None] | None = None) -> Alignment:
    """Line two texts up; lines are anything that can be compared and hashed. Raises what `check` raises."""
    work = _Work(a, b, check)
    work.run()
    blocks: list[tuple[int, int, int]] = []
    for at_a, at_b, count in sorted(work.blocks):
        if blocks and blocks[-1][0] + blocks[-1][2] == at_a and blocks[-1][1] + blocks[-1][2] == at_b:
            blocks[-1] = (blocks[-1][0], blocks[-1][1], blocks[-1][2] + count)
        else:
            blocks.append((at_a, at_b, count))
    return Alignment(tuple(blocks), work.is_complete)


class _Work:
    def __init__(self, a: Lines, b: Lines, check: Callable[[], None] | None) -> None:
        numbers: dict[Hashable, int] = {}
        self._a = [numbers.setdefault(line, len(numbers)) for line in a]
        self._b = [numbers.setdefault(line, len(numbers)) for line in b]
        self._check = check
        self._steps = 0
        self.blocks: list[tuple[int, int, int]] = []
        self.is_complete = True

    def run(self) -> None:
        """Divide until nothing is left to divide."""
        ranges = [(0, len(self._a), 0, len(self._b))]
        while ranges:
            if self._check is not None:
                self._check()
            low_a, high_a, low_b, high_b = self._trimmed(ranges.pop())
            if low_a == high_a or low_b == high_b:
                continue
            anchors = self._anchors(low_a, high_a, low_b, high_b)
            if not anchors:
                self._myers(low_a, high_a, low_b, high_b)
                continue
            for at_a, at_b in anchors:
                ranges.append((low_a, at_a, low_b, at_b))
                self.blocks.append((at_a, at_b, 1))
                low_a, low_b = at_a + 1, at_b + 1
            ranges.append((low_a, high_a, low_b, high_b))

    def _trimmed(self, part: Range) -> Range:
        """The part without the equal lines at its beginning and its end, which are kept as blocks."""
        a, b = self._a, self._b
        low_a, high_a, low_b, high_b = part
        start = low_a
        while low_a < high_a and low_b < high_b and a[low_a] == b[low_b]:
            low_a, low_b = low_a + 1, low_b + 1
        if low_a > start:
            self.blocks.append((start, low_b - (low_a - start), low_a - start))
        stop = high_a
        while low_a < high_a and low_b < high_b and a[high_a - 1] == b[high_b - 1]:
            high_a, high_b = high_a - 1, high_b - 1
        if high_a < stop:
            self.blocks.append((high_a, high_b, stop - high_a))
        return low_a, high_a, low_b, high_b

    def _anchors(self, low_a: int, high_a: int, low_b: int, high_b: int) -> list[tuple[int, int]]:
        """Lines that stand once in either part, as many as are in the same order on both sides."""
        a, b = self._a[low_a:high_a], self._b[low_b:high_b]
        in_a, in_b = Counter(a), Counter(b)
        place_b = {line: low_b + at for at, line in enumerate(b) if in_b[line] == 1}
        pairs = [(low_a + at, place_b[line]) for at, line in enumerate(a) if in_a[line] == 1 and line in place_b]
        # The longest rising run, by patience sorting: each pile's top, and for each pair the one that it lies on.
        tops: list[int] = []
        piles: list[int] = []
        before: list[int] = []
        for index, (_, at_b) in enumerate(pairs):
            pile = bisect_left(tops, at_b)
            before.append(piles[pile - 1] if pile else -1)
            if pile == len(tops):
                tops.append(at_b)
                piles.append(index)
            else:
                tops[pile], piles[pile] = at_b, index
        run = []
        index = piles[-1] if piles else -1
        while index >= 0:
            run.append(pairs[index])
            index = before[index]
        return run[::-1]

    def _myers(self, low_a: int, high_a: int, low_b: int, high_b: int) -> None:
        """Compare a part without anchors; beyond a bound, nothing in it belongs together."""
        a, b = self._a, self._b
        size_a, size_b = high_a - low_a, high_b - low_b
        reach = {1: 0}
        trace: list[dict[int, int]] = []
        for count in range(min(size_a + size_b, DIFFERENCE_LIMIT) + 1):
            if self._steps > STEP_LIMIT:
                break
            if self._check is not None:
                self._check()
            trace.append(reach.copy())
            for line in range(-count, count + 1, 2):
                down = line == -count or (line != count and reach[line - 1] < reach[line + 1])
                x = reach[line + 1] if down else reach[line - 1] + 1
                y = x - line
                start = x
                while x < size_a and y < size_b and a[low_a + x] == b[low_b + y]:
                    x, y = x + 1, y + 1
                self._steps += 1 + x - start
                reach[line] = x
                if x >= size_a and y >= size_b:
                    self._walk_back(trace, low_a, low_b, size_a, size_b)
                    return
        self.is_complete = False

    def _walk_back(self, trace: list[dict[int, int]], low_a: int, low_b: int, x: int, y: int) -> None:
        """Follow the shortest script from its end, and keep its runs of equal lines."""
        for count in range(len(trace) - 1, -1, -1):
            reach, line = trace[count], x - y
            down = line == -count or (line != count and reach[line - 1] < reach[line + 1])
            before = line + 1 if down else line - 1
            from_x = reach[before] if count else 0
            from_y = from_x - before if count else 0
            start_x = from_x if down or not count else from_x + 1
            if x > start_x:
                self.blocks.append((low_a + start_x, low_b + start_x - line, x - start_x))
            x, y = from_x, from_y
