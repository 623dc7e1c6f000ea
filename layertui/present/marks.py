"""The one home of the marks: what a layer did to a path, and what became of that version."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from layertui.stack.state import Outcome, State


class Style(StrEnum):
    """Names of the looks that marks have; a theme says what each one is. None is ever the only difference."""

    PLAIN = "plain"
    """The text's own colour."""
    ADDED = "added"
    """Cyan, on light themes blue."""
    CHANGED = "changed"
    """Yellow."""
    REMOVED = "removed"
    """Magenta, struck through."""
    OPAQUE = "opaque"
    """Magenta."""
    WIN = "win"
    """Bold."""
    DIM = "dim"
    """Dimmed."""
    DEAD = "dead"
    """Dimmed and struck through."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: its text, its look and the sentence that explains it."""

    text: str
    """What is drawn; ASCII, the same in every theme. For `>` and `x` a layer's number follows."""
    style: Style
    """How it is drawn."""
    meaning: str
    """What it says, for help."""


STATE_MARKS: Final[dict[State, Mark]] = {
    State.ADDED: Mark("+", Style.ADDED, "added"),
    State.MODIFIED: Mark("~", Style.CHANGED, "content modified"),
    State.METADATA: Mark("m", Style.PLAIN, "metadata only: mode, owner, mtime or xattrs; same bytes"),
    State.IDENTICAL: Mark("=", Style.PLAIN, "written again, identical; its bytes still count"),
    State.REWRITTEN: Mark("?", Style.PLAIN, "written again, same size; content not compared yet"),
    State.TYPE: Mark("T", Style.CHANGED, "type changed: file to directory, link to file, ..."),
    State.REMOVED: Mark("-", Style.REMOVED, "removed by a whiteout"),
    State.OPAQUE: Mark("O", Style.OPAQUE, "opaque directory: everything below it from lower layers is hidden"),
    State.UNCHANGED: Mark(" ", Style.DIM, "unchanged, or a parent directory that the layer only repeats"),
}
"""Column S: what this layer did to the path. The order is the order in help."""

OUTCOME_MARKS: Final[dict[Outcome, Mark]] = {
    Outcome.WINS: Mark("*", Style.WIN, "wins, though other layers hold this path too"),
    Outcome.SHADOWED: Mark(">", Style.DIM, "shadowed by the layer of that number"),
    Outcome.DELETED: Mark("x", Style.DEAD, "deleted by the layer of that number"),
    Outcome.ONLY: Mark("", Style.PLAIN, "the only copy, and visible"),
    Outcome.UNKNOWN: Mark(".", Style.DIM, "not known while layers above are unread"),
    Outcome.NONE: Mark("", Style.PLAIN, "a marker, not a version"),
    Outcome.NONE: Mark("", Style.PLAIN, ""),
}
"""Column Out: what became of this version. The order is the order in help; the last is no version and not in it."""


def state_mark(state: State) -> str:
    """The one character that says what a layer did to a path."""
    return STATE_MARKS[state].text


def outcome_mark(outcome: Outcome, by_layer: int | None = None) -> str:
    """What became of a version: `*`, `>7`, `x9`, `.` or nothing; `by_layer` is the layer that ended it."""
    text = OUTCOME_MARKS[outcome].text
    if by_layer is not None and outcome in (Outcome.SHADOWED, Outcome.DELETED):
        return f"{text}{by_layer}"
    return text


def outcome_width(layer_count: int) -> int:
    """Cells that column Out takes in an image of so many layers: the highest layer's number and one more."""
    return len(str(max(layer_count - 1, 0))) + 1


def legend() -> tuple[tuple[str, Mark], ...]:
    """Every mark as help shows it, column S first: the text with `N` for a layer's number, and the mark."""
    numbered = (Outcome.SHADOWED, Outcome.DELETED)
    states = tuple((mark.text, mark) for mark in STATE_MARKS.values())
    outcomes = tuple(
        (mark.text + "N" if outcome in numbered else mark.text, mark)
        for outcome, mark in OUTCOME_MARKS.items()
        if mark.meaning
    )
    return states + outcomes
