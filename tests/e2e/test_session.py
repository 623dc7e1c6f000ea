"""A whole session: it begins, takes keys while it reads, can be stopped in every way, and leaves the terminal as it was."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from layertui.tui.actions import ACTIONS
from tests.e2e.archives import busy_archive
from tests.e2e.terminal import Terminal, layertui
from tests.e2e.wire import taken_apart

ENDS_WITHIN_S = 2.0
"""So long a program may take to end when it is told to."""

CANCELS_WITHIN_S = 0.5
"""So long reading may go on after it is cancelled."""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 entries that are read at once, and two layers that take a minute."""
    return busy_archive(tmp_path_factory.mktemp("busy") / "busy.tar")


def is_reading(terminal: Terminal) -> bool:
    """Whether the slow layers are being read; in one narrow pane the footer alone says so."""
    running = [line for line in terminal.lines() if ("RUN step 2" in line or "RUN step 3" in line) and "%" in line]
    return len(running) == 2 or "reading " in terminal.text


def wait_until_busy(terminal: Terminal) -> None:
    """Wait until the fast layers are read and on the screen, and the slow ones are being read."""
    wanted = ("d0000/", "10 B")
    terminal.wait_until(
        lambda: all(text in terminal.text for text in wanted) and is_reading(terminal), what="layers being read"
    )


def restored(raw: bytes) -> list[str]:
    """What a program has switched on in its terminal and not off again, the cursor included."""
    modes: dict[str, bool] = {}
    for part in raw.decode(errors="replace").split("\x1b[?")[1:]:
        numbers = part[: next((at for at, letter in enumerate(part) if letter.isalpha()), 0)]
        letter = part[len(numbers) : len(numbers) + 1]
        if letter in ("h", "l"):
            modes.update(dict.fromkeys(numbers.split(";"), letter == "h"))
    usually_on = ("7", "25")  # wrapping, and the cursor
    left = [mode for mode, on in modes.items() if on != (mode in usually_on)]
    wire = taken_apart(raw)
    return left + (["keyboard"] if ">25u" in wire.csi and "<u" not in wire.csi else [])


@pytest.mark.parametrize("arguments", [["demo"], ["demo", "--no-mouse"]])
def test_q_ends_with_0_and_gives_the_terminal_back(arguments: list[str]) -> None:
    with Terminal(layertui(*arguments)) as terminal:
        terminal.wait_until_read()
        assert not terminal.echoes()
        raw = bytes(terminal.raw)
        assert ("?1000h" in taken_apart(raw).csi) == (len(arguments) == 1)
        assert {"1049", "25"} <= set(restored(raw))
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0
        assert terminal.echoes()
        assert terminal.left_behind() == []
    assert restored(bytes(terminal.raw)) == []
    assert terminal.raw.index(b"\x1b[?1049l") > terminal.raw.rindex(b"etc")  # nothing is written over the old screen


def test_q_ends_it_while_layers_are_read(busy: Path) -> None:
    with Terminal(layertui(busy), (120, 36)) as terminal:
        wait_until_busy(terminal)
        terminal.send(b"q")
        assert terminal.wait_for_exit(ENDS_WITHIN_S) == 0
        assert terminal.left_behind() == []
    assert restored(bytes(terminal.raw)) == []


def test_ctrl_c_cancels_reading_and_the_app_goes_on(busy: Path) -> None:
    with Terminal(layertui(busy), (120, 36)) as terminal:
        wait_until_busy(terminal)
        terminal.send(b"\x03")
        terminal.wait_until(lambda: terminal.text.count("stopped") == 2, CANCELS_WITHIN_S, "two layers stopped")
        terminal.wait_for("Cancelled.")
        terminal.press("2", "j")
        assert "d0001/" in terminal.cursor_line()
        terminal.send(b"\x03")
        terminal.wait_for("Nothing is running. q quits.")
        terminal.send(b"R")
        terminal.wait_until(lambda: is_reading(terminal), what="layers being read")
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0


@pytest.mark.parametrize("work", ["idle", "reading"])
@pytest.mark.parametrize("end", ["SIGTERM", "SIGHUP", "closed terminal"])
def test_it_ends_when_it_is_told_to(end: str, work: str, busy: Path) -> None:
    with Terminal(layertui(busy if work == "reading" else "demo"), (120, 36)) as terminal:
        if work == "reading":
            wait_until_busy(terminal)
        else:
            terminal.wait_until_read()
        if end == "closed terminal":
            terminal.hang_up()
        else:
            os.kill(terminal.pid, signal.Signals[end])
        code = terminal.wait_for_exit(ENDS_WITHIN_S)
        assert terminal.left_behind() == []
    assert code != 0 or end != "SIGTERM"
    assert "Traceback" not in terminal.text


def test_sigterm_gives_the_terminal_back() -> None:
    with Terminal(layertui("demo")) as terminal:
        terminal.wait_until_read()
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.wait_for_exit(ENDS_WITHIN_S) in (143, -signal.SIGTERM)
        assert terminal.echoes()
    assert restored(bytes(terminal.raw)) == []


def fits(terminal: Terminal, columns: int) -> bool:
    """Whether the screen is the one for so many columns, from the first line to the last."""
    return (
        terminal.lines()[0].startswith("layertui")
        and "? help" in terminal.lines()[-1]
        and ("HISTORY" in terminal.text) == (columns >= 200)
        and ("FILES" in terminal.text and "IMAGES" in terminal.text) == (columns >= 80)
    )


def test_it_ends_when_its_terminal_closes_while_it_draws() -> None:
    """The first screen takes some tenths of a second; in any of them the connection may be lost."""
    for wait_ms in range(20, 500, 40):
        with Terminal(layertui("demo"), (200, 50)) as terminal:
            terminal.wait_until(lambda of=terminal: b"\x1b[?1049h" in of.raw, what="a screen")
            end_s = time.monotonic() + wait_ms / 1000
            while (left_s := end_s - time.monotonic()) > 0:
                terminal.receive(left_s)
            terminal.hang_up()
            assert terminal.wait_for_exit(ENDS_WITHIN_S) != 0


@pytest.mark.parametrize("end", ["SIGTERM", "SIGHUP", "closed terminal"])
def test_it_ends_when_its_terminal_takes_nothing_any_more(end: str) -> None:
    """As over a connection that is dead: what it draws fills the pipe, and then it is told to end."""
    with Terminal(layertui("demo"), (200, 50)) as terminal:
        terminal.wait_until_read()
        for _ in range(150):
            terminal.send(b"?q")
            time.sleep(0.01)  # nothing can be waited for: nothing is read
        if end == "closed terminal":
            terminal.hang_up()
        else:
            os.kill(terminal.pid, signal.Signals[end])
        assert terminal.wait_for_exit(ENDS_WITHIN_S, reading=False) != 0
        assert terminal.left_behind() == []


BURSTS = [
    (b"2/motd\r", "1 of 83"),
    (b"2fetcmotd", "etc/motd"),
    (b"2ss", "by size"),
    (b"2sr", "by reclaimable"),
    (b"?q2v", "merged up to it"),
    (b"2.v,", "FILES  L0  merged"),
    (b":reclaimable", "Sort by reclaimable bytes"),
]
"""Keys that come in one packet, and what they bring."""


@pytest.mark.parametrize(("keys", "seen"), BURSTS, ids=[keys.decode().strip() for keys, _ in BURSTS])
def test_keys_that_come_together_mean_what_they_mean_one_by_one(keys: bytes, seen: str) -> None:
    with Terminal(layertui("demo"), (120, 36)) as terminal:
        terminal.wait_until_read()
        terminal.send(keys)
        terminal.wait_for(seen, 5)
        assert "without" not in terminal.lines()[1]  # no letter of a text was taken for a command


def test_the_size_may_change_while_it_works(busy: Path) -> None:
    with Terminal(layertui(busy), (120, 36)) as terminal:
        wait_until_busy(terminal)
        for columns, rows in ((60, 20), (200, 50), (80, 24), (20, 5), (120, 36)):
            terminal.resize(columns, rows)
            if columns == 20:
                terminal.settle()
                continue
            terminal.wait_until(lambda wide=columns: fits(terminal, wide), what=f"{columns} columns")
            assert is_reading(terminal)
        terminal.press("2", "j")
        assert "d0001/" in terminal.cursor_line()
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0


Seen = str | Callable[[Terminal], bool]
"""What a key must bring: a text on the screen, a text that goes (after `not`), or anything that can be asked."""


def at(text: str) -> Callable[[Terminal], bool]:
    """The line under the cursor holds a text."""
    return lambda terminal: text in terminal.cursor_line()


def without(text: str) -> Callable[[Terminal], bool]:
    """A text has gone."""
    return lambda terminal: text not in terminal.text


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
    ("enter", "History of this path"),
    ("backspace", "v d0000/"),
    ("i", "CONFIG AND HISTORY"),
    ("L", lambda terminal: "Platform" in terminal.lines()[5]),  # the digest above takes one line now, not two
    ("escape", without("CONFIG AND HISTORY")),
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
"""Every key, and what it must bring to the screen."""

NAMES = {
    "minus": "-",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "full_stop": ".",
    "slash": "/",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "colon": ":",
    "question_mark": "?",
}
"""Textual's names of keys that are characters."""


def test_every_key_is_answered_while_layers_are_read(busy: Path) -> None:
    with Terminal(layertui(busy), (120, 36)) as terminal:
        wait_until_busy(terminal)
        for number, (key, seen) in enumerate(KEYS):
            if key == "ctrl+c":
                assert is_reading(terminal)
            terminal.press(key)
            what = f"what key {number}, {key!r}, must bring: {seen}"
            if isinstance(seen, str):
                terminal.wait_until(lambda text=seen: text in terminal.text, 10, what)
            else:
                terminal.wait_until(lambda ask=seen: ask(terminal), 10, what)
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0


def test_the_list_of_keys_is_whole() -> None:
    pressed = [key for key, _ in KEYS]
    pairs = {f"{one} {two}" for one, two in zip(pressed, pressed[1:], strict=False)}
    for action in ACTIONS:
        for key in action.keys:
            shown = " ".join(NAMES.get(part, part) for part in key.split())
            assert shown in pairs or shown in pressed, f"{key} of {action.name}"


def test_a_key_before_the_first_frame_is_not_lost(busy: Path) -> None:
    with Terminal(layertui(busy), (120, 36)) as terminal:
        terminal.wait_until(lambda: b"\x1b[?1049h" in terminal.raw, what="a screen")
        began_s = time.monotonic()
        terminal.send(b"?")
        terminal.wait_for("KEYS in")
        assert time.monotonic() - began_s < 10
