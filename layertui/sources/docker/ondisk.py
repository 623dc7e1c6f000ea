"""Where a local engine's layers can be read from its own files: Docker's books, or containerd's content store.

The paths come from the engine, and may mean another host's (a socket can be forwarded) or hold another store: what is
read is named by its digest, so it is the right one or it is not there, and then the engine is asked instead.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from layertui.errors import LayertuiError
from layertui.image.config import parse_config
from layertui.image.digest import ChainID, Digest
from layertui.image.image import Container, Image, Naming, with_container
from layertui.layer.dialect import sees_trusted_xattrs
from layertui.sources.containerd.store import NamespaceStore, open_docker_store
from layertui.sources.docker.answers import Info
from layertui.sources.docker.books import DockerBooks
from layertui.sources.docker.books_stack import open_stack, without_image
from layertui.sources.docker.endpoint import Flavour

Layers = dict[Digest, tuple[tuple[ChainID, int | None], ...]]
"""By image: chain ID and content bytes of its layers, base to top."""

_SYSTEM_CONTAINERD = Path("/var/lib/containerd")
"""Where containerd keeps its content when Docker does not start one of its own."""


class Disk(Protocol):
    """What can be read of an engine's files. Whatever is None here is asked of the engine instead."""

    @property
    def method(self) -> str:
        """How images' layers are read, for the person."""

    def layers(self, image_ids: Sequence[Digest]) -> Layers:
        """The layers of images, of those that are known without asking the engine."""

    def image(self, image_id: Digest, naming: Naming) -> Image | None:
        """An image with its layers."""

    def container(self, container: Container, image: Image | None, reference: str) -> Image | None:
        """A container's writable layer on its image, which is None where the engine does not have it any more."""


class NoDisk:
    """An engine whose files this process cannot read."""

    method = "the engine's export: its files cannot be read"
    """How images' layers are read."""

    def layers(self, image_ids: Sequence[Digest]) -> Layers:
        """None are known."""
        return {}

    def image(self, image_id: Digest, naming: Naming) -> Image | None:
        """Not there."""
        return None

    def container(self, container: Container, image: Image | None, reference: str) -> Image | None:
        """Not there."""
        return None


class BooksDisk:
    """Docker's own books."""

    method = "Docker's books (tar-split)"
    """How images' layers are read."""

    def __init__(self, books: DockerBooks) -> None:
        self._books = books

    def layers(self, image_ids: Sequence[Digest]) -> Layers:
        """See Disk.layers; sizes as the books record them."""
        found: Layers = {}
        for image_id in image_ids:
            try:
                config = parse_config(self._books.image_config(image_id), self._books.label)
            except LayertuiError:
                continue  # said when the image is opened
            diff_ids = config.rootfs.diff_ids
            chain_ids = ChainID.chain(diff_ids) if diff_ids else ()
            found[image_id] = tuple((chain_id, self._books.size_bytes(chain_id)) for chain_id in chain_ids)
        return found

    def image(self, image_id: Digest, naming: Naming) -> Image | None:
        """See Disk.image; one layer that cannot be read is reason to ask the engine for all."""
        where = f"{self._books.label}: {naming.reference}"
        try:
            raw_config = self._books.image_config(image_id)
            config = parse_config(raw_config, f"{where}: config")
            diff_ids = config.rootfs.diff_ids
            chain_ids = ChainID.chain(diff_ids) if diff_ids else ()
            image = open_stack(self._books, naming, chain_ids, raw_config, config, image_id, where)
        except LayertuiError:
            return None
        return image if all(layer.content is not None for layer in image.layers) else None

    def container(self, container: Container, image: Image | None, reference: str) -> Image | None:
        """See Disk.container; overlay's marks are invisible without a capability, and the engine sees them."""
        if self._books.driver == "overlay2" and not sees_trusted_xattrs():
            return None
        try:
            kept = self._books.container(container.container_id)
            if kept.writable.content is None:
                return None
            if image is None and container.image_id is not None:
                where = f"{self._books.label}: {reference}"
                gone = f"{container.image_id.short} was removed."
                image = without_image(
                    self._books, Naming(reference), kept.parent_chain, container.image_id, gone, where
                )
        except LayertuiError:
            return None
        if image is None:
            return None
        container = replace(container, engine_files=kept.engine_files or container.engine_files)
        return with_container(image, container, kept.writable, reference=reference)


class ContainerdDisk:
    """containerd's content store, where Docker uses it: an image's ID is its manifest's or its index's digest."""

    method = "containerd's content store"
    """How images' layers are read."""

    def __init__(self, stores: Sequence[NamespaceStore]) -> None:
        self._stores = stores

    def layers(self, image_ids: Sequence[Digest]) -> Layers:
        """None are known without opening every image."""
        return {}

    def image(self, image_id: Digest, naming: Naming) -> Image | None:
        """See Disk.image."""
        for store in self._stores:
            try:
                image = store.image(image_id, naming)
            except LayertuiError:
                continue
            if all(layer.content is not None for layer in image.layers):
                return image
        return None

    def container(self, container: Container, image: Image | None, reference: str) -> Image | None:
        """See Disk.container."""
        if not sees_trusted_xattrs():
            return None
        for store in self._stores:
            try:
                found = store.container(container, image, reference)
            except LayertuiError:
                continue
            if found.layers and found.layers[-1].writable and found.layers[-1].content is not None:
                return found
        return None


def disk_of(info: Info, flavour: Flavour) -> Disk:
    """What can be read of the files of an engine that says where they are; NoDisk where nothing can."""
    if not flavour.keeps_books or not (info.docker_root_dir or "").startswith("/"):
        return NoDisk()
    root = Path(info.docker_root_dir or "/")
    if info.uses_containerd:
        stores = list(filter(None, map(_containerd, (root / "containerd" / "daemon", _SYSTEM_CONTAINERD))))
        return ContainerdDisk(stores) if stores else NoDisk()
    try:
        books = DockerBooks.open(root, driver=info.driver)
    except LayertuiError:
        return NoDisk()
    return BooksDisk(books) if books.readable else NoDisk()


def _containerd(root: Path) -> NamespaceStore | None:
    try:
        return open_docker_store(root)
    except LayertuiError:
        return None
