"""The clipboard of the terminal that a person sits at, over however many programs in between.

A program can ask its terminal to take a text (OSC 52, xterm's ctlseqs, "Manipulate Selection Data"), and never learns
whether it did: many terminals refuse, and so does tmux by its defaults.
"""

import base64
import os
import subprocess
from collections.abc import Mapping

LIMIT_BYTES = 74_994
"""Of a text in base64: terminals drop longer sequences (100,000 bytes in xterm, most others less), without a word."""

_SCREEN_BYTES = 256
"""What GNU screen hands through at once: 768 since 4.2.1, and 256 in what is old and still in use."""

_TMUX_S = 2.0
"""How long tmux may take: its server is on this host, and answers in milliseconds."""

Environ = Mapping[str, str]
"""Environment variables: handed in, so that it can be tested."""


def sequence(text: str, environ: Environ = os.environ) -> str | None:
    """What to send to the terminal so that it takes a text; None for one that is longer than terminals take.

    `text` is safe: nothing in it would act on the terminal that it is pasted to.
    """
    coded = base64.b64encode(text.encode()).decode()
    if len(coded) > LIMIT_BYTES:
        return None
    command = f"\x1b]52;c;{coded}\x07"
    return _through_screen(command) if is_screen(environ) else command


def is_screen(environ: Environ) -> bool:
    """Whether GNU screen is the terminal; tmux calls itself screen too, and what it holds is its own matter."""
    return not is_tmux(environ) and bool(environ.get("STY") or environ.get("TERM", "").startswith("screen"))


def is_tmux(environ: Environ) -> bool:
    """Whether tmux is the terminal, on this host."""
    return bool(environ.get("TMUX"))


def _through_screen(command: str) -> str:
    """A command for the terminal that screen runs in: in pieces, each as a device control string, which it unwraps."""
    step = _SCREEN_BYTES - 4  # the string's own beginning and end
    pieces = (command[at : at + step] for at in range(0, len(command), step))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def load_tmux(text: str, environ: Environ = os.environ) -> bool:
    """Put a text into a buffer of tmux, and with `-w` into its terminal's clipboard; returns whether tmux took it.

    tmux before 3.2 has no `-w`, and gets the text for its buffer alone.
    """
    return any(_run(["tmux", "load-buffer", *words, "-"], text, environ) for words in (["-w"], []))


def _run(command: list[str], text: str, environ: Environ) -> bool:
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, input=text.encode(), stdout=quiet, stderr=quiet, env=dict(environ), timeout=_TMUX_S
        )
    except (OSError, subprocess.SubprocessError):
        return False  # tmux is not there, or hangs: the terminal may have taken the text all the same
    return done.returncode == 0
