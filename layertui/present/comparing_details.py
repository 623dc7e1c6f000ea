"""The details of one row of a comparison: what is on each side, and all that differs, from A to B."""

from collections.abc import Callable, Mapping

from layertui.layer.columns import Kind
from layertui.layer.tree import Entry
from layertui.present.comparing import COMPARE_MARKS
from layertui.present.comparing_rows import row_mark
from layertui.present.details import Line, command_text
from layertui.present.marks import Style
from layertui.present.safetext import crop_end, safe
from layertui.present.units import exact_bytes, mode_text, mtime_text, octal_text, size_change, size_text
from layertui.stack.compare import Change, Comparison, Field, Side
from layertui.stack.content import Spot

_GAP = "   "

NOTHING = "----"
"""Stands where a side has nothing."""

DIGEST_DIGITS = 12
"""Digits of a digest that are shown: enough to see that two differ."""

Digests = Callable[[Spot], bytes | None]
"""SHA-256 of a content, if it is known."""


def row_details(
    comparison: Comparison,
    row: int,
    width: int,
    renamed: Mapping[int, int] | None = None,
    digest: Digests | None = None,
) -> list[Line]:
    """Three lines about one row: its full path and what it is, all that differs, and which layers hold it.

    Commands are cut so that the last one fits `width` cells. `renamed` leads from rows of one side to their equal on
    the other, both ways.
    """
    other = (renamed or {}).get(row)
    return [_head(comparison, row, other), _differences(comparison, row, digest), _holders(comparison, row, width)]


def _head(comparison: Comparison, row: int, other: int | None) -> Line:
    path = safe(comparison.path(row)) + ("/" if comparison.kind(row) is Kind.DIRECTORY else "")
    change = comparison.change(row)
    line: Line = [(Style.WIN, path)]
    if other is not None:
        words = "renamed to" if change is Change.ONLY_A else "renamed from"
        return [*line, (Style.ADDED, f"  {words} {safe(comparison.path(other))}"), (Style.DIM, "  same content")]
    if comparison.is_uncertain(row):
        meaning = "cannot be told: a layer is damaged or could not be read"
    elif change is Change.UNKNOWN:
        meaning = "same size; content not compared yet, or it cannot be read"
    else:
        meaning = COMPARE_MARKS[change].meaning.partition(":")[0]
    style = COMPARE_MARKS[change].style
    line.append((Style.PLAIN if style in (Style.REMOVED, Style.DIM) else style, f"  {meaning}"))
    below = comparison.changed_below(row)
    if below:
        line.append((row_mark(comparison, row).style, f"  {below:,} {'differs' if below == 1 else 'differ'} below"))
    return line


def _differences(comparison: Comparison, row: int, digest: Digests | None) -> Line:
    """What differs; of a row that one side holds, what it is."""
    at_a, at_b = comparison.a(row), comparison.b(row)
    sides = comparison.side_a, comparison.side_b
    if at_a is None or at_b is None:
        side, at = (sides[0], at_a) if at_a is not None else (sides[1], at_b)
        assert at is not None, "a row is of one side at least"
        name = "A" if at_a is not None else "B"
        return [(Style.DIM, f"only {name}: "), (Style.PLAIN, _whole(side.squash.entry(at), comparison, row))]
    one, two = sides[0].squash.entry(at_a), sides[1].squash.entry(at_b)
    fields = comparison.fields(row)
    told: list[tuple[str, str, str]] = []
    if comparison.change(row) is Change.TYPE:
        told.append(("type", _kind_text(one), _kind_text(two)))
    if Field.MODE in fields:
        told.append(("mode", octal_text(one.mode), octal_text(two.mode)))
    if fields & (Field.UID | Field.GID):
        told.append(("owner", f"{one.uid}:{one.gid}", f"{two.uid}:{two.gid}"))
    if Field.LINK_TARGET in fields:
        told.append(_links(one, two))
    if Field.DEVICE in fields and one.device is not None and two.device is not None:
        told.append(("device", f"{one.device[0]},{one.device[1]}", f"{two.device[0]},{two.device[1]}"))
    told += _sizes(comparison, row)
    if Field.CONTENT in fields and digest is not None:
        known_a, known_b = _digest_text(sides[0], at_a, digest), _digest_text(sides[1], at_b, digest)
        if known_a and known_b:
            told.append(("sha256", known_a, known_b))
    if Field.XATTRS in fields:
        told += _xattrs(one, two)
    if Field.MTIME in fields:
        told.append(("mtime", *_times(one.mtime_ns, two.mtime_ns)))
    if Field.OPAQUE in fields:
        told.append(("opaque", "yes" if one.opaque else "no", "yes" if two.opaque else "no"))
    if not told:
        same = Change.IDENTICAL, Change.UNKNOWN
        return [(Style.DIM, _whole(two, comparison, row) if comparison.change(row) in same else "content")]
    line: Line = []
    for name, before, after in told:
        line += [(Style.DIM, f"{_GAP if line else ''}{name} "), (Style.PLAIN, f"{before} -> {after}")]
    return line


def _sizes(comparison: Comparison, row: int) -> list[tuple[str, str, str]]:
    one, two = comparison.size_a(row), comparison.size_b(row)
    if one == two or one is None or two is None:
        return []
    text = exact_bytes if comparison.subtree_end(row) == row + 1 else size_text
    return [("size", text(one), f"{text(two)} ({size_change(two - one)})")]


def _links(one: Entry, two: Entry) -> tuple[str, str, str]:
    """Targets of symlinks; of files with several names, what the entries say of each other."""
    before, after = (NOTHING if entry.link_target is None else safe(entry.link_target) for entry in (one, two))
    if before == after:
        return "names", "some", "others"
    return "target" if one.kind is two.kind is Kind.SYMLINK else "hard link to", before, after


def _times(one_ns: int, two_ns: int) -> tuple[str, str]:
    """Two times as exactly as tells them apart: to the minute, to the second, or all that is known."""
    whole = mtime_text(one_ns, exact=True), mtime_text(two_ns, exact=True)
    for length in (len("2024-05-06T00:00"), len("2024-05-06T00:00:00")):
        one, two = (text[:length].replace("T", " ") for text in whole)
        if one != two:
            return one, two
    return whole


def _xattrs(one: Entry, two: Entry) -> list[tuple[str, str, str]]:
    before, after = dict(one.xattrs), dict(two.xattrs)
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return [(f"xattr {safe(name)}", _value(before.get(name)), _value(after.get(name))) for name in names]


def _value(value: bytes | None) -> str:
    return NOTHING if value is None else safe(value[:40])


def _digest_text(side: Side, at: int, digest: Digests) -> str:
    spot = side.spot(at)
    found = digest(spot) if spot is not None else None
    return found.hex()[:DIGEST_DIGITS] if found is not None else ""


def _kind_text(entry: Entry) -> str:
    return "file" if entry.kind is Kind.HARDLINK else entry.kind.name.lower()


def _whole(entry: Entry, comparison: Comparison, row: int) -> str:
    """Everything about one entry: `file  rw-r--r-- 0:0  241 B  2024-05-06T00:00:00Z`."""
    if entry.kind is Kind.WHITEOUT:
        return "a whiteout, which removes the path from the layers below"
    if entry.implied:
        return f"{_kind_text(entry)}, with no entry of its own in its layer"
    words = [_kind_text(entry), f"{mode_text(entry.mode)} {entry.uid}:{entry.gid}"]
    if entry.device is not None:
        words.append(f"{entry.device[0]},{entry.device[1]}")
    elif entry.kind is Kind.SYMLINK and entry.link_target is not None:
        words.append(f"-> {safe(entry.link_target)}")
    elif entry.kind in (Kind.FILE, Kind.HARDLINK):
        words.append(exact_bytes(entry.size_bytes))
    else:
        sizes = [size for size in (comparison.size_a(row), comparison.size_b(row)) if size]
        words += [size_text(max(sizes))] if sizes else []
    words.append(mtime_text(entry.mtime_ns))
    return "  ".join(words)


def _holders(comparison: Comparison, row: int, width: int) -> Line:
    """Which layer of each side holds the row, and what made it: said once where that is the same."""
    sides = (("A", comparison.side_a, comparison.a(row)), ("B", comparison.side_b, comparison.b(row)))
    held = [
        (name, side.squash.layer(at), command_text(side.image, side.squash.layer(at)))
        for name, side, at in sides
        if at is not None
    ]
    alike = len({command for _, _, command in held}) == 1
    room = width - len(_GAP) * (len(held) - 1) - sum(len(f"{name} L{layer} ") for name, layer, _ in held)
    line: Line = []
    for number, (name, layer, command) in enumerate(held):
        line += [(Style.DIM, f"{_GAP if number else ''}{name} "), (Style.PLAIN, f"L{layer} ")]
        if not alike:
            line.append((Style.DIM, crop_end(command, room // len(held))))
        elif number == len(held) - 1:
            line.append((Style.DIM, crop_end(command, room)))
    return line
