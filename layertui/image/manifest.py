"""Manifests and indexes: which blobs make an image, and which images a name stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from layertui.errors import DamagedError
from layertui.image.digest import Digest
from layertui.image.document import decode
from layertui.image.platform import Platform as Platform  # part of this module's face

MANIFEST_TYPES = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)
"""Media types of a manifest; Docker's schema 2 has the same members as OCI's (media-types.md)."""

INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
"""Media types of an index; Docker calls it a manifest list."""

CONFIG_TYPES = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "application/octet-stream",
    }
)
"""Media types of the config of something that can be run; the last is what Docker 1.10 wrote."""

_LAYER_PREFIXES = (
    "application/vnd.oci.image.layer.",
    "application/vnd.docker.image.rootfs.",
    "application/vnd.docker.layer.v1.",
)

REF_NAME = "org.opencontainers.image.ref.name"
"""Annotation with a name's last part, often only a tag (annotations.md)."""

CONTAINERD_NAME = "io.containerd.image.name"
"""Annotation with the full name, written by containerd, BuildKit and Docker."""

_ATTESTATION = ("vnd.docker.reference.type", "attestation-manifest")
_ATTESTATION_LAYER = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What points to a blob (descriptor.md): its type, digest and size."""

    media_type: str
    """As recorded; empty where the document has none."""
    digest: Digest
    """Of the blob as stored."""
    size_bytes: int
    """Of the blob as stored."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Such as the name of what is described."""
    platform: Platform | None = None
    """Of an image within an index."""
    artifact_type: str = ""
    """Of an artifact within an index."""

    @property
    def is_attestation(self) -> bool:
        """Whether BuildKit marked it as a statement about an image (image-index.md knows it as unknown/unknown)."""
        return self.annotations.get(_ATTESTATION[0]) == _ATTESTATION[1]

    @property
    def names(self) -> tuple[str, ...]:
        """What its annotations call it: containerd's full name when there is one, else the reference name."""
        full, short = self.annotations.get(CONTAINERD_NAME, ""), self.annotations.get(REF_NAME, "")
        if full and short in ("", full, full.rpartition(":")[2]):
            return (full,)
        return tuple(name for name in (full, short) if name)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The blobs of one image or artifact (manifest.md)."""

    config: Descriptor | None
    """None only in an artifact without a usable one."""
    layers: tuple[Descriptor, ...]
    """Base to top."""
    media_type: str
    """As recorded inside; empty where the document has none."""
    annotations: Mapping[str, str]
    """Of the manifest itself."""
    artifact_type: str
    """What an artifact is; empty for an image."""
    subject: Descriptor | None
    """What an artifact is about."""

    @property
    def kind(self) -> str:
        """`image`, `attestation` or `artifact`: only the first has layers that make a filesystem.

        A config's type alone does not tell: signatures carry an image's config type over layers of their own
        (cosign), so an image's layers have to be layers too.
        """
        types = [layer.media_type for layer in self.layers]
        if types and all(text == _ATTESTATION_LAYER for text in types):
            return "attestation"
        runnable = self.config is not None and self.config.media_type in CONFIG_TYPES
        if runnable and (not types or any(is_layer_type(text) for text in types)):
            return "image"
        return "artifact"

    @property
    def what(self) -> str:
        """The type that best names an artifact, for the sentence that it cannot be run."""
        config_type = self.config.media_type if self.config else ""
        inner = self.layers[0].media_type if self.layers and config_type in CONFIG_TYPES else ""
        return self.artifact_type or inner or config_type or "unknown"


@dataclass(frozen=True, slots=True)
class Index:
    """Several manifests under one name (image-index.md)."""

    manifests: tuple[Descriptor, ...]
    """As recorded; they may point to indexes again."""
    problems: tuple[DamagedError, ...]
    """Descriptors that cannot be followed; their siblings can."""
    media_type: str
    """As recorded inside; empty where the document has none."""
    annotations: Mapping[str, str]
    """Of the index itself."""


def is_layer_type(media_type: str) -> bool:
    """Whether a media type is one of a layer, whatever its compression; an empty one may be."""
    return not media_type or media_type.startswith(_LAYER_PREFIXES)


class _RawPlatform(msgspec.Struct):
    os: str | None = None
    architecture: str | None = None
    variant: str | None = None
    os_version: str | None = msgspec.field(default=None, name="os.version")


class _RawDescriptor(msgspec.Struct, rename="camel"):
    media_type: str | None = None
    digest: str | None = None
    size: int | None = None
    annotations: dict[str, str | None] | None = None
    platform: _RawPlatform | None = None
    artifact_type: str | None = None


class _RawDocument(msgspec.Struct, rename="camel"):
    schema_version: int | None = None
    media_type: str | None = None
    artifact_type: str | None = None
    config: _RawDescriptor | None = None
    layers: list[_RawDescriptor] | None = None
    manifests: list[_RawDescriptor] | None = None
    fs_layers: list[object] | None = None
    annotations: dict[str, str | None] | None = None
    subject: _RawDescriptor | None = None


def parse_document(data: bytes, where: str, media_type: str | None = None) -> Manifest | Index:
    """Read a manifest or an index; `media_type` is what the descriptor that led here said.

    Raises DamagedError for anything else, for the retired schema 1, and for a document that two readers could take
    for different things: members of both, or an inner media type that is not the outer one (CVE-2021-41190).
    """
    raw = decode(data, _RawDocument, where)
    if raw.schema_version == 1 or raw.fs_layers is not None:
        raise DamagedError(
            f"{where} is a Docker schema 1 manifest, a format retired in 2017 that is not read.",
            "Convert it with: skopeo copy --format v2s2 SOURCE docker-archive:image.tar",
        )
    if raw.schema_version not in (None, 2):
        raise DamagedError(f"{where} has the unknown schema version {raw.schema_version}.")
    has_index, has_manifest = raw.manifests is not None, raw.config is not None or raw.layers is not None
    if has_index and has_manifest:
        raise _ambiguous(where, "it holds the members of a manifest and of an index")
    if not has_index and not has_manifest:
        raise DamagedError(f"{where} is neither a manifest nor an index: it has no config, layers or manifests.")
    allowed = INDEX_TYPES if has_index else MANIFEST_TYPES
    for said, text in (("inside", raw.media_type), ("in its descriptor", media_type)):
        if text and text not in allowed:
            noun = "an index" if has_index else "a manifest"
            raise _ambiguous(where, f"it is {noun}, but its media type {said} is '{text}'")
    return _index(raw, where) if has_index else _manifest(raw, where)


def _ambiguous(where: str, why: str) -> DamagedError:
    return DamagedError(
        f"{where} can be read in two ways: {why}.",
        "Tools would disagree about what this image holds, so it is refused (CVE-2021-41190).",
    )


def _index(raw: _RawDocument, where: str) -> Index:
    found: list[Descriptor] = []
    problems: list[DamagedError] = []
    for number, entry in enumerate(raw.manifests or ()):
        try:
            found.append(_descriptor(entry, f"{where}: entry {number}"))
        except DamagedError as problem:
            problems.append(problem)
    return Index(tuple(found), tuple(problems), raw.media_type or "", _texts(raw.annotations))


def _manifest(raw: _RawDocument, where: str) -> Manifest:
    config: Descriptor | None = None
    if raw.config is not None and (raw.config.digest or raw.config.media_type in CONFIG_TYPES):
        config = _descriptor(raw.config, f"{where}: config")
    layers = tuple(_descriptor(entry, f"{where}: layer {n}") for n, entry in enumerate(raw.layers or ()))
    subject = _descriptor(raw.subject, f"{where}: subject") if raw.subject is not None else None
    artifact_type = raw.artifact_type or (raw.config.media_type if raw.config and not config else "") or ""
    return Manifest(config, layers, raw.media_type or "", _texts(raw.annotations), artifact_type, subject)


def _descriptor(raw: _RawDescriptor, where: str) -> Descriptor:
    try:
        digest = Digest.parse(raw.digest or "")
    except DamagedError as problem:
        raise DamagedError(f"{where}: {problem.message}", problem.hint) from problem
    if raw.size is None or raw.size < 0:
        raise DamagedError(f"{where}: its size is {'missing' if raw.size is None else raw.size}.")
    platform = _platform(raw.platform) if raw.platform is not None else None
    texts = _texts(raw.annotations)
    return Descriptor(raw.media_type or "", digest, raw.size, texts, platform, raw.artifact_type or "")


def _platform(raw: _RawPlatform) -> Platform:
    return Platform(raw.os or "", raw.architecture or "", raw.variant or "", raw.os_version or "")


def _texts(raw: Mapping[str, str | None] | None) -> dict[str, str]:
    return {name: text for name, text in (raw or {}).items() if text is not None}
