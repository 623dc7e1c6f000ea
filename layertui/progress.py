"""One line of progress on stderr, for a person who waits: only on a terminal, and gone when the work is done."""

import sys
import time
from types import TracebackType

INTERVAL_S = 0.25
"""Between two updates."""

PATIENCE_S = 0.5
"""Work that takes less shows nothing."""


class ProgressLine:
    """Shows a text that replaces itself; texts are ours and hold nothing out of a file."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE_S
        self._shown = False

    def show(self, text: str) -> None:
        """Show a text, if the last one stood long enough."""
        now = time.monotonic()
        if not self._live or now < self._next:
            return
        self._next = now + INTERVAL_S
        self._shown = True
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the text away, before something else is written to the terminal."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()
