"""A layer in a registry: listed by its table of contents where it has one, else fetched once and kept."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from layertui.errors import DamagedError, LayertuiError, NotFoundError, as_damage
from layertui.image.blob import Blob, FileBlob
from layertui.image.digest import DiffID, new_hasher
from layertui.image.manifest import Descriptor
from layertui.layer.compression import INPUT_CHUNK_BYTES
from layertui.layer.read import read_layer, tar_window
from layertui.layer.seekable import SeekableLayer, is_told, seekable
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.layer.window import Tick, Window
from layertui.sources.registry.blobs import ArrivingBlob, Blobs, RangeBlob
from layertui.sources.registry.client import NoRanges

METHOD = "its registry"
"""How a layer without a table of contents is read, for the person."""

SEEK_FROM_BYTES = 64 << 10
"""Layers smaller than this are fetched whole: one request, and all of it verified, for what a table might take too."""

_WAIT_S = 0.1
"""Between two looks whether the work was cancelled, while another thread asks how the layer is read."""


class RemoteLayer(StoredTree):
    """A layer of an image in a registry. Nothing of it is asked for before it is read.

    How it is read is settled then, once: by its table of contents, unless it is here already, or as a tar.
    """

    def __init__(self, blobs: Blobs, descriptor: Descriptor, diff_id: DiffID | None) -> None:
        """`diff_id` is what its uncompressed tar is verified by, where the config tells it."""
        self.label = blobs.label(descriptor.digest)
        self.size_bytes = descriptor.size_bytes
        self.method = METHOD
        self.descriptor = descriptor
        """What the manifest says of it."""
        self.by_table = descriptor.size_bytes >= SEEK_FROM_BYTES and is_told(descriptor.annotations)
        self._blobs, self._diff_id = blobs, diff_id
        self._lock = threading.Lock()
        self._settled = False
        self._table: SeekableLayer | None = None
        """What lists it from now on, where that is its table of contents."""
        self._contents: SeekableLayer | None = None
        """What reads contents of trees that were listed by the table, even where it lists no more."""
        self._ranges: RangeBlob | None = None
        self._own: FileBlob | None = None
        self._said: tuple[str, ...] = ()

    def read(self, tick: Tick) -> LayerTree:
        """See StoredTree.read; a tar that is not the one of its digest is refused with DamagedError."""
        with self._missing_said():
            table = self._by_table(tick)
            if table is not None and self._ranges is not None:
                try:
                    with self._ranges.watched(tick):
                        tree = table.read(tick)
                    self._contents = table
                    return tree
                except (DamagedError, NoRanges) as problem:
                    self._distrust(problem)
            tree = self._read_here(tick) or self._read_arriving(tick)
            return replace(tree, problems=(*self._said, *tree.problems))

    def to_fetch_bytes(self) -> int:
        """See StoredTree.to_fetch_bytes; nothing is asked: the manifest and the cache tell."""
        is_small = self.size_bytes < SEEK_FROM_BYTES
        if is_small or self.by_table or self._own is not None or self._blobs.local(self.descriptor) is not None:
            return 0
        return self.size_bytes

    def window(self, tree: LayerTree) -> Window:
        """See StoredTree.window."""
        return self.window_for(tree, _no_tick)

    def window_for(self, tree: LayerTree, tick: Tick) -> Window:
        """See StoredTree.window_for."""
        tar = self.tar(tree, tick)
        if tar is not None:
            return tar_window(tar, tick)
        window = self._reader(tick).window(tree)
        return window if self._ranges is None else _WatchedWindow(window, self._ranges, tick)

    def tar(self, tree: LayerTree, tick: Tick | None = None) -> Blob | None:
        """See StoredTree.tar; fetches it where it is not here.

        The tree alone tells: it may be of another image, or from before the table of contents was found to lie.
        """
        return None if tree.tar_bytes is None else self.whole(tick)

    def whole(self, tick: Tick | None = None) -> Blob:
        """Its blob as stored, whether or not it has a table of contents; fetches it where it is not here.

        Raises LayertuiError, and what `tick` raises.
        """
        blob = self._own or self._blobs.local(self.descriptor)
        if blob is not None:
            return blob
        with self._missing_said(), self._blobs.arrival(self.descriptor) as arrival:
            arrival.finish(lambda: _call(tick))
            blob = arrival.blob()
            self._own = None if arrival.kept else blob
        return blob

    def _by_table(self, tick: Tick | None) -> SeekableLayer | None:
        """What reads it by its table of contents; None where it is read as a tar. Asked of the registry once."""
        while not self._lock.acquire(timeout=_WAIT_S):
            _call(tick)
        try:
            if not self._settled:
                self._table = self._look(tick)
                self._settled = True
            return self._table
        finally:
            self._lock.release()

    def _look(self, tick: Tick | None) -> SeekableLayer | None:
        if self.size_bytes < SEEK_FROM_BYTES or self._blobs.local(self.descriptor) is not None:
            return None
        self._ranges = self._blobs.ranges(self.descriptor)
        try:
            with self._ranges.watched(tick or _no_tick):
                table = seekable(self._ranges, self.descriptor.annotations)
        except NoRanges:
            return None
        except DamagedError as problem:
            self._said = (_not_by_table(problem),)
            return None
        if table is not None:
            self.method, self.size_bytes, self.by_table = table.method, table.size_bytes, True
        return table

    def _reader(self, tick: Tick) -> SeekableLayer:
        """What reads contents of a tree that was listed by a table of contents; raises LayertuiError."""
        if self._contents is None:
            self._contents = self._by_table(tick) or self._opened(tick)
        if self._contents is None:
            raise DamagedError(f"{self.label}: it has no table of contents, and was listed by one.", "Open it again.")
        return self._contents

    def _opened(self, tick: Tick) -> SeekableLayer | None:
        """What reads it by its table of contents, though it is not listed by it, as where all of it is here."""
        blob = self._own or self._blobs.local(self.descriptor)
        if blob is not None:
            return seekable(blob, self.descriptor.annotations)
        self._ranges = self._ranges or self._blobs.ranges(self.descriptor)
        with self._missing_said(), self._ranges.watched(tick):
            return seekable(self._ranges, self.descriptor.annotations)

    def _distrust(self, problem: LayertuiError) -> None:
        """Read it as a tar from now on, which is what it is."""
        self._table, self.method, self.size_bytes = None, METHOD, self.descriptor.size_bytes
        self.by_table = False
        if isinstance(problem, DamagedError):
            self._said = (_not_by_table(problem),)

    def _read_here(self, tick: Tick) -> LayerTree | None:
        """Read it out of the cache; None where it is not there, or is no longer what was kept."""
        blob = self._own or self._blobs.local(self.descriptor)
        if blob is None:
            return None
        tree = read_layer(blob, progress=tick, digest=self.descriptor.digest, diff_id=self._diff_id, verify=True)
        if "digest" in tree.verified or (tree.damage is not None and self._is_sound(blob, tick)):
            return tree
        self._own = None
        self._blobs.cache.drop(self.descriptor.digest)
        return None

    def _is_sound(self, blob: Blob, tick: Tick) -> bool:
        hasher, offset = new_hasher(self.descriptor.digest), 0
        while data := blob.read_at(offset, INPUT_CHUNK_BYTES):
            tick(offset)
            hasher.update(data)
            offset += len(data)
        return hasher.hexdigest() == self.descriptor.digest.hex

    def _read_arriving(self, tick: Tick) -> LayerTree:
        """List it while it arrives; raises DamagedError where it turns out not to be what was promised."""
        done = 0

        def reach(reached: int) -> None:
            nonlocal done
            done = max(done, reached)
            tick(done)

        with self._blobs.arrival(self.descriptor) as arrival:
            blob = ArrivingBlob(arrival, lambda: reach(0))
            tree = read_layer(blob, progress=reach, diff_id=self._diff_id, verify=True)
            arrival.finish(lambda: reach(0))
            self._own = None if arrival.kept else arrival.blob()
        return replace(tree, verified=("digest", *tree.verified))

    @contextmanager
    def _missing_said(self) -> Iterator[None]:
        """What a registry does not have of an image that it has is damage, unless it is kept from it on purpose."""
        try:
            yield
        except NotFoundError as problem:
            if is_foreign(self.descriptor):
                raise _foreign(self.label) from problem
            raise as_damage(problem) from problem


class _WatchedWindow:
    """A window over ranges, whose requests one piece of work can cancel."""

    def __init__(self, window: Window, ranges: RangeBlob, tick: Tick) -> None:
        self._window, self._ranges, self._tick = window, ranges, tick

    def fetch(self, offset: int, length: int) -> bytes:
        """See Window.fetch."""
        with self._ranges.watched(self._tick):
            return self._window.fetch(offset, length)

    def missing(self, offset: int) -> int:
        """See Window.missing."""
        return self._window.missing(offset)


def is_foreign(descriptor: Descriptor) -> bool:
    """Whether a layer is one that registries need not have (layer.md, *Non-Distributable Layers*)."""
    return "nondistributable" in descriptor.media_type or ".foreign." in descriptor.media_type


def _foreign(label: str) -> DamagedError:
    """The sentence for such a layer that is not there."""
    return DamagedError(
        f"{label} is not distributed with the image, and is not in the registry.",
        "Its owner's server has it; it is not fetched from there.",
    )


def _not_by_table(problem: LayertuiError) -> str:
    return f"{problem.message} The whole layer was read instead."


def _call(tick: Tick | None) -> None:
    if tick is not None:
        tick(0)


def _no_tick(done: int) -> None:
    """Nobody waits."""
