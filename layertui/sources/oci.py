"""OCI layouts, however their blobs are kept: which images the indexes name, and how to open each (image-layout.md)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import Blob
from layertui.image.bounds import INDEX_DEPTH, INDEX_DESCRIPTORS
from layertui.image.config import parse_config
from layertui.image.digest import Digest
from layertui.image.document import decode
from layertui.image.image import Image, Naming, StoredLayer, complete, platform_of
from layertui.image.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor, Index, Manifest, parse_document
from layertui.image.platform import Platform, host_platform
from layertui.image.verify import check_size, read_document
from layertui.sources.base import ImageEntry, Kind, broken, short_reference, stored_layer, unopenable


class Store(Protocol):
    """Where a layout's files are: a directory, or a tar."""

    @property
    def label(self) -> str:
        """What messages call the layout."""

    def holds(self, name: str) -> bool:
        """Whether there is a file of this name at the layout's root."""

    def file(self, name: str) -> Blob:
        """A file by its name within the layout; raises LayertuiError."""


def blob_name(digest: Digest) -> str:
    """Where a blob is kept; its digest was checked against the grammar, so this leads nowhere else."""
    return f"blobs/{digest.algorithm}/{digest.hex}"


def open_blob(store: Store, descriptor: Descriptor) -> Blob:
    """The blob that a descriptor points to, its size checked; raises LayertuiError naming the digest."""
    if not store.holds(blob_name(descriptor.digest)):
        raise DamagedError(
            f"blob {descriptor.digest} is missing from {store.label}.",
            "It was not saved or copied completely, or this part was left out on purpose.",
        )
    blob = store.file(blob_name(descriptor.digest))
    check_size(blob, descriptor.size_bytes)
    return blob


@dataclass(slots=True)
class Found:
    """Something that an index names."""

    descriptor: Descriptor
    """What points to its manifest."""
    kind: Kind
    """What it is."""
    platform: Platform | None
    """What the index, else the config, says that it is built for."""
    names: list[str] = field(default_factory=list)
    """Names of the descriptors in index.json that led here."""
    config_digest: Digest | None = None
    """Of an image's config."""
    problem: LayertuiError | None = None
    """Why it is broken, or why it is no image."""

    def entry(self, store: Store) -> ImageEntry:
        """What the source's list shows of it."""
        digest = self.descriptor.digest
        tags = () if self.kind == "attestation" else tuple(self.names)
        reference = tags[0] if tags else short_reference(digest)
        if self.problem is not None:
            opener = unopenable(self.problem)
        else:
            opener = _opener(store, self.descriptor, Naming(reference, tags, digest, self.platform))
        problem = self.problem if self.kind == "broken" else None
        return ImageEntry(reference, tags, self.kind, self.platform, digest, problem, opener)


def _opener(store: Store, descriptor: Descriptor, naming: Naming) -> Callable[[], Image]:
    return lambda: open_image(store, descriptor, naming)


def open_image(store: Store, descriptor: Descriptor, naming: Naming) -> Image:
    """Read one image's manifest and config, and find its layers; raises LayertuiError."""
    manifest = _read_manifest(store, descriptor)
    if manifest.config is None:
        raise DamagedError(f"{store.label}: {naming.reference} has no config.")
    config = manifest.config
    raw_config = read_document(open_blob(store, config), digest=config.digest)
    layers = [_stored(store, layer) for layer in manifest.layers]
    return complete(naming, raw_config, layers, where=f"{store.label}: {naming.reference}")


def _stored(store: Store, layer: Descriptor) -> StoredLayer:
    stored = stored_layer(lambda: open_blob(store, layer), layer.media_type, layer.size_bytes, layer.digest)
    foreign = "nondistributable" in layer.media_type or ".foreign." in layer.media_type
    if foreign and stored.problem is not None:
        message = f"blob {layer.digest} is not distributed with the image, and is not in {store.label}."
        return replace(
            stored, problem=DamagedError(message, "Its owner's server has it; it is not fetched from there.")
        )
    return stored


def _read_manifest(store: Store, descriptor: Descriptor) -> Manifest:
    document = _read(store, descriptor)
    if isinstance(document, Index):
        raise DamagedError(f"{store.label}: blob {descriptor.digest} is an index, where a manifest was promised.")
    return document


def _read(store: Store, descriptor: Descriptor) -> Manifest | Index:
    data = read_document(open_blob(store, descriptor), digest=descriptor.digest)
    where = f"{store.label}: manifest {short_reference(descriptor.digest)}"
    return parse_document(data, where, descriptor.media_type or None)


class _Walk:
    """One walk over a layout's indexes; each manifest and each config is read once, however often it is named."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._host = host_platform()
        self._followed = 0
        self._found: dict[Digest, Found] = {}
        self._indexes: dict[Digest, Index] = {}
        self._platforms: dict[Digest, Platform] = {}
        self.unreadable: list[DamagedError] = []
        """Descriptors that are damaged themselves, so that nothing is known of what they point to."""

    def index(self, index: Index, names: tuple[str, ...], depth: int) -> list[Found]:
        """All that an index names, nested indexes included, as recorded but for the host's platform."""
        if depth > INDEX_DEPTH.value:
            raise INDEX_DEPTH.exceeded(f"{self._store.label} nests its indexes so that it")
        result: list[Found] = []
        named = False
        for descriptor in index.manifests:
            self._followed += 1
            if self._followed > INDEX_DESCRIPTORS.value:
                raise INDEX_DESCRIPTORS.exceeded(f"{self._store.label}, its indexes taken together,")
            # Reference names count in index.json only (annotations.md), and hold for all below.
            own = descriptor.names if depth == 0 else names
            named = named or bool(descriptor.names)
            result.extend(self._follow(descriptor, own, depth))
        # index.json with names lists unrelated images, whose order is the person's own.
        return result if depth == 0 and named else sorted(result, key=self._rank)

    def _rank(self, found: Found) -> bool:
        return found.kind != "image" or found.platform is None or found.platform.distance(self._host) != 0

    def _follow(self, descriptor: Descriptor, names: tuple[str, ...], depth: int) -> list[Found]:
        known = self._found.get(descriptor.digest)
        if known is None and descriptor.digest not in self._indexes:
            known = self._look(descriptor)
            if known is not None:
                self._found[descriptor.digest] = known
        if known is None:
            return self.index(self._indexes[descriptor.digest], names, depth + 1)
        known.names.extend(name for name in names if name not in known.names)
        if known.kind == "image" and known.platform is None and descriptor.platform is not None:
            known.platform = descriptor.platform
        return [known]

    def _look(self, descriptor: Descriptor) -> Found | None:
        """What a descriptor points to; None when that is an index, which is then remembered."""
        platform = descriptor.platform if descriptor.platform is not None and descriptor.platform.known else None
        found = Found(descriptor, "broken", platform)
        try:
            if descriptor.media_type and descriptor.media_type not in MANIFEST_TYPES | INDEX_TYPES:
                # Unknown media types are no error (image-index.md), as long as the blob is there.
                open_blob(self._store, descriptor)
                found.kind, found.problem = "artifact", self._not_runnable(descriptor, descriptor.media_type)
                return found
            document = _read(self._store, descriptor)
            if isinstance(document, Index):
                self._indexes[descriptor.digest] = document
                self.unreadable.extend(document.problems)
                return None
            self._judge(found, document)
        except LayertuiError as problem:
            # Attestations are often left out of a saved image, which is none the worse for it.
            found.kind, found.problem = "attestation" if descriptor.is_attestation else "broken", problem
        return found

    def _judge(self, found: Found, manifest: Manifest) -> None:
        """Tell an image from what only looks like one; raises LayertuiError when an image's config is unusable."""
        kind = "attestation" if found.descriptor.is_attestation else manifest.kind
        if kind == "image" and manifest.config is not None:
            found.platform = found.platform or self._platform(manifest.config)
            found.kind, found.config_digest = "image", manifest.config.digest
            self._platform(manifest.config)
        else:
            found.kind = "attestation" if kind == "attestation" else "artifact"
            found.problem = self._not_runnable(found.descriptor, manifest.what)

    def _platform(self, config: Descriptor) -> Platform:
        if config.digest not in self._platforms:
            data = read_document(open_blob(self._store, config), digest=config.digest)
            where = f"{self._store.label}: config {short_reference(config.digest)}"
            self._platforms[config.digest] = platform_of(parse_config(data, where))
        else:
            open_blob(self._store, config)
        return self._platforms[config.digest]

    def _not_runnable(self, descriptor: Descriptor, what: str) -> DamagedError:
        return DamagedError(
            f"{self._store.label}: {short_reference(descriptor.digest)} is not a runnable image; its type is {what}.",
            "Open one of the images beside it.",
        )


class _RawLayoutMark(msgspec.Struct, rename="camel"):
    image_layout_version: str | None = None


def look_through(store: Store) -> tuple[list[Found], tuple[ImageEntry, ...], tuple[str, ...]]:
    """Everything that a layout's index.json leads to: what is found, entries for the unreadable, and warnings.

    Raises LayertuiError when index.json cannot be read; whatever it names only makes broken entries.
    """
    warnings = _check_mark(store)
    if not store.holds("index.json"):
        raise DamagedError(f"{store.label} is no complete OCI layout: index.json is missing.", "Copy it again.")
    data = read_document(store.file("index.json"))
    document = parse_document(data, f"{store.label}: index.json")
    if not isinstance(document, Index):
        raise DamagedError(f"{store.label}: index.json is a manifest, where an index belongs.")
    walk = _Walk(store)
    walk.unreadable.extend(document.problems)
    found = list({id(item): item for item in walk.index(document, (), 0)}.values())
    unreadable = tuple(broken(problem, f"entry {n}") for n, problem in enumerate(walk.unreadable))
    return found, unreadable, warnings


def _check_mark(store: Store) -> tuple[str, ...]:
    """What the file `oci-layout` has to say: a version; without it the layout is read all the same."""
    if not store.holds("oci-layout"):
        return ("the file oci-layout is missing; read as a layout of version 1.0.0 all the same.",)
    try:
        mark = decode(read_document(store.file("oci-layout")), _RawLayoutMark, f"{store.label}: oci-layout")
    except LayertuiError as problem:
        return (problem.message,)
    version = mark.image_layout_version
    if version is None or not version.startswith("1."):
        return (f"the file oci-layout says version '{version}'; only 1.0.0 is known.",)
    return ()


def entries_of(store: Store, found: Iterable[Found], unreadable: tuple[ImageEntry, ...]) -> tuple[ImageEntry, ...]:
    """The list of a layout's source."""
    return (*(item.entry(store) for item in found), *unreadable)
