"""One row of a content as it is drawn: its number, its part of the text, colours and hits."""

from collections.abc import Sequence
from itertools import pairwise

from layertui.present.safetext import CROP_MARK, first_cells
from layertui.present.viewing.body import Row, Span
from layertui.tui.widgets.looks import Run

COLOURS = {
    "comment": "dim",
    "keyword": "key",
    "string": "added",
    "number": "changed",
    "name": "win",
    "builtin": "directory",
    "variable": "opaque",
    "removed": "opaque",
    "added": "added",
}
"""Looks for the styles of highlight.py."""


def seen(row: Row, left: int, width: int) -> tuple[int, int, bool]:
    """Which characters of a row's text are seen in so many cells, and whether it goes on beyond them.

    `left` is by how many cells a row that is not wrapped is moved aside.
    """
    start, stop = row.start, len(row.text) if row.stop is None else row.stop
    if left:
        start += len(first_cells(row.text[start:stop], left))
    fitting = len(first_cells(row.text[start:stop], width))
    if start + fitting >= stop:
        return start, stop, False
    return start, start + len(first_cells(row.text[start:stop], width - 1)), True


def painted(row: Row, left: int, width: int, marks: Sequence[Span] = (), hit: int | None = None) -> list[Run]:
    """A row's text in looks; `marks` are hits, and the one that begins at the character `hit` is the one gone to."""
    start, stop, is_cut = seen(row, left, width)
    pieces: list[tuple[int, int, str]] = []
    at = 0
    for style, text in row.runs if row.runs is not None else (("", row.text),):
        pieces.append((at, at + len(text), COLOURS.get(style, "plain")))
        at += len(text)
    spans = [(first, last, "cursor" if first == hit else "match") for first, last in marks]
    edges = {start, stop}
    for first, last, _ in (*pieces, *spans):
        edges |= {max(start, min(first, stop)), max(start, min(last, stop))}
    runs: list[Run] = []
    number = 0
    for first, last in pairwise(sorted(edges)):
        while number < len(pieces) - 1 and pieces[number][1] <= first:
            number += 1
        look = next((look for begin, end, look in spans if begin <= first < end), pieces[number][2])
        runs.append((look, row.text[first:last]))
    return [*runs, ("dim", CROP_MARK)] if is_cut else runs
