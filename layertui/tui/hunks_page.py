"""What a content comparison says around its rows: both sides in the header, what they are in the details."""

from collections.abc import Sequence

from layertui.present.comparing import field_names
from layertui.present.contentdiff.pair import Outcome
from layertui.present.safetext import cell_width, crop_middle, safe
from layertui.present.units import mode_text, mtime_text
from layertui.stack.compare_change import Field
from layertui.stack.compare_pairs import metadata_fields
from layertui.tui.version import Version
from layertui.tui.widgets.looks import Line, Run, cells, pad_left
from layertui.tui.wrapping import cut, wrap

BETWEEN = "  <>  "
"""Between what the sides are called."""

INDENT = "    "
"""Before a line that goes on about a side."""


def header(a: Version, b: Version, where: str, width: int) -> Line:
    """` A api:1.3 L5  <>  B api:1.4 L7  etc/app/config.yaml   hunk 1/3`; a path that both sides have is said once.

    Where there is no room for all of it, what is longest is cropped first.
    """
    names = [safe(side.image.reference) for side in (a, b)]
    paths = [safe(side.path) for side in (a, b)]
    layers = [f" L{side.layer}" for side in (a, b)]
    if paths[0] == paths[1]:
        paths.pop()
    right = f"  {where} " if where else ""
    fixed = cell_width("".join([" A ", *layers, BETWEEN, "B ", "  " * len(paths), right]))
    most = _most([*map(cell_width, names + paths)], width - fixed)
    one, other = (crop_middle(name, most) for name in names)
    first, *second = (crop_middle(path, most) for path in paths)
    line: list[Run] = [("title-on", " A "), ("win", one + layers[0])]
    if second:
        line.append(("plain", f" {first}"))
    line += [("dim", BETWEEN), ("title-on", "B "), ("win", other + layers[1])]
    line.append(("plain", f" {second[0]}" if second else f"  {first}"))
    return [*line, ("key", pad_left(right, width - cells(line)))]


def _most(widths: Sequence[int], room: int) -> int:
    """How many cells each of some texts may take so that all of them fit."""
    left, count = room, len(widths)
    for width in sorted(widths):
        if width * count > left:
            return max(left // count, 1)
        left, count = left - width, count - 1
    return max(room, 1)


def metadata(a: Version, b: Version) -> Field:
    """Which of mode, owner, mtime and xattrs of two versions differ."""
    (squash_a, at_a), (squash_b, at_b) = ((side.squash, side.position) for side in (a, b))
    return Field(
        metadata_fields(squash_a.tree_at(at_a), squash_a.rows[at_a], squash_b.tree_at(at_b), squash_b.rows[at_b])
    )


def metadata_sentence(fields: Field, *, is_same: bool) -> str:
    """Which metadata differs, in words; `is_same` says whether the contents do not."""
    names = ", ".join(field_names(fields))
    if not is_same:
        return f"Differs too: {names}." if names else ""
    return f"Metadata differs: {names}." if names else "The metadata is equal too."


def fact_lines(a: Version, b: Version, outcome: Outcome, sentences: Sequence[str], width: int) -> list[Line]:
    """What either side is, its metadata with what differs marked, and the sentences."""
    fields = metadata(a, b)
    lines: list[Line] = []
    for name, version, content in (("A", a, outcome.a), ("B", b, outcome.b)):
        first, *more = content.look.facts
        lines.append(cut([("title-on", f" {name}  "), ("plain", first), *_metadata_runs(version, fields)], width))
        if outcome.binary is not None:
            digest = outcome.binary.digest_a if name == "A" else outcome.binary.digest_b
            told = "  ".join([digest or "sha256 not known yet", *more])
            lines.append(cut([("plain", f"{INDENT}{told}")], width))
    if sentences:
        lines += wrap([("win", f" {' '.join(sentences)}")], width, 1)
    return lines


def _metadata_runs(version: Version, fields: Field) -> list[Run]:
    """Mode, owner and mtime; what differs stands out."""
    entry = version.squash.entry(version.position)
    told = [
        (Field.MODE, mode_text(entry.mode)),
        (Field.UID | Field.GID, f"{entry.uid}:{entry.gid}"),
        (Field.MTIME, mtime_text(entry.mtime_ns)),
    ]
    runs: list[Run] = []
    for field, text in told:
        runs += [("plain", "  "), ("match" if field & fields else "dim", text)]
    return runs


def byte_text(offset: int) -> str:
    """Where in the bytes the cursor is."""
    return f"byte {offset:,}"


def failure_lines(errors: Sequence[tuple[str, str, str]]) -> list[str]:
    """Which side cannot be read and why, and what to do; sides, messages and hints, not made safe."""
    said = []
    for side, message, hint in errors:
        said.append(
            f"Side {side} cannot be read: {safe(message)}" if side else f"They cannot be compared: {safe(message)}"
        )
        if hint:
            said.append(safe(hint))
    return [*said, "R tries again, q goes back."]
