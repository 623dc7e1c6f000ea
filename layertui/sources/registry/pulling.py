"""An image from a registry into an OCI layout: only what is not here already, each blob verified, gone on with."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

from layertui.errors import Cancelled, DamagedError, NotFoundError, as_damage
from layertui.image.blob import Blob
from layertui.image.digest import Digest, new_hasher
from layertui.sources.registry.images import Images
from layertui.sources.registry.layout import LayoutWriter, no_room
from layertui.sources.registry.partial import Partial
from layertui.sources.registry.survey import Part, Survey
from layertui.sources.registry.waiting import BEAT_S

AT_ONCE = 3
"""Blobs that are fetched beside each other, as docker does it: one connection seldom fills a link."""

_CHUNK_BYTES = 1 << 20

Origin = Literal["registry", "cache", "layout"]
"""Where a blob came from; `layout` where it was there already."""


@dataclass(slots=True)
class Coming:
    """A blob on its way, for whoever looks on; another thread changes it."""

    part: Part
    done_bytes: int = 0
    """How much of it is there."""
    fetched_bytes: int = 0
    """How much of that was fetched now."""
    resumed_bytes: int = 0
    """How much of it was there from a pull that was interrupted."""
    origin: Origin | None = None
    """Set once it is whole and verified; stays None for one that is not distributed."""


Watch = Callable[[Sequence[Coming]], None]
"""Called some times a second with all blobs of an image, in order; may raise Cancelled."""


class Puller:
    """Brings images of one repository into a layout. One thread at a time."""

    def __init__(self, images: Images, layout: LayoutWriter) -> None:
        self._images, self._layout = images, layout
        self._verified: set[Digest] = set()
        """Blobs of the layout that need not be looked at again."""
        self._stop = threading.Event()

    def pull(self, wanted: Survey, watch: Watch) -> list[Coming]:
        """Bring all of an image, and name it in the layout; returns what became of its blobs.

        Raises LayertuiError, and what `watch` raises: then the layout does not name it, and what came of its blobs is
        kept for the next time.
        """
        coming = [Coming(part) for part in wanted.parts]
        self._check_room(wanted)
        for each in coming:
            if (data := wanted.known.get(each.part.digest)) is not None:
                self._layout.put(each.part.digest, data)
                each.fetched_bytes = each.done_bytes = len(data)
                each.origin = "registry"
                self._verified.add(each.part.digest)
        self._bring_all(coming, watch)
        for document in wanted.documents:
            self._layout.put(document.digest, document.data)
        name = wanted.name
        tag = None if name.digest is not None else name.tag
        full = f"{name.repository.text}:{tag}" if tag is not None else f"{name.repository.text}@{name.digest}"
        self._layout.add(wanted.descriptor, tag, full)
        return coming

    def _check_room(self, wanted: Survey) -> None:
        """Raise UnreachableError where what is missing cannot fit: better said now than an hour later."""
        missing = 0
        for part in wanted.parts:
            if part.digest not in self._verified and self._layout.blob(part.digest, part.size_bytes) is None:
                missing += max(0, part.size_bytes - self._layout.partial_bytes(part.digest))
        free = self._layout.free_bytes
        if missing > free:
            raise no_room(f"{self._layout.label} has room for {free:,} bytes, and {missing:,} are to be written.")

    def _bring_all(self, coming: Sequence[Coming], watch: Watch) -> None:
        self._stop.clear()
        pool = ThreadPoolExecutor(AT_ONCE, "pull")
        try:
            running = {pool.submit(self._bring, each) for each in coming if each.origin is None}
            while running:
                ended, running = wait(running, BEAT_S, FIRST_EXCEPTION)
                for each in ended:
                    each.result()
                watch(coming)
        except BaseException:
            self._stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _check(self) -> None:
        if self._stop.is_set():
            raise Cancelled

    def _bring(self, coming: Coming) -> None:
        part = coming.part
        if part.digest in self._verified or self._is_there(coming):
            coming.origin = "layout"
        elif self._is_copied(coming):
            coming.origin = "cache"
        else:
            try:
                self._fetch(coming)
            except NotFoundError as problem:
                if part.is_foreign:
                    return
                raise as_damage(problem) from problem
            coming.origin = "registry"
        coming.done_bytes = part.size_bytes
        self._verified.add(part.digest)

    def _is_there(self, coming: Coming) -> bool:
        part = coming.part
        blob = self._layout.blob(part.digest, part.size_bytes)
        return blob is not None and self._is_sound(blob, coming)

    def _is_copied(self, coming: Coming) -> bool:
        """Copy a blob out of the cache; one that is damaged there is dropped."""
        part = coming.part
        cached = self._images.blobs.cache.get(part.digest, part.size_bytes, str(part.digest))
        if cached is None:
            return False
        with self._layout.partial(part.digest) as partial:
            partial.empty()
            if self._is_sound(cached, coming, partial.write):
                self._layout.publish(partial, part.digest)
                return True
            partial.empty()
        self._images.blobs.cache.drop(part.digest)
        return False

    def _is_sound(self, blob: Blob, coming: Coming, take: Callable[[bytes], None] = lambda _: None) -> bool:
        """Whether a blob is what its digest says; `take` gets its bytes."""
        coming.done_bytes = 0
        hasher = new_hasher(coming.part.digest)
        while data := blob.read_at(coming.done_bytes, _CHUNK_BYTES):
            self._check()
            hasher.update(data)
            take(data)
            coming.done_bytes += len(data)
        is_sound = hasher.hexdigest() == coming.part.digest.hex
        coming.done_bytes *= is_sound
        return is_sound

    def _fetch(self, coming: Coming) -> None:
        """Fetch a blob, going on with what is there of it; raises LayertuiError where it is not what was promised."""
        part = coming.part
        with self._layout.partial(part.digest) as partial:
            found = self._arrived(coming, partial)
            if found != part.digest.hex and coming.resumed_bytes:
                # What was there is at fault, or what came: only a whole one tells.
                partial.empty()
                found = self._arrived(coming, partial)
            if found != part.digest.hex:
                self._layout.discard(partial)
                raise DamagedError(
                    f"{self._images.blobs.label(part.digest)} does not match its digest: its content is"
                    f" {part.digest.algorithm}:{found}.",
                    "It is not trusted, and nothing of it is kept. Ask whoever runs the registry, or try a mirror.",
                )
            self._layout.publish(partial, part.digest)

    def _arrived(self, coming: Coming, partial: Partial) -> str:
        """The digits of the digest of a blob, once all of it is in its file."""
        part = coming.part
        hasher = new_hasher(part.digest)
        if partial.size_bytes > part.size_bytes:
            partial.empty()
        coming.done_bytes = coming.fetched_bytes = 0
        for data in partial.parts():
            self._check()
            hasher.update(data)
            coming.done_bytes += len(data)
        coming.resumed_bytes = coming.done_bytes
        stream = self._images.client.stream(part.digest, part.size_bytes, coming.done_bytes)
        try:
            while data := stream.read(_CHUNK_BYTES, self._check):
                self._check()
                hasher.update(data)
                partial.write(data)
                coming.done_bytes += len(data)
                coming.fetched_bytes += len(data)
        finally:
            stream.close()
        return hasher.hexdigest()
