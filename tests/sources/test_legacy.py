"""Archives of Docker before 1.10: layers that name their parents, and nothing to verify them by."""

import json
from pathlib import Path
from typing import Any

import pytest

from layertui.errors import DamagedError
from layertui.sources.resolve import Opened, open_reference
from tests.kit.entries import Entry, file
from tests.kit.images import outer_tar, to_json
from tests.kit.tar import tar_bytes

A, B, C = "a" * 64, "b" * 64, "c" * 64


def layer(identifier: str, parent: str | None, command: str | None = None, **more: Any) -> dict[str, bytes]:
    document: dict[str, Any] = {"id": identifier, "created": "2014-05-16T17:19:44Z", "os": "linux", **more}
    document["architecture"] = "amd64"
    if parent is not None:
        document["parent"] = parent
    if command is not None:
        document["container_config"] = {"Cmd": ["/bin/sh", "-c", command]}
    return {
        f"{identifier}/VERSION": b"1.0",
        f"{identifier}/json": to_json(document),
        f"{identifier}/layer.tar": tar_bytes([file(identifier[:1])]),
    }


def opened(tmp_path: Path, files: dict[str, bytes]) -> Opened:
    path = tmp_path / "old.tar"
    content: dict[str, bytes | Entry] = dict(files)
    path.write_bytes(outer_tar(content))
    return open_reference(str(path))


def test_the_chain_of_parents_is_the_stack(tmp_path: Path) -> None:
    names = to_json({"api": {"1.4": B, "latest": B}, "base": {"1": A}})
    top = layer(B, A, "make", config={"Env": ["X=1"]})
    found = opened(tmp_path, {**top, **layer(A, None, "#(nop) ADD file:1 in /"), "repositories": names})
    assert [(entry.reference, entry.tags) for entry in found.entries] == [
        ("api:1.4", ("api:1.4", "api:latest")),
        ("base:1", ("base:1",)),
    ]
    image = found.entries[0].open()
    assert [one.command for one in image.layers] == ["ADD file:1 in /", "RUN make"]
    assert [one.created for one in image.layers] == ["2014-05-16T17:19:44Z"] * 2
    assert image.image_id == f"sha256:{B}"
    assert image.config.config.env == ("X=1",)
    assert image.platform.text == "linux/amd64"
    assert [(one.diff_id, one.digest, one.chain_id) for one in image.layers] == [(None, None, None)] * 2
    assert image.warnings == ()
    assert found.source.scheme == "docker-archive"
    assert "nothing is verified" in found.source.warnings[0]


def test_without_repositories_the_topmost_layers_are_the_images(tmp_path: Path) -> None:
    found = opened(tmp_path, {**layer(A, None), **layer(B, A), **layer(C, A)})
    assert [entry.reference for entry in found.entries] == [B[:12], C[:12]]
    assert len(found.entries[0].open().layers) == 2


def test_a_circle_of_parents_is_damage(tmp_path: Path) -> None:
    names = to_json({"api": {"1": B}})
    found = opened(tmp_path, {**layer(A, B), **layer(B, A), "repositories": names})
    with pytest.raises(DamagedError, match="their own parents"):
        found.entries[0].open()


def test_a_parent_that_is_missing_is_named(tmp_path: Path) -> None:
    found = opened(tmp_path, {**layer(B, A), "repositories": to_json({"api": {"1": B}})})
    with pytest.raises(DamagedError, match=f"{A}/json is missing"):
        found.entries[0].open()


def test_a_layer_without_its_tar_keeps_its_place(tmp_path: Path) -> None:
    files = {**layer(A, None), **layer(B, A), "repositories": to_json({"api": {"1": B}})}
    del files[f"{A}/layer.tar"]
    image = opened(tmp_path, files).entries[0].open()
    assert image.layers[0].problem is not None
    assert image.layers[1].content is not None


@pytest.mark.parametrize("top", ["gone", "../../etc", "", "\x00"])
def test_a_tag_that_leads_nowhere_is_broken_and_keeps_its_siblings(tmp_path: Path, top: str) -> None:
    found = opened(tmp_path, {**layer(A, None), "repositories": to_json({"x": {"1": top}, "y": {"1": A}})})
    assert [entry.kind for entry in found.entries] == ["broken", "image"]


@pytest.mark.parametrize(
    ("repositories", "said"),
    [(b"{}", None), (b'{"a": null}', None), (b"[]", "specification"), (b'{"a": {"b": 5}}', "specification")],
)
def test_odd_repositories(tmp_path: Path, repositories: bytes, said: str | None) -> None:
    files = {**layer(A, None), "repositories": repositories}
    if said is None:
        assert [entry.reference for entry in opened(tmp_path, files).entries] == [A[:12]]
    else:
        with pytest.raises(DamagedError, match=said):
            opened(tmp_path, files)


def test_repositories_alone_names_no_image(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="names no image"):
        opened(tmp_path, {"repositories": b"{}"})


def test_too_many_layers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_LAYERS", "1")
    found = opened(tmp_path, {**layer(A, None), **layer(B, A)})
    with pytest.raises(DamagedError, match="exceeds the bound of 1 layers"):
        found.entries[0].open()


def test_the_top_layers_json_is_kept_as_the_config(tmp_path: Path) -> None:
    image = opened(tmp_path, layer(A, None)).entries[0].open()
    assert json.loads(image.raw_config)["id"] == A
