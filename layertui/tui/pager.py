"""$PAGER: a content piped into it, made safe, while the screen steps aside."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import PurePath
from types import FrameType

from textual.app import App, SuspendNotSupported

from layertui.errors import LayertuiError, NotFoundError, UsageError

USUAL = ("less", "more")
"""What is looked for where PAGER is not set."""

LEFT_BY_KEY = frozenset({"less", "most", "nvim", "view", "vim"})
"""Pagers that a person leaves with a key; what any other showed last would be gone when the screen comes back."""

WHOLE_SCREEN = ("-+F", "-+E")
"""For less: show a short content too until a key is pressed, whatever the variable LESS says."""

UNWANTED = ("LESSOPEN", "LESSCLOSE")
"""Programs that less would run on what it shows."""


def pager_command(environ: Mapping[str, str]) -> list[str]:
    """The words of the pager's command line; raises UsageError and NotFoundError with a sentence."""
    text = environ.get("PAGER", "")
    try:
        words = shlex.split(text) if text.strip() else [name for name in USUAL if shutil.which(name)][:1]
    except ValueError as problem:
        raise UsageError(f"PAGER is {text}, which is no command line: {problem}.", "Set PAGER, to less say.") from None
    if not words:
        raise NotFoundError("There is no pager: neither less nor more is installed.", "Set PAGER to one.")
    if PurePath(words[0]).name == "less":
        words += WHOLE_SCREEN
    return words


def pager_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The pager's environment: less starts no other program and writes no file (less(1), LESSSECURE)."""
    return {**{name: text for name, text in environ.items() if name not in UNWANTED}, "LESSSECURE": "1"}


def show(app: App[int], chunks: Iterable[bytes]) -> str:
    """Give the terminal to the pager until the person leaves it; returns what went wrong, in a sentence, or nothing.

    The content goes through a pipe, so there is no file to leave behind. Nothing is raised: the app could not come
    back from that.
    """
    try:
        words = pager_command(os.environ)
        with app.suspend():
            problem = _run(words, chunks)
    except LayertuiError as error:
        problem = f"{error.message} {error.hint}"
    except SuspendNotSupported:
        problem = "This terminal cannot be given to a pager."
    return problem


def _run(words: list[str], chunks: Iterable[bytes]) -> str:
    """Run the pager and feed it."""
    try:
        with _interrupts_are_the_pagers():
            pager = subprocess.Popen(words, stdin=subprocess.PIPE, env=pager_environment(os.environ))
            problem = _feed(pager, chunks)
            code = pager.wait()
            if PurePath(words[0]).name not in LEFT_BY_KEY:
                _wait_for_enter()
    except OSError as failure:
        return f"{words[0]} cannot be started: {failure.strerror}. Set PAGER to another pager."
    if code > 0 and not problem:
        return f"{words[0]} ended with exit code {code}."
    return problem


def _feed(pager: "subprocess.Popen[bytes]", chunks: Iterable[bytes]) -> str:
    """Write until the pager reads no more; returns why it was cut short, where the content could not be read."""
    assert pager.stdin is not None
    problem = ""
    with suppress(BrokenPipeError):  # it was left before the end
        try:
            for chunk in chunks:
                pager.stdin.write(chunk)
        except LayertuiError as error:
            problem = error.message
    with suppress(BrokenPipeError):
        pager.stdin.close()
    return problem


@contextmanager
def _interrupts_are_the_pagers() -> Iterator[None]:
    """Let Ctrl+C reach the pager, and not end this program; a handler, unlike ignoring, is not handed down."""

    def nothing(number: int, frame: FrameType | None) -> None:
        pass

    before = signal.signal(signal.SIGINT, nothing)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _wait_for_enter() -> None:
    """Leave what was shown on the terminal until a line is entered."""
    with suppress(OSError), open("/dev/tty", "r+b", buffering=0) as terminal:
        terminal.write(b"\n[Enter goes back]")
        while terminal.read(1) not in (b"\n", b"\r", b""):
            pass
