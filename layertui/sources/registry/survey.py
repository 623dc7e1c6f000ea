"""What has to be there for an image to be whole: its manifests, and the blobs that they name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.image.bounds import INDEX_DEPTH, INDEX_DESCRIPTORS
from layertui.image.digest import Digest
from layertui.image.image import platform_of
from layertui.image.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor, Index, Manifest
from layertui.image.platform import Platform
from layertui.layer.window import Tick
from layertui.sources.base import short_reference
from layertui.sources.registry.client import Document
from layertui.sources.registry.images import Images
from layertui.sources.registry.layer import is_foreign
from layertui.sources.registry.names import RemoteName
from layertui.sources.registry.source import described, only

_OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_OCI_INDEX = "application/vnd.oci.image.index.v1+json"
_KNOWN = MANIFEST_TYPES | INDEX_TYPES


@dataclass(frozen=True, slots=True)
class Part:
    """A blob that a manifest names."""

    digest: Digest
    size_bytes: int
    name: str
    """`config`, or `L4` for a layer."""
    is_foreign: bool = False
    """Whether the registry need not have it."""


@dataclass(slots=True)
class Survey:
    """All of an image."""

    name: RemoteName
    """What it is called."""
    document: Document
    """Its manifest, or the index for all its platforms."""
    media_type: str = ""
    """Of the document."""
    platform: Platform | None = None
    """Of the one image; None for an index, and where it is not known."""
    documents: list[Document] = field(default_factory=list)
    """All manifests and indexes, what is named before what names it."""
    parts: list[Part] = field(default_factory=list)
    """Configs and layers, base to top, each digest once."""
    known: dict[Digest, bytes] = field(default_factory=dict)
    """Configs that had to be fetched already, verified."""
    problems: list[LayertuiError] = field(default_factory=list)
    """What the index names and the registry does not give."""

    @property
    def descriptor(self) -> dict[str, Any]:
        """What an index.json says of it, its names aside (descriptor.md)."""
        found: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": str(self.document.digest),
            "size": len(self.document.data),
        }
        if self.platform is not None:
            texts = {"architecture": self.platform.architecture, "os": self.platform.os}
            texts |= {"variant": self.platform.variant, "os.version": self.platform.os_version}
            found["platform"] = {key: text for key, text in texts.items() if text}
        return found


def survey(
    images: Images, name: RemoteName, platform: Platform | None = None, *, every: bool = False, tick: Tick | None = None
) -> Survey:
    """Fetch an image's manifest, for a platform, else for the host; with `every` the index and all that it names.

    Nothing of a layer is asked for. Raises LayertuiError, and what `tick` raises.
    """
    document, parsed = images.fetch(name.reference, tick)
    found = Survey(name, document)
    if every and isinstance(parsed, Index):
        _Walk(images, found, tick).index(parsed, 0)
    else:
        if isinstance(parsed, Index):
            entry = only(described(images, name, document, parsed, tick), platform)
            assert entry.digest is not None, "an index names what it holds by digest"
            document, parsed = images.fetch(entry.digest, tick)
            found.document, found.platform = document, entry.platform
        if isinstance(parsed, Index):
            raise DamagedError(f"{images.client.label}: {document.digest} is an index, where a manifest was promised.")
        _add_parts(found, parsed)
        _learn_platform(images, found, parsed, tick)
        if platform is not None and found.platform is not None and not found.platform.answers(platform):
            raise NotFoundError(
                f"{images.client.label} has nothing for {platform.text}.", f"Platforms there: {found.platform.text}."
            )
    found.media_type = _type(document, parsed)
    found.documents.append(document)
    return found


def _learn_platform(images: Images, found: Survey, manifest: Manifest, tick: Tick | None) -> None:
    """Ask an image's config, where no index tells what the image is built for."""
    if found.platform is not None or manifest.kind != "image" or manifest.config is None:
        return
    is_here = images.blobs.local(manifest.config) is not None
    data, config = images.config(manifest, f"{images.client.label}: {found.document.digest}", tick)
    told = platform_of(config)
    found.platform = told if told.known else None
    if not is_here:
        found.known[manifest.config.digest] = data


def _add_parts(found: Survey, manifest: Manifest) -> None:
    known = {part.digest for part in found.parts}
    config = [] if manifest.config is None else [_part(manifest.config, "config")]
    layers = [_part(layer, f"L{number}") for number, layer in enumerate(manifest.layers)]
    for part in (*config, *layers):
        if part.digest not in known:
            known.add(part.digest)
            found.parts.append(part)


def _part(descriptor: Descriptor, name: str) -> Part:
    return Part(descriptor.digest, descriptor.size_bytes, name, is_foreign(descriptor))


def _type(document: Document, parsed: Manifest | Index) -> str:
    """The media type of a document: small registries serve it as any file."""
    said = parsed.media_type or (document.media_type if document.media_type in _KNOWN else "")
    return said or (_OCI_INDEX if isinstance(parsed, Index) else _OCI_MANIFEST)


class _Walk:
    """One walk through an index, to everything that it names."""

    def __init__(self, images: Images, found: Survey, tick: Tick | None) -> None:
        self._images, self._found, self._tick = images, found, tick
        self._label = images.client.label
        self._seen: set[Digest] = set()

    def index(self, index: Index, depth: int) -> None:
        if depth > INDEX_DEPTH.value:
            raise INDEX_DEPTH.exceeded(f"{self._label} nests its indexes so that it")
        self._found.problems += index.problems
        for descriptor in self._fresh(index):
            try:
                document = self._fetched(descriptor)
            except NotFoundError as problem:
                self._found.problems.append(DamagedError(problem.message, problem.hint))
                continue
            if descriptor.media_type and descriptor.media_type not in _KNOWN:
                self._found.documents.append(document)
                continue
            parsed = self._images.parsed(document, descriptor.digest)
            if isinstance(parsed, Index):
                self.index(parsed, depth + 1)
            else:
                _add_parts(self._found, parsed)
            self._found.documents.append(document)

    def _fresh(self, index: Index) -> Iterator[Descriptor]:
        for descriptor in index.manifests:
            if len(self._seen) >= INDEX_DESCRIPTORS.value:
                raise INDEX_DESCRIPTORS.exceeded(f"{self._label}, its indexes taken together,")
            if descriptor.digest not in self._seen:
                self._seen.add(descriptor.digest)
                yield descriptor

    def _fetched(self, descriptor: Descriptor) -> Document:
        document = self._images.client.document(descriptor.digest, tick=self._tick)
        if len(document.data) != descriptor.size_bytes:
            raise DamagedError(
                f"{self._label}: manifest {short_reference(descriptor.digest)} does not match its descriptor:"
                f" {descriptor.size_bytes:,} bytes were promised, it has {len(document.data):,}.",
                "It is not trusted. Ask whoever runs the registry.",
            )
        return document
