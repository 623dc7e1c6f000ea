"""One line of the file pane: what a position shows in its columns, safe to draw."""

from dataclasses import dataclass

from layertui.layer.columns import Kind
from layertui.present.marks import outcome_mark, state_mark
from layertui.present.safetext import safe
from layertui.present.selection import Selection
from layertui.present.units import mode_text, mtime_text, size_narrow
from layertui.stack.squash import STATES, Fate
from layertui.stack.state import Outcome, State


@dataclass(frozen=True, slots=True)
class Row:
    """What a line shows. Texts are safe for a terminal; None is unknown."""

    position: int
    depth: int
    """Cells of indent, one a level."""
    name: str
    """Components that the line stands for; a directory's ends with `/`."""
    path: str
    """The whole path."""
    link_text: str
    """` -> target` of a link, else empty."""
    mark: str
    """Column S; `.` while lower layers are unread."""
    out: str
    """Column Out."""
    state: State | None
    outcome: Outcome
    kind: Kind
    size_bytes: int | None
    """Of a directory, everything that the view lists beneath it."""
    size_text: str
    mode_text: str
    owner_text: str
    mtime_text: str
    is_directory: bool
    is_implied: bool
    folded: bool | None
    """Whether a directory is closed; None for what cannot be opened."""
    share: float
    """Size as a part of the whole view, 0 to 1."""


def make_row(selection: Selection, position: int, depth: int, span: int, folded: bool | None, flat: bool) -> Row:
    """Make the line of a position; `span` is how many components its name joins, a flat line shows the whole path."""
    squash = selection.squash
    entry = squash.entry(position)
    is_directory = entry.kind is Kind.DIRECTORY
    path = safe(entry.path)
    name = path if flat else safe(b"/".join(entry.path.split(b"/")[-max(span, 1) :]))
    if is_directory:
        name += "/"
    known = squash.layers[position] <= squash.states_known_to
    state = STATES[selection.states[position]] if known else None
    context = squash.fates[position] == Fate.CONTEXT
    outcome = squash.outcome(position)
    size = selection.size_beneath(position) if is_directory else entry.size_bytes
    has_metadata = not entry.implied and entry.kind is not Kind.WHITEOUT
    total = selection.total_bytes
    return Row(
        position=position,
        depth=depth,
        name=name,
        path=path,
        link_text=f" -> {safe(entry.link_target)}" if entry.link_target is not None else "",
        mark=" " if context else "." if state is None else state_mark(state),
        out=outcome_mark(outcome, squash.by_layer(position)),
        state=state,
        outcome=outcome,
        kind=entry.kind,
        size_bytes=None if entry.kind is Kind.WHITEOUT else size,
        size_text="" if entry.kind is Kind.WHITEOUT or (is_directory and not size) else size_narrow(size),
        mode_text=mode_text(entry.mode) if has_metadata else "",
        owner_text=f"{entry.uid}:{entry.gid}" if has_metadata else "",
        mtime_text=mtime_text(entry.mtime_ns) if has_metadata else "",
        is_directory=is_directory,
        is_implied=entry.implied,
        folded=folded,
        share=(size or 0) / total if total else 0.0,
    )


def strip_text(selection: Selection, position: int) -> str:
    """One cell for each layer, base to top: its mark where it touches the path, `*` where it wins, else `.`."""
    squash = selection.squash
    cells = ["."] * squash.layer_count
    for at in squash.history(squash.path(position)):
        state = squash.state(at)
        wins = squash.outcome(at) in (Outcome.WINS, Outcome.ONLY)
        cells[squash.layers[at]] = "*" if wins else " " if state is None else state_mark(state)
    return "".join(cell if cell != " " else "," for cell in cells)
