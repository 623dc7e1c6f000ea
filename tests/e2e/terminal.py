"""Runs a program in a pseudo-terminal, presses keys, and reads what a person sees; every byte that came is kept."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

CHECKOUT = Path(__file__).resolve().parents[2]
"""Where `python -m layertui` finds what is tested."""

KEYS = {
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "pagedown": b"\x1b[6~",
    "pageup": b"\x1b[5~",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "tab": b"\t",
    "shift+tab": b"\x1b[Z",
    "enter": b"\r",
    "space": b" ",
    "backspace": b"\x7f",
    "escape": b"\x1b",
    "f1": b"\x1bOP",
    "ctrl+c": b"\x03",
    "ctrl+d": b"\x04",
    "ctrl+p": b"\x10",
    "ctrl+u": b"\x15",
}
"""What a terminal sends for a key; any other key is its own character."""

PATIENCE_S = 30.0
"""How long something that should come is waited for: machines that run tests can be slow."""

QUIET_S = 0.04
"""Nothing sent for so long means that a key is answered; the app paints at most every 16 ms."""

ANSWER_S = 0.2
"""So long the first byte of an answer may take; a key may also mean nothing where it is pressed."""

ESCAPE_S = 3.0
"""The same for Esc: a key that comes before it is answered would be taken for one chord with it."""

READ_BYTES = 1 << 16
"""Read at a time."""

UNWANTED = (
    *("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "TMUX", "TMUX_PANE", "STY", "TERM", "TERM_PROGRAM"),
    *("COLORTERM", "COLORFGBG", "NO_COLOR", "FORCE_COLOR", "VTE_VERSION", "COLUMNS", "LINES", "ESCDELAY"),
)
"""Variables of the caller's own terminal, which must not reach the one of the test."""


def environment(**variables: str) -> dict[str, str]:
    """The caller's environment without its terminal; then `variables`."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED and "TEXTUAL" not in name}
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": str(CHECKOUT), **variables}


def layertui(*arguments: str | Path) -> list[str]:
    """The command line that starts the program under test."""
    return [sys.executable, "-m", "layertui", *(str(argument) for argument in arguments)]


class Terminal:
    """A program in a terminal of its own; leaving the `with` block ends it."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int] = (80, 24), variables: Mapping[str, str] | None = None
    ) -> None:
        """Start `command` on so many columns and lines, with `variables` in its environment."""
        self.raw = bytearray()
        """All that the program ever sent."""
        self.exit_code: int | None = None
        """How it ended, minus the signal's number where a signal ended it; None while it runs."""
        self._parsed = 0
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        environ = environment(**(variables or {}))
        self.pid, self._master = pty.fork()
        if self.pid == 0:  # the child: nothing here may come back into the test's code
            try:
                os.chdir(CHECKOUT)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
                os.execve(command[0], list(command), environ)
            finally:
                os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the program, by force if it is still there."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.hang_up()

    # The program's side

    def receive(self, wait_s: float) -> bool:
        """Take in what comes within `wait_s`; False where nothing does."""
        if self._master < 0 or not select.select([self._master], [], [], max(0.0, wait_s))[0]:
            return False
        try:
            data = os.read(self._master, READ_BYTES)
        except OSError:  # Linux says EIO once the program has closed its terminal
            data = b""
        self.raw += data
        return bool(data)

    def settle(self, answer_s: float = ANSWER_S, quiet_s: float = QUIET_S, limit_s: float = 3.0) -> None:
        """Take in what comes until it is quiet, at most for `limit_s`, as progress is sent all the time."""
        end_s, wait_s = time.monotonic() + limit_s, answer_s
        while time.monotonic() < end_s and self.receive(wait_s):
            wait_s = quiet_s

    def wait_until(self, seen: Callable[[], object], timeout_s: float = PATIENCE_S, what: str = "it") -> None:
        """Take in what comes until `seen` gives something; an AssertionError shows the screen that never did."""
        end_s = time.monotonic() + timeout_s
        while not seen():
            if time.monotonic() > end_s or (not self.receive(0.1) and self._ended()):
                if seen():
                    return
                raise AssertionError(f"the screen never showed {what}:\n{self.text}")

    def wait_for(self, text: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait until a text stands in one line of the screen."""
        self.wait_until(lambda: any(text in line for line in self.lines()), timeout_s, repr(text))

    def wait_until_read(self) -> None:
        """Wait until layertui has drawn its screen, and all layers of the image are read."""
        busy = ("reading", "opening", "folding", "Opening the image", ">= ")
        self.wait_until(lambda: "q quit" in self.text and not any(word in self.text for word in busy), what="all read")

    def wait_for_exit(self, timeout_s: float = PATIENCE_S, *, reading: bool = True) -> int:
        """Wait until the program has ended, taking in what comes unless `reading` is off; returns its exit code."""
        end_s = time.monotonic() + timeout_s
        while not self._ended():
            assert time.monotonic() < end_s, f"still running after {timeout_s} s:\n{self.text}"
            if not reading or not self.receive(0.02):
                time.sleep(0.01)  # a closed terminal is always readable
        while self.receive(0):
            pass
        assert self.exit_code is not None
        return self.exit_code

    def _ended(self) -> bool:
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None

    def left_behind(self) -> list[int]:
        """Processes that the program started and that are still there, itself included: those of its session."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, IndexError):
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(fields[3]) == self.pid and fields[0] != "Z":
                        found.append(int(entry.name))
        return found

    # The person's side

    def send(self, data: bytes) -> None:
        """Bytes as the terminal would send them."""
        os.write(self._master, data)

    def press(self, *keys: str) -> None:
        """Press keys, by name or character, each once the one before is answered."""
        for key in keys:
            self.send_key(key)
            self.settle_key(key)

    def send_key(self, key: str) -> None:
        """Press a key and wait for nothing."""
        self.send(KEYS.get(key, key.encode()))

    def settle_key(self, key: str) -> None:
        """Take in what a key brings."""
        self.settle(ESCAPE_S if key == "escape" else ANSWER_S)

    def type(self, text: str) -> None:
        """Type letters as fast as they come."""
        self.send(text.encode())
        self.settle()

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the kernel tells the program."""
        self.lines()
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed, as it does before and after a program that takes keys."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    # What is seen

    @property
    def screen(self) -> pyte.Screen:
        """The screen, made from all that has come."""
        self._stream.feed(bytes(self.raw[self._parsed :]))
        self._parsed = len(self.raw)
        return self._screen

    def lines(self) -> list[str]:
        """The screen's lines, without spaces at their ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines())

    def line_with(self, text: str) -> str:
        """The first line that holds a text."""
        for line in self.lines():
            if text in line:
                return line
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    def cursor_line(self) -> str:
        """The text in reverse video, which is how the line under the cursor is drawn; empty where there is none."""
        screen = self.screen
        for row in range(screen.lines):
            cells = [screen.buffer[row][column] for column in range(screen.columns)]
            if sum(cell.reverse for cell in cells) > 5:
                return "".join(cell.data for cell in cells if cell.reverse).rstrip()
        return ""
