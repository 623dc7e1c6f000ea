"""Run a program in a pseudo-terminal, press keys, and record what it sends: how much, when, and what a person sees.

Nothing is parsed while the program works: what arrives is kept with its time, and the screen is made from it when it is
looked at, so that the terminal takes no time from the program.
"""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyte

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
    "ctrl+c": b"\x03",
}
"""What a terminal sends for a key; any other key is its own character."""

QUIET_S = 0.06
"""Nothing sent for so long ends what a key caused; the app paints at most every 16 ms."""

ANSWER_S = 2.0
"""So long the first byte may take."""

READ_BYTES = 1 << 16
"""Read at a time; a pty gives 4 kB at most."""


@dataclass(slots=True)
class Burst:
    """What a program sent after one key."""

    began_s: float
    """When the key was written, by the monotonic clock."""
    first_chunk: int = 0
    """How many chunks the terminal had received before."""
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    """What arrived, each with its time."""

    @property
    def size_bytes(self) -> int:
        """How much was sent."""
        return sum(len(data) for _, data in self.chunks)

    @property
    def data(self) -> bytes:
        """All that was sent."""
        return b"".join(data for _, data in self.chunks)

    @property
    def last_byte_s(self) -> float | None:
        """Seconds from the key to the last byte; None where nothing came."""
        return self.chunks[-1][0] - self.began_s if self.chunks else None


class Terminal:
    """A program in a pty of its own; leave the `with` block to end it."""

    def __init__(
        self, command: Sequence[str], columns: int, rows: int, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start `command` (its path first) on a screen of so many cells."""
        self.columns, self.rows = columns, rows
        variables = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
        variables |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        variables |= environment or {}
        self.began_s = time.monotonic()
        """When the process was forked."""
        self.pid, self._master = pty.fork()
        if self.pid == 0:  # the child: nothing here may raise back into the caller's code
            try:
                fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execve(command[0], list(command), variables)
            finally:
                os._exit(127)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.chunks: list[tuple[float, bytes]] = []
        """All that was ever sent, with times."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._parsed = 0
        self.ended = False

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the program, at once if it has not ended by itself."""
        if self._master < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)
        self._master = -1

    def _receive(self, wait_s: float) -> bytes:
        """What arrives within `wait_s`; empty where nothing does."""
        if self.ended or not select.select([self._master], [], [], max(0.0, wait_s))[0]:
            return b""
        try:
            data = os.read(self._master, READ_BYTES)
        except OSError:  # Linux says EIO when the program has closed its terminal
            data = b""
        if not data:
            self.ended = True
            return b""
        self.chunks.append((time.monotonic(), data))
        return data

    def send(self, key: str) -> None:
        """Press a key, by its name or its character."""
        os.write(self._master, KEYS.get(key, key.encode()))

    def press(
        self,
        key: str,
        quiet_s: float = QUIET_S,
        answer_s: float = ANSWER_S,
        limit_s: float = 10.0,
        least_s: float = 0.0,
    ) -> Burst:
        """Press a key and take in what follows, until nothing comes for `quiet_s`, or for `limit_s` in all.

        At least `least_s` are waited whatever comes: beside work that reports its progress, the first bytes may not be
        the answer. Nothing at all within `answer_s` is an answer too.
        """
        burst = Burst(time.monotonic(), len(self.chunks))
        self.send(key)
        self._collect(burst, quiet_s, answer_s, limit_s, least_s)
        return burst

    def drain(self, quiet_s: float = QUIET_S, limit_s: float = 10.0) -> Burst:
        """Take in what comes without a key until it is quiet."""
        burst = Burst(time.monotonic(), len(self.chunks))
        self._collect(burst, quiet_s, quiet_s, limit_s, 0.0)
        return burst

    def _collect(self, burst: Burst, quiet_s: float, answer_s: float, limit_s: float, least_s: float) -> None:
        end_s = burst.began_s + limit_s
        while not self.ended:
            now_s = time.monotonic()
            wait_s = max(quiet_s if burst.chunks else answer_s, burst.began_s + least_s - now_s)
            if not self._receive(min(wait_s, end_s - now_s)):
                return
            burst.chunks.append(self.chunks[-1])

    def wait_for(self, seen: Callable[["Terminal"], bool], limit_s: float = 60.0, every_s: float = 0.05) -> None:
        """Take in what comes until `seen`, which is asked at most every `every_s`; raises TimeoutError."""
        end_s = time.monotonic() + limit_s
        while not seen(self):
            if time.monotonic() > end_s or self.ended:
                raise TimeoutError("the screen never showed it:\n" + "\n".join(self.lines))
            until_s = time.monotonic() + every_s
            while (left_s := until_s - time.monotonic()) > 0 and not self.ended:
                self._receive(left_s)

    def wait_for_bytes(self, text: bytes, limit_s: float = 60.0) -> None:
        """Take in what comes until `text` is in it, without parsing anything; raises TimeoutError."""
        end_s, tail = time.monotonic() + limit_s, b""
        while text not in tail:
            data = self._receive(end_s - time.monotonic())
            if not data:
                raise TimeoutError(f"{text!r} was never sent")
            tail = tail[-len(text) :] + data

    @property
    def screen(self) -> pyte.Screen:
        """What a person sees now."""
        for _, data in self.chunks[self._parsed :]:
            self._stream.feed(data)
        self._parsed = len(self.chunks)
        return self._screen

    @property
    def lines(self) -> list[str]:
        """The screen's lines, without spaces at their ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines)

    def shown_s(self, text: str) -> float:
        """Seconds from the fork until `text` stood on the screen, found by parsing what came, in order."""
        screen = pyte.Screen(self.columns, self.rows)
        stream = pyte.ByteStream(screen)
        for moment_s, data in self.chunks:
            stream.feed(data)
            if any(text in line for line in screen.display):
                return moment_s - self.began_s
        raise TimeoutError(f"{text!r} was never on the screen")


_UNWANTED = ("SSH_CONNECTION", "SSH_TTY", "NO_COLOR", "TMUX", "COLORFGBG", "TEXTUAL", "LAYERTUI_THEME")
"""Variables of the caller's terminal that would change what a program sends."""
