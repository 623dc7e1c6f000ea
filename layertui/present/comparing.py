"""A comparison as a person reads it: marks, words, lines for a terminal or a pipe. Every text is safe to print."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import Final

from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.present.details import command_text
from layertui.present.glyphs import DIFFERENCE, FULL
from layertui.present.marks import Mark, Style
from layertui.present.safetext import safe
from layertui.present.table import columns
from layertui.present.units import exact_bytes, size_change, size_text
from layertui.stack.align import ConfigRow, LayerPair
from layertui.stack.compare import Change, Comparison, Field, Side

COMPARE_MARKS: Final[dict[Change, Mark]] = {
    Change.ONLY_A: Mark("<", Style.REMOVED, "only in A"),
    Change.ONLY_B: Mark(">", Style.ADDED, "only in B"),
    Change.CONTENT: Mark("!=", Style.CHANGED, "content differs"),
    Change.METADATA: Mark("m", Style.PLAIN, "metadata only: mode, owner, mtime, xattrs or other names; same bytes"),
    Change.TYPE: Mark("T", Style.CHANGED, "another type: file and directory, link and file, ..."),
    Change.UNKNOWN: Mark("?", Style.PLAIN, "same size, content not compared; or layers that cannot be read"),
    Change.IDENTICAL: Mark("=", Style.DIM, "identical"),
    Change.ASIDE: Mark("", Style.DIM, "a directory that only leads to something in one of the layers"),
}
"""Between the two sides of a row. The order is the order in help."""


def compare_legend() -> tuple[tuple[str, Mark], ...]:
    """Every mark of the compare screen as help shows it, those of its rail last."""
    rail = Mark(DIFFERENCE, Style.CHANGED, "where in the list something differs"), Mark(FULL, Style.CHANGED, "and seen")
    return tuple((mark.text, mark) for mark in (*COMPARE_MARKS.values(), *rail))


LETTERS: Final[dict[Change, str]] = {
    Change.ONLY_A: "D",
    Change.ONLY_B: "A",
    Change.CONTENT: "M",
    Change.METADATA: "m",
    Change.TYPE: "T",
    Change.UNKNOWN: "?",
    Change.IDENTICAL: "=",
}
"""What became of a path from A to B, as `git diff --name-status` has it; `m`, `?` and `=` are ours."""

_QUIET = (Change.IDENTICAL, Change.ASIDE)


def change_name(change: Change) -> str | None:
    """A change as JSON names it; None where it is not known."""
    return None if change is Change.UNKNOWN else change.name.lower().replace("_", "-")


def field_names(fields: Field) -> list[str]:
    """What differs, as JSON names it."""
    return [field.name.lower() for field in Field if field in fields and field.name is not None]


def reported_rows(comparison: Comparison, *, identical: bool = False) -> list[int]:
    """The rows that a command lists: what differs or may differ, and with `identical` what is the same too."""
    quiet = (Change.ASIDE,) if identical else _QUIET
    mask = comparison.having(*(change for change in Change if change not in quiet))
    return list(compress(range(len(comparison)), mask))


def side_text(side: Side) -> str:
    """What a side is: `api:1.3`, `api:1.3 L0..L2 merged`, `api:1.3 L4 COPY app`."""
    name = safe(side.image.reference)
    if not side.image.layers:
        return f"{name} (no layers)"
    if not side.merged:
        return f"{name} L{side.layer} {command_text(side.image, side.layer)}"
    if side.squash.first == 0 and side.layer == len(side.image.layers) - 1:
        return name
    return f"{name} L{side.squash.first}..L{side.layer} merged"


def row_path(comparison: Comparison, row: int) -> str:
    """A row's path, a slash behind a directory."""
    return safe(comparison.path(row)) + ("/" if comparison.kind(row) is Kind.DIRECTORY else "")


def row_remark(comparison: Comparison, row: int) -> str:
    """What differs of a row, in words: `mode uid`, `file, symlink`, `removed by a whiteout`."""
    change = comparison.change(row)
    kinds = [kind for kind in (comparison.kind_a(row), comparison.kind_b(row)) if kind is not None]
    if change is Change.TYPE:
        return ", ".join(kind.name.lower() for kind in kinds)
    if Kind.WHITEOUT in kinds and len(kinds) == 1:
        return "whiteout"
    if change is Change.UNKNOWN:
        return "cannot be told: a layer is damaged or unread" if comparison.is_uncertain(row) else "content unread"
    fields = comparison.fields(row)
    return " ".join(sorted(field_names(fields), key=lambda name: name not in ("size", "content")))


def difference_lines(comparison: Comparison, rows: Iterable[int]) -> Iterator[str]:
    """One line a row: mark, bytes of both sides and their difference, what differs, and the path."""
    yield f"{'':2}  {'A':>12}  {'B':>12}  {'Change':>10}  {'Differs in':18}  Path"
    for row in rows:
        mark = COMPARE_MARKS[comparison.change(row)].text
        one, other = (
            "----" if at is None else _bytes_text(size)
            for at, size in (
                (comparison.a(row), comparison.size_a(row)),
                (comparison.b(row), comparison.size_b(row)),
            )
        )
        delta = _delta(comparison, row)
        yield (
            f"{mark:2}  {one:>12}  {other:>12}  {size_change(delta) if delta else '':>10}"
            f"  {row_remark(comparison, row):18}  {row_path(comparison, row)}"
        )


def _bytes_text(size: int | None) -> str:
    return "?" if size is None else f"{size:,}"


def _delta(comparison: Comparison, row: int) -> int:
    """Bytes that a row adds from A to B, with all beneath it; 0 where that is not known."""
    if comparison.subtree_end(row) == row + 1:
        return comparison.own_b[row] - comparison.own_a[row]
    return (comparison.size_b(row) or 0) - (comparison.size_a(row) or 0)


def summary_line(comparison: Comparison) -> str:
    """How many paths differ and in what, and the bytes: `4 paths differ: 1 only in A, ...; 91.0 MB to 98.1 MB`."""
    summary = comparison.summary()
    words = {
        Change.ONLY_A: "only in A",
        Change.ONLY_B: "only in B",
        Change.CONTENT: "in content",
        Change.METADATA: "in metadata",
        Change.TYPE: "in type",
    }
    counted = ", ".join(
        f"{summary.counts[change]:,} {text}" for change, text in words.items() if summary.counts[change]
    )
    total = summary.differences
    head = f"{total:,} {'path differs' if total == 1 else 'paths differ'}: {counted}" if total else "No path differs"
    if unknown := summary.counts[Change.UNKNOWN]:
        head += f"; {unknown:,} cannot be told"
    sizes = size_text(summary.size_a)
    if summary.size_a != summary.size_b:
        delta = size_change(summary.size_b - summary.size_a)
        sizes = f"{sizes} to {size_text(summary.size_b)}, {delta}"
    return f"{head}; {summary.counts[Change.IDENTICAL]:,} identical; {sizes}"


def name_status_lines(
    comparison: Comparison, rows: Iterable[int], renamed: Sequence[tuple[int, int]] = ()
) -> Iterator[str]:
    """`--name-status`: a letter, a tab and the path; a rename has both paths, a whiteout says so in a third column."""
    new_names, old_names = dict(renamed), {other for _, other in renamed}
    for row in rows:
        path = safe(comparison.path(row))
        if row in new_names:
            yield f"R\t{path}\t{safe(comparison.path(new_names[row]))}"
        elif row not in old_names:
            whiteout = "\twhiteout" if comparison.kind(row) is Kind.WHITEOUT else ""
            yield f"{LETTERS[comparison.change(row)]}\t{path}{whiteout}"


def stat_lines(comparison: Comparison, rows: Iterable[int]) -> Iterator[str]:
    """`--stat`: for each path that is no directory, the bytes that it adds from A to B; then the totals."""
    table = []
    removed = added = 0
    for row in rows:
        if comparison.kind(row) is Kind.DIRECTORY and comparison.change(row) is not Change.TYPE:
            continue
        delta = comparison.own_b[row] - comparison.own_a[row]
        removed, added = removed - min(delta, 0), added + max(delta, 0)
        table.append([LETTERS[comparison.change(row)], f"{delta:+,}" if delta else "0", row_path(comparison, row)])
    yield from columns(table, right=frozenset({1}))
    summary = comparison.summary()
    yield (
        f"{len(table):,} {'path' if len(table) == 1 else 'paths'}, +{exact_bytes(added)}, -{exact_bytes(removed)}; "
        f"{exact_bytes(summary.size_a)} to {exact_bytes(summary.size_b)}"
    )


def rename_lines(comparison: Comparison, renamed: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Files that only changed their path, one line each."""
    for row, other in renamed:
        yield f"R   {safe(comparison.path(row))} -> {safe(comparison.path(other))}"


def pair_lines(a: Image, b: Image, pairs: Sequence[LayerPair], shared: int | None) -> Iterator[str]:
    """The layers of two images side by side, base to top, and up to where they are the same."""
    if not pairs:
        return
    if shared is not None:
        whole = shared == len(a.layers) - 1 == len(b.layers) - 1
        yield "The layers are the same." if whole else f"The layers are the same up to L{shared}."
    rows = [["A", "STORED", "B", "STORED", "WHY", "COMMAND"]]
    for pair in pairs:
        cells = []
        for image, number in ((a, pair.a), (b, pair.b)):
            stored = None if number is None else image.layers[number].stored_bytes
            cells += ["----", ""] if number is None else [f"L{number}", size_text(stored)]
        commands = dict.fromkeys(
            command_text(image, number) for image, number in ((a, pair.a), (b, pair.b)) if number is not None
        )
        rows.append([*cells, pair.how.value, "  <>  ".join(commands)])
    yield from columns(rows, right=frozenset({1, 3}))


def config_lines(fields: Iterable[ConfigRow]) -> Iterator[str]:
    """The fields of two configs that differ."""
    rows = [
        [safe(row.field), "----" if row.a is None else safe(row.a), "----" if row.b is None else safe(row.b)]
        for row in fields
        if row.differs
    ]
    if rows:
        yield from columns([["CONFIG", "A", "B"], *rows])
