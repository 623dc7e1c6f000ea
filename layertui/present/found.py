"""What a search found, as lines: the version, what became of it, and where in it the match is."""

from typing import TYPE_CHECKING, NamedTuple

from layertui.layer.columns import Kind
from layertui.present.marks import outcome_mark, outcome_width, state_mark
from layertui.present.safetext import cell_width, crop_end, crop_start, safe
from layertui.present.units import size_narrow
from layertui.stack.squash import Squash

if TYPE_CHECKING:
    from layertui.stack.search_file import FileHit


class Match(NamedTuple):
    """A version or a marker that was found."""

    position: int
    hit: "FileHit | None" = None
    """Where in its content the match is; None where names were looked for."""


def found_line(squash: Squash, position: int, hit: "FileHit | None" = None) -> str:
    """One match: `L4   + x8    22 MB  app/.env:3: PASSWORD=...`; of a binary file the offset stands for the line."""
    state = squash.state(position)
    out = outcome_mark(squash.outcome(position), squash.by_layer(position))
    kind = squash.kind(position)
    size = size_narrow(squash.size_bytes(position)) if kind in (Kind.FILE, Kind.HARDLINK) else ""
    path = safe(squash.path(position)) + ("/" if kind is Kind.DIRECTORY else "")
    mark = "." if state is None else state_mark(state)
    width = outcome_width(squash.layer_count)
    return f"L{squash.layers[position]:<3} {mark} {out:<{width}}  {size:>6}  {path}{hit_text(hit) if hit else ''}"


def hit_text(hit: "FileHit") -> str:
    """Where in a file the first match is, and how many more there are; safe."""
    more = f"  ({_count(hit.hits)} matches)" if hit.hits > 1 else ""
    if hit.line is None:
        return f": binary, byte {hit.offset_bytes:,}: {safe(hit.text)}{more}"
    return f":{hit.line}: {safe(hit.text.strip())}{more}"


def hit_place(hit: "FileHit") -> str:
    """Where in a file the first match is, to stand between its path and its line; short."""
    return f": byte {hit.offset_bytes:,}: " if hit.line is None else f":{hit.line}: "


def hit_more(hit: "FileHit") -> str:
    """How many matches a file has besides the first; empty for none."""
    return f"+{_count(hit.hits - 1)}" if hit.hits > 1 else ""


def hit_line(hit: "FileHit", width: int) -> tuple[str, str, str]:
    """The line of the first match in at most `width` cells: before it, the match, behind it; safe.

    A line that is too long is cut on both sides, so that the match is seen with some of what is around it. Tabs are
    spaces here.
    """
    start, end = hit.match
    text = hit.text.replace(b"\t", b" ")
    before, match, after = safe(text[:start].lstrip()), safe(text[start:end]), safe(text[end:].rstrip())
    match = crop_end(match, width)
    room = width - cell_width(match)
    before = crop_start(before, min(cell_width(before), max(room // 3, room - cell_width(after))))
    return before, match, crop_end(after, room - cell_width(before))


def _count(hits: int) -> str:
    from layertui.stack.search_file import HIT_LIMIT  # the screen has this module before anything is searched

    return f"{hits:,}" if hits < HIT_LIMIT else f"{hits:,} or more"
