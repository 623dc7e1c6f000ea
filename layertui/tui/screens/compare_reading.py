"""Reading both sides of a comparison, and taking in what becomes known of them while the screen is open."""

from contextlib import ExitStack

from layertui.errors import LayertuiError
from layertui.layer.names import key_of
from layertui.present.safetext import safe
from layertui.stack.compare import Comparison, exchanged
from layertui.tui.base import Base
from layertui.tui.loading import Loader
from layertui.tui.loading.comparing import Comparer
from layertui.tui.messages_comparing import (
    Compared,
    CompareEnded,
    CompareProgress,
    ContentsCompared,
    LayersAligned,
    SideDone,
)
from layertui.tui.roots import Holdings
from layertui.tui.screens.above import AboveScreen
from layertui.tui.screens.telling import fraction_text
from layertui.tui.want import Want
from layertui.tui.widgets.compare import ComparePane
from layertui.tui.widgets.compare_config import ConfigPage
from layertui.tui.widgets.pairs import PairsPane

HELD_S = 0.5
"""Seconds that the screen waits for its rows before it is drawn without any."""

SETTLED_S = 0.3
"""Seconds between two drawings of what comparing contents found: each looks at every row."""


class CompareReading(AboveScreen):
    """What is compared, and how far that is."""

    def __init__(
        self, a: Want, b: Want, base: Base, *, holdings: Holdings, loader: Loader, path: bytes | None = None
    ) -> None:
        """Compare two sides, at `path` if it is there; `loader` is the main screen's, and keeps what is read."""
        super().__init__()
        self.wants = (a, b)
        self.base, self.loader = base, loader
        self.holdings: Holdings = holdings
        self.files = ComparePane(classes="pane")
        self.pairs = PairsPane(classes="pane")
        self.configs = ConfigPage(classes="pane")
        self.comparison: Comparison | None = None
        self.renamed: dict[int, int] = {}
        """Rows to their equal on the other side, both ways."""
        self.comparer = Comparer(self, low_bandwidth=loader.low_bandwidth)
        self._path = path
        self._problems: tuple[tuple[LayertuiError, ...], tuple[LayertuiError, ...]] = ((), ())
        self._disjoint = False
        self._progress: CompareProgress | None = None
        self._reading = True
        """Whether sides are being read, or were when it was cancelled or failed; else contents are being compared."""
        self._stopped = False
        """Whether there is something to go on with: it was cancelled, or failed."""
        self._before = self.wants
        """What was compared before the sides that are being read."""
        self._settled_soon = False
        self._held = ExitStack()
        """While nothing is drawn."""

    @property
    def is_whole(self) -> bool:
        """Whether two whole images are compared: layers and configs too."""
        return self.wants[0].is_whole and self.wants[1].is_whole

    def begin(self) -> None:
        """Read both sides."""
        a, b = (want.title for want in self.wants)
        self.files.say(f"Reading {a} and {b}...")
        if not self._stopped:
            self._hold()
        self.read()

    def _hold(self) -> None:
        """Leave what is below on the terminal for a moment: to draw an empty screen first costs as much as all rows."""
        self._held.enter_context(self.app.batch_update())
        self.call_in(HELD_S, self._held.close)

    def read(self) -> None:
        """Read what is missing of both sides, and compare them; what is shown stays until that is done."""
        self._reading, self._stopped, self._progress = True, False, None
        self.comparer.compare(*self.wants, self.holdings.states.values())

    def look_at(self, a: Want, b: Want) -> None:
        """Compare two other sides, staying at the path."""
        if not self._reading:
            self._before = self.wants
        self.wants = (a, b)
        self.read()

    def settle(self, comparison: Comparison) -> None:
        """Compare contents in the background."""
        self._reading = self._stopped = False
        self._before = self.wants
        self.comparer.settle(comparison, whole=self.is_whole)

    @property
    def busy(self) -> bool:
        """Whether something is being read or compared."""
        return self.comparer.busy

    # What the worker says

    def _is_stale(self, attempt: int) -> bool:
        return attempt != self.comparer.attempt

    def on_side_done(self, message: SideDone) -> None:
        """A side is read: its image keeps that, whatever becomes of this comparison."""
        read = message.read
        self.loader.adopt(read.want.state, read.image, read.trees, read.folded, self.holdings.states.values())
        if not self._is_stale(message.attempt):
            one, other = self._problems
            # The same state may be both sides.
            one = read.problems if read.want is self.wants[0] else one
            other = read.problems if read.want is self.wants[1] else other
            self._problems = (one, other)

    def on_compared(self, message: Compared) -> None:
        """Both sides are compared, contents apart, or could not be."""
        if self._is_stale(message.attempt):
            return
        self._progress = None
        if message.comparison is None:
            error = message.error
            said = f"{error.message} {error.hint}".strip() if error is not None else "They cannot be compared."
            self._fail(safe(said))
            return
        self._disjoint = message.disjoint
        self.renamed = {}
        self._show(message.comparison, None if self._path is None else key_of(self._path))
        self._path = None
        self.settle(message.comparison)

    def _fail(self, said: str) -> None:
        """Say why there is no such comparison; what was shown before stays, and is what is meant again."""
        if self.comparison is not None:
            self.wants = self._before
        self._stopped = self.comparison is None
        self._held.close()
        self.files.say(said)
        self.tell()
        self.say(said)

    def _show(self, comparison: Comparison, key: bytes | None = None) -> None:
        self.comparison = comparison
        self.files.remark = self._remark()
        self.files.renamed = self.renamed
        self.files.show(comparison, key)
        self.comparer.in_view = self.files.rows_in_view
        self.compared()
        self.tell()
        self._held.close()

    def compared(self) -> None:
        """There is another comparison: what belongs to it is to be shown."""

    def _remark(self) -> str:
        """What is to be known of the whole: what could not be read, or that nothing can be lined up."""
        said = [
            f"{name}: {problem.message}"
            for name, problems in zip("AB", self._problems, strict=True)
            for problem in problems
        ]
        if said:
            more = f" And {len(said) - 1} more." if len(said) > 1 else ""
            return safe(said[0] + more)
        return "The two sides have no path in common." if self._disjoint else ""

    def on_compare_progress(self, message: CompareProgress) -> None:
        """The work is further."""
        if not self._is_stale(message.attempt) and self.comparer.busy:
            self._progress = message
            self.tell_footer()

    def on_layers_aligned(self, message: LayersAligned) -> None:
        """The layers of both images stand side by side."""
        if not self._is_stale(message.attempt) and self.comparison is not None:
            self.pairs.show(self.comparison, message.pairs, self.pairs.shared)
            self.tell()

    def on_contents_compared(self, message: ContentsCompared) -> None:
        """Contents of some rows were compared; they are drawn in a moment, with others that come until then."""
        comparison = self.comparison
        if self._is_stale(message.attempt) or comparison is None:
            return
        for row, same in message.same:
            comparison.settle(row, same)
        if not self._settled_soon:
            self._settled_soon = True
            self.call_in(SETTLED_S, self._draw_settled)

    def _draw_settled(self) -> None:
        if self._settled_soon and self.comparison is not None:
            self._settled_soon = False
            self.files.settle()
            self.comparer.in_view = self.files.rows_in_view
            self.tell()

    def on_compare_ended(self, message: CompareEnded) -> None:
        """Nothing more will become known."""
        if self._is_stale(message.attempt):
            return
        self._progress = None
        self.renamed = {row: other for pair in message.renamed for row, other in (pair, pair[::-1])}
        self.files.renamed = self.renamed
        self._settled_soon = True
        self._draw_settled()
        if message.error is not None:
            self.say(safe(f"{message.error.message} {message.error.hint}".strip()))
        elif message.renamed:
            count = len(message.renamed)
            files = "1 file has only another path" if count == 1 else f"{count:,} files have only another path"
            self.say(f"{files} in B: the details say which.")

    # Progress, cancelling, exchanging

    def progress_text(self) -> str:
        """What is being read or compared, how far, and how to cancel it; empty when nothing is."""
        progress = self._progress
        if progress is None or not self.comparer.busy:
            return ""
        if not progress.total:
            far = f" {progress.done:,}" if progress.done else ""
        elif progress.verb == "reading":
            far = f" {fraction_text(progress.done, progress.total)}"
        else:
            far = f" {progress.done:,} of {progress.total:,}"
        return f"{progress.verb}{far}  Ctrl+C cancels"

    def do_cancel(self) -> None:
        """Stop reading, or comparing contents."""
        if not self.comparer.cancel():
            self.say("Nothing is running. q goes back.")
            return
        self._progress = None
        if self._reading:
            self._fail("Cancelled." if self.comparison is not None else "Cancelled. R reads on.")
        else:
            self._stopped = True
            self.say("Cancelled. R goes on comparing contents.")

    def do_refresh(self) -> None:
        """Go on with what was cancelled or failed, or draw everything anew."""
        if not self._stopped:
            super().do_refresh()
        elif self.comparison is None:
            self.begin()
            self.say("Reading on.")
        else:
            self.settle(self.comparison)
            self.say("Comparing contents.")

    def ended(self) -> None:
        """Let nothing be read for a screen that is gone."""
        self._held.close()
        self.comparer.cancel()

    def do_exchange(self) -> None:
        """Exchange the sides; what is known of them stays."""
        if self.comparison is None:
            return
        going_on = self.comparer.cancel()
        self.wants, self._before, self._problems = self.wants[::-1], self._before[::-1], self._problems[::-1]
        self._show(exchanged(self.comparison))
        if going_on and self._reading:
            self.read()
        elif going_on:
            self.settle(self.comparison)
