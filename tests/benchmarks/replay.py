"""Find in what a program sent when it answered a key, among what it sent for other reasons."""

from collections.abc import Callable

import pyte

from tests.benchmarks.ptydrive import Burst, Terminal

FRAME_GAP_S = 0.012
"""Chunks closer together than this are one frame: the app paints at most every 16 ms."""

Region = Callable[[list[str]], object]
"""What of the screen's lines changes in answer to a key, and for no other reason."""


class Replay:
    """Puts what a terminal received on a second screen, in order, key by key."""

    def __init__(self, terminal: Terminal) -> None:
        """Begin at the terminal's first byte."""
        self._terminal = terminal
        self._screen = pyte.Screen(terminal.columns, terminal.rows)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0

    def _feed_to(self, count: int) -> None:
        for _, data in self._terminal.chunks[self._fed : count]:
            self._stream.feed(data)
        self._fed = max(self._fed, count)

    def answered_s(self, burst: Burst, region: Region) -> float | None:
        """Seconds from a key to the last byte of the last frame that changed the region; None where none did."""
        self._feed_to(burst.first_chunk)
        before = region(self._screen.display)
        answered_s: float | None = None
        for number, (moment_s, _) in enumerate(burst.chunks):
            self._feed_to(burst.first_chunk + number + 1)
            after = region(self._screen.display)
            if after != before or (answered_s is not None and moment_s - answered_s < FRAME_GAP_S):
                before, answered_s = after, moment_s
        return None if answered_s is None else answered_s - burst.began_s


TREE_COLUMNS = 44
"""Columns of the left pane at 200 columns; it shows progress."""

PATHS = slice(105, 150)
"""Columns of the paths in the file pane at 200x50: the columns before them show marks, which may be settled later."""

DETAIL_LINES = 6
"""Lines at the bottom, over the whole width: details and the footer; the footer shows progress too."""


def files_region(lines: list[str]) -> object:
    """The file pane's title, its paths, and a prompt at the bottom: what every key but a cursor move changes."""
    return [lines[1][TREE_COLUMNS:], *(line[PATHS] for line in lines[2:-DETAIL_LINES]), lines[-1]]


def reading_region(lines: list[str]) -> object:
    """Files and details, without what shows progress while layers are read."""
    return [line[TREE_COLUMNS:] for line in lines[1:-DETAIL_LINES]] + lines[-DETAIL_LINES:-1]
