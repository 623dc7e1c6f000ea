"""A whole session: it begins, can be stopped in every way, and leaves the terminal as it was."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.reading import is_reading, wait_until_busy
from tests.e2e.terminal import Terminal, layertui
from tests.e2e.wire import taken_apart

ENDS_WITHIN_S = 2.0
"""So long a program may take to end when it is told to."""

CANCELS_WITHIN_S = 0.5
"""So long reading may go on after it is cancelled."""


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


@pytest.mark.parametrize(
    "end",
    [
        "SIGTERM",
        "SIGHUP",
        "closed terminal",
    ],
)
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


def fits(terminal: Terminal, columns: int) -> bool:
    """Whether the screen is the one for so many columns, from the first line to the last."""
    return (
        terminal.lines()[0].startswith("layertui")
        and "? help" in terminal.lines()[-1]
        and ("HISTORY" in terminal.text) == (columns >= 200)
        and ("FILES" in terminal.text and "IMAGES" in terminal.text) == (columns >= 80)
    )


def test_the_size_may_change_while_it_works(busy: Path) -> None:
    with Terminal(layertui(busy), (120, 36)) as terminal:
        wait_until_busy(terminal)
        for columns, rows in ((60, 20), (200, 50), (80, 24), (20, 5), (120, 36)):
            terminal.resize(columns, rows)
            if columns == 20:
                terminal.settle()
                continue
            terminal.wait_until(
                lambda wide=columns: fits(terminal, wide) and is_reading(terminal), what=f"reading in {columns} columns"
            )
        terminal.press("2", "j")
        assert "d0001/" in terminal.cursor_line()
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0
