"""Every worker of the screen: asking places, opening images, reading layers, folding, comparing contents, finding.

Scheduling runs in the screen's own thread; the workers are threads that only read, fold and post messages. So nothing
here is locked: a thread gets all it needs when it starts.
"""

from collections.abc import Iterable, Mapping, Sequence

from layertui.image.image import Image
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.sources.base import Source
from layertui.stack.squash import Squash
from layertui.tui.host import Host
from layertui.tui.loading.asking import Asker
from layertui.tui.loading.folding import Folder
from layertui.tui.loading.looking import Looker
from layertui.tui.loading.reading import PROGRESS_SSH_S, Readers, begun
from layertui.tui.loading.searching import Searcher
from layertui.tui.messages import Folded, LayerRead
from layertui.tui.roots import Root
from layertui.tui.state import ImageState, LayerState, Reading


class Loader:
    """Reads what the screen shows, and says so in messages."""

    def __init__(self, host: Host, *, low_bandwidth: bool = False) -> None:
        """Work for `host`; with `low_bandwidth` progress is said seldom."""
        self.low_bandwidth = low_bandwidth
        """Whether to say progress seldom."""
        self._sessions = 0
        self._readers = Readers(host)
        self._folder = Folder(host, lambda: self._readers.wanted)
        self._looker = Looker(host)
        self._asker = Asker(host)
        self.searcher = Searcher(host)
        if low_bandwidth:
            self._readers.progress_s = self.searcher.every_s = PROGRESS_SSH_S

    @property
    def progress_s(self) -> float:
        """Seconds between two times that progress is said, of all layers together."""
        return self._readers.progress_s

    @property
    def busy(self) -> bool:
        """Whether layers are being read or folded."""
        return self._readers.busy or self._folder.busy

    @property
    def waiting(self) -> bool:
        """Whether the answer of a place is awaited, or a manifest."""
        return self._asker.waiting

    def key_pressed(self, now_s: float) -> None:
        """Readers give way for a moment; `now_s` is of the monotonic clock."""
        self._readers.key_s = self.searcher.key_s = now_s

    def want(self, layer: int) -> None:
        """Read this layer first."""
        self._readers.wanted = layer

    # Places and images

    def ask(self, number: int, root: Root) -> None:
        """Open a place and list what it holds, independently of all others."""
        self._asker.ask(number, root)

    def offer(self) -> None:
        """Look for archives in the present directory."""
        self._asker.offer()

    def look(self, number: int, source: Source, tags: Sequence[str]) -> None:
        """Ask a repository about tags in the background."""
        self._asker.look(number, source, tags)

    def describe(self, states: Iterable[ImageState]) -> None:
        """Read manifest and config of entries in the background; those that are known or being read are passed over."""
        self._asker.describe(states)

    # Layers

    paused = False
    """Whether no layer is read, as another screen reads."""

    def pause(self, state: ImageState | None) -> None:
        """Read no layer until `resume`: two readers hinder each other. What is being read waits again."""
        self.paused = True
        running = [layer for layer in state.layers if layer.reading is Reading.RUNNING] if state is not None else []
        self.cancel(None)
        for layer in running:
            layer.stop()
            layer.reading = Reading.QUEUED

    def resume(self, state: ImageState | None) -> None:
        """Go on reading."""
        self.paused = False
        if state is not None and state.opened:
            self.pump(state)

    def adopt(
        self,
        state: ImageState,
        image: Image,
        trees: Mapping[int, LayerTree],
        folded: tuple[Squash, int] | None,
        known: Iterable[ImageState],
    ) -> None:
        """Take in what another screen has read of an image: layers by number, and their fold with what it could free.

        `known` is as for `open`.
        """
        state.image, state.error, state.describing = state.image or image, None, False
        if not state.opened:
            self._sessions += 1
            state.session = self._sessions
            state.layers = begun(state, known)
        for number, tree in trees.items():
            if state.layers[number].tree is None:
                state.layers[number].take(tree)
        if folded is not None and not state.complete:
            state.take(*folded)

    def open(self, state: ImageState, known: Iterable[ImageState]) -> None:
        """Begin to read an image's layers; those that another image has read already are taken from there."""
        if state.image is None:
            return
        self._sessions += 1
        state.session = self._sessions
        state.layers = begun(state, known)
        self.pump(state)

    def pump(self, state: ImageState) -> None:
        """Start what can be started: readers for queued layers, and the fold of a prefix that has grown."""
        if not self.paused:
            self._readers.pump(state)
            self._folder.fold(state)

    _passing: tuple[LayerState, ...] = ()
    """What is to be fetched only because the cursor rested on it."""

    def fetch(self, state: ImageState, layers: Iterable[int], *, passing: bool = False) -> list[int]:
        """Read layers that have to be fetched, unless they are read or being read; returns which are begun now.

        With `passing` only since the cursor rests there: once it rests elsewhere, what still waits is not fetched.
        """
        for layer in self._passing if passing else ():
            if layer.reading is Reading.QUEUED:
                layer.reading = Reading.UNASKED
        wanted = {Reading.UNASKED} if passing else {Reading.UNASKED, Reading.CANCELLED, Reading.FAILED}
        asked = [number for number in layers if state.layers[number].fetched and state.layers[number].reading in wanted]
        for number in asked:
            layer = state.layers[number]
            layer.reading, layer.error, layer.done_bytes = Reading.QUEUED, None, 0
        self._passing = tuple(state.layers[number] for number in asked) if passing else ()
        self.pump(state)
        return asked

    def leave(self, state: ImageState) -> None:
        """Stop reading an image that is looked at no more; what has to be fetched is not, until it is asked for."""
        self.cancel(state)
        for layer in state.layers:
            if layer.fetched and layer.reading is Reading.CANCELLED:
                layer.reading = Reading.UNASKED

    def again(self, state: ImageState) -> int:
        """Queue what failed or was cancelled once more; returns how many layers that are."""
        count = 0
        for number, layer in enumerate(state.layers):
            if layer.reading in (Reading.FAILED, Reading.CANCELLED) and _is_there(state, number):
                layer.reading, layer.error, layer.done_bytes = Reading.QUEUED, None, 0
                count += 1
        self.pump(state)
        return count

    def cancel(self, state: ImageState | None) -> bool:
        """Stop reading; returns whether anything was running. What is read stays, the rest can be read `again`."""
        self._readers.cancel()
        self._looker.cancel()
        self.searcher.cancel()
        return state is not None and sum(layer.stop() for layer in state.layers) > 0

    def cancel_asking(self) -> bool:
        """Await no place and no manifest any more; returns whether one was awaited."""
        waited = self._asker.waiting
        self._asker.cancel()
        return waited

    def read_ended(self, state: ImageState | None, message: LayerRead) -> None:
        """Take in how a layer's reading ended, and go on with the next; `state` is None for a stale message."""
        if self._readers.ended(state, message) and state is not None:
            self.pump(state)

    def fold_ended(self, state: ImageState | None, message: Folded) -> None:
        """Take in a fold, and start the next that is due; `state` is what is looked at, None for nothing."""
        self._folder.ended(state, message)

    # What is folded

    def settle(self, state: ImageState, positions: Sequence[int]) -> None:
        """Compare contents at positions (rows in view) in the background.

        Nothing is compared while layers are still read: the next fold would forget it. Nor is anything where contents
        would have to be fetched.
        """
        if not state.pending and not self.busy and not _would_fetch(state):
            self._looker.settle(state, positions)


def _is_there(state: ImageState, layer: int) -> bool:
    """Whether there is something to read of a layer."""
    return state.image is not None and state.image.layers[layer].content is not None


def _would_fetch(state: ImageState) -> bool:
    """Whether a content of the image is fetched when it is looked into, as its layers are here by their tables only."""
    layers = state.image.layers if state.image is not None else ()
    return any(isinstance(layer.content, StoredTree) and layer.content.by_table for layer in layers)
