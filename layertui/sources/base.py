"""What a source of images is, and what all of them do alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NoReturn, Protocol

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import Blob
from layertui.image.digest import ChainID, Digest
from layertui.image.image import Container, Image, StoredLayer
from layertui.image.platform import Platform
from layertui.layer.compression import Compression, sniff

Kind = Literal["image", "container", "attestation", "artifact", "broken"]
"""What an entry is: only an image or a container can be opened; `broken` says why in its problem."""


@dataclass(frozen=True, slots=True)
class Record:
    """What an engine or a store tells about an image in its list, before anything of the image is opened.

    Unknown is None or empty, never a guess.
    """

    image_id: Digest | None = None
    """Digest of the config; of the manifest or the index where a list tells only that (containerd's client)."""
    created: str | None = None
    """In ISO 8601."""
    size_bytes: int | None = None
    """As the engine's own list prints it: of its layers with Docker, tars with Podman, blobs with containerd."""
    layers: tuple[tuple[ChainID, int | None], ...] = ()
    """Chain ID of every layer, and its bytes as `size_bytes` counts them, base to top: what tells which images share
    what."""
    repo_digests: tuple[str, ...] = ()
    """Names with the digest of the manifest, such as `nginx@sha256:...`, as recorded."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of its config."""
    platforms: tuple[Platform, ...] = ()
    """All that a registry has it for, this host's first."""


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One line of a source's list: an image that can be opened, or something that is shown apart."""

    reference: str
    """As the person could type it, without scheme: a name, or `sha256:` and 12 digits. Not made safe for a terminal."""
    tags: tuple[str, ...]
    """All its names, as recorded."""
    kind: Kind
    """Whether it can be opened."""
    platform: Platform | None
    """What it is built for; None where unknown."""
    digest: Digest | None
    """Of its manifest; of its config where the source has no manifests; None where neither is known."""
    problem: LayertuiError | None
    """Why a broken entry cannot be opened."""
    open: Callable[[], Image]
    """Reads manifest and config, no layer; raises `problem`, or that an artifact is no image."""
    record: Record | None = None
    """What the list of an engine or a store says of the image; None in files."""
    container: Container | None = None
    """Of a container: what the engine says of it. It stands behind its image in the list."""
    namespace: str = ""
    """What may stand before any of its names, with a slash, whether or not they have it; containerd has such."""


class Source(Protocol):
    """A place with images: a file, a directory, an engine."""

    @property
    def scheme(self) -> str:
        """What stands before the colon in a reference to it, such as `docker-archive`."""

    @property
    def label(self) -> str:
        """What messages call it, such as `image.tar`."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about it as a whole, a sentence each."""

    @property
    def problems(self) -> tuple[LayertuiError, ...]:
        """Why images that it may hold are not among its entries; each is among the warnings too."""

    def entries(self) -> tuple[ImageEntry, ...]:
        """What it holds in the order recorded, the host's platform first among the siblings of one index."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A source whose entries are known."""

    scheme: str
    """What stands before the colon in a reference to it."""
    label: str
    """What messages call it."""
    found: tuple[ImageEntry, ...]
    """What it holds, in order."""
    warnings: tuple[str, ...] = ()
    """What is odd about it as a whole."""
    facts: tuple[tuple[str, str], ...] = ()
    """What an engine or a store tells about itself, as names and values: `version`, `storage driver`,
    `layers read by`."""
    problems: tuple[LayertuiError, ...] = ()
    """Why images that it may hold are not among them; each is among the warnings too."""

    def entries(self) -> tuple[ImageEntry, ...]:
        """What it holds."""
        return self.found


WARNINGS = 100
"""How many warnings about one source are told: each record of a store can be reason for one."""


def few(warnings: Sequence[str]) -> tuple[str, ...]:
    """Warnings as they are, or the first of many and how many there are more."""
    if len(warnings) <= WARNINGS:
        return tuple(warnings)
    return (*warnings[:WARNINGS], f"{len(warnings) - WARNINGS:,} more things are wrong there.")


def short_reference(digest: Digest) -> str:
    """How something without a name is called: enough of its digest to type."""
    return f"{digest.algorithm}:{digest.short}"


def unopenable(error: LayertuiError) -> Callable[[], Image]:
    """An `open` that raises `error`, afresh each time so that no traceback grows on it."""

    def refuse() -> NoReturn:
        raise type(error)(error.message, error.hint)

    return refuse


def broken(
    problem: LayertuiError,
    reference: str,
    tags: Sequence[str] = (),
    platform: Platform | None = None,
    digest: Digest | None = None,
) -> ImageEntry:
    """The entry for something that is named but cannot be read."""
    return ImageEntry(reference, tuple(tags), "broken", platform, digest, problem, unopenable(problem))


def container_entry(
    container: Container,
    opener: Callable[[], Image],
    reference: str = "",
    tags: Sequence[str] | None = None,
    *,
    platform: Platform | None = None,
) -> ImageEntry:
    """The entry for a container: called by its name, else by 12 digits of its ID, where nothing else is given."""
    reference = reference or container.name or container.container_id[:12]
    if tags is None:
        tags = (container.name,) if container.name else ()
    return ImageEntry(reference, tuple(tags), "container", platform, None, None, opener, container=container)


_EXPECTED: tuple[tuple[tuple[str, ...], Compression], ...] = (
    (("+gzip", ".gzip"), Compression.GZIP),
    (("+zstd", ".zstd"), Compression.ZSTD),
    ((".tar",), Compression.PLAIN),
)

_SNIFFED = {
    Compression.PLAIN: "application/vnd.oci.image.layer.v1.tar",
    Compression.GZIP: "application/vnd.oci.image.layer.v1.tar+gzip",
    Compression.ZSTD: "application/vnd.oci.image.layer.v1.tar+zstd",
    # No layer type is registered for these; engines read them all the same.
    Compression.XZ: "application/x-xz",
    Compression.BZIP2: "application/x-bzip2",
    Compression.LZ4: "application/x-lz4",
    Compression.COMPRESS: "application/x-compress",
    Compression.LZIP: "application/x-lzip",
}


def stored_layer(
    open_blob: Callable[[], Blob], media_type: str, size_bytes: int | None, digest: Digest | None
) -> StoredLayer:
    """What is known about a layer once its blob is opened and its first bytes are seen.

    `media_type` is empty where the source records none; a wrong one is a warning (layer.md leaves the bytes to tell).
    `size_bytes` and `digest` are what its descriptor says. What `open_blob` raises becomes the layer's problem.
    """
    expected = next((kind for ends, kind in _EXPECTED if media_type.endswith(ends)), None)
    try:
        if media_type.endswith("+encrypted"):
            raise DamagedError("is encrypted, and cannot be read.", "Decrypt the image first, for example with skopeo.")
        blob = open_blob()
        actual = sniff(blob.read_at(0, 16))
    except LayertuiError as problem:
        compressed = expected not in (None, Compression.PLAIN)
        return StoredLayer(None, media_type, compressed, size_bytes, digest, problem)
    warning = ""
    if expected is not None and actual is not expected and blob.size_bytes:
        warning = f"is labelled {media_type}, but stored as {actual.value}."
    stored_bytes = blob.size_bytes if size_bytes is None else size_bytes
    compressed = actual is not Compression.PLAIN
    return StoredLayer(blob, media_type or _SNIFFED[actual], compressed, stored_bytes, digest, None, warning)
