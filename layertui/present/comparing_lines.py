"""Which lines of two texts differ: bounded work, and always a right answer, if not always the shortest one."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

STEPS = 2_000_000
"""How much comparing two texts may cost, in comparisons of lines; what is left then is one block, a second at most."""

EDITS = 1_000
"""How many edits of a block are looked for: the memory for it grows with their square."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of A that stand where lines of B do; line numbers count from 0, and ends are not included."""

    a_start: int
    a_stop: int
    b_start: int
    b_stop: int


def differing_blocks(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Block]:
    """The blocks that differ, in order; what lies between them is equal, line by line.

    Lines that each text has once are matched first, in the longest run that keeps their order (Bram Cohen's patience
    diff); what lies between those by the shortest edit script (Myers, "An O(ND) Difference Algorithm", 1986).
    """
    return _Differ(a, b).blocks()


class _Differ:
    def __init__(self, a: Sequence[Hashable], b: Sequence[Hashable]) -> None:
        self._a, self._b = a, b
        self._steps_left = STEPS

    def blocks(self) -> list[Block]:
        whole = _Range(0, len(self._a), 0, len(self._b))
        blocks: list[Block] = []
        for gap in self._gaps(whole):
            for block in self._edits(gap):
                if blocks and (blocks[-1].a_stop, blocks[-1].b_stop) == (block.a_start, block.b_start):
                    blocks[-1] = replace(blocks[-1], a_stop=block.a_stop, b_stop=block.b_stop)
                else:
                    blocks.append(block)
        return blocks

    def _gaps(self, whole: "_Range") -> Iterator["_Range"]:
        """What lies between lines that stand once in both texts, equal lines at both ends left out."""
        a_at, b_at = whole.a, whole.b
        for a_next, b_next in [*self._anchors(self._trimmed(whole)), (whole.a_stop, whole.b_stop)]:
            if a_next >= a_at and b_next >= b_at:
                gap = self._trimmed(_Range(a_at, a_next, b_at, b_next))
                if gap.a < gap.a_stop or gap.b < gap.b_stop:
                    yield gap
                a_at, b_at = a_next + 1, b_next + 1

    def _trimmed(self, part: "_Range") -> "_Range":
        """A range without the equal lines at its ends."""
        a, b = self._a, self._b
        a_at, a_stop, b_at, b_stop = part.a, part.a_stop, part.b, part.b_stop
        while a_at < a_stop and b_at < b_stop and a[a_at] == b[b_at]:
            a_at, b_at = a_at + 1, b_at + 1
        while a_at < a_stop and b_at < b_stop and a[a_stop - 1] == b[b_stop - 1]:
            a_stop, b_stop = a_stop - 1, b_stop - 1
        return _Range(a_at, a_stop, b_at, b_stop)

    def _anchors(self, part: "_Range") -> list[tuple[int, int]]:
        """Lines that stand once in both texts, the longest run of them that rises in both."""
        lines_a, lines_b = self._a[part.a : part.a_stop], self._b[part.b : part.b_stop]
        once_a = {line for line, count in Counter(lines_a).items() if count == 1}
        once = {line for line, count in Counter(lines_b).items() if count == 1 and line in once_a}
        in_b = {line: part.b + index for index, line in enumerate(lines_b) if line in once}
        pairs = [(part.a + index, in_b[line]) for index, line in enumerate(lines_a) if line in once]
        ends: list[int] = []  # the lowest line of B that a run of so many pairs ends with
        last: list[int] = []  # and the pair that this is
        before = [-1] * len(pairs)
        for index, (_, line_b) in enumerate(pairs):
            length = bisect_left(ends, line_b)
            ends[length : length + 1] = [line_b]
            last[length : length + 1] = [index]
            before[index] = last[length - 1] if length else -1
        run: list[tuple[int, int]] = []
        index = last[-1] if last else -1
        while index >= 0:
            run.append(pairs[index])
            index = before[index]
        return run[::-1]

    def _edits(self, gap: "_Range") -> Iterator[Block]:
        """The blocks of a gap: as few lines as can be found within what is left to spend."""
        whole = Block(gap.a, gap.a_stop, gap.b, gap.b_stop)
        if gap.a == gap.a_stop or gap.b == gap.b_stop:
            yield whole
            return
        matches = self._matches(gap)
        if matches is None:
            yield whole
            return
        a_at, b_at = gap.a, gap.b
        for a_line, b_line in [*matches, (gap.a_stop, gap.b_stop)]:
            if a_line > a_at or b_line > b_at:
                yield Block(a_at, a_line, b_at, b_line)
            a_at, b_at = a_line + 1, b_line + 1

    def _matches(self, gap: "_Range") -> list[tuple[int, int]] | None:
        """Pairs of equal lines of a shortest edit script; None where that would take too much."""
        a, b = self._a, self._b
        rows, columns = gap.a_stop - gap.a, gap.b_stop - gap.b
        reach = {1: 0}  # how far into A the best path on each diagonal comes; A's lines less B's
        trail: list[dict[int, int]] = []
        for edits in range(min(rows + columns, EDITS) + 1):
            trail.append(dict(reach))
            self._steps_left -= edits + 1
            for diagonal in range(-edits, edits + 1, 2):
                down = diagonal == -edits or (
                    diagonal != edits and reach.get(diagonal - 1, -1) < reach.get(diagonal + 1, -1)
                )
                x = reach.get(diagonal + 1, 0) if down else reach.get(diagonal - 1, 0) + 1
                y, start = x - diagonal, x
                while x < rows and y < columns and a[gap.a + x] == b[gap.b + y]:
                    x, y = x + 1, y + 1
                reach[diagonal] = x
                self._steps_left -= x - start
                if x >= rows and y >= columns:
                    return _trace(gap, trail, rows, columns)
            if self._steps_left < 0:
                return None
        return None


@dataclass(frozen=True, slots=True)
class _Range:
    """Part of both texts."""

    a: int
    a_stop: int
    b: int
    b_stop: int


def _trace(gap: _Range, trail: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """Walk an edit script back from its end; gives the pairs of equal lines on it."""
    pairs = []
    for edits in range(len(trail) - 1, -1, -1):
        reach, diagonal = trail[edits], x - y
        down = diagonal == -edits or (diagonal != edits and reach.get(diagonal - 1, -1) < reach.get(diagonal + 1, -1))
        before = diagonal + 1 if down else diagonal - 1
        x_before = reach.get(before, 0) if edits else 0
        y_before = x_before - before if edits else 0
        while x > x_before and y > y_before:
            x, y = x - 1, y - 1
            pairs.append((gap.a + x, gap.b + y))
        x, y = x_before, y_before
    return pairs[::-1]
