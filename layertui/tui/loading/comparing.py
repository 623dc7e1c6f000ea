"""Comparing two sides: reading what is missing of them, aligning, then comparing contents, rows in view first."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from textual.message import Message

from layertui.errors import Cancelled, LayertuiError
from layertui.image.digest import DiffID
from layertui.image.image import Image
from layertui.layer.tree import LayerTree
from layertui.stack.align import LayerPair, align
from layertui.stack.compare import Comparison, Side, compare
from layertui.stack.comparing_content import ContentComparer
from layertui.stack.fold import fold
from layertui.stack.load import layer_problems, load
from layertui.stack.renames import renames
from layertui.stack.space import reclaimable_bytes
from layertui.stack.squash import Squash
from layertui.tui.host import Host, guarded
from layertui.tui.loading.reading import PROGRESS_S, PROGRESS_SSH_S, Read, read_so_far, same_read
from layertui.tui.loading.threads import Task
from layertui.tui.messages_comparing import (
    Compared,
    CompareEnded,
    CompareProgress,
    ContentsCompared,
    LayersAligned,
    SideDone,
    SideRead,
)
from layertui.tui.state import ImageState
from layertui.tui.want import Want

AT_ONCE = 500
"""Rows whose contents are compared before it is asked again which rows are in view."""

AT_FIRST_S = 0.1
"""How long contents are compared before anything is shown: of small images all of them, and rows need not go again."""

TOLD_ROWS = 2000
"""Rows of one message at most: the screen settles them between two keys."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What is known of one side when a worker starts; the worker must not look at the state, which goes on."""

    want: Want
    image: Image | None
    trees: dict[int, LayerTree]
    squash: Squash | None
    """The fold of all layers, none of which is unread."""

    @classmethod
    def of(cls, want: Want) -> "_Given":
        state = want.state
        trees = {number: layer.tree for number, layer in enumerate(state.layers) if layer.tree is not None}
        return cls(want, state.image, trees, state.squash if state.complete else None)


class Comparer:
    """Makes one comparison at a time."""

    def __init__(self, host: Host, *, low_bandwidth: bool = False) -> None:
        """Work for `host`; with `low_bandwidth` progress is said seldom."""
        self._host = host
        self._every_s = PROGRESS_SSH_S if low_bandwidth else PROGRESS_S
        self._task: Task | None = None
        self.attempt = 0
        """Which work's messages count."""
        self.in_view: Sequence[int] = ()
        """Rows whose contents are compared before all others; another list stands here when the window moves."""
        self.contents = ContentComparer()

    @property
    def busy(self) -> bool:
        """Whether something is being read or compared."""
        return self._task is not None and not self._task.finished and not self._task.cancelled

    def cancel(self) -> bool:
        """Stop; returns whether anything was running. Its messages are stale from now on."""
        running = self.busy
        if self._task is not None:
            self._task.cancel()
        self.attempt += 1
        return running

    def compare(self, a: Want, b: Want, states: Iterable[ImageState]) -> None:
        """Read what is missing of two sides, and compare them; layers that any of `states` has read are not read."""
        self.cancel()
        attempt = self.attempt
        given, read = (_Given.of(a), _Given.of(b)), read_so_far(states)

        def work(task: Task) -> None:
            try:
                one, other = self._sides(task, attempt, given, read)
                comparison = compare(one, other)
                self._settle_at_first(task, comparison)
                self._post(Compared(attempt, comparison, disjoint=_is_disjoint(comparison)))
            except Cancelled:
                return
            # Whatever a damaged image provokes belongs on the screen, not in a traceback.
            except Exception as error:
                self._post(Compared(attempt, error=guarded(error)))

        self._task = Task(work, "compare")

    def settle(self, comparison: Comparison, *, whole: bool) -> None:
        """Compare contents in the background, rows in view first, then look for renames; with `whole` align layers."""
        self.cancel()
        attempt = self.attempt

        def work(task: Task) -> None:
            try:
                comparison.lowered()  # for the first key of a filter
                if whole:
                    self._post(LayersAligned(attempt, _aligned(comparison)))
                self._compare_contents(task, attempt, comparison)
                self._post(CompareProgress(attempt, "looking for renames"))
                self._post(CompareEnded(attempt, renames(comparison, self.contents, lambda: task.cancelled)))
            except Cancelled:
                return
            # What cannot be compared stays `?`, which says that it is not known.
            except Exception as error:
                self._post(CompareEnded(attempt, [], error=guarded(error)))

        self._task = Task(work, "contents")

    def _post(self, message: Message) -> None:
        # The program may have ended while the thread worked: then its loop is closed, and nobody listens.
        with suppress(RuntimeError):
            self._host.post_message(message)

    # Reading

    def _sides(
        self, task: Task, attempt: int, given: tuple[_Given, _Given], read: Mapping[DiffID, Read]
    ) -> tuple[Side, Side]:
        """Both sides, read as far as they can be."""
        a, b = given
        image_a = a.image or a.want.state.entry.open()
        image_b = image_a if a.want.state is b.want.state else b.image or b.want.state.entry.open()
        trees_a = _known(a, image_a, read)
        trees_b = _known(b, image_b, read)
        missing = {(0, layer.index): layer for layer in image_a.layers if layer.index not in trees_a}
        if image_b is not image_a:
            seen = {layer.diff_id for layer in missing.values()} - {None}
            missing |= {
                (1, layer.index): layer
                for layer in image_b.layers
                if layer.index not in trees_b and layer.diff_id not in seen
            }
        total = sum(layer.content.size_bytes for layer in missing.values() if layer.content is not None)
        done: dict[tuple[int, int], int] = {}
        tell = _Throttled(self._every_s)

        def progress(which: int) -> Callable[[int, int], None]:
            def show(layer: int, done_bytes: int) -> None:
                done[which, layer] = done_bytes
                tell(lambda: self._post(CompareProgress(attempt, "reading", sum(done.values()), total)))

            return show

        side_a, read_a = _side(a.want, image_a, a.squash, trees_a, progress(0), lambda: task.cancelled)
        self._post(SideDone(attempt, read_a))
        squash_b = b.squash
        if image_b is image_a:
            trees_b = read_a.trees
            squash_b = read_a.folded[0] if read_a.folded is not None else a.squash
        else:
            read = dict(read) | {
                layer.diff_id: (layer, read_a.trees[layer.index], a.want.state.root)
                for layer in image_a.layers
                if layer.diff_id is not None and layer.index in read_a.trees
            }
            trees_b = _known(b, image_b, read)
        side_b, read_b = _side(b.want, image_b, squash_b, trees_b, progress(1), lambda: task.cancelled)
        self._post(SideDone(attempt, read_b))
        return side_a, side_b

    # Contents

    def _settle_at_first(self, task: Task, comparison: Comparison) -> None:
        """Settle what can be in a moment, if that may be all; nobody else has the comparison yet."""
        end_s = time.monotonic() + AT_FIRST_S
        rows = comparison.unknown()
        if len(rows) <= AT_ONCE:
            with suppress(Cancelled):
                self.contents.settle(comparison, rows, lambda: task.cancelled or time.monotonic() > end_s)
        if task.cancelled:
            raise Cancelled

    def _compare_contents(self, task: Task, attempt: int, comparison: Comparison) -> None:
        """Compare what is unknown, some rows at a time; where the window is then is asked each time."""
        left = dict.fromkeys(comparison.unknown())
        total, told = len(left), list[tuple[int, bool]]()
        tell = _Throttled(self._every_s)

        def flush() -> None:
            nonlocal told
            while told:
                self._post(ContentsCompared(attempt, told[:TOLD_ROWS]))
                told = told[TOLD_ROWS:]
            self._post(CompareProgress(attempt, "comparing contents", total - len(left), total))

        def read(count: int) -> None:
            tell(lambda: self._post(CompareProgress(attempt, "comparing contents", count)))

        while left:
            rows = [row for row in self.in_view if row in left][:AT_ONCE] or list(islice(left, AT_ONCE))
            for row, same in self.contents.compared(comparison, rows, lambda: task.cancelled, read):
                left.pop(row, None)
                told.append((row, same))
                tell(flush)
            for row in rows:
                left.pop(row, None)  # what cannot be read stays unknown
            if task.cancelled:
                raise Cancelled
        flush()


class _Throttled:
    """Calls what it is given, but not too often."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._called_s = 0.0

    def __call__(self, call: Callable[[], None]) -> None:
        now_s = time.monotonic()
        if now_s - self._called_s >= self._every_s:
            self._called_s = now_s
            call()


def _known(given: _Given, image: Image, read: Mapping[DiffID, Read]) -> dict[int, LayerTree]:
    """The layers of an image that were read already, by it or by another image."""
    trees = dict(given.trees)
    for layer in image.layers:
        if layer.index not in trees and (tree := same_read(layer, given.want.state.root, read)) is not None:
            trees[layer.index] = tree
    return trees


def _side(
    want: Want,
    image: Image,
    whole: Squash | None,
    trees: dict[int, LayerTree],
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> tuple[Side, SideRead]:
    """One side: the layers that are meant, in the fold of all of them, or of those alone that a range names.

    All layers are read, not only those meant: what became of a version, and the layers beside it, are a key away.
    Raises LayertuiError where nothing of the layers that are meant can be read, and Cancelled.
    """
    numbers = want.numbers(image)
    problems: dict[int, Sequence[LayertuiError]]
    if whole is None:
        loaded = load(image, known=trees, progress=progress, cancelled=cancelled)
        squash, unread, problems = loaded.squash, loaded.unread, dict(loaded.found)
    else:
        squash, unread = whole, frozenset[int]()
        problems = {
            layer.index: layer_problems(image, layer, tree)
            for layer, tree in zip(image.layers, whole.trees, strict=True)
        }
    said = tuple(problem for number in numbers for problem in problems[number])
    if said and not set(numbers) - unread:
        raise said[0]
    read = {number: tree for number, tree in enumerate(squash.trees) if number not in unread}
    folded = (squash, reclaimable_bytes(squash)) if whole is None and not unread else None
    if want.merged and numbers.start > 0:
        squash = fold(squash.trees[numbers.start : numbers.stop], layer_count=len(image.layers), first=numbers.start)
    return Side(image, squash, numbers.stop - 1, want.merged), SideRead(want, image, read, folded, said)


def _is_disjoint(comparison: Comparison) -> bool:
    """Whether both sides hold something, and no path is on both."""
    holds_a = holds_b = False
    for key, at_a, at_b in zip(comparison.keys, comparison.at_a, comparison.at_b, strict=True):
        if key and at_a >= 0 and at_b >= 0:
            return False
        holds_a, holds_b = holds_a or (bool(key) and at_a >= 0), holds_b or (bool(key) and at_b >= 0)
    return holds_a and holds_b


def _aligned(comparison: Comparison) -> list[LayerPair]:
    sides = (comparison.side_a, comparison.side_b)
    trees = (dict(enumerate(side.squash.trees, side.squash.first)) for side in sides)
    return align(sides[0].image, sides[1].image, *trees)
