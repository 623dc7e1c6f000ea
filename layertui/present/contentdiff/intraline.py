"""What differs within two lines that belong together, and which lines of two blocks do."""

import re

from layertui.present.contentdiff.align import align

_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)

TOKENS = 300
"""Lines of more words are compared from both ends only: it may take the square of it, some ten milliseconds here."""

LOOKED_AT = 20_000
"""Lines of more characters are compared from both ends only, too."""

PAIRS = 2_500
"""Larger blocks are paired in their order: telling which line became which compares all with all."""

LIKE = 0.4
"""From which likeness on one line is taken for a new form of the other."""

Span = tuple[int, int]
"""Characters of a line, from and to."""


def changed_spans(a: str, b: str) -> tuple[list[Span], list[Span]]:
    """The parts of two lines that differ, in each of them; the whole lines where hardly anything is alike."""
    words_a, words_b = _WORD.findall(a[:LOOKED_AT]), _WORD.findall(b[:LOOKED_AT])
    if max(len(a), len(b)) > LOOKED_AT or max(len(words_a), len(words_b)) > TOKENS:
        return _from_both_ends(a, b)
    spans_a: list[Span] = []
    spans_b: list[Span] = []
    starts_a, starts_b = _starts(words_a), _starts(words_b)
    alike = at_a = at_b = 0
    for from_a, from_b, count in (*align(words_a, words_b).blocks, (len(words_a), len(words_b), 0)):
        if from_a > at_a:
            spans_a.append((starts_a[at_a], starts_a[from_a]))
        if from_b > at_b:
            spans_b.append((starts_b[at_b], starts_b[from_b]))
        at_a, at_b = from_a + count, from_b + count
        alike += sum(len(word) for word in words_a[from_a:at_a] if not word.isspace())
    if alike * 5 < max(len(a.strip()), len(b.strip())):
        return [(0, len(a))], [(0, len(b))]
    return spans_a, spans_b


def _starts(words: list[str]) -> list[int]:
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return starts


def _from_both_ends(a: str, b: str) -> tuple[list[Span], list[Span]]:
    shorter = min(len(a), len(b))
    start = next((at for at in range(shorter) if a[at] != b[at]), shorter)
    end = next((at for at in range(shorter - start) if a[-1 - at] != b[-1 - at]), shorter - start)
    return [(start, len(a) - end)] * (start < len(a) - end), [(start, len(b) - end)] * (start < len(b) - end)


def pair_lines(a: list[str], b: list[str]) -> list[tuple[int | None, int | None]]:
    """Put the lines of two blocks next to each other: those that are alike, in their order; else from the top.

    Each line stands in one pair; None is where the other side has nothing.
    """
    if len(a) == len(b) or not a or not b or len(a) * len(b) > PAIRS:
        shorter = min(len(a), len(b))
        return [
            *((at, at) for at in range(shorter)),
            *((at, None) for at in range(shorter, len(a))),
            *((None, at) for at in range(shorter, len(b))),
        ]
    bags = [set(_WORD.findall(line[:500])) for line in a], [set(_WORD.findall(line[:500])) for line in b]
    likeness = [[_likeness(one, other) for other in bags[1]] for one in bags[0]]
    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for at_a in range(len(a) - 1, -1, -1):
        for at_b in range(len(b) - 1, -1, -1):
            like = likeness[at_a][at_b]
            together = like + best[at_a + 1][at_b + 1] if like >= LIKE else 0.0
            best[at_a][at_b] = max(together, best[at_a + 1][at_b], best[at_a][at_b + 1])
    pairs: list[tuple[int | None, int | None]] = []
    at_a = at_b = 0
    while at_a < len(a) or at_b < len(b):
        if at_a == len(a):
            pairs.append((None, at_b))
            at_b += 1
        elif at_b == len(b) or best[at_a + 1][at_b] == best[at_a][at_b]:
            pairs.append((at_a, None))
            at_a += 1
        elif best[at_a][at_b + 1] == best[at_a][at_b]:
            pairs.append((None, at_b))
            at_b += 1
        else:
            pairs.append((at_a, at_b))
            at_a, at_b = at_a + 1, at_b + 1
    return pairs


def _likeness(a: set[str], b: set[str]) -> float:
    """The share of words that two lines have in common, 0 to 1."""
    return len(a & b) / max(len(a | b), 1)
