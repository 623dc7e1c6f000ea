"""Two texts as one list of rows: side by side or unified, with hunks, folds and what changed within a line."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from layertui.image.blob import Blob
from layertui.present.contentdiff.align import align
from layertui.present.contentdiff.intraline import changed_spans, pair_lines
from layertui.present.viewing.encoding import Encoding
from layertui.present.viewing.lines import LINE_BYTES, drawn

TEXT_BYTES = 8 << 20
"""Larger texts are compared as bytes: lining them up takes seconds, and all of their lines in memory."""

NO_NEWLINE = " [no newline at the end]"
"""Behind a last line that does not end."""

Runs = list[tuple[str, str]]
"""A style's name and a text that is safe to draw: `part` is what changed within a line, empty is plain."""


class Sign(Enum):
    """What a row says; the value is what is drawn between the sides, or before a line."""

    SAME = " "
    CHANGED = "|"
    """Side by side: both sides hold a form of the line."""
    ONLY_A = "<"
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

    @property
    def is_same(self) -> bool:
        """Whether nothing differs (that is looked at)."""
        return not self._gaps()

    def _gaps(self) -> list[tuple[int, int, int, int]]:
        """What lies between equal lines, in order: from and to on side A, then on side B."""
        gaps, at_a, at_b = [], 0, 0
        for start_a, start_b, count in (*self.blocks, (len(self.a), len(self.b), 0)):
            if at_a < start_a or at_b < start_b:
                gaps.append((at_a, start_a, at_b, start_b))
            at_a, at_b = start_a + count, start_b + count
        return gaps

    def rows(self, *, unified: bool = False, context: int | None = 3) -> "DiffRows":
        """Lay the rows out; `context` is how many equal lines stand around a hunk, None shows all of them."""
        rows: list[DiffRow] = []
        hunks: list[int] = []
        at_a = at_b = 0
        for start_a, stop_a, start_b, stop_b in self._gaps():
            self._equal(rows, at_a, at_b, start_a - at_a, context, leads=at_a > 0 or at_b > 0, trails=True)
            hunks.append(len(rows))
            if unified:
                rows += [DiffRow(Sign.ONLY_A, at, None) for at in range(start_a, stop_a)]
                rows += [DiffRow(Sign.ONLY_B, None, at) for at in range(start_b, stop_b)]
            else:
                rows += self._paired(start_a, stop_a, start_b, stop_b)
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

    def _paired(self, start_a: int, stop_a: int, start_b: int, stop_b: int) -> list[DiffRow]:
        rows = []
        for at_a, at_b in pair_lines(self.a[start_a:stop_a], self.b[start_b:stop_b]):
            a = None if at_a is None else start_a + at_a
            b = None if at_b is None else start_b + at_b
            rows.append(DiffRow(Sign.ONLY_A if b is None else Sign.ONLY_B if a is None else Sign.CHANGED, a, b))
        return rows


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

    def sides(self, row: int) -> tuple[Runs, Runs]:
        """What either side of a row shows; nothing where it has no line. Tabs and escapes as `viewing` draws them."""
        shown = self.rows[row]
        if shown.sign is Sign.FOLD:
            text = f"{shown.folded:,} equal lines"
            return [("fold", text)], [("fold", text)]
        same = shown.sign is Sign.SAME
        a = "" if shown.a is None else _drawn(self.diff.a[shown.a], same)
        b = "" if shown.b is None else _drawn(self.diff.b[shown.b], same)
        if shown.sign is not Sign.CHANGED:
            return [("", a)] if a else [], [("", b)] if b else []
        spans_a, spans_b = changed_spans(a, b)
        return _runs(a, spans_a), _runs(b, spans_b)

    def unified(self, row: int) -> tuple[str, Runs]:
        """Sign (` `, `-`, `+`, `:`) and text of a row that was laid out unified."""
        shown = self.rows[row]
        a, b = self.sides(row)
        sign = {Sign.ONLY_A: "-", Sign.ONLY_B: "+"}.get(shown.sign, shown.sign.value)
        return sign, b if shown.sign is Sign.ONLY_B else a


def read_lines(blob: Blob, encoding: Encoding) -> list[str]:
    """All lines of a text of at most `TEXT_BYTES`, with what ends them; raises what the blob raises."""
    text = encoding.decode(blob.read_at(encoding.mark_bytes, TEXT_BYTES))
    lines = text.split("\n")
    last = lines.pop()
    return [*(line + "\n" for line in lines), *([last] if last else [])]


def _drawn(line: str, same: bool) -> str:
    """A line as it is drawn; a carriage return or a missing newline only where the sides may differ by it."""
    ends = line.endswith("\n")
    line = line[:-1] if ends else line
    if same:
        return drawn(line.removesuffix("\r")[:LINE_BYTES])
    return drawn(line[:LINE_BYTES]) + ("" if ends else NO_NEWLINE)


def _runs(text: str, spans: list[tuple[int, int]]) -> Runs:
    runs: Runs = []
    at = 0
    for start, stop in spans:
        runs += [("", text[at:start]), ("part", text[start:stop])]
        at = stop
    runs.append(("", text[at:]))
    return [run for run in runs if run[1]]
