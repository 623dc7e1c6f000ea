"""Comparing two contents in the background: opening, lining up, laying out, reading bytes, searching."""

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message
from textual.worker import Worker, get_current_worker

from layertui.errors import Cancelled, LayertuiError
from layertui.layer.columns import Kind
from layertui.present.contentdiff.binary import (
    CHUNK_BYTES,
    BinaryDiff,
    compare_bytes,
    next_run,
    previous_run,
)
from layertui.present.contentdiff.laid import Laid, Shape, find_rows
from layertui.present.contentdiff.pair import Content, Outcome, compare_as_text, compared_as_bytes, why_not_text
from layertui.present.units import size_text
from layertui.present.viewing.kind import look
from layertui.tui.host import Host, guarded
from layertui.tui.loading.reading import PROGRESS_S, PROGRESS_SSH_S
from layertui.tui.messages_hunks import (
    Blocks,
    BytesRead,
    ContentsCompared,
    ContentsFailed,
    ContentsProgress,
    RowsFound,
    RowsLaid,
    RowsMarked,
    RunFound,
)
from layertui.tui.version import Version

BLOCK_BYTES = 16 * 1024
"""What bytes are read in for the screen: several screens full, and always the next and the one before too."""

KEPT_OPEN = 4
"""Contents that stay open: one out of a compressed layer costs its inflating."""

SLOW_BYTES = 16 << 20
"""From this size on, a difference is shown before the digests are known."""

Check = Callable[[], None]
"""Raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be compared, and how."""

    a: Version
    b: Version
    as_bytes: bool = False
    """Whether texts are compared as bytes too."""
    no_space: bool = False
    """Whether white space is passed over."""


class HunkLoader:
    """Works for one screen; of each kind of work only the newest goes on."""

    def __init__(self, host: Host, *, low_bandwidth: bool = False) -> None:
        """Work for `host`; with `low_bandwidth` progress is said seldom."""
        self._host = host
        self._every_s = PROGRESS_SSH_S if low_bandwidth else PROGRESS_S
        self._workers: dict[str, Worker[None]] = {}
        self._opened: dict[tuple[int, int], tuple[Version, Content]] = {}
        """By fold and position; the version is kept so that the fold's number stays its own."""

    def cancel(self) -> None:
        """Stop everything."""
        for worker in self._workers.values():
            worker.cancel()

    def compare(self, session: int, asked: Asked, shape: Shape) -> None:
        """Compare two versions; texts are laid out in a shape."""

        def work(check: Check) -> None:
            contents, errors = [], []
            for name, version in (("A", asked.a), ("B", asked.b)):
                try:
                    contents.append(self._open(session, name, version, check))
                except LayertuiError as error:
                    errors.append((name, error))
            if errors:
                self._post(check, ContentsFailed(session, errors))
                return
            one, other = contents
            self._post(check, ContentsProgress(session, "compare", "comparing"))
            outcome = None if asked.as_bytes else compare_as_text(one, other, ignore_space=asked.no_space, check=check)
            if outcome is not None and outcome.text is not None:
                laid = Laid(outcome.text, shape, check)
                self._post(check, ContentsCompared(session, outcome, laid, last=True))
                return
            self._compare_bytes(session, one, other, check)

        self.cancel()
        self._start("compare", session, work)

    def _open(self, session: int, name: str, version: Version, check: Check) -> Content:
        key = (id(version.squash), version.position)
        held = self._opened.pop(key, None)
        if held is None:
            said = self._said(session, "compare", lambda done: f"opening {name}: {size_text(done)}", check)
            blob = version.open(said)
            held = version, Content(blob, look(blob, name=version.path, is_link=version.kind is Kind.SYMLINK))
        # The newest stands last. A new dict: the thread of a comparison that was cancelled may still be at it.
        self._opened = {**dict(list(self._opened.items())[1 - KEPT_OPEN :]), key: held}
        return held[1]

    def _compare_bytes(self, session: int, a: Content, b: Content, check: Check) -> None:
        reason = why_not_text(a, b)
        size_a, size_b = a.blob.size_bytes, b.blob.size_bytes
        total = size_text(max(size_a, size_b))
        said = self._said(session, "compare", lambda done: f"comparing {size_text(done)} of {total}", check)
        done = 0

        def step() -> None:
            nonlocal done
            said(done)
            done += CHUNK_BYTES

        def found(first: int) -> None:
            if size_a + size_b >= SLOW_BYTES:
                known = BinaryDiff(size_a, size_b, "", "", first)
                slow = compared_as_bytes(a, b, reason, known)
                self._post(check, ContentsCompared(session, slow, blocks=_blocks(a, b, first), last=False))

        binary = compare_bytes(a.blob, b.blob, step, found)
        outcome = compared_as_bytes(a, b, reason, binary)
        self._post(check, ContentsCompared(session, outcome, blocks=_blocks(a, b, binary.first or 0), last=True))

    def lay(self, session: int, outcome: Outcome, shape: Shape) -> None:
        """Lay the rows of texts out in another shape."""
        diff = outcome.text
        if diff is not None:
            self._start("lay", session, lambda check: self._post(check, RowsLaid(session, Laid(diff, shape, check))))

    def mark(self, session: int, laid: Laid, first: int, stop: int) -> None:
        """Tell what changed within the lines of some rows, unless that is at work already."""
        pairs = laid.rows.unmarked(first, stop)
        if not pairs or self._works("mark"):
            return

        def work(check: Check) -> None:
            for pair in pairs:
                check()
                laid.rows.diff.tell_marks(pair)
            self._post(check, RowsMarked(session))

        self._start("mark", session, work)

    def read(self, session: int, outcome: Outcome, offset: int) -> None:
        """Read what lies around an offset in both contents."""

        def work(check: Check) -> None:
            self._post(check, BytesRead(session, _blocks(outcome.a, outcome.b, offset)))

        self._start("read", session, work)

    def step(self, session: int, outcome: Outcome, offset: int, *, forward: bool) -> None:
        """Look for the run of differing bytes behind `offset`, or before it."""

        def work(check: Check) -> None:
            chunks = 0
            said = self._said(session, "step", lambda done: f"looking for a difference: {size_text(done)}", check)

            def step() -> None:
                nonlocal chunks
                said(chunks * CHUNK_BYTES)
                chunks += 1

            look_for = next_run if forward else previous_run
            found = look_for(outcome.a.blob, outcome.b.blob, offset, step)
            blocks = {} if found is None else _blocks(outcome.a, outcome.b, found)
            self._post(check, RunFound(session, found, blocks, forward=forward))

        self._start("step", session, work)

    def search(self, session: int, laid: Laid, query: str, matches: Callable[[str], bool]) -> None:
        """Look for the rows that match."""

        def work(check: Check) -> None:
            rows: array[int] = find_rows(laid.rows, matches, check)
            self._post(check, RowsFound(session, laid, query, rows))

        self._start("search", session, work)

    # Threads

    def _works(self, group: str) -> bool:
        worker = self._workers.get(group)
        return worker is not None and not worker.is_finished

    def _start(self, group: str, session: int, work: Callable[[Check], None]) -> None:
        if (before := self._workers.get(group)) is not None:
            before.cancel()

        def run() -> None:
            worker = get_current_worker()

            def check() -> None:
                if worker.is_cancelled:
                    raise Cancelled

            try:
                work(check)
            except Cancelled:
                return
            # A content is somebody else's data: one that breaks the comparison must not take the screen along.
            except Exception as error:
                if not worker.is_cancelled:
                    self._host.post_message(ContentsFailed(session, [("", guarded(error))]))

        self._workers[group] = self._host.start_worker(run, group)

    def _post(self, check: Check, message: Message) -> None:
        check()
        self._host.post_message(message)

    def _said(self, session: int, work: str, text: Callable[[int], str], check: Check) -> Callable[[int], None]:
        """What is called with how far the work is: it says so now and then, and stops where it is cancelled."""
        said_s = time.monotonic()

        def say(done: int) -> None:
            nonlocal said_s
            check()
            now_s = time.monotonic()
            if now_s - said_s >= self._every_s:
                said_s = now_s
                self._host.post_message(ContentsProgress(session, work, text(done)))

        return say


def _blocks(a: Content, b: Content, offset: int) -> Blocks:
    """The block that an offset lies in, and those on either side; raises what the blobs raise."""
    around, end = offset // BLOCK_BYTES, max(a.blob.size_bytes, b.blob.size_bytes)
    return {
        block: (a.blob.read_at(block * BLOCK_BYTES, BLOCK_BYTES), b.blob.read_at(block * BLOCK_BYTES, BLOCK_BYTES))
        for block in range(max(around - 1, 0), around + 2)
        if block * BLOCK_BYTES < end
    }
