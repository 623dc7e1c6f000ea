"""A repository in memory with the face of the registry's client, which remembers what it was asked."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from layertui.errors import Cancelled, DamagedError, NotFoundError
from layertui.image.digest import Digest
from layertui.sources.registry.client import Document, NoRanges
from tests.kit.images import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, BuiltImage, build, descriptor, digest, to_json
from tests.kit.images import ImageSpec as ImageSpec  # part of this module's face


@dataclass
class FakeClient:
    """What is not in `blobs` or `manifests` is not there; `asked` are the requests, in order."""

    label: str = "registry.example.com/team/api"
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Media type and document, by tag and by digest."""
    found_tags: list[str] = field(default_factory=list)
    refers: bytes | None = None
    asked: list[str] = field(default_factory=list)
    ranges: bool = True
    """Whether parts of blobs are sent."""
    hold: threading.Event | None = None
    """Where set, a stream gives its first half, and waits for this before the rest."""
    hold_ranges: threading.Event | None = None
    """Where set, parts of blobs wait for this."""
    closed: threading.Event = field(default_factory=threading.Event)
    """Set once a stream was closed."""

    def put(self, data: bytes) -> str:
        """Take a blob in; returns its digest."""
        self.blobs[digest(data)] = data
        return digest(data)

    def push(self, document: dict[str, Any] | bytes, media_type: str, *tags: str) -> dict[str, Any]:
        """Take a manifest or an index in; returns its descriptor."""
        data = document if isinstance(document, bytes) else to_json(document)
        for name in (digest(data), *tags):
            self.manifests[name] = media_type, data
        return descriptor(data, media_type)

    def push_image(self, spec: ImageSpec, *tags: str, compression: str = "gzip") -> tuple[BuiltImage, dict[str, Any]]:
        """Take an image in with its blobs; returns it and its descriptor."""
        image = build(spec, compression)
        for data in (image.config, *(layer.blob for layer in image.layers)):
            self.put(data)
        return image, self.push(image.manifest, OCI_MANIFEST, *tags)

    def push_layers(self, layers: list[dict[str, Any]], diff_ids: list[str], *tags: str) -> dict[str, Any]:
        """Take an image in whose layers are described as given."""
        config = to_json({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}})
        self.put(config)
        manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(config, OCI_CONFIG)}
        return self.push({**manifest, "layers": layers}, OCI_MANIFEST, *tags)

    def push_index(self, manifests: list[dict[str, Any]], *tags: str, **more: Any) -> dict[str, Any]:
        """Take an index in."""
        return self.push({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests, **more}, OCI_INDEX, *tags)

    def document(self, reference: str, *, tick: object = None) -> Document:
        self.asked.append(f"manifest {reference}")
        if reference not in self.manifests:
            raise NotFoundError(f"{self.label} has no {reference}.", "Is it private?")
        media_type, data = self.manifests[reference]
        return Document(data, media_type, Digest.of(data))

    def blob(self, digest: Digest, size_bytes: int, *, tick: object = None) -> bytes:
        self.asked.append(f"blob {digest}")
        if digest not in self.blobs:
            raise NotFoundError(f"{self.label} has no blob {digest}.")
        return self.blobs[digest]

    def range(self, digest: Digest, size_bytes: int, offset: int, length: int, *, tick: Any = None) -> bytes:
        self.asked.append(f"range {offset}+{length}")
        if not self.ranges:
            raise NoRanges(f"{self.label} sends blobs whole only.")
        if self.hold_ranges is not None:
            while not self.hold_ranges.wait(0.05):
                if tick is not None:
                    tick(0)
        if digest not in self.blobs:
            raise NotFoundError(f"{self.label} has no such blob.")
        return self.blobs[digest][offset : offset + length]

    def stream(self, digest: Digest, size_bytes: int, offset: int = 0) -> "FakeStream":
        self.asked.append(f"stream {digest}")
        return FakeStream(self, self.blobs.get(digest), size_bytes)

    def tags(self, *, tick: object = None) -> Iterator[str]:
        self.asked.append("tags")
        yield from self.found_tags

    def referrers(self, digest: Digest, *, tick: object = None) -> bytes | None:
        self.asked.append(f"referrers {digest}")
        return self.refers

    def blob_label(self, digest: Digest) -> str:
        return f"{self.label}: blob {digest.algorithm}:{digest.short}"

    def streamed(self) -> int:
        """How many blobs were asked for whole."""
        return sum(line.startswith("stream") for line in self.asked)


class FakeStream:
    """A blob in pieces, of the length that was promised."""

    def __init__(self, client: FakeClient, data: bytes | None, size_bytes: int) -> None:
        self._client, self._data, self._size_bytes = client, data, size_bytes
        self.position = 0

    def read(self, length: int, check: Any = None) -> bytes:
        if self._data is None:
            raise NotFoundError(f"{self._client.label} has no such blob.")
        if len(self._data) != self._size_bytes:
            raise DamagedError(f"{self._client.label}: the blob has another size than was promised.")
        hold = self._client.hold
        half = len(self._data) // 2
        if hold is not None and self.position >= half:
            while not hold.wait(0.05):
                check()
                if self._client.closed.is_set():
                    raise Cancelled
        end = len(self._data) if hold is None or self.position >= half else half
        part = self._data[self.position : min(self.position + min(length, 10_000), end)]
        self.position += len(part)
        return part

    def close(self) -> None:
        self._client.closed.set()


def sha256(data: bytes) -> str:
    """`sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
