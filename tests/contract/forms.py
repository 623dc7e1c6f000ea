"""Every form in which an image reaches us as a file or a directory, and how a person would refer to it."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.layer.tree import LayerTree
from layertui.sources.resolve import open_reference
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from tests.kit.docker import docker_archive
from tests.kit.images import ImageSpec
from tests.kit.oci import oci_archive, oci_layout


@dataclass(frozen=True, slots=True)
class Form:
    """One form of an image."""

    name: str
    kind: str
    """The module in `layertui.sources` that reads it."""
    make: Callable[[Path, ImageSpec], str]
    """Writes the image below a directory and returns a reference to it."""
    scheme: str = "docker-archive"
    compressed: bool = True
    """Whether its layers are, so that reading them verifies them."""


def _docker(name: str, *, kind: str = "docker_archive", whole: bool = False, **options: Any) -> Form:
    def make(directory: Path, spec: ImageSpec) -> str:
        data = docker_archive([spec], **options)
        (directory / "image.tar").write_bytes(gzip.compress(data, 1) if whole else data)
        return f"{directory}/image.tar"

    return Form(name, kind, make, compressed=options.get("compression", "plain") != "plain")


def _layout(name: str, **options: Any) -> Form:
    def make(directory: Path, spec: ImageSpec) -> str:
        return f"oci:{oci_layout(directory / 'layout', [spec], **options)}"

    return Form(name, "oci_layout", make, "oci", options.get("compression") != "plain")


def _archive(name: str, **options: Any) -> Form:
    def make(directory: Path, spec: ImageSpec) -> str:
        (directory / "oci.tar").write_bytes(oci_archive([spec], **options))
        return f"oci-archive:{directory}/oci.tar:{spec.tags[0]}"

    return Form(name, "oci_archive", make, "oci-archive", options.get("compression") != "plain")


LEGACY = _docker("Docker before 1.10", kind="legacy", style="legacy")
"""The form without digests; it cannot hold an image without layers."""

FORMS = [
    _docker("docker save", style="docker"),
    _docker("docker save, gzip layers", style="docker", compression="gzip"),
    _docker("docker save, zstd layers", style="docker", compression="zstd"),
    _docker("docker save, whole in gzip", style="docker", whole=True),
    _docker("Docker 25", style="docker25"),
    _docker("Docker 25, gzip layers", style="docker25", compression="gzip"),
    _docker("podman save", style="podman"),
    _docker("kaniko", style="kaniko", compression="gzip"),
    LEGACY,
    _layout("layout, gzip", compression="gzip"),
    _layout("layout, zstd", compression="zstd"),
    _layout("layout, plain", compression="plain"),
    _layout("layout with attestations", compression="gzip", attestations=True),
    _archive("OCI archive, gzip", compression="gzip"),
    _archive("OCI archive, zstd", compression="zstd"),
    _archive("OCI archive, nested index", compression="gzip", nested=True),
]
"""All of them; the contract holds for each."""


def load(reference: str) -> tuple[Image, list[LayerTree], Squash]:
    """Open an image by its reference, read every layer and fold them."""
    opened = open_reference(reference, "linux/amd64")
    assert opened.chosen is not None
    image = opened.chosen.open()
    squash = fold_image(image)
    return image, list(squash.trees), squash


def fold_image(image: Image) -> Squash:
    """Read every layer of an image, which has to be whole, and fold them."""
    trees = []
    for layer in image.layers:
        assert layer.problem is None
        assert layer.content is not None
        tree = read_layer(layer.content, digest=layer.digest, diff_id=layer.diff_id)
        assert tree.damage is None
        assert tree.problems == ()
        trees.append(tree)
    return fold(trees, layer_count=len(trees))
