"""The blobs of one repository: out of the cache, or fetched once while they are read, verified, and kept."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from layertui.errors import Cancelled, DamagedError, LayertuiError
from layertui.image.blob import FileBlob
from layertui.image.digest import Digest, new_hasher
from layertui.image.manifest import Descriptor
from layertui.layer.window import Tick
from layertui.sources.registry.cache import BlobCache, Incoming
from layertui.sources.registry.client import RegistryClient
from layertui.sources.registry.stream import Check

_CHUNK_BYTES = 256 << 10
"""How much is taken from the network at once, at most."""

_BEAT_S = 0.1
"""How long to wait for bytes before asking whether the work was cancelled."""


class Arrival:
    """One blob on its way into a file: a thread of its own writes and hashes, whoever reads waits for what it needs.

    Several may read; when the last one lets go of it before it is whole, it is given up.
    """

    def __init__(self, client: RegistryClient, digest: Digest, incoming: Incoming, size_bytes: int, label: str) -> None:
        """Begin to fetch."""
        self.size_bytes = size_bytes
        """How long it is, as its descriptor promises."""
        self.label = label
        """What messages call it."""
        self.kept = False
        """Whether it is in the cache."""
        self._client, self._digest, self._incoming = client, digest, incoming
        self._moved = threading.Condition()
        self._problem: LayertuiError | None = None
        self._whole = self._ended = False
        self._readers = 0
        threading.Thread(target=self._pump, name="blob", daemon=True).start()

    @property
    def given_up(self) -> bool:
        """Whether it will never be whole."""
        with self._moved:
            return self._ended and not self._whole

    def join(self) -> bool:
        """Read along; returns whether it can still be read. Whoever joined has to `leave`."""
        with self._moved:
            if self._ended and not self._whole:
                return False
            self._readers += 1
            return True

    def leave(self) -> None:
        """Read no longer."""
        with self._moved:
            self._readers -= 1
            if not self._readers and not self._whole:
                self._ended = True

    def read_at(self, offset: int, length: int, check: Check) -> bytes:
        """Up to `length` bytes from `offset` once they are there, fewer only at the end; verified only by `finish`.

        `check` is called while it waits, and raises Cancelled. Raises LayertuiError where they do not come.
        """
        end = min(offset + length, self.size_bytes)
        if offset < 0 or end <= offset:
            return b""
        self._wait(lambda: self._incoming.size_bytes >= end, check)
        return self._incoming.read_at(offset, end - offset)

    def finish(self, check: Check) -> None:
        """Wait until it is whole and its digest verified; raises LayertuiError where it is not what was promised."""
        self._wait(lambda: self._whole, check)

    def blob(self) -> FileBlob:
        """All of it, once it is whole; its file lives as long as this does."""
        return self._incoming.blob()

    def _wait(self, there: Callable[[], bool], check: Check) -> None:
        while True:
            with self._moved:
                if there():
                    return
                if self._ended:
                    raise self._failure()
                self._moved.wait(_BEAT_S)
            check()

    def _failure(self) -> LayertuiError | Cancelled:
        problem = self._problem
        return Cancelled() if problem is None else type(problem)(problem.message, problem.hint)

    def _pump(self) -> None:
        try:
            self._receive()
            self.kept = self._incoming.keep()
            with self._moved:
                self._whole = True
        except LayertuiError as problem:
            self._problem = problem
        except Cancelled:
            pass  # nobody reads it any more
        finally:
            self._incoming.close()
            with self._moved:
                self._ended = True
                self._moved.notify_all()

    def _receive(self) -> None:
        hasher = new_hasher(self._digest)
        stream = self._client.stream(self._digest, self.size_bytes)
        try:
            while data := stream.read(_CHUNK_BYTES, self._check):
                self._check()
                hasher.update(data)
                self._incoming.write(data)
                with self._moved:
                    self._moved.notify_all()
        finally:
            stream.close()
        if self._incoming.size_bytes != self.size_bytes:
            raise DamagedError(
                f"{self.label} ends at byte {self._incoming.size_bytes:,}; {self.size_bytes:,} bytes were promised."
            )
        if hasher.hexdigest() != self._digest.hex:
            found = f"{self._digest.algorithm}:{hasher.hexdigest()}"
            raise DamagedError(
                f"{self.label} does not match its digest: its content is {found}.",
                "It is not trusted, and nothing of it is kept. Ask whoever runs the registry, or try a mirror.",
            )

    def _check(self) -> None:
        if self._ended:
            raise Cancelled


class ArrivingBlob:
    """A blob that is read while it arrives, for one piece of work, whose `check` is called while it waits."""

    def __init__(self, arrival: Arrival, check: Check) -> None:
        self._arrival, self._check = arrival, check
        self.size_bytes = arrival.size_bytes
        self.label = arrival.label

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at; not verified yet."""
        return self._arrival.read_at(offset, length, self._check)


class RangeBlob:
    """A blob whose parts are fetched as they are asked for, a request each; its digest cannot verify them."""

    def __init__(self, client: RegistryClient, descriptor: Descriptor, label: str) -> None:
        self._client, self._digest = client, descriptor.digest
        self._ticks = threading.local()
        self.size_bytes = descriptor.size_bytes
        """How long it is, as its descriptor promises."""
        self.label = label
        """What messages call it."""

    @contextmanager
    def watched(self, tick: Tick) -> Iterator[None]:
        """Let what this thread reads meanwhile be cancelled by `tick`."""
        self._ticks.tick = tick
        try:
            yield
        finally:
            self._ticks.tick = None

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at; raises NoRanges where the registry sends blobs whole only."""
        length = min(length, self.size_bytes - offset)
        if offset < 0 or length <= 0:
            return b""
        tick = getattr(self._ticks, "tick", None)
        return self._client.range(self._digest, self.size_bytes, offset, length, tick=tick)


class Blobs:
    """The blobs of one repository; what several read at once is fetched once."""

    def __init__(self, client: RegistryClient, cache: BlobCache) -> None:
        self.client = client
        """Where they are fetched from."""
        self.cache = cache
        """Where they are kept."""
        self._arriving: WeakValueDictionary[Digest, Arrival] = WeakValueDictionary()
        self._lock = threading.Lock()

    def label(self, digest: Digest) -> str:
        """What messages call a blob."""
        return self.client.blob_label(digest)

    def local(self, descriptor: Descriptor) -> FileBlob | None:
        """A blob that is here already; only its size is checked."""
        return self.cache.get(descriptor.digest, descriptor.size_bytes, self.label(descriptor.digest))

    def ranges(self, descriptor: Descriptor) -> RangeBlob:
        """A blob to read parts of."""
        return RangeBlob(self.client, descriptor, self.label(descriptor.digest))

    @contextmanager
    def arrival(self, descriptor: Descriptor) -> Iterator[Arrival]:
        """A blob on its way, begun now or before; it is given up when nobody is in such a block any more.

        Raises UnreachableError where it cannot be written to disk.
        """
        with self._lock:
            arrival = self._arriving.get(descriptor.digest)
            if arrival is None or arrival.size_bytes != descriptor.size_bytes or not arrival.join():
                arrival = self._begin(descriptor)
                arrival.join()
        try:
            yield arrival
        finally:
            arrival.leave()

    def _begin(self, descriptor: Descriptor) -> Arrival:
        digest, size_bytes, label = descriptor.digest, descriptor.size_bytes, self.label(descriptor.digest)
        incoming = self.cache.begin(digest, size_bytes, label)
        arrival = self._arriving[digest] = Arrival(self.client, digest, incoming, size_bytes, label)
        return arrival

    def small(self, descriptor: Descriptor, tick: Tick | None = None) -> bytes:
        """All of a small blob, such as a config, verified; raises LayertuiError."""
        digest, label = descriptor.digest, self.label(descriptor.digest)
        kept = self.local(descriptor)
        if kept is not None:
            data = kept.read_at(0, kept.size_bytes)
            if _matches(data, digest):
                return data
            self.cache.drop(digest)
        data = self.client.blob(digest, descriptor.size_bytes, tick=tick)
        self.cache.put(digest, data, label)
        return data


def _matches(data: bytes, digest: Digest) -> bool:
    hasher = new_hasher(digest)
    hasher.update(data)
    return hasher.hexdigest() == digest.hex
