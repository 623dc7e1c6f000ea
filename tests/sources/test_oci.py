"""OCI layouts, in a directory and in a tar: which images index.json leads to, and which is chosen."""

import json

import pytest

from layertui.errors import DamagedError
from tests.kit.images import OCI_INDEX, OCI_MANIFEST, ImageSpec, build, descriptor, digest, to_json
from tests.kit.oci import oci_files
from tests.sources.layouts import (
    AMD,
    ARM,
    ARMV6,
    Open,
    blob,
    kinds,
    layout,
    named,
    platforms,
    read,
)

pytestmark = pytest.mark.usefixtures("_host_is_amd64")


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
