"""Every worker of the screen: opening images, reading layers, folding, comparing contents, finding.

Scheduling runs in the screen's own thread; the workers are threads that only read, fold and post messages. So nothing
here is locked: a thread gets all it needs when it starts.
"""

import os
import time
from collections.abc import Sequence

from textual.worker import Worker, get_current_worker

from layertui.errors import Cancelled
from layertui.layer.read import read_layer
from layertui.present.find import fuzzy
from layertui.stack.content import Contents
from layertui.stack.fold import fold
from layertui.stack.space import reclaimable_bytes
from layertui.stack.squash import Squash
from layertui.stack.state import State
from layertui.tui.host import Host, guarded
from layertui.tui.messages import Folded, Found, ImageOpened, LayerProgress, LayerRead, Settled
from layertui.tui.state import ImageState, LayerState, Reading

PARALLEL_LAYERS = 2
"""Compressed layers read at a time: decompressors let others run; a third gains nothing on two cores."""

PROGRESS_S = 0.2
"""Seconds between progress messages of one layer."""

PROGRESS_SSH_S = 0.5
"""The same over SSH, where each costs a packet."""

FOLD_AGAIN_S = 0.3
"""Seconds between folds of a growing prefix, at least."""

FOLD_SHARE = 4
"""A fold is not begun again before so many times its duration: it takes the interpreter from keys and readers."""

TYPING_S = 0.3
"""Seconds after a key in which readers give way."""

GIVE_WAY_EVERY_S = 0.004
"""Seconds that a reader works between two rests while somebody types: Python runs one thread at a time."""

GIVE_WAY_S = 0.001
"""Seconds of such a rest."""

FIND_LIMIT = 500
"""Hits that are kept of a fuzzy search."""


class Loader:
    """Reads what the screen shows, and says so in messages."""

    def __init__(self, host: Host) -> None:
        """Work for `host`."""
        self._host = host
        self._sessions = 0
        self._attempts = 0
        self._readers: dict[int, tuple[int, Worker[None]]] = {}
        """By attempt: the session, and the thread that may still run when it was cancelled."""
        self._folding: Worker[None] | None = None
        self._fold_began_s = 0.0
        self._fold_took_s = 0.0
        self._fold_timer = False
        self._settling: Worker[None] | None = None
        self._finding: Worker[None] | None = None
        self.key_s = 0.0
        """When the last key was pressed, by the monotonic clock: readers give way to it for a moment."""
        self.wanted = 0
        """The layer under the cursor: it is read first."""
        self.progress_s = PROGRESS_SSH_S if os.environ.get("SSH_CONNECTION") else PROGRESS_S
        """Seconds between progress messages."""

    @property
    def busy(self) -> bool:
        """Whether layers are being read or folded."""
        return any(not worker.is_cancelled for _, worker in self._readers.values()) or self._folding is not None

    def describe(self, states: Sequence[tuple[int, ImageState]]) -> None:
        """Read manifest and config of entries, in the background, one after another."""

        def work() -> None:
            worker = get_current_worker()
            for place, state in states:
                if worker.is_cancelled:
                    return
                try:
                    self._host.post_message(ImageOpened(place, state.entry.open(), None))
                # Whatever a damaged archive provokes belongs on the screen, beside the entry, and not in a traceback.
                except Exception as error:
                    self._host.post_message(ImageOpened(place, None, guarded(error)))

        self._host.start_worker(work, "describe")

    def open(self, state: ImageState, known: Sequence[ImageState]) -> None:
        """Begin to read an image's layers; those that another image has read already are taken from there."""
        image = state.image
        if image is None:
            return
        self._sessions += 1
        state.session = self._sessions
        read = {
            layer.diff_id: other.layers[layer.index]
            for other in known
            if other.image is not None and other.layers and other is not state
            for layer in other.image.layers
            if layer.diff_id is not None
        }
        state.layers = []
        for layer in image.layers:
            same = read.get(layer.diff_id) if layer.diff_id is not None else None
            size_bytes = layer.stored_bytes or (layer.content.size_bytes if layer.content is not None else 0)
            if same is not None and same.tree is not None:
                made = LayerState(
                    Reading.DONE, size_bytes, done_bytes=size_bytes, tree=same.tree, content_bytes=same.content_bytes
                )
            elif layer.content is None:
                made = LayerState(Reading.FAILED, size_bytes, error=layer.problem)
            else:
                made = LayerState(Reading.QUEUED, size_bytes)
            state.layers.append(made)
        self.pump(state)

    def pump(self, state: ImageState) -> None:
        """Start what can be started: readers for queued layers, and the fold of a prefix that has grown."""
        running = sum(not worker.is_cancelled for _, worker in self._readers.values())
        image = state.image
        compressed = image is not None and any(layer.compressed_bytes is not None for layer in image.layers)
        # Scanning the headers of plain layers holds the interpreter: two readers hinder each other, and the keys.
        while running < (PARALLEL_LAYERS if compressed else 1) and (layer := self._next_layer(state)) is not None:
            self._read(state, layer)
            running += 1
        self._fold(state)

    def again(self, state: ImageState) -> int:
        """Queue what failed or was cancelled once more; returns how many layers that are."""
        count = 0
        for number, layer in enumerate(state.layers):
            broken = state.image is None or state.image.layers[number].content is None
            if layer.reading in (Reading.FAILED, Reading.CANCELLED) and not broken:
                layer.reading, layer.error, layer.done_bytes = Reading.QUEUED, None, 0
                count += 1
        self.pump(state)
        return count

    def cancel(self, state: ImageState | None) -> bool:
        """Stop reading; returns whether anything was running. What is read stays, the rest can be read `again`."""
        for worker in (*(reader for _, reader in self._readers.values()), self._settling, self._finding):
            if worker is not None:
                worker.cancel()
        return state is not None and sum(layer.stop() for layer in state.layers) > 0

    def _next_layer(self, state: ImageState) -> int | None:
        queued = [number for number, layer in enumerate(state.layers) if layer.reading is Reading.QUEUED]
        return self.wanted if self.wanted in queued else min(queued, default=None)

    def _read(self, state: ImageState, number: int) -> None:
        image = state.image
        if image is None:
            return
        layer = image.layers[number]
        blob = layer.content
        if blob is None:
            return
        self._attempts += 1
        attempt = self._attempts
        state.layers[number].reading, state.layers[number].attempt = Reading.RUNNING, attempt
        session, every_s, post = state.session, self.progress_s, self._host.post_message

        def work() -> None:
            worker = get_current_worker()
            said_s = gave_way_s = time.monotonic()

            def progress(done_bytes: int) -> None:
                nonlocal said_s, gave_way_s
                now_s = time.monotonic()
                if now_s - self.key_s < TYPING_S and now_s - gave_way_s >= GIVE_WAY_EVERY_S:
                    time.sleep(GIVE_WAY_S)
                    gave_way_s = time.monotonic()
                if now_s - said_s >= every_s:
                    said_s = now_s
                    post(LayerProgress(session, number, attempt, done_bytes))

            try:
                tree = read_layer(
                    blob,
                    progress=progress,
                    cancelled=lambda: worker.is_cancelled,
                    digest=layer.digest,
                    diff_id=layer.diff_id,
                )
                post(LayerRead(session, number, attempt, tree, content_bytes=tree.columns.content_bytes))
            except Cancelled:
                post(LayerRead(session, number, attempt))
            # A layer is somebody else's data: one that breaks the reader must not take the screen along.
            except Exception as error:
                post(LayerRead(session, number, attempt, error=guarded(error)))

        self._readers[attempt] = session, self._host.start_worker(work, "read")

    def read_ended(self, state: ImageState, message: LayerRead) -> None:
        """Take in how a layer's reading ended, and go on with the next."""
        self._readers.pop(message.attempt, None)
        layer = state.layers[message.layer]
        if state.session != message.session or layer.attempt != message.attempt:
            return
        layer.tree, layer.error, layer.content_bytes = message.tree, message.error, message.content_bytes
        if message.tree is not None:
            layer.reading, layer.done_bytes = Reading.DONE, layer.size_bytes
        else:
            layer.reading = Reading.FAILED if message.error is not None else Reading.CANCELLED
        self.pump(state)

    def _fold(self, state: ImageState) -> None:
        """Start one fold if one is due: the wanted layer alone first, then the prefix, not too often."""
        if self._folding is not None or state.image is None:
            return
        count = len(state.image.layers)
        prefix = state.prefix
        wanted = self.wanted
        if prefix <= wanted < count:
            layer = state.layers[wanted]
            if layer.tree is not None and layer.alone is None:
                self._start_fold(state, [layer], count, wanted)
                return
        if prefix == state.folded and (state.squash is not None or count):
            return
        if prefix == count and state.squash is not None and state.folded == count:
            return
        wait_s = self._fold_began_s + max(FOLD_AGAIN_S, FOLD_SHARE * self._fold_took_s) - time.monotonic()
        if prefix < count and state.squash is not None and wait_s > 0:
            if not self._fold_timer:
                self._fold_timer = True
                self._host.call_in(wait_s, lambda: self._fold_due(state))
            return
        self._start_fold(state, state.layers[:prefix], count, None)

    def _fold_due(self, state: ImageState) -> None:
        self._fold_timer = False
        self._fold(state)

    def _start_fold(self, state: ImageState, layers: list[LayerState], count: int, alone: int | None) -> None:
        session, post = state.session, self._host.post_message
        trees = [layer.tree for layer in layers if layer.tree is not None]
        last = alone is None and not state.pending
        self._fold_began_s = time.monotonic()

        def work() -> None:
            try:
                squash = fold(trees, layer_count=count, first=alone or 0)
                post(Folded(session, len(trees), alone, squash, reclaimable_bytes(squash) if last else None))
            # As in reading: the screen says what went wrong and stays.
            except Exception as error:
                post(Folded(session, len(trees), alone, error=guarded(error)))

        self._folding = self._host.start_worker(work, "fold")

    def fold_ended(self, state: ImageState, message: Folded) -> None:
        """Take in a fold, and start the next that is due."""
        self._folding = None
        self._fold_took_s = time.monotonic() - self._fold_began_s
        if state.session == message.session:
            if message.squash is None:
                failed = state.layers[message.alone] if message.alone is not None else None
                for layer in [failed] if failed is not None else state.layers[: message.count]:
                    layer.error, layer.reading = message.error, Reading.FAILED
                return
            if message.alone is not None:
                state.layers[message.alone].alone = message.squash
            else:
                state.squash, state.folded = message.squash, message.count
                state.reclaimable_bytes = message.reclaimable_bytes
                state.compared.clear()
                for layer in state.layers[: message.count]:
                    layer.alone = None
        self._fold(state)

    def settle(self, state: ImageState, positions: Sequence[int]) -> None:
        """Compare contents at positions (rows in view) in the background, unless that is going on already.

        It is not begun anew for each view: a compressed layer is inflated from its start, and would never get to its
        end. Nothing is compared while layers are still read: the next fold would forget it.
        """
        squash, image = state.squash, state.image
        if squash is None or image is None or state.pending or self.busy:
            return
        due = [at for at in positions if squash.states[at] == State.REWRITTEN and at not in state.compared]
        if not due or (self._settling is not None and not self._settling.is_finished):
            return
        contents = state.contents = state.contents or Contents([layer.content for layer in image.layers])
        session, post, compared = state.session, self._host.post_message, state.compared

        def work() -> None:
            worker = get_current_worker()
            try:
                contents.settle(squash, due, lambda: worker.is_cancelled)
            except Cancelled:
                return
            # A comparison that fails leaves the mark `?`, which says that it is not known.
            except Exception:
                pass
            compared.update(due)
            post(Settled(session, squash))

        self._settling = self._host.start_worker(work, "settle")

    def find(self, state: ImageState, squash: Squash, query: str) -> None:
        """Search all paths in the background; a newer call replaces an older."""
        if self._finding is not None:
            self._finding.cancel()
        session, post = state.session, self._host.post_message

        def work() -> None:
            worker = get_current_worker()
            try:
                hits = fuzzy(squash, query, FIND_LIMIT, lambda: worker.is_cancelled)
            except Cancelled:
                return
            if not worker.is_cancelled:
                post(Found(session, query, squash, list(hits)))

        self._finding = self._host.start_worker(work, "find")
