"""Images in a registry by their name: `docker://NAME[:TAG|@DIGEST]`, each opened when it is asked for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layertui.errors import AuthenticationError, DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.bounds import INDEX_DEPTH, INDEX_DESCRIPTORS
from layertui.image.digest import Digest
from layertui.image.image import Image, Naming, platform_of
from layertui.image.manifest import (
    CONFIG_TYPES,
    INDEX_TYPES,
    MANIFEST_TYPES,
    Descriptor,
    Index,
    Manifest,
    parse_document,
)
from layertui.image.platform import Platform, host_platform
from layertui.layer.window import Tick
from layertui.sources.base import ImageEntry, Kind, Record, broken, few, short_reference, unopenable
from layertui.sources.opened import Opened, pick
from layertui.sources.place import Environ
from layertui.sources.reference import Reference
from layertui.sources.registry.cache import BlobCache
from layertui.sources.registry.client import Document, connect
from layertui.sources.registry.images import Images, not_runnable
from layertui.sources.registry.names import HUB, RemoteName, parse_name
from layertui.sources.select import choose

SCHEME = "docker"
"""What stands before `://` (containers-transports(5))."""

_CREATED = "org.opencontainers.image.created"
"""Annotation with the time at which an image was built (annotations.md)."""


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """What one name in a registry stands for: an image, or one for each platform, and what is shown apart."""

    images: Images
    """The repository; its client counts the bytes that arrive."""
    label: str
    """The name, as messages call it."""
    digest: Digest
    """Of the manifest or index that the name stands for now."""
    found: tuple[ImageEntry, ...]
    """What it holds, the host's platform first."""
    created: str | None = None
    """When it was made, as the name's own document tells it, in ISO 8601."""
    warnings: tuple[str, ...] = ()
    """What is odd about it as a whole."""
    problems: tuple[LayertuiError, ...] = ()
    """Why images that it may hold are not among them."""
    scheme: str = SCHEME
    """What stands before the colon in a reference to it."""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What is known of it, as names and values."""
        return ("repository", self.images.client.label), ("digest", self.digest)

    def entries(self) -> tuple[ImageEntry, ...]:
        """What it holds."""
        return self.found

    def referrers(self, digest: Digest | None = None, tick: Tick | None = None) -> tuple[ImageEntry, ...]:
        """What refers to a manifest, by default to its own, such as signatures: asked of the registry now.

        Raises LayertuiError.
        """
        data = self.images.client.referrers(digest or self.digest, tick=tick)
        if data is None:
            return ()
        where = f"{self.images.client.label}: referrers of {short_reference(digest or self.digest)}"
        document = parse_document(data, where)
        if not isinstance(document, Index):
            raise DamagedError(f"{where}: a manifest was sent, where an index belongs.")
        return tuple(
            _apart(self.images, descriptor, "artifact") for descriptor in document.manifests[: INDEX_DESCRIPTORS.value]
        )


def open_remote(
    reference: Reference,
    platform: Platform | None = None,
    *,
    environ: Environ | None = None,
    authfile: Path | None = None,
    tick: Tick | None = None,
) -> Opened:
    """Ask a registry what a name stands for, and choose the image that is meant.

    That is one request for an index, and one more for the config where it is a manifest. `authfile` replaces every
    other place of credentials. Raises LayertuiError, and what `tick` raises.
    """
    name = parse_name(reference.name)
    with helping(name):
        images = Images(connect(name, os.environ if environ is None else environ, authfile=authfile), BlobCache())
        return pick(look_up(images, name, tick), None, platform, reference.layers)


@contextmanager
def helping(name: RemoteName) -> Iterator[None]:
    """Say with a failure what else `docker://` may have been meant as: other tools call the engine so."""
    try:
        yield
    except (NotFoundError, UnreachableError, AuthenticationError) as problem:
        engine = f"An image that Docker already has here: layertui docker-daemon:{familiar(name)}"
        raise type(problem)(problem.message, f"{problem.hint} {engine}".strip(), lines=problem.lines) from problem


def look_up(images: Images, name: RemoteName, tick: Tick | None = None) -> RegistrySource:
    """What a name stands for now; raises LayertuiError."""
    return described(images, name, *images.fetch(name.reference, tick), tick)


def described(
    images: Images, name: RemoteName, document: Document, parsed: Manifest | Index, tick: Tick | None = None
) -> RegistrySource:
    """The same for a manifest or index that was fetched already."""
    label = familiar(name)
    tags = (label,) if name.digest is None else ()
    if isinstance(parsed, Manifest):
        entry = _of_manifest(images, parsed, Naming(label, tags, document.digest), tick)
        created = entry.record.created if entry.record is not None else None
        return RegistrySource(images, label, document.digest, (entry,), created)
    walk = _Walk(images, label, tags, tick)
    found = sorted(walk.index(parsed, 0), key=_is_later)
    unreadable = [broken(problem, f"entry {number}") for number, problem in enumerate(walk.unreadable)]
    warnings = few([problem.message for problem in walk.unreadable])
    return RegistrySource(
        images,
        label,
        document.digest,
        (*found, *unreadable),
        parsed.annotations.get(_CREATED),
        warnings,
        tuple(walk.unreadable),
    )


def only(source: RegistrySource, platform: Platform | None) -> ImageEntry:
    """The image of a name for a platform, else for the host; raises NotFoundError where that could be several."""
    entry = choose(source.found, None, platform, source.label)
    if entry is None:
        names = ", ".join(entry.platform.text for entry in source.found if entry.platform is not None)
        raise NotFoundError(
            f"{source.label} has several images, and none for this host.",
            f"Choose one with --platform: {names}." if names else "Name one by its digest.",
        )
    return entry


def familiar(name: RemoteName) -> str:
    """A name as docker writes it: without Docker Hub's host and `library/`, where it can do without."""
    path = name.repository.path
    if name.repository.host != HUB or "." in path.partition("/")[0]:
        return name.text
    return name.text.removeprefix(f"{HUB}/").removeprefix("library/")


def _of_manifest(images: Images, manifest: Manifest, naming: Naming, tick: Tick | None) -> ImageEntry:
    """The entry for a name without an index: its config is read at once, since only that tells the platform."""
    digest = naming.manifest_digest
    where = f"{images.client.label}: {naming.reference}"
    if manifest.kind != "image" or manifest.config is None:
        kind: Kind = "attestation" if manifest.kind == "attestation" else "artifact"
        opener = unopenable(not_runnable(where, manifest.what))
        return ImageEntry(naming.reference, naming.tags, kind, None, digest, None, opener)
    read = images.config(manifest, where, tick)
    platform = platform_of(read[1])
    record = Record(
        image_id=manifest.config.digest,
        created=read[1].created,
        size_bytes=sum(layer.size_bytes for layer in manifest.layers),
        repo_digests=(f"{images.client.label}@{digest}",),
    )
    return ImageEntry(
        naming.reference,
        naming.tags,
        "image",
        platform if platform.known else None,
        digest,
        None,
        lambda: images.image(manifest, naming, read),
        record,
    )


class _Walk:
    """One walk over an index: its descriptors tell all, and only indexes within it are fetched."""

    def __init__(self, images: Images, label: str, tags: tuple[str, ...], tick: Tick | None) -> None:
        self._images, self._label, self._tags, self._tick = images, label, tags, tick
        self._seen: set[Digest] = set()
        self._followed = 0
        self.unreadable: list[LayertuiError] = []
        """Why something that the index names is not among what it gave."""

    def index(self, index: Index, depth: int) -> Iterator[ImageEntry]:
        """All that an index names, nested indexes included, as recorded."""
        if depth > INDEX_DEPTH.value:
            raise INDEX_DEPTH.exceeded(f"{self._label} nests its indexes so that it")
        self.unreadable += index.problems
        for descriptor in index.manifests:
            self._followed += 1
            if self._followed > INDEX_DESCRIPTORS.value:
                raise INDEX_DESCRIPTORS.exceeded(f"{self._label}, its indexes taken together,")
            if descriptor.digest in self._seen:
                continue
            self._seen.add(descriptor.digest)
            if descriptor.media_type in INDEX_TYPES:
                yield from self._nested(descriptor, depth)
            else:
                yield self._entry(descriptor)

    def _nested(self, descriptor: Descriptor, depth: int) -> Iterator[ImageEntry]:
        try:
            _, parsed = self._images.fetch(descriptor.digest, self._tick)
        except (NotFoundError, DamagedError) as problem:
            self.unreadable.append(problem)
            return
        if isinstance(parsed, Index):
            yield from self.index(parsed, depth + 1)
        else:
            self.unreadable.append(
                DamagedError(f"{self._label}: {descriptor.digest} is a manifest, where an index was promised.")
            )

    def _entry(self, descriptor: Descriptor) -> ImageEntry:
        kind = kind_of(descriptor)
        if kind != "image":
            return _apart(self._images, descriptor, kind)
        images = self._images
        platform = descriptor.platform if descriptor.platform is not None and descriptor.platform.known else None
        # A tag stands for all of them; a digest stands for the index, and none of them is called by it.
        reference = self._label if self._tags else short_reference(descriptor.digest)
        naming = Naming(reference, self._tags, descriptor.digest, platform)

        def opener() -> Image:
            return images.image(images.manifest(descriptor), naming)

        return ImageEntry(reference, self._tags, "image", platform, descriptor.digest, None, opener)


def kind_of(descriptor: Descriptor) -> Kind:
    """What a descriptor in an index says that it points to (image-index.md; BuildKit's mark of attestations)."""
    if descriptor.is_attestation:
        return "attestation"
    if descriptor.media_type and descriptor.media_type not in MANIFEST_TYPES | INDEX_TYPES:
        return "artifact"
    return "artifact" if descriptor.artifact_type and descriptor.artifact_type not in CONFIG_TYPES else "image"


def _apart(images: Images, descriptor: Descriptor, kind: Kind) -> ImageEntry:
    """The entry for what is listed apart: nothing of it is fetched."""
    reference = short_reference(descriptor.digest)
    what = descriptor.artifact_type or ("attestation" if kind == "attestation" else descriptor.media_type or "unknown")
    opener = unopenable(not_runnable(f"{images.client.label}: {reference}", what))
    platform = descriptor.platform if descriptor.platform is not None and descriptor.platform.known else None
    return ImageEntry(reference, (), kind, platform, descriptor.digest, None, opener)


def _is_later(entry: ImageEntry) -> bool:
    return entry.kind != "image" or entry.platform is None or entry.platform.distance(host_platform()) != 0
