"""Layouts made in code, and what tests ask of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.sources.resolve import Opened
from tests.kit.entries import file
from tests.kit.images import ImageSpec, digest, to_json

Open = Callable[..., Opened]
"""What the fixture `opened` gives: opens a layout's files, with what is typed behind the path, and a platform."""

AMD = ImageSpec(layers=[[file("a")], [file("b")]], tags=["1.4"])
ARM = ImageSpec(layers=[[file("c")]], tags=["1.4"], architecture="arm64", variant="v8")
ARMV6 = ImageSpec(layers=[[file("d")]], tags=["1.4"], architecture="arm", variant="v6")
OTHER = ImageSpec(layers=[[file("e")]], tags=["2.0"])

LAYER = "application/vnd.oci.image.layer.v1.tar"


def write(root: Path, files: dict[str, bytes]) -> None:
    (root / "blobs/sha256").mkdir(parents=True)
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def blob(data: bytes) -> str:
    return "blobs/sha256/" + digest(data)[7:]


def layout(*descriptors: dict[str, Any], blobs: list[bytes] | None = None) -> dict[str, bytes]:
    index = to_json({"schemaVersion": 2, "manifests": list(descriptors)})
    mark = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index}
    return {**mark, **{blob(data): data for data in blobs or ()}}


def named(name: str) -> dict[str, Any]:
    return {"annotations": {"org.opencontainers.image.ref.name": name}}


def kinds(found: Opened) -> list[str]:
    return [entry.kind for entry in found.entries]


def platforms(found: Opened) -> list[str]:
    return [entry.platform.text if entry.platform else "" for entry in found.entries]


def read(image: Image) -> list[list[bytes]]:
    paths = []
    for layer in image.layers:
        assert layer.content is not None
        tree = read_layer(layer.content, digest=layer.digest, diff_id=layer.diff_id, verify=True)
        assert set(tree.verified) == {"digest", "diff ID"}
        paths.append([entry.path for entry in tree.entries()])
    return paths
