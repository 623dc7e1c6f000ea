"""Manifests of one repository, and the images that they make; nothing of a layer is asked for."""

from layertui.errors import DamagedError
from layertui.image.config import ImageConfig, parse_config
from layertui.image.digest import DiffID, Digest
from layertui.image.image import Image, Naming, StoredLayer, complete
from layertui.image.manifest import Descriptor, Index, Manifest, parse_document
from layertui.layer.window import Tick
from layertui.sources.base import short_reference
from layertui.sources.registry.blobs import Blobs
from layertui.sources.registry.cache import BlobCache
from layertui.sources.registry.client import Document, RegistryClient
from layertui.sources.registry.layer import RemoteLayer

_UNTYPED = ("", "application/json", "application/octet-stream", "text/plain")
"""Media types of answers that say nothing of what a document is: small registries serve files as they are."""

_PLAIN = ".tar"
"""How the media type of a layer ends that is not compressed."""


class Images:
    """The images of one repository by their manifests; threads may share it."""

    def __init__(self, client: RegistryClient, cache: BlobCache) -> None:
        self.client = client
        """How the repository is asked."""
        self.blobs = Blobs(client, cache)
        """Its layers and configs."""
        self._layers: dict[tuple[Digest, int, DiffID | None], RemoteLayer] = {}

    def fetch(self, reference: str, tick: Tick | None = None) -> tuple[Document, Manifest | Index]:
        """The manifest or index of a tag or digest; raises LayertuiError, for the retired schema 1 too."""
        document = self.client.document(reference, tick=tick)
        return document, self.parsed(document, reference)

    def parsed(self, document: Document, reference: str) -> Manifest | Index:
        """What a document says; raises DamagedError."""
        said = None if document.media_type in _UNTYPED else document.media_type
        return parse_document(document.data, f"{self.client.label}: {reference}", said)

    def manifest(self, descriptor: Descriptor, tick: Tick | None = None) -> Manifest:
        """The manifest that an index points to; raises LayertuiError."""
        document, parsed = self.fetch(descriptor.digest, tick)
        where = f"{self.client.label}: manifest {short_reference(descriptor.digest)}"
        if len(document.data) != descriptor.size_bytes:
            raise DamagedError(
                f"{where} does not match its descriptor: {descriptor.size_bytes:,} bytes were promised, it has"
                f" {len(document.data):,}.",
                "It is not trusted. Ask whoever runs the registry.",
            )
        if isinstance(parsed, Index):
            raise DamagedError(f"{where} is an index, where a manifest was promised.")
        return parsed

    def config(self, manifest: Manifest, where: str, tick: Tick | None = None) -> tuple[bytes, ImageConfig]:
        """The config of an image, as stored and as read; raises LayertuiError, where it is no image too."""
        if manifest.kind != "image" or manifest.config is None:
            raise not_runnable(where, manifest.what)
        raw_config = self.blobs.small(manifest.config, tick)
        return raw_config, parse_config(raw_config, f"{where}: config")

    def image(self, manifest: Manifest, naming: Naming, read: tuple[bytes, ImageConfig] | None = None) -> Image:
        """The image of a manifest; `read` is its config where it was read before. Raises LayertuiError."""
        where = f"{self.client.label}: {naming.reference}"
        raw_config, config = read or self.config(manifest, where)
        diff_ids = config.rootfs.diff_ids
        known = len(diff_ids) == len(manifest.layers)
        layers = [
            self._stored(layer, diff_ids[number] if known else None) for number, layer in enumerate(manifest.layers)
        ]
        return complete(naming, raw_config, layers, where=where, config=config)

    def _stored(self, layer: Descriptor, diff_id: DiffID | None) -> StoredLayer:
        """What the manifest alone tells of a layer: its first bytes would be a request."""
        media_type, size_bytes, digest = layer.media_type, layer.size_bytes, layer.digest
        if media_type.endswith("+encrypted"):
            problem = DamagedError(
                "is encrypted, and cannot be read.", "Decrypt the image first, for example with skopeo."
            )
            return StoredLayer(None, media_type, True, size_bytes, digest, problem)
        return StoredLayer(
            self._content(layer, diff_id), media_type, not media_type.endswith(_PLAIN), size_bytes, digest
        )

    def _content(self, layer: Descriptor, diff_id: DiffID | None) -> RemoteLayer:
        """One object for a blob that several images have, so that how it is read is settled once."""
        return self._layers.setdefault(
            (layer.digest, layer.size_bytes, diff_id), RemoteLayer(self.blobs, layer, diff_id)
        )


def not_runnable(where: str, what: str) -> DamagedError:
    """The sentence for what is no image."""
    return DamagedError(f"{where} is not a runnable image; its type is {what}.", "Open one of the images beside it.")
