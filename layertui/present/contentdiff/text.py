"""Two texts as one list of rows: side by side or unified, with hunks, folds and what changed within a line."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from layertui.image.blob import Blob
from layertui.present.contentdiff.align import align
from layertui.present.contentdiff.drawing import UNSEEN, Drawn, Marks, draw_line, mark_lines
from layertui.present.contentdiff.intraline import Span, pair_lines
from layertui.present.viewing.encoding import Encoding
from layertui.present.viewing.lines import LINE_BYTES

TEXT_BYTES = 8 << 20
"""Larger texts are compared as bytes: lining them up takes seconds, and all of their lines in memory."""


class Sign(Enum):
    """What a row says; the value is what is drawn between the sides, or before a line."""

    SAME = " "
    CHANGED = "|"
    """Side by side: both sides hold a form of the line."""
    ONLY_A = "<"
    """Only side A holds it; unified, it may have another form on side B."""
    ONLY_B = ">"
    FOLD = ":"
    """Equal lines that are not shown."""


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One row; line numbers count from 0."""

    sign: Sign
    a: int | None
    b: int | None
    folded: int = 0
    """How many equal lines a fold stands for; `a` and `b` are the first of them."""
    form: int | None = None
    """Unified: the line of the other side that this line became, or was."""

    @property
    def pair(self) -> tuple[int, int] | None:
        """The two forms of a line that changed, on side A and B; None where there is only one."""
        if self.sign is Sign.ONLY_A:
            return None if self.a is None or self.form is None else (self.a, self.form)
        if self.sign is Sign.ONLY_B:
            return None if self.b is None or self.form is None else (self.form, self.b)
        return (self.a, self.b) if self.sign is Sign.CHANGED and self.a is not None and self.b is not None else None


class TextDiff:
    """The difference between two texts, made once; rows are laid out for how it is looked at."""

    def __init__(self, a: list[str], b: list[str], *, ignore_space: bool, check: Callable[[], None] | None) -> None:
        self.a, self.b = a, b
        keys_a, keys_b = (
            (["".join(line.split()) for line in a], ["".join(line.split()) for line in b]) if ignore_space else (a, b)
        )
        alignment = align(keys_a, keys_b, check)
        self.is_complete = alignment.is_complete
        """False where a bound was reached: lines that belong together may be shown as replaced."""
        self.blocks = alignment.blocks
        self.gaps = self._gaps()
        """What lies between equal lines, in order: from and to on side A, then on side B."""
        self._marks: dict[tuple[int, int], Marks] = {}

    @property
    def is_same(self) -> bool:
        """Whether nothing differs (that is looked at)."""
        return not self.gaps

    @property
    def line_count(self) -> int:
        """Lines of the longer side."""
        return max(len(self.a), len(self.b))

    def marks(self, pair: tuple[int, int]) -> Marks | None:
        """What changed within a line, of which both forms are given; None while that was not told."""
        return self._marks.get(pair)

    def tell_marks(self, pair: tuple[int, int]) -> Marks:
        """Tell it, once; it may take some ten milliseconds."""
        found = self._marks.get(pair)
        if found is None:
            found = self._marks[pair] = mark_lines(self.a[pair[0]], self.b[pair[1]])
        return found

    def _gaps(self) -> list[tuple[int, int, int, int]]:
        gaps, at_a, at_b = [], 0, 0
        for start_a, start_b, count in (*self.blocks, (len(self.a), len(self.b), 0)):
            if at_a < start_a or at_b < start_b:
                gaps.append((at_a, start_a, at_b, start_b))
            at_a, at_b = start_a + count, start_b + count
        return gaps

    def rows(
        self, *, unified: bool = False, context: int | None = 3, check: Callable[[], None] | None = None
    ) -> "DiffRows":
        """Lay the rows out; `context` is how many equal lines stand around a hunk, None shows all of them.

        Raises what `check` raises, which is called for every hunk.
        """
        rows: list[DiffRow] = []
        hunks: list[int] = []
        at_a = at_b = 0
        for start_a, stop_a, start_b, stop_b in self.gaps:
            if check is not None:
                check()
            self._equal(rows, at_a, at_b, start_a - at_a, context, leads=at_a > 0 or at_b > 0, trails=True)
            hunks.append(len(rows))
            pairs = self._paired(start_a, stop_a, start_b, stop_b)
            if unified:
                rows += [DiffRow(Sign.ONLY_A, a, None, form=b) for a, b in pairs if a is not None]
                rows += [DiffRow(Sign.ONLY_B, None, b, form=a) for a, b in pairs if b is not None]
            else:
                rows += [DiffRow(_sign(a, b), a, b) for a, b in pairs]
            at_a, at_b = stop_a, stop_b
        self._equal(rows, at_a, at_b, len(self.a) - at_a, context, leads=bool(hunks), trails=False)
        return DiffRows(self, rows, hunks)

    def _equal(
        self, rows: list[DiffRow], a: int, b: int, count: int, context: int | None, *, leads: bool, trails: bool
    ) -> None:
        """Equal lines between two hunks: those next to a hunk, and a fold for the others where that saves a row."""
        head = context if leads and context is not None else 0
        tail = context if trails and context is not None else 0
        if context is None or count <= head + tail + 1:
            head, tail = count, 0
        rows += [DiffRow(Sign.SAME, a + at, b + at) for at in range(head)]
        folded = count - head - tail
        if folded:
            rows.append(DiffRow(Sign.FOLD, a + head, b + head, folded))
        rows += [DiffRow(Sign.SAME, a + at, b + at) for at in range(count - tail, count)]

    def _paired(self, start_a: int, stop_a: int, start_b: int, stop_b: int) -> list[tuple[int | None, int | None]]:
        return [
            (None if a is None else start_a + a, None if b is None else start_b + b)
            for a, b in pair_lines(self.a[start_a:stop_a], self.b[start_b:stop_b])
        ]


def _sign(a: int | None, b: int | None) -> Sign:
    return Sign.ONLY_A if b is None else Sign.ONLY_B if a is None else Sign.CHANGED


class DiffRows:
    """Rows as they are looked at."""

    def __init__(self, diff: TextDiff, rows: list[DiffRow], hunks: list[int]) -> None:
        self.diff = diff
        self.rows = rows
        self.hunks = hunks
        """The first row of every hunk."""

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def next_hunk(self, row: int) -> int | None:
        """The first row of the next hunk behind a row, or None."""
        at = bisect_right(self.hunks, row)
        return self.hunks[at] if at < len(self.hunks) else None

    def previous_hunk(self, row: int) -> int | None:
        """The first row of the last hunk that begins before a row, or None."""
        at = bisect_left(self.hunks, row)
        return self.hunks[at - 1] if at else None

    def sides(self, row: int, limit: int = LINE_BYTES) -> tuple[Drawn | None, Drawn | None]:
        """What either side of a row shows, at least its first `limit` characters; None where it has no line.

        What changed within the line is marked as far as that was told.
        """
        shown = self.rows[row]
        if shown.sign is Sign.FOLD:
            return None, None
        pair = shown.pair
        marks = (self.diff.marks(pair) if pair is not None else None) or Marks()
        same = shown.sign is Sign.SAME
        a = None if shown.a is None else _drawn(self.diff.a[shown.a], same, limit, marks.a, marks.is_unseen)
        b = None if shown.b is None else _drawn(self.diff.b[shown.b], same, limit, marks.b, marks.is_unseen)
        return a, b

    def unmarked(self, first: int, stop: int) -> list[tuple[int, int]]:
        """Forms of lines among some rows, of which it was not told yet what changed within them."""
        pairs = (row.pair for row in self.rows[max(first, 0) : stop])
        return [pair for pair in pairs if pair is not None and self.diff.marks(pair) is None]


def read_lines(blob: Blob, encoding: Encoding) -> list[str]:
    """All lines of a text of at most `TEXT_BYTES`, with what ends them; raises what the blob raises."""
    text = encoding.decode(blob.read_at(encoding.mark_bytes, TEXT_BYTES))
    lines = text.split("\n")
    last = lines.pop()
    return [*(line + "\n" for line in lines), *([last] if last else [])]


def _drawn(line: str, same: bool, limit: int, parts: tuple[Span, ...], is_unseen: bool) -> Drawn:
    text = draw_line(line, same=same, limit=limit)
    if not is_unseen:
        return Drawn(text, parts)
    return Drawn(text + UNSEEN, ((len(text), len(text) + len(UNSEEN)),))
