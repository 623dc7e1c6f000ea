"""Fuzzy find over the paths of all layers, hidden and deleted versions too."""

from collections.abc import Callable
from dataclasses import dataclass

from layertui.errors import Cancelled
from layertui.layer.tree import IMPLIED
from layertui.stack.squash import Fate, Squash

BATCH = 5_000
"""Paths looked at between two questions whether to go on."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A path that holds all letters of a query in their order."""

    position: int
    """Of the version that is visible, else of the uppermost one."""
    score: int
    """Higher is better."""


def fuzzy(squash: Squash, query: str, limit: int = 500, cancelled: Callable[[], bool] | None = None) -> list[Hit]:
    """Find paths by their letters in order: words apart must all be found, upper case makes case matter.

    Best first: whole words, beginnings of names, letters that stand together, and short paths rank higher. Raises
    Cancelled.
    """
    words = query.split()
    if not words:
        return []
    folded = query == query.lower()
    wanted = [word.encode("utf-8", "surrogateescape").replace(b"/", b"\0") for word in words]
    letters = [[word[at : at + 1] for at in range(len(word))] for word in wanted]
    hits: list[Hit] = []
    trees, first, layers, rows = squash.trees, squash.first, squash.layers, squash.rows
    position, count, looked = 0, len(squash), 0
    while position < count:
        looked += 1
        if looked % BATCH == 0 and cancelled is not None and cancelled():
            raise Cancelled
        key = trees[layers[position] - first].columns.keys[rows[position]]
        stop = position + 1
        while stop < count and trees[layers[stop] - first].columns.keys[rows[stop]] == key:
            stop += 1
        subject = key.lower() if folded else key
        score = 0
        for word, parts in zip(wanted, letters, strict=True):
            found = _score(subject, word, parts)
            if found is None:
                break
            score += found
        else:
            best = _shown(squash, position, stop)
            if best is not None:
                hits.append(Hit(best, score - len(key)))
        position = stop
    hits.sort(key=lambda hit: -hit.score)
    return hits[:limit]


def _shown(squash: Squash, start: int, stop: int) -> int | None:
    """The version of a path to show: the visible one, else the uppermost; a whiteout only where it removes nothing.

    None for mere implied directories.
    """
    candidates = [
        position
        for position in range(start, stop)
        if squash.fates[position] < Fate.CONTEXT and not squash.tree_at(position).flags[squash.rows[position]] & IMPLIED
    ]
    living = [position for position in candidates if squash.ends[position] == squash.no_end]
    versions = [position for position in candidates if squash.fates[position] < Fate.MARKER]
    chosen = living or versions or candidates
    return chosen[-1] if chosen else None


def _score(subject: bytes, word: bytes, letters: list[bytes]) -> int | None:
    """How well a word is found in a path, or None where its letters are not all there in order."""
    at = subject.rfind(word)
    if at >= 0:
        starts = at == 0 or subject[at - 1 : at] in (b"\0", b"-", b"_", b".")
        in_name = subject.find(b"\0", at) < 0
        ends = at + len(word) == len(subject)
        return 400 + 100 * starts + 100 * in_name + 50 * ends
    at, gaps, start = -1, 0, -1
    for letter in letters:
        found = subject.find(letter, at + 1)
        if found < 0:
            return None
        if start < 0:
            start = found
        else:
            gaps += found - at - 1
        at = found
    return 200 - min(gaps * 4, 190)
