"""A container in tables and JSON: its writable layer on top, what a commit would add, the engine's own files apart."""

from dataclasses import replace
from pathlib import Path

import pytest

from layertui.image.blob import BytesBlob
from layertui.image.image import Container, Image, StoredLayer, with_container
from layertui.layer.read import read_layer
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.layer.window import Tick, Window
from layertui.present.report import inspect_json, layers_json
from layertui.present.safetext import is_safe
from layertui.present.table import inspect_table, layers_table
from layertui.sources.resolve import open_reference
from layertui.stack.load import load
from tests.kit.docker import docker_archive
from tests.kit.entries import file, hardlink, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.kit.tar import tar_bytes

CONTAINER = Container(
    "c0" * 32, "web\x1b[31m", "exited (0)", False, "2026-01-02T03:04:05Z", None, (b"etc/hosts", b"\xff\x1b")
)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    (tmp_path / "image.tar").write_bytes(docker_archive([ImageSpec(layers=[[file("a", "12"), file("b", "1")]])]))
    chosen = open_reference(f"{tmp_path}/image.tar").chosen
    assert chosen is not None
    writable = tar_bytes([file("a", "12345"), hardlink("c", "a"), symlink("to", "four"), whiteout("b")])
    stored = StoredLayer(BytesBlob(writable, "upper"), "", False, len(writable), warning="is odd.")
    return with_container(chosen.open(), CONTAINER, stored, reference="web")


def test_the_writable_layer_is_one_more(image: Image) -> None:
    assert [(layer.index, layer.writable) for layer in image.layers] == [(0, False), (1, True)]
    assert image.layers[1].command == "writable layer of web\x1b[31m"
    assert (image.layers[1].diff_id, image.layers[1].chain_id) == (None, None)
    assert image.warnings[-1] == "layer 1: is odd."


def test_layers(image: Image) -> None:
    loaded = load(image)
    said = layers_json(loaded)
    assert said["image"]["container"] == {
        "container_id": "c0" * 32,
        "name": "web\x1b[31m",
        "status": "exited (0)",
        "running": False,
        "created": "2026-01-02T03:04:05Z",
    }
    assert [layer["writable"] for layer in said["layers"]] == [False, True]
    assert (said["layers"][1]["modified"], said["layers"][1]["removed"]) == (1, 1)
    lines = list(layers_table(loaded))
    assert all(map(is_safe, lines))
    assert "L1 is the writable layer: a commit would add 9 B" in lines
    assert said["commit_bytes"] == 9


def test_a_part_of_the_stack_says_nothing_of_a_commit(image: Image) -> None:
    assert not any("commit" in line for line in layers_table(load(image, range(1))))


def test_inspect(image: Image) -> None:
    assert inspect_json(image)["engine_files"] == ["etc/hosts", "\\xff\\x1b"]
    lines = list(inspect_table(image))
    assert all(map(is_safe, lines))
    assert [line.split(None, 2)[2] for line in lines if line.startswith("engine file")] == ["etc/hosts", "\\xff\\x1b"]
    assert any(line.startswith("status") and line.endswith("exited (0)") for line in lines)


class Listed(StoredTree):
    """A writable layer of which the engine told what it noticed."""

    label, method, size_bytes, is_whole = "changes", "the engine's list", 0, False

    def read(self, tick: Tick) -> LayerTree:
        return read_layer(BytesBlob(tar_bytes([file("a", "12345")]), "changes"))

    def window(self, tree: LayerTree) -> Window:
        raise NotImplementedError


def test_what_a_list_of_changes_may_miss_is_not_known(image: Image) -> None:
    stack = replace(image, layers=(*image.layers[:1], replace(image.layers[1], content=Listed())))
    loaded = load(stack)
    assert "L1 is the writable layer: a commit would add at least 5 B" in list(layers_table(loaded))
    said = layers_json(loaded)
    assert [layer["content_bytes"] for layer in said["layers"]] == [3, None]
    assert [layer["modified"] for layer in said["layers"]] == [0, None]
    assert (said["content_bytes"], said["reclaimable_bytes"], said["commit_bytes"]) == (None, None, None)
    assert said["layers"][1]["read_from"] == "the engine's list"
