"""Reading layers: which one is next, how many at a time, and how one that is read gives way to keys."""

import time
from collections.abc import Iterable, Mapping

from textual.worker import Worker, get_current_worker

from layertui.errors import Cancelled
from layertui.image.digest import DiffID
from layertui.image.image import Layer
from layertui.layer.read import read_layer
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.tui.host import Host, guarded
from layertui.tui.messages import LayerProgress, LayerRead
from layertui.tui.state import ImageState, LayerState, Reading

PARALLEL_LAYERS = 2
"""Compressed layers read at a time: decompressors let others run; a third gains nothing on two cores."""

PROGRESS_S = 0.2
"""Seconds between progress messages of one layer."""

PROGRESS_SSH_S = 0.5
"""The same with low bandwidth, as over SSH, where each costs a packet."""

TYPING_S = 0.3
"""Seconds after a key in which readers give way."""

GIVE_WAY_EVERY_S = 0.004
"""Seconds that a reader works between two rests while somebody types: Python runs one thread at a time."""

GIVE_WAY_S = 0.001
"""Seconds of such a rest."""


class Readers:
    """Reads the layers of the image that is looked at."""

    def __init__(self, host: Host) -> None:
        """Work for `host`."""
        self._host = host
        self._attempts = 0
        self._running: dict[int, Worker[None]] = {}
        """By attempt: the thread, which may still run when it was cancelled."""
        self.key_s = 0.0
        """When the last key was pressed, by the monotonic clock: readers give way to it for a moment."""
        self.wanted = 0
        """The layer under the cursor: it is read first."""
        self.progress_s = PROGRESS_S
        """Seconds between progress messages."""

    @property
    def busy(self) -> bool:
        """Whether layers are being read."""
        return any(not worker.is_cancelled for worker in self._running.values())

    def pump(self, state: ImageState) -> None:
        """Start readers for queued layers, as many as may run."""
        running = sum(not worker.is_cancelled for worker in self._running.values())
        image = state.image
        compressed = image is not None and any(layer.compressed_bytes is not None for layer in image.layers)
        # Scanning the headers of plain layers holds the interpreter: two readers hinder each other, and the keys.
        while running < (PARALLEL_LAYERS if compressed else 1) and (layer := self._next_layer(state)) is not None:
            self._read(state, layer)
            running += 1

    def cancel(self) -> None:
        """Stop reading."""
        for worker in self._running.values():
            worker.cancel()

    def _next_layer(self, state: ImageState) -> int | None:
        queued = [number for number, layer in enumerate(state.layers) if layer.reading is Reading.QUEUED]
        return self.wanted if self.wanted in queued else min(queued, default=None)

    def _read(self, state: ImageState, number: int) -> None:
        image = state.image
        if image is None:
            return
        layer = image.layers[number]
        content = layer.content
        if content is None:
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
                    content,
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

        self._running[attempt] = self._host.start_worker(work, "read")

    def ended(self, state: ImageState | None, message: LayerRead) -> bool:
        """Take in how a layer's reading ended; whether that is still of interest. `state` is None for a stale one."""
        self._running.pop(message.attempt, None)
        if state is None or state.session != message.session:
            return False
        layer = state.layers[message.layer]
        if layer.attempt != message.attempt:
            return False
        layer.tree, layer.error, layer.content_bytes = message.tree, message.error, message.content_bytes
        if message.tree is not None:
            layer.reading, layer.done_bytes = Reading.DONE, layer.size_bytes
        else:
            layer.reading = Reading.FAILED if message.error is not None else Reading.CANCELLED
        return True


Read = tuple[Layer, LayerTree, int]
"""A layer that some image has read, its tree, and the number of the place that holds the image."""


def read_so_far(states: Iterable[ImageState]) -> dict[DiffID, Read]:
    """Every layer that an image has read, by its diff ID."""
    return {
        layer.diff_id: (layer, reading.tree, state.root)
        for state in states
        if state.image is not None and state.layers
        for layer, reading in zip(state.image.layers, state.layers, strict=True)
        if layer.diff_id is not None and reading.tree is not None
    }


def same_read(layer: Layer, root: int, read: Mapping[DiffID, Read]) -> LayerTree | None:
    """The tree of a layer of an image in the place `root`, if another image has read the same; else None."""
    same = read.get(layer.diff_id) if layer.diff_id is not None else None
    return same[1] if same is not None and _alike(layer, same[0], root == same[2]) else None


def begun(state: ImageState, known: Iterable[ImageState]) -> list[LayerState]:
    """How far each layer of an image is when its reading begins: what another image has read is taken from there."""
    read = read_so_far(other for other in known if other is not state)
    made = []
    for layer in state.image.layers if state.image is not None else ():
        content = layer.content
        size_bytes = layer.stored_bytes or (content.size_bytes if content is not None else 0)
        tree = same_read(layer, state.root, read)
        if tree is not None:
            made.append(LayerState(size_bytes=size_bytes))
            made[-1].take(tree)
        elif content is None:
            made.append(LayerState(Reading.FAILED, size_bytes, error=layer.problem))
        elif isinstance(content, StoredTree) and content.to_fetch_bytes():
            made.append(LayerState(Reading.UNASKED, size_bytes, fetched=True))
        elif isinstance(content, StoredTree):
            made.append(LayerState(Reading.QUEUED, 0 if content.by_table else size_bytes, transfer=content.transfer))
        else:
            made.append(LayerState(Reading.QUEUED, size_bytes))
    return made


def _alike(layer: Layer, other: Layer, same_place: bool) -> bool:
    """Whether a tree of one layer names contents in the other: offsets in files mean nothing in another's tar."""
    stored = isinstance(layer.content, StoredTree), isinstance(other.content, StoredTree)
    if stored == (True, True):
        # Of one tar there are blobs with a table of contents, whose offsets are other ones, and blobs without.
        return same_place and layer.digest == other.digest
    return stored == (False, False)
