"""Ctrl+Z and fg, and ends that nobody wished for: the terminal is the shell's whenever the program does not run."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.terminal import Terminal, layertui
from tests.e2e.test_session import ENDS_WITHIN_S, restored
from tests.e2e.wire import taken_apart, unexpected

PROMPT = "ready$ "


@pytest.fixture
def shell() -> Iterator[Terminal]:
    """An interactive shell in which the program runs, with the cursor in its files."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    with Terminal([bash, "--norc", "--noprofile", "-i"], variables={"PS1": PROMPT, "HISTFILE": ""}) as terminal:
        terminal.wait_for(PROMPT.strip())
        terminal.type(" ".join(layertui("demo")) + "\r")
        terminal.wait_until_read()
        terminal.press("2", "j", "j")
        yield terminal


def comes(terminal: Terminal, since: int, text: str) -> None:
    """Wait until a text is sent, and all that is sent with it."""
    terminal.wait_until(lambda: text.encode() in terminal.raw[since:], what=text)
    terminal.settle(quiet_s=0.2)


def test_it_stops_like_any_program_and_goes_on_where_it_was(shell: Terminal) -> None:
    before = shell.text
    (program,) = (process for process in shell.left_behind() if process != shell.pid)
    for way in ("key", "SIGTSTP", "SIGSTOP"):
        start = len(shell.raw)
        if way == "key":
            shell.send(b"\x1a")
        else:
            os.kill(program, signal.Signals[way])
        comes(shell, start, "Stopped")
        stopped = len(shell.raw)
        if way != "SIGSTOP":  # of that one the program knows nothing
            assert restored(bytes(shell.raw).replace(b"\x1b[?2004h", b"")) == []
        shell.send(b"bg\r")
        comes(shell, stopped, PROMPT)
        shell.settle(0.3)
        assert b"FILES" not in shell.raw[stopped:]
        back = len(shell.raw)
        shell.send(b"fg\r")
        comes(shell, back, "q quit")
        assert not shell.echoes()
        assert shell.text == before
        shell.press("j")
        assert shell.text != before
        shell.press("k")
        assert shell.text == before
    os.kill(program, signal.SIGCONT)  # nobody had stopped it
    shell.settle(0.5)
    start = len(shell.raw)
    shell.send(b"q")
    comes(shell, start, PROMPT)
    assert restored(bytes(shell.raw).replace(b"\x1b[?2004h", b"")) == []
    assert shell.left_behind() == [shell.pid]


def test_without_a_shell_it_says_so_and_runs_on_and_takes_any_byte() -> None:
    with Terminal(layertui("demo")) as terminal:
        terminal.wait_until_read()
        terminal.send(b"\x1a")
        terminal.wait_for("There is no shell to go back to.")
        os.kill(terminal.pid, signal.SIGTSTP)
        terminal.send(b"\xe9\xff\xc3")  # as terminals of another encoding, or noise on a line
        terminal.press("2", "j", "j")
        assert "dev/" in terminal.cursor_line()
        os.kill(terminal.pid, signal.SIGINT)
        assert terminal.wait_for_exit(ENDS_WITHIN_S) == 130
        assert terminal.echoes()
    assert restored(bytes(terminal.raw)) == []


CRASHES = {
    "a key": "ActingScreen.do_zoom = crash",
    "drawing": "DetailPane.line = lambda self, *_: crash(self) if self.app.screen.zoomed else []",
    "a message": "ActingScreen.do_zoom = lambda self: self.call_later(crash, self)",
}
"""Where it goes wrong once `z` is pressed."""


@pytest.mark.parametrize("where", CRASHES)
def test_a_crash_gives_the_terminal_back_and_is_one_sentence(where: str) -> None:
    program = f"""
from layertui.cli import main
from layertui.tui.screens.acting import ActingScreen
from layertui.tui.widgets.page import DetailPane
def crash(self):
    name = "\\x1b]0;owned\\x07"
    raise RuntimeError(name)
{CRASHES[where]}
main(["demo"])
"""
    with Terminal([sys.executable, "-c", program]) as terminal:
        terminal.wait_until_read()
        terminal.press("2")
        terminal.send(b"z3" if where == "drawing" else b"z")
        assert terminal.wait_for_exit(ENDS_WITHIN_S) == 70
        assert terminal.echoes()
        assert terminal.left_behind() == []
    raw = bytes(terminal.raw)
    assert restored(raw) == []
    said = raw[raw.rindex(b"\x1b[?25h") :]
    assert b"This is a bug in layertui" in said
    assert b"Traceback" not in raw
    assert unexpected(taken_apart(said), lines=True) == []
