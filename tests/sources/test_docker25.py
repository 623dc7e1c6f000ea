"""Archives of Docker 25 and later: manifest.json and an OCI layout in one tar."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.sources.resolve import Opened, open_reference
from tests.kit.docker import docker_files
from tests.kit.entries import Entry, file
from tests.kit.images import ImageSpec, build, outer_tar
from tests.kit.oci import oci_files

Files = dict[str, bytes | Entry]

ONE = ImageSpec(
    layers=[[file("a", "base")], [file("b", "next")]],
    tags=["api:1.4", "api:latest"],
    history=[{"created_by": "ADD a"}, {"created_by": "ENV x", "empty_layer": True}, {"created_by": "COPY b"}],
)
TWO = ImageSpec(layers=[[file("a", "base")], [file("c", "other")]], tags=["redis:7.4"])


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[bytes | Files], Opened]:
    def open_it(content: bytes | Files) -> Opened:
        path = tmp_path / "image.tar"
        path.write_bytes(content if isinstance(content, bytes) else outer_tar(content))
        return open_reference(str(path))

    return open_it


def image_of(found: Opened) -> Image:
    assert found.chosen is not None
    return found.chosen.open()


def names_in(image: Image) -> list[list[bytes]]:
    """The paths in each layer, read for real and verified where that is possible."""
    paths = []
    for layer in image.layers:
        assert layer.content is not None
        tree = read_layer(layer.content, digest=layer.digest, diff_id=layer.diff_id, verify=True)
        assert tree.problems == ()
        assert "diff ID" in tree.verified or layer.diff_id is None
        paths.append([entry.path for entry in tree.entries()])
    return paths


def test_a_layout_beside_the_manifest_adds_what_else_it_holds(opened: Callable[[bytes | Files], Opened]) -> None:
    files = docker_files([ONE], style="docker25")
    both = docker_files([ONE, TWO], style="docker25")
    merged: Files = {**both, "manifest.json": files["manifest.json"]}
    found = opened(merged)
    assert [(entry.kind, entry.reference) for entry in found.entries] == [
        ("image", "api:1.4"),
        ("image", "docker.io/library/redis:7.4"),
    ]


def test_platforms_that_were_not_saved_do_not_hinder_the_one_that_was(
    opened: Callable[[bytes | Files], Opened],
) -> None:
    """Docker with containerd's store saves the whole index, and the blobs of one platform."""
    arm = replace(ONE, architecture="arm64", layers=[[file("arm")]], history=None)
    index = oci_files([ONE, arm], compression="gzip", docker=True, nested=True, attestations=True)
    saved = docker_files([ONE], style="docker25", compression="gzip")
    present = {name: index[name] for name in index if name in saved}
    indexes = {name: data for name, data in index.items() if b'"manifests"' in data}
    found = opened({**saved, **present, **indexes})
    assert [entry.kind for entry in found.entries] == ["image", "attestation", "broken"]
    assert found.chosen is found.entries[0]
    assert names_in(image_of(found)) == [[b"a"], [b"b"]]


def test_a_damaged_layout_beside_the_manifest_does_not_hide_its_images(
    opened: Callable[[bytes | Files], Opened],
) -> None:
    found = opened({**docker_files([ONE], style="docker25"), "index.json": b"foobar"})
    assert [entry.kind for entry in found.entries] == ["image"]
    assert "index.json is not JSON" in found.source.warnings[0]


def test_a_layout_blob_that_is_not_what_its_name_promises_is_found_when_read(
    opened: Callable[[bytes | Files], Opened],
) -> None:
    files = docker_files([ONE], style="docker25", compression="gzip")
    digest = build(ONE, "gzip").layers[0].digest
    files["blobs/sha256/" + digest[7:]] = build(TWO, "gzip").layers[1].blob
    layer = image_of(opened(files)).layers[0]
    assert layer.digest == digest
    assert layer.content is not None
    tree = read_layer(layer.content, digest=layer.digest, diff_id=layer.diff_id)
    assert "the digest does not match" in tree.problems[0]
