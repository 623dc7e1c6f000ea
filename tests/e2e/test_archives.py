"""Archives that are damaged, empty or hold several images, as a person meets them in a terminal."""

import json
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal, layertui
from tests.kit.docker import docker_archive, docker_files
from tests.kit.entries import directory, file
from tests.kit.images import ImageSpec, outer_tar
from tests.kit.oci import oci_layout


def three_layers() -> ImageSpec:
    layers = [[directory("d"), file(f"d/{number}", "x" * 20_000), file(f"only{number}")] for number in range(3)]
    return ImageSpec(layers=layers, tags=("three:1",))


def manifest_first(spec: ImageSpec) -> bytes:
    """A docker-archive whose manifest and config stand before its layers, so that they survive when it is cut."""
    files = docker_files([spec])
    order = sorted(files, key=lambda name: (name != "manifest.json", "/" in name))
    return outer_tar({name: files[name] for name in order})


def ends_well(terminal: Terminal) -> None:
    assert "Traceback" not in terminal.text
    terminal.send(b"q")
    assert terminal.wait_for_exit() == 0
    assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_an_archive_that_was_cut_shows_the_layers_before_the_cut(size: tuple[int, int], tmp_path: Path) -> None:
    data = manifest_first(three_layers())
    (tmp_path / "cut.tar").write_bytes(data[: len(data) // 2])
    with Terminal(layertui(tmp_path / "cut.tar"), size) as terminal:
        terminal.wait_for("damaged")
        terminal.wait_for("only0")
        assert "damaged" in terminal.line_with("L1 RUN")
        assert "failed" in terminal.line_with("L2 RUN")
        assert ">=" in terminal.lines()[0]
        terminal.press(".")
        terminal.wait_for("damaged at byte")
        terminal.press(".")
        terminal.wait_for("is missing from")
        ends_well(terminal)


def test_an_archive_that_was_cut_before_its_manifest_says_so(tmp_path: Path) -> None:
    data = docker_archive([three_layers()])
    (tmp_path / "cut.tar").write_bytes(data[: len(data) // 2])
    with Terminal(layertui(tmp_path / "cut.tar"), (200, 24)) as terminal:
        assert terminal.wait_for_exit() == 5
        assert "cut.tar is damaged at byte" in terminal.text
        assert "no manifest.json" in terminal.text
        assert "Traceback" not in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw  # what is said stays on the screen that the person had
    assert b"\x1b" not in terminal.raw


def test_a_blob_that_is_missing_is_named(tmp_path: Path) -> None:
    layout = oci_layout(tmp_path / "layout", [three_layers()])
    index = json.loads((layout / "index.json").read_bytes())
    blobs = layout / "blobs" / "sha256"
    manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_bytes())
    digest = manifest["layers"][1]["digest"]
    (blobs / digest[7:]).unlink()
    with Terminal(layertui(layout), (120, 36)) as terminal:
        terminal.wait_for("only0")
        terminal.wait_for("failed")
        assert "failed" in terminal.line_with("L1 RUN")
        terminal.press(".")
        terminal.wait_for("is missing from")
        assert digest[:40] in terminal.text
        terminal.press(".")
        terminal.wait_for("only2")
        ends_well(terminal)


def test_an_image_without_layers_shows_its_config(tmp_path: Path) -> None:
    (tmp_path / "empty.tar").write_bytes(
        docker_archive([ImageSpec(layers=(), tags=("empty:1",), config={"Env": ["A=b"]})])
    )
    with Terminal(layertui(tmp_path / "empty.tar")) as terminal:
        terminal.wait_for("This image has no layers. i shows its config.")
        for key in "jkGgv/tfo[]wW":
            terminal.press(key)
        terminal.press("escape", "escape", "i")
        terminal.wait_for("A=b")
        terminal.press("q")
        ends_well(terminal)


def test_an_archive_of_several_images_shows_all_and_opens_any(tmp_path: Path) -> None:
    other = ImageSpec(layers=([file("here")], [file("there")]), tags=("other:2", "alias:3"))
    (tmp_path / "several.tar").write_bytes(docker_archive([three_layers(), other]))
    with Terminal(layertui(tmp_path / "several.tar"), (120, 36)) as terminal:
        terminal.wait_for("only0")
        assert "three:1" in terminal.lines()[0]
        terminal.wait_for("> other:2")
        terminal.press("G", "enter")
        terminal.wait_for("here")
        assert "other:2" in terminal.lines()[0]
        assert "v other:2" in terminal.text
        ends_well(terminal)
    with Terminal(layertui(f"{tmp_path / 'several.tar'}:alias:3"), (120, 36)) as terminal:
        terminal.wait_for("here")
        assert "other:2" in terminal.lines()[0] or "alias:3" in terminal.lines()[0]
        ends_well(terminal)
