"""What is known of the terminal before the screen starts: whether its background is dark, and which glyphs it has."""

import os
import re
import select
import termios
import time
import tty
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ANSWER_S = 0.15
"""Seconds to wait for a terminal's answer; a local one answers within milliseconds."""

_ANSWERING = (
    "ALACRITTY_WINDOW_ID",
    "KITTY_WINDOW_ID",
    "KONSOLE_VERSION",
    "TERM_PROGRAM",
    "VTE_VERSION",
    "WEZTERM_PANE",
    "WT_SESSION",
    "XTERM_VERSION",
)
"""Variables of terminals that answer. Any other is not asked: an answer that comes late is taken for keys."""

_QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
"""Which background (OSC 11), then which terminal (DA1): every terminal answers the second, so it ends the wait."""

_BACKGROUND = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_IDENTITY = re.compile(rb"\x1b\[\?[0-9;]*c")


def dark_by_environment(environ: Mapping[str, str]) -> bool | None:
    """Whether the background is dark by COLORFGBG (`15;0`: colours 0 to 6 and 8 are dark); None where it is not set."""
    found = re.search(r"(\d+)$", environ.get("COLORFGBG", ""))
    return None if found is None else int(found[1]) in (0, 1, 2, 3, 4, 5, 6, 8)


def dark_by_answer(answer: bytes) -> bool | None:
    """Whether the background that a terminal answered is dark; None where it did not answer that."""
    found = _BACKGROUND.search(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return bool(0.299 * red + 0.587 * green + 0.114 * blue < 0.5)


def ask_background(environ: Mapping[str, str], fd: int = 0) -> bool | None:
    """Ask the terminal whether its background is dark; None where it is not asked or does not say."""
    if "SSH_CONNECTION" in environ or not any(name in environ for name in _ANSWERING) or not os.isatty(fd):
        return None
    try:
        before = termios.tcgetattr(fd)
        tty.setcbreak(fd)
    except termios.error:
        return None
    try:
        os.write(fd, _QUESTION)
        return dark_by_answer(_answer(fd))
    except OSError:
        return None
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _answer(fd: int) -> bytes:
    """What the terminal sends until it has said which it is."""
    answer, until_s = b"", time.monotonic() + ANSWER_S
    while not _IDENTITY.search(answer):
        left_s = until_s - time.monotonic()
        if left_s <= 0 or not select.select([fd], [], [], left_s)[0]:
            break
        answer += os.read(fd, 256)
    return answer


def mouse_for(environ: Mapping[str, str]) -> bool:
    """Whether mouse events are taken where nobody chose: not in GNU screen, on this host or at the other end of ssh.

    While a program takes them, screen holds an Esc back until the next key (seen with 4.9).
    """
    in_screen = "STY" in environ or environ.get("TERM", "").startswith("screen")
    return "TMUX" in environ or not in_screen  # tmux calls itself screen too, and holds back nothing


def glyphs_for(environ: Mapping[str, str], wanted: str | None = None) -> str:
    """Which glyphs are drawn: `unicode`, `console` (what each font of the Linux console has) or `ascii`.

    `wanted` is `unicode` or `ascii` where the person chose, else the variables decide, as setlocale(3) reads them: a
    locale that is not installed here still says what the terminal at the other end of a connection takes.
    """
    if wanted in ("unicode", "ascii"):
        return wanted
    locale = next((text for name in ("LC_ALL", "LC_CTYPE", "LANG") if (text := environ.get(name))), "")
    if "utf8" not in locale.lower().replace("-", ""):
        return "ascii"
    return "console" if environ.get("TERM") == "linux" else "unicode"


def environ_at_start() -> Mapping[str, str]:
    """The environment that the process was given, before Python made UTF-8 of a locale that is none (PEP 538)."""
    with suppress(OSError):
        pairs = (os.fsdecode(pair).partition("=") for pair in Path("/proc/self/environ").read_bytes().split(b"\0"))
        return {name: text for name, _, text in pairs}
    return os.environ
