"""A containerd with images in it, and what is read of its store."""

from collections.abc import Sequence
from pathlib import Path

from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.layer.tree import LayerTree
from layertui.sources.base import ImageEntry
from layertui.sources.containerd.listing import list_store
from layertui.sources.containerd.store import ContentStore
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from tests.contract.containerd_daemon import Containerd
from tests.kit.entries import directory, file
from tests.kit.images import ImageSpec
from tests.kit.oci import oci_archive

POLITE = "docker.io/library/polite:1"
"""How containerd calls what other engines call `polite:1`."""


def image_of(which: str, *, tag: str, architecture: str = "amd64") -> ImageSpec:
    """A small image whose one layer says which it is."""
    return ImageSpec(
        layers=[[directory("etc"), file("etc/which", which)]],
        tags=(f"docker.io/library/{tag}",),
        architecture=architecture,
    )


def entries(root: Path, own: str = "default") -> dict[str, ImageEntry]:
    """What the store lists, by reference; the names of the namespace `own` stand alone."""
    return {entry.reference: entry for entry in list_store(ContentStore(root, "the store"), own).entries()}


def load(image: Image) -> tuple[list[LayerTree], Squash]:
    """Read every layer of an image and fold them."""
    trees = []
    for layer in image.layers:
        assert layer.content is not None, layer.problem
        tree = read_layer(layer.content, digest=layer.digest, diff_id=layer.diff_id)
        assert tree.damage is None
        assert tree.problems == ()
        trees.append(tree)
    return trees, fold(trees, layer_count=len(trees))


def put(
    daemon: Containerd, specs: Sequence[ImageSpec], *options: str, namespace: str = "default", **form: bool
) -> None:
    """Import images as an OCI archive."""
    archive = daemon.directory / "import.tar"
    archive.write_bytes(oci_archive(specs, docker=True, **form))
    daemon.ctr("images", "import", *options, archive, namespace=namespace)


def discard_blobs(daemon: Containerd, image: Image, namespace: str = "default") -> None:
    """Remove the blobs of an image's layers as CRI's `discard_unpacked_layers` leaves it."""
    for layer in image.layers:
        daemon.ctr("content", "rm", layer.digest, namespace=namespace)
    collect(daemon, namespace)


def collect(daemon: Containerd, namespace: str = "default") -> None:
    """Have the daemon remove what nothing names any more."""
    name = daemon.names(namespace)[0]
    daemon.ctr("images", "tag", name, "gone:1", namespace=namespace)
    daemon.ctr("images", "rm", "--sync", "gone:1", namespace=namespace)
