"""Docker's own books: which images, layers and containers a data root holds, and where their files are.

As moby keeps them: `image/DRIVER/layerdb` (layer/filestore.go) has a directory for each layer with one fact a file,
`image/DRIVER/imagedb` (image/fs.go) the configs, `image/DRIVER/repositories.json` (reference/store.go) the tags.
Everything is only read, and nothing found there becomes part of a path before its grammar was checked.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError, as_damage
from layertui.image.bounds import LAYERS
from layertui.image.digest import ChainID, DiffID, Digest
from layertui.image.image import StoredLayer
from layertui.image.verify import read_document
from layertui.layer.beneath import Beneath, Root
from layertui.layer.split import SplitLayer
from layertui.layer.stored import StoredTree
from layertui.layer.walk import WalkedLayer
from layertui.sources.base import Listing
from layertui.sources.docker.books_drivers import DRIVERS, OTHERS, Driver
from layertui.sources.docker.books_owners import dialect_of, owners_of
from layertui.sources.docker.books_shelf import Shelf, leaves

MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar"
"""Of every layer: the books tell how its uncompressed tar was."""

SPLIT_METHOD = "Docker's books (tar-split)"
"""How a layer is read whose tar's headers are in the books."""

_DIRECTORY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
"""What a cache ID or a mount ID may be, so that it can be part of a path."""

_CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ContainerOnDisk:
    """What the books say about the filesystem of a container."""

    writable: StoredLayer
    """Its own layer."""
    engine_files: tuple[bytes, ...]
    """Paths in its init layer, which Docker puts between the image and the container."""
    parent_chain: ChainID | None
    """Chain ID of the image layer that it stands on; None where it stands on none."""


class DockerBooks:
    """The books below one data root, for one storage driver."""

    def __init__(self, data_root: Path, driver: Driver, label: str) -> None:
        self.data_root = data_root
        """Docker's data root, such as `/var/lib/docker`."""
        self.driver = driver.name
        """The storage driver, such as `overlay2`."""
        self.label = label
        """What messages call the data root."""
        root = Shelf(data_root, label)
        self.shelf = root.within(f"image/{driver.name}")
        """`image/DRIVER`."""
        self.containers = root.within("containers")
        """Where each container's own documents are."""
        self._files = root.within(driver.layers)
        self._driver = driver
        self._dialect = dialect_of(driver.dialect, data_root)
        self._owners = owners_of(data_root)
        self._sizes: dict[ChainID, int | None] = {}

    @classmethod
    def open(cls, data_root: Path, label: str | None = None, driver: str | None = None) -> Self:
        """The books of a data root; `driver` says which where it has those of several (`docker info`: Storage Driver).

        Raises NotFoundError where there are none, UnreachableError where they cannot be read, DamagedError where
        they are of a driver whose layers are not read.
        """
        label = label or str(data_root)
        kept = Shelf(data_root, label).names("image")
        if driver is None:
            driver = next((name for name in (*DRIVERS, *OTHERS, *kept) if name in kept), None)
        if driver is None or driver not in kept:
            missing = "image is empty" if driver is None else f"image/{driver} is not there"
            raise NotFoundError(
                f"{label} has no books of Docker: {missing}.",
                "With Docker's containerd image store, images are under containerd: run layertui doctor.",
            )
        if driver not in DRIVERS:
            raise DamagedError(
                f"{label} is kept by Docker's storage driver {driver}, whose layers are not read from disk.",
                "With the engine running, open its images: layertui docker-daemon:",
            )
        books = cls(data_root, DRIVERS[driver], label)
        books.shelf.names("layerdb")  # says why, where they cannot be read
        return books

    @property
    def readable(self) -> bool:
        """Whether this process can list the books and the layers' directories, as it stands now."""
        try:
            self.shelf.names("layerdb/sha256")
            self.shelf.names("imagedb/content/sha256")
            self._files.names()
        except LayertuiError:
            return False
        return True

    def layer(self, chain_id: ChainID, label: str) -> StoredLayer:
        """One layer of an image, listed as its tar was; `label` is what messages call it.

        What is missing or damaged is the layer's problem; this raises nothing.
        """
        try:
            return self._layer(chain_id, label)
        except LayertuiError as problem:
            return StoredLayer(None, MEDIA_TYPE, False, None, problem=as_damage(problem))

    def _layer(self, chain_id: ChainID, label: str) -> StoredLayer:
        book = self._book(chain_id)
        parent, diff_id = self.parent(chain_id), self.diff_id(chain_id)
        odd: list[str] = []
        if chain_id != _chained(parent, diff_id):
            odd.append(f"its books contradict each other: {diff_id} on {parent or 'nothing'} is another layer.")
        root: Root | None = None
        lost: LayertuiError | None = None
        try:
            root = self._files_of(f"{book}/cache-id")
        except LayertuiError as problem:
            lost = problem
        content: StoredTree
        if not self.shelf.lacks(f"{book}/tar-split.json.gz"):
            content = SplitLayer(lambda: self.shelf.blob(f"{book}/tar-split.json.gz"), root, label, method=SPLIT_METHOD)
            if lost is not None:
                odd.append(f"its files are listed, their contents cannot be read: {lost.message}")
        elif root is None:
            raise lost or NotFoundError(f"{label} has no files.")
        elif self._driver.whole and parent is not None:
            raise DamagedError(
                f"{label}: tar-split.json.gz is missing, and its directory is a copy of all layers below too.",
                f"The storage driver {self.driver} keeps no diffs. Save the image: docker save NAME -o image.tar",
            )
        else:
            content = WalkedLayer(root, label, self._dialect, self._owners)
            odd.append(
                "tar-split.json.gz is missing from its books, so its directory is listed as it is now:"
                " hard links and times may differ."
            )
        return StoredLayer(content, MEDIA_TYPE, False, self.size_bytes(chain_id), warning=" ".join(odd))

    def diff_id(self, chain_id: ChainID) -> DiffID:
        """A layer's diff ID as recorded; raises LayertuiError."""
        return DiffID.parse(self.shelf.line(f"{self._book(chain_id)}/diff"))

    def parent(self, chain_id: ChainID) -> ChainID | None:
        """The layer below, None for a base; raises LayertuiError."""
        name = f"{self._book(chain_id)}/parent"
        return None if self.shelf.lacks(name) else ChainID.parse(self.shelf.line(name))

    def size_bytes(self, chain_id: ChainID) -> int | None:
        """A layer's content as `docker history` prints it, in bytes; None where the books do not tell."""
        if chain_id not in self._sizes:
            try:
                text = self.shelf.line(f"layerdb/sha256/{chain_id.hex}/size")
            except LayertuiError:
                text = ""
            self._sizes[chain_id] = int(text) if re.fullmatch(r"\d{1,18}", text) else None
        return self._sizes[chain_id]

    def chain(self, top: ChainID) -> tuple[ChainID, ...]:
        """A layer and all below it, base to top; raises LayertuiError, also for layers that are their own parents."""
        found = [top]
        while (parent := self.parent(found[-1])) is not None:
            if parent in found:
                raise DamagedError(f"{self.shelf.label}: layer {top.short} is below itself.")
            if len(found) >= LAYERS.value:
                raise LAYERS.exceeded(f"{self.shelf.label}: layer {top.short} has more layers below it and")
            found.append(parent)
        return tuple(reversed(found))

    def image_config(self, image_id: Digest) -> bytes:
        """An image's config, checked against its ID; raises LayertuiError."""
        blob = self.shelf.blob(f"imagedb/content/{image_id.algorithm}/{image_id.hex}")
        return read_document(blob, digest=image_id)

    def container(self, container_id: str) -> ContainerOnDisk:
        """What the books say about a container's filesystem.

        A layer that cannot be read is its own problem. Raises LayertuiError where the books do not have the container.
        """
        mount = f"layerdb/mounts/{checked_container_id(container_id)}"
        if self.shelf.lacks(mount):
            raise NotFoundError(
                f"{self.shelf.label} has no filesystem for the container {container_id[:12]}.",
                "It was removed, or its image layers are kept elsewhere: run layertui doctor.",
            )
        parent = f"{mount}/parent"
        parent_chain = None if self.shelf.lacks(parent) else ChainID.parse(self.shelf.line(parent))
        return ContainerOnDisk(self._writable(mount, container_id), self._engine_files(mount), parent_chain)

    def _writable(self, mount: str, container_id: str) -> StoredLayer:
        label = f"{self.label}: container {container_id[:12]}"
        try:
            if self._driver.whole:
                raise UnreachableError(
                    f"{label}: the storage driver {self.driver} gives a container a copy of its whole image, so its"
                    " directory does not tell what changed.",
                    "With the engine running, ask it: layertui docker-container:NAME",
                )
            root = self._files_of(f"{mount}/mount-id")
        except LayertuiError as problem:
            return StoredLayer(None, MEDIA_TYPE, False, None, problem=as_damage(problem))
        return StoredLayer(WalkedLayer(root, label, self._dialect, self._owners), MEDIA_TYPE, False, None)

    def _engine_files(self, mount: str) -> tuple[bytes, ...]:
        """Paths of the init layer, directories only where nothing lies in them; empty where it cannot be read."""
        if self._driver.whole:
            return ()
        try:
            return leaves(self._files_of(f"{mount}/init-id"))
        except LayertuiError:
            return ()

    def _book(self, chain_id: ChainID) -> str:
        name = f"layerdb/sha256/{chain_id.hex}"
        if self.shelf.lacks(name):
            raise NotFoundError(
                f"{self.shelf.label} does not know the layer {chain_id.short}.",
                "The books are half-written or incomplete. If the engine still has the image: docker save NAME",
            )
        return name

    def _files_of(self, name: str) -> Callable[[], Beneath]:
        """Where the files are of the layer that a file of the books names; raises LayertuiError where it is not so."""
        directory = self.shelf.line(name)
        if not _DIRECTORY_NAME.fullmatch(directory):
            raise DamagedError(f"{self.shelf.label}/{name} is damaged: it names no directory.")
        return self._files.directory(f"{directory}/{self._driver.inside}".rstrip("/"))

    def source(self, label: str, scheme: str = "overlay2") -> Listing:
        """All images, each followed by its containers; what is damaged is said on its own entry, or as a warning."""
        from layertui.sources.docker.books_images import listing

        return listing(self, label, scheme)


def checked_container_id(text: str) -> str:
    """A container's ID once its grammar is checked; raises DamagedError."""
    if not _CONTAINER_ID.fullmatch(text):
        raise DamagedError(f"'{text[:80]}' is not the ID of a container: it must be 64 lower-case hexadecimal digits.")
    return text


def _chained(parent: ChainID | None, diff_id: DiffID) -> str:
    """The chain ID of a layer on top of another (config.md, *Layer ChainID*)."""
    return diff_id if parent is None else "sha256:" + hashlib.sha256(f"{parent} {diff_id}".encode()).hexdigest()
