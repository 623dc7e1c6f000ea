"""Docker archives in every style that is met, whole and broken."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layertui.errors import DamagedError, LayertuiError
from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.sources.resolve import Opened, open_reference
from tests.kit.docker import docker_archive, docker_files
from tests.kit.entries import Entry, file, hardlink, symlink
from tests.kit.images import ImageSpec, build, compress, outer_tar, to_json

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


def edited(images: list[ImageSpec], change: Callable[[list[dict[str, Any]]], object]) -> Files:
    """A docker-archive whose manifest.json was changed by hand."""
    files = docker_files(images)
    manifest = files["manifest.json"]
    assert isinstance(manifest, bytes)
    document = json.loads(manifest)
    files["manifest.json"] = to_json(change(document) or document)
    return files


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd", "xz", "bzip2"])
@pytest.mark.parametrize("style", ["docker", "docker25", "podman", "kaniko", "legacy"])
def test_every_style_shows_the_same_image(
    opened: Callable[[bytes | Files], Opened], style: str, compression: str
) -> None:
    image = image_of(opened(docker_archive([ONE], style=style, compression=compression)))
    assert image.tags == ("api:1.4", "api:latest")
    assert image.reference == "api:1.4"
    assert image.platform.text == "linux/amd64"
    assert names_in(image) == [[b"a"], [b"b"]]
    compressed = [layer.compressed_bytes is not None for layer in image.layers]
    assert compressed == [compression != "plain"] * 2
    if style != "legacy":
        assert image.image_id == build(ONE).image_id
        assert [layer.command for layer in image.layers] == ["ADD a", "COPY b"]
        assert image.warnings == ()
    if style == "docker25":
        assert image.manifest_digest is not None
        assert all(layer.digest is not None for layer in image.layers)


def test_two_images_are_listed_as_recorded_and_neither_is_chosen(
    opened: Callable[[bytes | Files], Opened],
) -> None:
    found = opened(docker_archive([TWO, ONE]))
    assert [entry.reference for entry in found.entries] == ["redis:7.4", "api:1.4"]
    assert found.chosen is None
    assert names_in(found.entries[0].open()) == [[b"a"], [b"c"]]
    assert names_in(found.entries[1].open()) == [[b"a"], [b"b"]]


@pytest.mark.parametrize("how", ["gzip", "zstd", "xz", "bzip2"])
def test_an_archive_compressed_as_a_whole_opens(opened: Callable[[bytes | Files], Opened], how: str) -> None:
    found = opened(compress(docker_archive([ONE, TWO]), how))
    assert [names_in(entry.open())[1] for entry in found.entries] == [[b"b"], [b"c"]]


@pytest.mark.parametrize("link", [symlink, hardlink])
def test_a_layer_may_be_a_link_within_the_archive(opened: Callable[[bytes | Files], Opened], link: Any) -> None:
    files = docker_files([ONE])
    layer = next(name for name in files if name.endswith("layer.tar"))
    content, files["real/blob"] = files[layer], files[layer]
    target = "../real/blob" if link is symlink else "real/blob"
    files[layer] = link(layer, target)
    assert isinstance(content, bytes)
    assert names_in(image_of(opened(files))) == [[b"a"], [b"b"]]


@pytest.mark.parametrize("target", ["../../../real/blob", "/etc/passwd", "layer.tar", "../gone", "../real"])
def test_a_link_that_leads_nowhere_in_the_archive_is_a_missing_layer(
    opened: Callable[[bytes | Files], Opened], target: str
) -> None:
    files = docker_files([ONE])
    layer = next(name for name in files if name.endswith("layer.tar"))
    files["real/blob"], files[layer] = files[layer], symlink(layer, target)
    image = image_of(opened(files))
    assert image.layers[0].content is None
    assert image.layers[0].problem is not None
    assert image.layers[0].problem.message.startswith("layer 0: ")
    assert layer in image.layers[0].problem.message
    assert image.layers[1].problem is None


def test_names_are_cleaned(opened: Callable[[bytes | Files], Opened]) -> None:
    files: Files = {"./" + name: content for name, content in docker_files([ONE]).items()}
    assert names_in(image_of(opened(files))) == [[b"a"], [b"b"]]


def test_a_layer_that_is_missing_is_named_and_the_others_can_be_read(
    opened: Callable[[bytes | Files], Opened],
) -> None:
    files = docker_files([ONE], style="podman")
    gone = next(name for name in files if name.endswith(".tar"))
    del files[gone]
    image = image_of(opened(files))
    assert image.layers[0].problem is not None
    assert gone in image.layers[0].problem.message
    assert image.layers[1].content is not None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"null", "manifest.json is null"),
        (b"[]", "manifest.json is an empty list"),
        (b"[null]", "manifest.json is an empty list"),
        (b"{}", "manifest.json is not as its specification says"),
        (b"", "manifest.json is empty"),
        (b"[{", "manifest.json is damaged JSON"),
        (b"\x00\x01", "manifest.json is not JSON"),
        (b'[{"Layers": {}}]', "not as its specification says"),
    ],
)
def test_a_manifest_that_names_no_image_is_said(
    opened: Callable[[bytes | Files], Opened], document: bytes, said: str
) -> None:
    with pytest.raises(DamagedError) as caught:
        opened({**docker_files([ONE]), "manifest.json": document})
    assert said in caught.value.message
    assert caught.value.hint


def test_a_manifest_json_above_its_bound_is_refused(opened: Callable[[bytes | Files], Opened]) -> None:
    with pytest.raises(DamagedError, match="exceeds the bound of 1,048,576 bytes"):
        opened({"manifest.json": b" " * (1 << 20) + b"[]"})


def test_an_image_without_layers_opens_empty(opened: Callable[[bytes | Files], Opened]) -> None:
    image = image_of(opened(docker_archive([ImageSpec(layers=[], tags=["scratch:1"])])))
    assert (image.layers, image.warnings) == ((), ())


def test_null_layers_are_none(opened: Callable[[bytes | Files], Opened]) -> None:
    spec = ImageSpec(layers=[], tags=[])
    found = opened(edited([spec], lambda document: document[0].update(Layers=None, RepoTags=None)))
    image = image_of(found)
    assert (image.layers, image.tags) == ((), ())
    assert image.reference == f"sha256:{image.image_id.short}"


def test_fewer_layers_than_the_config_names_is_damage(opened: Callable[[bytes | Files], Opened]) -> None:
    found = opened(edited([ONE], lambda document: document[0].update(Layers=document[0]["Layers"][:1])))
    with pytest.raises(DamagedError, match="names 2 layers, its manifest only 1"):
        image_of(found)


def test_more_layers_than_the_config_names_is_a_warning(opened: Callable[[bytes | Files], Opened]) -> None:
    def add(document: list[dict[str, Any]]) -> None:
        document[0]["Layers"].append(document[0]["Layers"][0])

    image = image_of(opened(edited([ONE], add)))
    assert len(image.layers) == 3
    assert "names 2 layers, the manifest 3" in image.warnings[0]


def test_a_tag_on_two_images_belongs_to_the_later(opened: Callable[[bytes | Files], Opened]) -> None:
    found = opened(edited([ONE, TWO], lambda document: document[1].update(RepoTags=["redis:7.4", "api:latest"])))
    assert [entry.tags for entry in found.entries] == [("api:1.4",), ("redis:7.4", "api:latest")]
    assert "api:latest" in found.source.warnings[0]


def test_an_image_named_twice_is_one_image_with_both_names(opened: Callable[[bytes | Files], Opened]) -> None:
    def again(document: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [document[0], {**document[0], "RepoTags": ["other:1", "api:1.4"]}]

    found = opened(edited([ONE], again))
    assert [entry.tags for entry in found.entries] == [("api:1.4", "api:latest", "other:1")]
    assert found.source.warnings == ()


@pytest.mark.parametrize("config", [None, "", "gone.json", "../../etc/passwd"])
def test_a_broken_image_keeps_its_siblings(opened: Callable[[bytes | Files], Opened], config: str | None) -> None:
    found = opened(edited([ONE, TWO], lambda document: document[0].update(Config=config)))
    assert [entry.kind for entry in found.entries] == ["broken", "image"]
    assert found.entries[0].reference == "api:1.4"
    with pytest.raises(DamagedError) as caught:
        found.entries[0].open()
    assert found.entries[0].problem is not None
    assert caught.value.message == found.entries[0].problem.message
    assert names_in(found.entries[1].open()) == [[b"a"], [b"c"]]


def test_a_config_that_is_not_what_its_name_promises_is_a_warning(
    opened: Callable[[bytes | Files], Opened],
) -> None:
    files = docker_files([ONE])
    name = next(name for name in files if name.endswith(".json") and name != "manifest.json")
    config = files[name]
    assert isinstance(config, bytes)
    files[name] = config + b" "
    image = image_of(opened(files))
    assert name.removesuffix(".json") in image.warnings[0]
    assert str(image.image_id) in image.warnings[0]


def test_an_archive_cut_off_before_its_manifest_says_where(opened: Callable[[bytes | Files], Opened]) -> None:
    whole = docker_archive([ONE])
    with pytest.raises(DamagedError, match=r"image\.tar is damaged at byte [0-9,]+: .*no manifest\.json"):
        opened(whole[: whole.index(b"manifest.json") - 100])


def test_an_archive_cut_off_behind_its_manifest_shows_what_is_there(
    opened: Callable[[bytes | Files], Opened],
) -> None:
    files = docker_files([ONE], style="podman")
    manifest = files.pop("manifest.json")
    layers = [name for name in files if name.endswith(".tar")]
    first: Files = {"manifest.json": manifest}
    first |= {name: content for name, content in files.items() if name not in layers}
    whole = outer_tar({**first, **{name: files[name] for name in layers}})
    second = files[layers[1]]
    assert isinstance(second, bytes)
    found = opened(whole[: whole.rindex(second) + 600])
    assert "damaged at byte" in found.source.warnings[0]
    image = image_of(found)
    assert image.layers[0].content is not None
    cut = image.layers[1].content
    assert cut is not None
    tree = read_layer(cut)
    assert tree.damage is not None


def test_errors_are_of_the_tree_for_any_damage(tmp_path: Path) -> None:
    """Every byte of the documents spoiled, one at a time: a sentence or an image, never a traceback."""
    whole = bytearray(docker_archive([ImageSpec(layers=[[file("a")]], tags=["a:1"])]))
    path = tmp_path / "image.tar"
    start = whole.index(b"[{")
    for offset in range(start, start + 200):
        for value in (0x00, 0x22, 0xFF):
            spoiled = whole.copy()
            spoiled[offset] = value
            path.write_bytes(spoiled)
            try:
                for entry in open_reference(str(path)).entries:
                    entry.open()
            except LayertuiError:
                continue
