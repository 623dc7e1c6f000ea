"""OCI layouts that are damaged, odd or hostile: what is wrong is named, and what is right stays usable."""

import json
import os
from pathlib import Path

import pytest

from layertui.errors import DamagedError
from layertui.sources.resolve import open_reference
from tests.kit.images import OCI_INDEX, OCI_MANIFEST, build, descriptor, digest, to_json
from tests.kit.oci import oci_files
from tests.sources.layouts import (
    AMD,
    LAYER,
    OTHER,
    Open,
    blob,
    kinds,
    layout,
    read,
    write,
)

pytestmark = pytest.mark.usefixtures("_host_is_amd64")


@pytest.mark.parametrize("gone", ["manifest", "config"])
def test_a_missing_blob_is_named_and_siblings_stay_usable(opened: Open, gone: str) -> None:
    files = oci_files([AMD, OTHER])
    built = build(AMD, "gzip")
    lost = built.manifest if gone == "manifest" else built.config
    del files[blob(lost)]
    found = opened(files)
    assert kinds(found) == ["broken", "image"]
    assert found.entries[0].reference == "1.4"
    with pytest.raises(DamagedError, match=digest(lost)):
        found.entries[0].open()
    assert read(found.entries[1].open()) == [[b"e"]]
    assert found.chosen is None


def test_a_missing_layer_is_named_and_the_others_can_be_read(opened: Open) -> None:
    files = oci_files([AMD])
    lost = build(AMD, "gzip").layers[0]
    del files[blob(lost.blob)]
    found = opened(files)
    assert found.chosen is not None
    image = found.chosen.open()
    problem = image.layers[0].problem
    assert problem is not None
    assert problem.message.startswith(f"layer 0: blob {lost.digest} is missing from ")
    assert image.layers[0].stored_bytes == len(lost.blob)
    assert image.layers[0].compressed_bytes == len(lost.blob)
    assert image.layers[1].content is not None


@pytest.mark.parametrize("part", ["manifest", "config"])
@pytest.mark.parametrize("how", ["size", "content"])
def test_what_does_not_match_its_descriptor_is_not_trusted(opened: Open, part: str, how: str) -> None:
    files = oci_files([AMD])
    built = build(AMD, "gzip")
    data = built.manifest if part == "manifest" else built.config
    files[blob(data)] = data + b" " if how == "size" else data.replace(b'"linux"', b'"binux"').replace(b"2,", b"3,")
    found = opened(files)
    assert kinds(found) == ["broken"]
    said = "bytes were promised" if how == "size" else "does not match its digest"
    with pytest.raises(DamagedError, match=said):
        found.entries[0].open()


def test_a_layer_of_another_size_is_not_trusted(opened: Open) -> None:
    files = oci_files([AMD])
    layer = build(AMD, "gzip").layers[1]
    files[blob(layer.blob)] = layer.blob + b"x"
    found = opened(files)
    assert found.chosen is not None
    image = found.chosen.open()
    assert image.layers[1].content is None
    assert image.layers[1].problem is not None
    assert "does not match its descriptor" in image.layers[1].problem.message


def test_a_wrong_label_is_a_warning(opened: Open) -> None:
    built = build(AMD, "gzip")
    manifest = built.manifest.replace(b"v1.tar+gzip", b"v1.tar+zstd")
    blobs = [manifest, built.config, *(layer.blob for layer in built.layers)]
    found = opened(layout(descriptor(manifest, OCI_MANIFEST), blobs=blobs))
    assert found.chosen is not None
    image = found.chosen.open()
    assert image.warnings[0] == f"layer 0: is labelled {LAYER}+zstd, but stored as gzip."
    assert read(image) == [[b"a"], [b"b"]]


@pytest.mark.parametrize(
    ("media_type", "said"),
    [
        (LAYER + "+gzip+encrypted", "is encrypted"),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "is not distributed with the image"),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "is not distributed with the image"),
    ],
)
def test_layers_that_are_not_meant_to_be_read_say_why(opened: Open, media_type: str, said: str) -> None:
    built = build(AMD, "gzip")
    manifest = built.manifest.replace(f"{LAYER}+gzip".encode(), media_type.encode())
    found = opened(layout(descriptor(manifest, OCI_MANIFEST), blobs=[manifest, built.config]))
    assert found.chosen is not None
    layers = found.chosen.open().layers
    assert len(layers) == 2
    for layer in layers:
        assert layer.problem is not None
        assert said in layer.problem.message


def test_a_digest_that_is_none_never_becomes_a_path(opened: Open) -> None:
    good = oci_files([AMD])
    index = json.loads(good["index.json"])
    index["manifests"].insert(0, {"mediaType": OCI_MANIFEST, "digest": "sha256:../../index.json", "size": 5})
    found = opened({**good, "index.json": to_json(index)})
    assert kinds(found) == ["image", "broken"]
    with pytest.raises(DamagedError, match="is not a digest"):
        found.entries[1].open()


def test_a_document_with_two_meanings_is_refused(opened: Open) -> None:
    document = json.loads(build(AMD, "gzip").manifest) | {"manifests": []}
    spoiled = to_json(document)
    found = opened(layout(descriptor(spoiled, OCI_MANIFEST), blobs=[spoiled]))
    assert kinds(found) == ["broken"]
    assert found.entries[0].problem is not None
    assert "two ways" in found.entries[0].problem.message


def test_without_its_mark_a_layout_opens_with_a_warning(opened: Open) -> None:
    files = oci_files([AMD])
    del files["oci-layout"]
    found = opened(files)
    assert found.chosen is not None
    assert "oci-layout is missing" in found.source.warnings[0]


@pytest.mark.parametrize("mark", [b"", b"[]", b'{"imageLayoutVersion":"2.0.0"}', b"{}"])
def test_an_odd_mark_is_a_warning(opened: Open, mark: bytes) -> None:
    found = opened({**oci_files([AMD]), "oci-layout": mark})
    assert found.chosen is not None
    assert len(found.source.warnings) == 1


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (b"", "index.json is empty"),
        (b"foobar", "index.json is not JSON"),
        (b'{"layers": []}', "index.json is a manifest"),
        (b'{"manifests": {}}', "index.json is not as its specification says"),
        (None, "index.json is missing"),
    ],
)
def test_a_bad_index_json_is_named(opened: Open, index: bytes | None, said: str) -> None:
    files = oci_files([AMD])
    if index is None:
        del files["index.json"]
    else:
        files["index.json"] = index
    with pytest.raises(DamagedError) as caught:
        opened(files)
    assert said in caught.value.message


def test_an_empty_index_opens_without_entries(opened: Open) -> None:
    found = opened(layout())
    assert (found.entries, found.chosen) == ((), None)


def nest(depth: int) -> dict[str, bytes]:
    built = build(AMD, "gzip")
    blobs = [built.manifest, built.config, *(layer.blob for layer in built.layers)]
    top = descriptor(built.manifest, OCI_MANIFEST)
    for _ in range(depth):
        inner = to_json({"schemaVersion": 2, "manifests": [top]})
        blobs.append(inner)
        top = descriptor(inner, OCI_INDEX)
    return layout(top, blobs=blobs)


def test_indexes_nest_to_a_bound(opened: Open) -> None:
    found = opened(nest(8))
    assert found.chosen is not None


def test_deeper_than_the_bound_is_refused(opened: Open) -> None:
    with pytest.raises(DamagedError, match="exceeds the bound of 8 nested indexes"):
        opened(nest(9))


def test_indexes_that_multiply_are_refused_at_a_bound(opened: Open) -> None:
    inner = to_json({"schemaVersion": 2, "manifests": []})
    blobs = [inner]
    for _ in range(6):
        inner = to_json({"schemaVersion": 2, "manifests": [descriptor(inner, OCI_INDEX)] * 30})
        blobs.append(inner)
    with pytest.raises(DamagedError, match="exceeds the bound of 4,096 descriptors"):
        opened(layout(descriptor(inner, OCI_INDEX), blobs=blobs))


def test_a_symlink_within_a_layout_is_followed(tmp_path: Path) -> None:
    root = tmp_path / "image"
    write(root, oci_files([AMD]))
    layer = root / blob(build(AMD, "gzip").layers[0].blob)
    layer.rename(root / "moved")
    layer.symlink_to("../../moved")
    found = open_reference(str(root))
    assert found.chosen is not None
    assert read(found.chosen.open())[0] == [b"a"]


@pytest.mark.parametrize("how", ["file", "directory"])
def test_a_symlink_out_of_a_layout_is_refused(tmp_path: Path, how: str) -> None:
    root, outside = tmp_path / "image", tmp_path / "outside"
    write(root, oci_files([AMD]))
    if how == "directory":
        (root / "blobs").rename(outside)
        (root / "blobs").symlink_to(outside)
        found = open_reference(str(root))
        assert kinds(found) == ["broken"]
        assert found.entries[0].problem is not None
        assert "leads out of the layout" in found.entries[0].problem.message
        return
    layer = root / blob(build(AMD, "gzip").layers[0].blob)
    layer.rename(outside)
    layer.symlink_to(outside)
    found = open_reference(str(root))
    assert found.chosen is not None
    problem = found.chosen.open().layers[0].problem
    assert problem is not None
    assert "leads out of the layout" in problem.message


def test_a_layout_reached_through_a_symlink_is_read(tmp_path: Path) -> None:
    write(tmp_path / "real", oci_files([AMD]))
    (tmp_path / "link").symlink_to("real")
    assert open_reference(str(tmp_path / "link")).chosen is not None


def test_a_fifo_in_place_of_a_blob_is_not_waited_for(tmp_path: Path) -> None:
    root = tmp_path / "image"
    files = oci_files([AMD])
    name = blob(build(AMD, "gzip").manifest)
    del files[name]
    write(root, files)
    os.mkfifo(root / name)
    found = open_reference(str(root))
    assert kinds(found) == ["broken"]
    assert found.entries[0].problem is not None
    assert "named pipe" in found.entries[0].problem.message
