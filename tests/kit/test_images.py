"""The built archives are what other tools take for images."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.kit.docker import docker_archive
from tests.kit.images import ImageSpec, build
from tests.kit.oci import oci_archive, oci_files, oci_layout
from tests.kit.odd import odd_image, scratch_image
from tests.kit.polite import polite_image

STYLES = ["docker", "docker25", "podman", "kaniko"]


@pytest.mark.parametrize("style", [*STYLES, "legacy"])
@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
def test_archives_name_only_what_they_hold(style: str, compression: str) -> None:
    data = docker_archive([polite_image(), odd_image()], style=style, compression=compression)
    assert data == docker_archive([polite_image(), odd_image()], style=style, compression=compression)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        names = set(tar.getnames())
        if style == "legacy":
            assert "manifest.json" not in names
            return
        member = tar.extractfile("manifest.json")
        assert member is not None
        for image in json.load(member):
            assert {image["Config"], *image["Layers"]} <= names


def test_a_layer_that_comes_twice_is_a_link_in_docker_s_style() -> None:
    data = docker_archive([polite_image(), polite_image()])
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert not any(member.issym() for member in tar)
    twice = ImageSpec(layers=((), ()))
    with tarfile.open(fileobj=io.BytesIO(docker_archive([twice]))) as tar:
        links = [member for member in tar if member.issym()]
    assert len(links) == 1
    assert links[0].linkname.startswith("../")


def test_layouts_name_every_blob_by_its_digest() -> None:
    files = oci_files([polite_image()], attestations=True)
    index = json.loads(files["index.json"])
    nested = json.loads(files["blobs/sha256/" + index["manifests"][0]["digest"][7:]])
    assert [one["platform"]["architecture"] for one in nested["manifests"]] == ["amd64", "unknown"]
    for one in nested["manifests"]:
        manifest = json.loads(files["blobs/sha256/" + one["digest"][7:]])
        for blob in [manifest["config"], *manifest["layers"]]:
            assert len(files["blobs/sha256/" + blob["digest"][7:]]) == blob["size"]


needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")


def config_by_skopeo(reference: str) -> dict[str, object]:
    command = ["skopeo", "--insecure-policy", "inspect", "--config", reference]
    result = subprocess.run(command, capture_output=True, check=True)
    document: dict[str, object] = json.loads(result.stdout)
    return document


@needs_skopeo
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("spec", [polite_image(), scratch_image()], ids=["polite", "scratch"])
def test_skopeo_reads_docker_archives(style: str, spec: ImageSpec, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(docker_archive([spec], style=style))
    read = config_by_skopeo(f"docker-archive:{tmp_path}/a.tar")
    assert read["rootfs"] == json.loads(build(spec).config)["rootfs"]


@needs_skopeo
@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
def test_skopeo_reads_layouts(compression: str, tmp_path: Path) -> None:
    oci_layout(tmp_path / "layout", [polite_image()], compression=compression)
    (tmp_path / "a.tar").write_bytes(oci_archive([polite_image()], compression=compression))
    expected = json.loads(build(polite_image()).config)
    assert config_by_skopeo(f"oci:{tmp_path}/layout:polite:1") == expected
    assert config_by_skopeo(f"oci-archive:{tmp_path}/a.tar:polite:1") == expected
