"""OCI layouts, in a directory and in a tar: what index.json leads to, whole and broken."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layertui.errors import DamagedError
from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.sources.resolve import Opened, open_reference
from tests.kit.entries import file
from tests.kit.images import OCI_INDEX, OCI_MANIFEST, ImageSpec, build, descriptor, digest, outer_tar, to_json
from tests.kit.oci import oci_files

Open = Callable[..., Opened]

AMD = ImageSpec(layers=[[file("a")], [file("b")]], tags=["1.4"])
ARM = ImageSpec(layers=[[file("c")]], tags=["1.4"], architecture="arm64", variant="v8")
ARMV6 = ImageSpec(layers=[[file("d")]], tags=["1.4"], architecture="arm", variant="v6")
OTHER = ImageSpec(layers=[[file("e")]], tags=["2.0"])

IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


@pytest.fixture(autouse=True)
def _host_is_amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


@pytest.fixture(params=["directory", "archive"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    def open_it(files: dict[str, bytes], reference: str = "", platform: str | None = None) -> Opened:
        path = tmp_path / "image"
        if request.param == "archive":
            path.write_bytes(outer_tar(dict(files)))
        else:
            write(path, files)
        return open_reference(f"{path}{reference}", platform)

    return open_it


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
        assert layer.blob is not None
        tree = read_layer(layer.blob, digest=layer.digest, diff_id=layer.diff_id, verify=True)
        assert set(tree.verified) == {"digest", "diff ID"}
        paths.append([entry.path for entry in tree.entries()])
    return paths


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
def test_one_image_is_chosen_and_verifies(opened: Open, compression: str) -> None:
    found = opened(oci_files([AMD], compression=compression))
    assert found.chosen is not None
    assert found.source.warnings == ()
    image = found.chosen.open()
    assert read(image) == [[b"a"], [b"b"]]
    built = build(AMD, compression)
    assert image.image_id == built.image_id
    assert image.manifest_digest == digest(built.manifest) == found.chosen.digest
    assert [layer.digest for layer in image.layers] == [layer.digest for layer in built.layers]
    assert image.layers[0].media_type == built.layers[0].media_type
    assert image.warnings == ()


@pytest.mark.parametrize(
    ("machine", "first"), [("x86_64", "linux/amd64"), ("aarch64", "linux/arm64/v8"), ("armv6l", "linux/arm/v6")]
)
def test_the_hosts_platform_comes_first_and_is_chosen(
    opened: Open, monkeypatch: pytest.MonkeyPatch, machine: str, first: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    found = opened(oci_files([ARM, AMD, ARMV6], nested=True))
    assert sorted(platforms(found)) == ["linux/amd64", "linux/arm/v6", "linux/arm64/v8"]
    assert platforms(found)[0] == first
    assert found.chosen is found.entries[0]
    assert [entry.tags for entry in found.entries] == [("1.4",)] * 3


def test_an_older_variant_is_chosen_where_the_exact_one_is_missing(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "armv7l")
    found = opened(oci_files([AMD, ARMV6], nested=True))
    assert found.chosen is not None
    assert found.chosen.platform is not None
    assert found.chosen.platform.text == "linux/arm/v6"


def test_no_platform_of_the_host_leaves_the_choice(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    found = opened(oci_files([ARM, AMD], nested=True))
    assert found.chosen is None
    assert platforms(found) == ["linux/arm64/v8", "linux/amd64"]


def test_another_platform_can_be_asked_for(opened: Open) -> None:
    found = opened(oci_files([AMD, ARM], nested=True), platform="linux/arm64")
    assert found.chosen is not None
    assert read(found.chosen.open()) == [[b"c"]]
    assert len(found.entries) == 2


def test_attestations_are_apart_and_no_hindrance(opened: Open) -> None:
    found = opened(oci_files([AMD], attestations=True))
    assert kinds(found) == ["image", "attestation"]
    assert found.chosen is found.entries[0]
    assert found.entries[1].tags == ()
    with pytest.raises(DamagedError, match=r"not a runnable image; its type is application/vnd.in-toto"):
        found.entries[1].open()


def test_artifacts_are_apart(opened: Open) -> None:
    config = b"{}"
    layer = b"chart"
    manifest = to_json(
        {
            "schemaVersion": 2,
            "artifactType": "application/vnd.example.chart",
            "config": descriptor(config, "application/vnd.oci.empty.v1+json"),
            "layers": [descriptor(layer, "application/vnd.example.chart.tar")],
            "subject": descriptor(build(AMD, "gzip").manifest, OCI_MANIFEST),
        }
    )
    found = opened(layout(descriptor(manifest, OCI_MANIFEST, **named("chart")), blobs=[config, layer, manifest]))
    assert kinds(found) == ["artifact"]
    assert found.chosen is found.entries[0]
    with pytest.raises(DamagedError, match=r"not a runnable image; its type is application/vnd.example.chart"):
        found.chosen.open()


def test_an_unknown_media_type_is_no_error(opened: Open) -> None:
    data = b"anything"
    files = oci_files([AMD])
    index = json.loads(files["index.json"])
    index["manifests"].append(descriptor(data, "x-completely/unknown"))
    found = opened({**files, "index.json": to_json(index), blob(data): data})
    assert kinds(found) == ["image", "artifact"]
    assert found.chosen is found.entries[0]


def test_a_name_in_a_nested_index_does_not_count(opened: Open) -> None:
    built = build(AMD, "gzip")
    inner = to_json({"schemaVersion": 2, "manifests": [descriptor(built.manifest, OCI_MANIFEST, **named("inner"))]})
    blobs = [inner, built.manifest, built.config, *(layer.blob for layer in built.layers)]
    found = opened(layout(descriptor(inner, OCI_INDEX, **named("outer")), blobs=blobs))
    assert found.entries[0].tags == ("outer",)


def test_one_manifest_under_two_names_is_one_image(opened: Open) -> None:
    files = oci_files([ImageSpec(layers=AMD.layers, tags=["latest", "1.4"])])
    found = opened(files, ":1.4")
    assert [entry.tags for entry in found.entries] == [("latest", "1.4")]
    assert found.chosen is found.entries[0]


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
    assert image.layers[1].blob is not None


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
    assert image.layers[1].blob is None
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
