"""An image's layers out of an engine's export: one stream with all of them, each indexed and matched while it passes.

The order of the layers, and whether manifest.json comes first, differs between engines and their versions (Docker 20.10
writes ID/layer.tar, Docker 25 and later blobs/sha256/..., a repeated layer is a symlink or nothing): what a layer is
is told by its sha256 alone, which is its diff ID (config.md).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from threading import Lock

from layertui.errors import DamagedError, LayertuiError
from layertui.image.digest import DiffID, Digest
from layertui.layer.archive import MEMBER_LIMIT
from layertui.layer.build import build
from layertui.layer.columns import Columns, Kind
from layertui.layer.compression import MAGIC_BYTES, Compression, decompress, sniff
from layertui.layer.stored import StoredTree, Transfer
from layertui.layer.tar import Damage, scan
from layertui.layer.tree import LayerTree
from layertui.layer.window import StreamWindow, Tick, Window
from layertui.sources.docker.arriving import Arrival, Stream, arrivals
from layertui.sources.docker.body import Body
from layertui.sources.docker.client import Client
from layertui.sources.docker.kept import Kept
from layertui.sources.looks import looks_like_tar

METHOD = "the engine's export"
"""How these layers are read, for the person."""

_AGAIN = "The image may have been replaced meanwhile. Refresh, or save it: docker save NAME -o image.tar"

_WAIT_S = 0.1
"""Between two looks whether the work was cancelled, while another layer's reader has the stream."""

_HEAD_BYTES = 512
"""Enough of a member to tell whether it is a layer."""

_FILE = int(Kind.FILE)


@dataclass(frozen=True, slots=True)
class _Received:
    """A layer that has passed."""

    tree: LayerTree
    offset: int
    """Where its uncompressed tar begins in what is kept."""
    size_bytes: int


class ExportedImage:
    """The export of one image, shared by its layers.

    Whoever reads a layer first drives the stream, up to that layer; it rests until the next is asked for. A cancelled
    one is closed, and begun anew when a layer is missing; what was indexed stays.
    """

    def __init__(self, client: Client, image_id: Digest, name: str, diff_ids: Iterable[DiffID], total: int | None):
        """Nothing is asked yet; `total` is the size of the image that the engine tells, in bytes."""
        self.transfer = Transfer("export", total)
        """How far it is."""
        self.attempt = 0
        """How often the export was begun."""
        self._client, self._image_id, self._name = client, image_id, name
        self._wanted = frozenset(diff_ids)
        self._received: dict[DiffID, _Received] = {}
        self._lock = Lock()
        self._kept: Kept | None = None
        self._body: Body | None = None
        self._layers: Iterator[DiffID] | None = None
        self._tick: Tick = _no_tick
        self._failures: dict[int, LayertuiError] = {}
        self._strangers = 0

    def layer(self, diff_id: DiffID, seen_attempt: int, tick: Tick) -> _Received:
        """One layer, read out of the stream if it has not passed yet.

        An attempt that failed since `seen_attempt` counts for this layer too: each layer would export all anew
        otherwise. Raises LayertuiError, and Cancelled from `tick`.
        """
        while not self._lock.acquire(timeout=_WAIT_S):
            tick(0)
        try:
            if diff_id in self._received:
                return self._received[diff_id]
            if self._layers is None and self.attempt > seen_attempt and (failure := self._failures.get(self.attempt)):
                raise _afresh(failure)
            self._drive(diff_id, tick)
            return self._received[diff_id]
        finally:
            self._lock.release()

    def window(self, diff_id: DiffID) -> Window:
        """The uncompressed tar of a layer that has passed."""
        received = self._received[diff_id]
        assert self._kept is not None, "a layer has passed, so it was kept"
        return self._kept.window(received.offset, received.size_bytes)

    @property
    def kept_bytes(self) -> int:
        """How much is kept on disk for contents."""
        return self._kept.size_bytes if self._kept is not None else 0

    def _drive(self, diff_id: DiffID, tick: Tick) -> None:
        """Read the stream until a layer has passed; raises LayertuiError when it does not come."""
        self._tick = tick
        try:
            if self._layers is None:
                self._begin()
            assert self._layers is not None
            while diff_id not in self._received:
                if next(self._layers, None) is None:
                    raise self._incomplete()
            if self._received.keys() >= self._wanted:
                self._end()
        except LayertuiError as failure:
            self._failures = {self.attempt: failure}
            self._end()
            raise _afresh(failure) from failure
        except BaseException:  # cancelled: nothing is known of the rest, and nothing is to go on
            self._end()
            raise

    def _begin(self) -> None:
        self.attempt += 1
        self._kept = self._kept or Kept()
        self._strangers = 0
        self.transfer.done_bytes, self.transfer.ended = 0, False
        self._body = Body(self._client, f"/images/{self._image_id}/get", f"the image {self._name}")
        self._layers = self._pass(self._body, self._kept)

    def _end(self) -> None:
        if self._body is not None:
            self._body.close()
        if self._layers is None:
            return
        self._layers, self._body = None, None
        self.transfer.ended = True

    def __del__(self) -> None:
        self._end()

    def _chunks(self, body: Body) -> Iterator[bytes]:
        for chunk in body.chunks(lambda done: self._tick(done)):
            self.transfer.done_bytes += len(chunk)
            yield chunk

    def _pass(self, body: Body, kept: Kept) -> Iterator[DiffID]:
        """Index the layers in the stream, and say which has just passed."""
        columns, label = Columns(), f"{self._client.who}: the export of {self._name}"
        for arrival in arrivals(Stream(self._chunks(body)), columns, label):
            if columns.member_count > MEMBER_LIMIT:
                raise DamagedError(f"{label} holds more than {MEMBER_LIMIT:,} members and is no image.", _AGAIN)
            if columns.kinds[arrival.row] != _FILE:
                continue
            start = kept.size_bytes
            diff_id = None
            try:
                diff_id = self._receive(arrival, kept)
            finally:
                if diff_id is None:
                    kept.cut(start)
            if diff_id is not None:
                yield diff_id

    def _receive(self, arrival: Arrival, kept: Kept) -> DiffID | None:
        """Index one member if it is a layer; returns its diff ID if it is a new one of this image."""
        head = arrival.read(_HEAD_BYTES)
        compression = sniff(head[:MAGIC_BYTES])
        if compression is Compression.PLAIN and not looks_like_tar(head):
            return None
        start, hasher, columns = kept.size_bytes, hashlib.sha256(), Columns()
        passed = 0

        def chunks() -> Iterator[bytes]:
            nonlocal passed
            whole = _whole(head, arrival)
            plain = compression is Compression.PLAIN
            for chunk in whole if plain else decompress(_Passing(whole, self._name), compression):
                hasher.update(chunk)
                kept.append(chunk)
                passed += len(chunk)
                yield chunk

        window = StreamWindow(chunks())
        damage: Damage | None = None
        try:
            damage = scan(window, columns)
            window.drain()
        except DamagedError:
            arrival.finish()  # raises again where it is the stream that ended, and not the layer that is damaged
            self._strangers += 1
            return None
        arrival.finish()
        diff_id = DiffID(f"sha256:{hasher.hexdigest()}")
        if diff_id not in self._wanted:
            self._strangers += 1
            return None
        if diff_id in self._received:
            return None
        tree = replace(build(columns), damage=damage, verified=("diff ID",), tar_bytes=passed)
        self._received[diff_id] = _Received(tree, start, passed)
        return diff_id

    def _incomplete(self) -> LayertuiError:
        """The whole stream has passed, and something is missing."""
        came = f"; {self._strangers} came that are none of it" if self._strangers else ""
        return DamagedError(
            f"{self._client.who}: the export of {self._name} lacks layers of the image{came}.",
            _AGAIN,
        )


class ExportedLayer(StoredTree):
    """One layer of an image that is exported."""

    def __init__(self, image: ExportedImage, diff_id: DiffID, label: str, size_bytes: int | None) -> None:
        """`size_bytes` is its content's size, as the engine's history tells it."""
        self.label = label
        self.size_bytes = size_bytes or 0
        self.method = METHOD
        self.transfer = image.transfer
        self.image = image
        """The export that it is part of."""
        self._diff_id = diff_id
        self._seen_attempt = 0

    def read(self, tick: Tick) -> LayerTree:
        """See StoredTree.read."""
        try:
            return self.image.layer(self._diff_id, self._seen_attempt, tick).tree
        finally:
            self._seen_attempt = self.image.attempt

    def window(self, tree: LayerTree) -> Window:
        """See StoredTree.window."""
        return self.image.window(self._diff_id)


class _Passing:
    """A stream as a blob for the decompressors, which read it once from its start."""

    def __init__(self, chunks: Iterator[bytes], label: str) -> None:
        self._stream = Stream(chunks)
        self.label = label
        self.size_bytes = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """The next bytes."""
        return self._stream.some(length)


def _whole(head: bytes, arrival: Arrival) -> Iterator[bytes]:
    if head:
        yield head
    yield from arrival.content()


def _afresh(failure: LayertuiError) -> LayertuiError:
    """The same failure for another layer, so that no traceback grows on it."""
    return type(failure)(failure.message, failure.hint)


def _no_tick(done: int) -> None:
    """Nobody waits."""
