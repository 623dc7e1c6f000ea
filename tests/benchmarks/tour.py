"""Every key of the program in every pane, and moves over a whole list: what the byte budgets are held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layertui.tui.actions import ACTIONS, Action, Group, Place
from tests.benchmarks.ptydrive import Burst, Terminal

CURSOR_MOVE_BYTES = 2_000
"""A cursor move, on average over MOVES of them with scrolling."""

ANY_KEY_BYTES = 16_000
"""Any key but the palette's."""

TAB_BYTES = 6_000
"""Tab and Shift+Tab."""

MOVES = 100
"""Cursor moves that are averaged: more than a screen, so that they scroll."""

NOT_TOURED = frozenset({"palette", "quit", "cancel", "next_pane", "previous_pane", "pager", "mark"})
"""Exempt (the palette), ending the program, handing the terminal on, measured on their own (Tab), or changing what
another key does (the mark)."""

OPENING = frozenset({"filter", "find", "help", "info", "open", "compare", "extract", "extract_layer"})
"""What may open something that Esc closes again."""

STAYING = frozenset({Group.SORT, Group.SHOW, Group.TAKE})
"""Groups of actions that leave the focus where it is."""

PANES = {"1": Place.TREE, "2": Place.FILES, "3": Place.DETAILS}
"""Keys of the panes, and what their keys see as having the focus."""

_CHARACTERS = {
    "minus": "-",
    "equals_sign": "=",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "full_stop": ".",
    "slash": "/",
    "number_sign": "#",
    "question_mark": "?",
    "colon": ":",
}
"""Textual's names of characters."""


@dataclass(frozen=True, slots=True)
class Press:
    """One key and what it caused."""

    what: str
    """The key and where it was pressed, for a message."""
    burst: Burst

    @property
    def size_bytes(self) -> int:
        """How much was sent."""
        return self.burst.size_bytes


def typed(key: str) -> str:
    """What `Terminal.press` calls a key that Textual has another name for."""
    return _CHARACTERS.get(key, key)


def wait_until_read(terminal: Terminal, limit_s: float = 120.0) -> None:
    """Wait until all layers are read and folded: the header then says what is reclaimable."""
    terminal.wait_for(lambda seen: "reclaimable" in seen.lines[0] and ">=" not in seen.lines[0], limit_s)
    terminal.drain(0.3)


def show_everything(terminal: Terminal) -> None:
    """Show the merged tree of all layers with every directory unfolded, and go to its first line."""
    for key in ("1", "G", "2", "v", "=", "g"):
        terminal.press(key, quiet_s=0.15)


def cursor_moves(terminal: Terminal, count: int = MOVES, quiet_s: float = 0.04) -> list[Press]:
    """Move the cursor down, further than the pane is high, and up again from the end of a short list."""
    made: list[Press] = []
    key = "down"
    while len(made) < count:
        press = Press(f"{key} {len(made)}", terminal.press(key, quiet_s, answer_s=0.2))
        if press.size_bytes:
            made.append(press)
        elif key == "up":
            raise AssertionError("the cursor moves neither down nor up")
        else:
            key = "up"
    return made


def tabs(terminal: Terminal) -> list[Press]:
    """Go round the panes, both ways."""
    keys = ["tab"] * 3 + ["shift+tab"] * 3
    return [Press(key, terminal.press(key, 0.1)) for key in keys]


def every_key(terminal: Terminal, panes: Sequence[str] = tuple(PANES), quiet_s: float = 0.08) -> Iterator[Press]:
    """Press the first key of every action in each pane that it is for; what it opens is closed again, which counts."""
    for pane in panes:
        stays = False
        for action in ACTIONS:
            if action.name not in NOT_TOURED and PANES[pane] in action.places:
                if not stays:
                    yield Press(f"{pane} before {action.name}", terminal.press(pane, quiet_s, answer_s=0.15))
                stays = action.group in STAYING and action.name not in OPENING
                yield from _one(terminal, pane, action, quiet_s)


def _one(terminal: Terminal, pane: str, action: Action, quiet_s: float) -> Iterator[Press]:
    for key in action.keys[0].split():
        where = f"{action.shown} ({action.name}) in pane {pane}"
        yield Press(where, terminal.press(typed(key), quiet_s, answer_s=0.15))
    if action.name in ("filter", "find"):
        for letter in "et":
            yield Press(f"{letter} in {action.name}", terminal.press(letter, 0.15, answer_s=0.3))
    if action.name == "zoom":
        yield Press(f"z back in pane {pane}", terminal.press("z", quiet_s, answer_s=0.15))
    if action.name in OPENING:
        yield Press(f"Esc after {action.name}", terminal.press("escape", 0.15, answer_s=0.4))
