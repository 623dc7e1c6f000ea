"""Keys: each is answered while layers are read, and those that come together mean what they mean one by one."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from layertui.tui.actions import ACTIONS
from tests.e2e.reading import is_reading, wait_until_busy
from tests.e2e.terminal import Terminal, layertui

Seen = str | Callable[[Terminal], bool]
"""What a key must bring: a text on the screen, a text that goes (after `not`), or anything that can be asked."""


def at(text: str) -> Callable[[Terminal], bool]:
    """The line under the cursor holds a text."""
    return lambda terminal: text in terminal.cursor_line()


def without(text: str) -> Callable[[Terminal], bool]:
    """A text has gone."""
    return lambda terminal: text not in terminal.text


def first_line(text: str) -> Callable[[Terminal], bool]:
    """The first line of the screen holds a text."""
    return lambda terminal: text in terminal.lines()[0]


def rail_at(column: int) -> Callable[[Terminal], bool]:
    """The line between the panes stands in a column."""
    return lambda terminal: terminal.lines()[2].find("│") == column


KEYS: list[tuple[str, Seen]] = [
    # The tree, from the base layer
    ("j", at("L1 RUN")),
    ("k", at("L0 RUN")),
    ("down", at("L1 RUN")),
    ("up", at("L0 RUN")),
    ("]", "FILES  L1"),
    ("[", "FILES  L0"),
    (".", "FILES  L1"),
    (",", "FILES  L0"),
    ("G", at("L3 RUN")),
    ("g", at("busy:1")),
    ("end", at("L3 RUN")),
    ("home", at("busy:1")),
    ("left", "> busy:1"),
    ("right", "v busy:1"),
    ("h", "> busy:1"),
    ("l", "v busy:1"),
    ("space", "> busy:1"),
    ("=", "v busy:1"),
    ("-", "> busy:1"),
    ("space", "v busy:1"),
    ("t", "by ancestry"),
    ("t", without("by ancestry")),
    ("g", at("busy:1")),
    ("j", at("L0 RUN")),
    ("enter", at("d0000/")),
    # The files
    ("pagedown", without("d0000/")),
    ("pageup", at("d0000/")),
    ("ctrl+d", without("d0000/")),
    ("ctrl+u", at("d0000/")),
    ("G", at("d0999/")),
    ("g", at("d0000/")),
    ("n", at("d0001/")),
    ("N", at("d0000/")),
    ("enter", "v d0000/"),
    ("j", at("f000000")),
    ("j", at("f000001")),
    ("W", "FILES  L1"),
    ("W", "FILES  L0"),
    ("w", "L1 wins"),
    ("W", "FILES  L0"),
    ("enter", first_line("L0  d0000/f000001")),
    ("backspace", "v d0000/"),
    ("i", "History of this path"),
    ("escape", "v d0000/"),
    ("b", "A is"),
    ("b", "Unmarked."),
    ("y", "Copy"),
    ("p", "d0000/f000001  ("),
    ("y", "Copy"),
    ("d", "sha256:"),
    ("y", "Copy"),
    ("r", "docker-archive:"),
    ("y", "Copy"),
    ("c", "RUN step 0"),
    ("x", "extract to:"),
    ("escape", without("extract to:")),
    ("O", " open:"),
    ("escape", without(" open:")),
    ("X", "tar of L0 to:"),
    ("escape", without("tar of L0 to:")),
    ("1", at("L0 RUN")),
    ("i", "CONFIG AND HISTORY"),
    ("L", lambda terminal: "Platform" in terminal.lines()[5]),  # the digest above takes one line now, not two
    ("escape", without("CONFIG AND HISTORY")),
    ("2", at("f000001")),
    ("t", "flat"),
    ("t", without("flat")),
    ("v", "merged"),
    ("v", "layer diff"),
    ("o", "overlaps"),
    ("o", without("overlaps")),
    ("a", "without added"),
    ("m", "without added modified"),
    ("r", "without added modified removed"),
    ("u", "without added modified removed unchanged"),
    ("a", "without modified"),
    ("m", "without removed"),
    ("r", "without unchanged"),
    ("u", without("without ")),
    ("s", "Sort by"),
    ("s", "by size"),
    ("s", "Sort by"),
    ("c", "by count"),
    ("s", "Sort by"),
    ("m", "by time"),
    ("s", "Sort by"),
    ("l", "by layer"),
    ("s", "Sort by"),
    ("r", "by reclaimable"),
    ("s", "Sort by"),
    ("n", without("by reclaimable")),
    ("/", "101,000 of 101,000"),
    ("9", " of 101,000"),
    ("8", "3,990 of 101,000"),
    ("escape", without(" of 101,000")),
    ("f", "FIND"),
    ("z", "z/new"),
    ("enter", "Hit 1 of"),
    # Panes and pages
    ("1", at("L1 RUN")),
    ("tab", at("new")),
    ("shift+tab", at("L1 RUN")),
    ("3", "▌"),
    ("2", at("new")),
    (">", rail_at(37)),
    ("<", rail_at(33)),
    ("z", without("IMAGES")),
    ("z", "IMAGES"),
    ("?", "KEYS in"),
    ("q", without("KEYS in")),
    ("f1", "KEYS in"),
    ("escape", without("KEYS in")),
    (":", "Find an action"),
    ("escape", without("Find an action")),
    ("ctrl+p", "Find an action"),
    ("escape", without("Find an action")),
    ("R", "Drawn anew."),
    ("ctrl+c", "Cancelled."),
]
"""Every key of the main screen, and what it must bring to the screen."""

ABOVE: list[tuple[str, Seen]] = [
    # Two images
    ("g", at("api:1.4")),
    ("c", first_line("A api:1.3")),
    ("e", first_line("A api:1.4")),
    ("e", first_line("A api:1.3")),
    ("1", "COPY config.yaml"),
    ("3", "APP_ENV"),
    ("2", at("app/")),
    # The config file, and what differs in it
    ("j", at("etc/")),
    ("n", at("config.yaml")),
    ("enter", "hunk 1/2"),
    ("n", "hunk 2/2"),
    ("N", "hunk 1/2"),
    ("#", without("1 # How")),
    ("#", "1 # How"),
    ("I", "White space is ignored"),
    ("I", without("White space is ignored")),
    ("H", "00000000"),
    ("H", "hunk 1/2"),
    ("w", "api:1.4"),
    ("escape", first_line("A api:1.3 1.9 MB")),
    ("escape", "IMAGES / LAYERS"),
]
"""Keys of the screens above the main one, at the built-in images."""


def test_every_key_is_answered_above_the_main_screen() -> None:
    with Terminal(layertui("demo"), (120, 36)) as terminal:
        terminal.wait_until_read()
        press_all(terminal, ABOVE)


def press_all(terminal: Terminal, keys: list[tuple[str, Seen]]) -> None:
    """Press one key after another, and wait for what each must bring."""
    for number, (key, seen) in enumerate(keys):
        terminal.press(key)
        what = f"what key {number}, {key!r}, must bring: {seen}"
        if isinstance(seen, str):
            terminal.wait_until(lambda text=seen: text in terminal.text, 10, what)
        else:
            terminal.wait_until(lambda ask=seen: ask(terminal), 10, what)


ELSEWHERE = {"pager"}
"""What hands the terminal to another program: test_pager.py."""

NAMES = {
    "minus": "-",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "full_stop": ".",
    "slash": "/",
    "number_sign": "#",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "colon": ":",
    "question_mark": "?",
}
"""Textual's names of keys that are characters."""


def test_every_key_is_answered_while_layers_are_read(busy: Path) -> None:
    with Terminal(layertui(busy), (120, 36)) as terminal:
        wait_until_busy(terminal)
        press_all(terminal, KEYS[:-1])
        assert is_reading(terminal)
        press_all(terminal, KEYS[-1:])
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0


def test_the_list_of_keys_is_whole() -> None:
    pressed = [key for key, _ in (*KEYS, *ABOVE)]
    pairs = {f"{one} {two}" for one, two in pairwise(pressed)}
    for action in ACTIONS:
        if action.name in ELSEWHERE:
            continue
        for key in action.keys:
            shown = " ".join(NAMES.get(part, part) for part in key.split())
            assert shown in pairs or shown in pressed, f"{key} of {action.name}"


BURSTS = [
    pytest.param(b"2/motd\r", "1 of 83", id="filter"),
    pytest.param(b"2fetcmotd", "etc/motd", id="find"),
    pytest.param(b"2ss", "by size", id="sort"),
    pytest.param(b"2sr", "by reclaimable", id="sort by what is a key too"),
    pytest.param(b":reclaimable", "Sort by reclaimable bytes", id="palette"),
    pytest.param(b"?q2v", "merged up to it", id="page and back"),
    pytest.param(b"2.v,", "FILES  L0  merged", id="layers"),
]
"""Keys that come in one packet, as over a slow line, and what they bring."""


@pytest.mark.parametrize(("keys", "seen"), BURSTS)
def test_keys_that_come_together_mean_what_they_mean_one_by_one(keys: bytes, seen: str) -> None:
    with Terminal(layertui("demo"), (120, 36)) as terminal:
        terminal.wait_until_read()
        terminal.send(keys)
        terminal.wait_for(seen, 3)
        assert "without" not in terminal.lines()[1]  # no letter of a text was taken for a command


def test_a_key_before_the_first_frame_is_not_lost(busy: Path) -> None:
    with Terminal(layertui(busy), (120, 36)) as terminal:
        terminal.wait_until(lambda: b"\x1b[?1049h" in terminal.raw, what="a screen")
        terminal.send(b"?")
        terminal.wait_for("KEYS in")
