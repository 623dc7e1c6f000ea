"""Whether layertui, showing the busy archive, is still reading it."""

from tests.e2e.terminal import Terminal


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
