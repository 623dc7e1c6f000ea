"""containerd's content store: blobs that all namespaces share, and what one namespace makes of them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from layertui.errors import DamagedError, LayertuiError, NotFoundError, as_damage
from layertui.image.blob import Blob, BytesBlob
from layertui.image.digest import Digest
from layertui.image.image import Container, Image, Layer, Naming
from layertui.image.manifest import Descriptor
from layertui.image.platform import host_platform
from layertui.sources.base import ImageEntry, short_reference
from layertui.sources.containerd.finding import CONTENT
from layertui.sources.containerd.snapshots import Snapshots
from layertui.sources.containerd.stack import stack_container
from layertui.sources.docker.books_shelf import Shelf
from layertui.sources.oci import Found, blob_name, look_through

_MARK = b'{"imageLayoutVersion":"1.0.0"}'


def open_docker_store(root: Path, namespace: str = "moby") -> "NamespaceStore":
    """What Docker keeps in containerd when that is its image store; `root` is containerd's.

    That is `containerd/daemon` below Docker's data root where Docker starts containerd itself, else the system's.
    Raises LayertuiError when this process cannot read it.
    """
    store = NamespaceStore(ContentStore(root, f"containerd ({root})"), namespace)
    store.snapshots().check()
    return store


class ContentStore:
    """The blobs below containerd's root, as a store of an OCI layout that has no index of its own."""

    def __init__(self, root: Path, label: str) -> None:
        self.root = root
        """containerd's root, such as /var/lib/containerd."""
        self.label = label
        """What messages call it."""
        self._shelf = Shelf(root, label)

    def holds(self, name: str) -> bool:
        """Whether there may be something of this name: what may not be looked at says so when it is read."""
        return not self._shelf.lacks(f"{CONTENT}/{name}")

    def file(self, name: str) -> Blob:
        """A blob by its name, reached through no symlink; raises LayertuiError."""
        return self._shelf.beneath().blob(f"{CONTENT}/{name}".encode(), f"{self.label}: {name}")


class _Indexed:
    """A content store with the index of one image, which makes it a layout."""

    def __init__(self, store: ContentStore, target: Descriptor) -> None:
        described = {"mediaType": target.media_type, "digest": target.digest, "size": target.size_bytes}
        index = json.dumps({"schemaVersion": 2, "manifests": [described]}).encode()
        self._store = store
        self._added = {"index.json": index, "oci-layout": _MARK}
        self.label = store.label

    def holds(self, name: str) -> bool:
        return name in self._added or self._store.holds(name)

    def file(self, name: str) -> Blob:
        added = self._added.get(name)
        return self._store.file(name) if added is None else BytesBlob(added, f"{self.label}: {name}")


class NamespaceStore:
    """The images and snapshots of one namespace."""

    def __init__(self, store: ContentStore, name: str) -> None:
        self.store = store
        """Where the blobs are."""
        self.name = name
        """Of the namespace, such as `k8s.io`."""

    def snapshots(self) -> Snapshots:
        """Its snapshots as they are now."""
        return Snapshots(self.store.root, self.name, self.store.label)

    def look(self, target: Descriptor, names: Sequence[str] = ()) -> list[tuple[Found, ImageEntry]]:
        """What a manifest or an index leads to, the host's platform first, each with its line in a list.

        containerd fetches what is wanted of an index only, the host's platform mostly: what else the index names is
        not there, and is left out. Raises LayertuiError when the index exceeds a bound.
        """
        indexed = _Indexed(self.store, target)
        result = []
        for found in look_through(indexed)[0]:
            own = found.descriptor.digest == target.digest
            if own or self.store.holds(blob_name(found.descriptor.digest)):
                found.names.extend(names)
                entry = found.entry(indexed)
                result.append((found, replace(entry, open=self._opener(entry))))
        if not result:
            raise DamagedError(
                f"{self.store.label}: nothing that the index {short_reference(target.digest)} names is there.",
                "It was not fetched completely. Pull the image again.",
            )
        return result

    def image(self, digest: Digest, naming: Naming) -> Image:
        """The image whose manifest or index has this digest: of several, that for `naming.platform`, else the host's.

        Raises LayertuiError.
        """
        blob = self.store.file(blob_name(digest))
        images = [found for found in self.look(Descriptor("", digest, blob.size_bytes)) if found[0].kind == "image"]
        wanted = naming.platform or host_platform()
        fitting = [found for found in images if found[0].platform is not None and found[0].platform.answers(wanted)]
        if naming.platform is not None and images and not fitting:
            raise NotFoundError(f"{self.store.label} has {naming.reference}, but not for {wanted.text}.")
        if not images:
            raise DamagedError(f"{self.store.label}: {naming.reference} has no image that can be run.")
        image = (fitting or images)[0][1].open()
        return replace(image, reference=naming.reference, tags=naming.tags)

    def container(
        self,
        container: Container,
        image: Image | None,
        reference: str,
        *,
        snapshot_key: str = "",
        snapshotter: str = "overlayfs",
    ) -> Image:
        """What a container sees: its image, its own snapshots above that, the writable one on top.

        `image` is None where it is gone; `snapshot_key` is the container's ID where none is given, as Docker and CRI
        have it. Raises LayertuiError where the databases cannot be read.
        """
        key = snapshot_key or container.container_id
        return stack_container(self.snapshots(), container, image, reference, key, snapshotter)

    def _opener(self, entry: ImageEntry) -> Callable[[], Image]:
        return lambda: self._complete(entry.open())

    def _complete(self, image: Image) -> Image:
        """An image with the snapshots of those of its layers whose blobs were discarded (CRI's option)."""
        missing = [layer for layer in image.layers if layer.digest and not self.store.holds(blob_name(layer.digest))]
        snapshots = self.snapshots()
        layers = list(image.layers)
        for layer in missing:
            layers[layer.index] = _from_snapshot(layer, snapshots)
        return replace(image, layers=tuple(layers))


def _from_snapshot(layer: Layer, snapshots: Snapshots) -> Layer:
    lost = layer.problem or DamagedError(f"layer {layer.index}: its blob is not there.")
    try:
        content = snapshots.content(layer.chain_id) if layer.chain_id is not None else None
    except LayertuiError as problem:
        said = f"{lost.message} Its snapshot is no help: {problem.message}"
        return replace(layer, problem=as_damage(type(problem)(said, problem.hint)))
    if content is None:
        said = f"{lost.message} No snapshot holds it either."
        return replace(layer, problem=type(lost)(said, "Pull the image again: ctr images pull NAME"))
    return replace(layer, content=content, problem=None)
