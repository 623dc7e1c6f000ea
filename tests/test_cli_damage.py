"""Damaged archives: what comes before the damage is shown, and the message says where it is."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.kit.docker import docker_files
from tests.kit.entries import file
from tests.kit.images import ImageSpec, build, outer_tar
from tests.kit.oci import oci_layout
from tests.test_cli import run

Capture = pytest.CaptureFixture[bytes]

NINE = ImageSpec(layers=[[file(f"d{n}/f{at}", bytes([65 + n]) * 3_000) for at in range(8)] for n in range(9)])
"""Nine layers of eight files, no path twice."""


def manifest_first() -> bytes:
    """An archive whose documents come before its layers, so that what is cut off are layers."""
    files = docker_files([NINE])
    documents = {name: content for name, content in files.items() if name.endswith(".json")}
    return outer_tar({**documents, **files})


def counts(ran_json: dict[str, list[dict[str, int | None]]]) -> list[int | None]:
    return [layer["entries"] for layer in ran_json["layers"]]


@pytest.mark.parametrize("layer", range(9))
@pytest.mark.parametrize("where", ["header", "padding", "content", "between"])
def test_a_cut_archive_shows_the_layers_before_the_cut(
    tmp_path: Path, capfdbinary: Capture, layer: int, where: str
) -> None:
    data = manifest_first()
    starts = [data.index(b"d%d/f0" % number) for number in range(9)]
    entry = 512 + 3_072
    within = {"header": 3 * entry + 100, "content": 3 * entry + 612, "padding": 4 * entry - 10, "between": -512}
    cut = starts[layer] + within[where]
    path = tmp_path / "image.tar"
    path.write_bytes(data[:cut])
    ran = run(capfdbinary, "layers", str(path), "--json")
    assert ran.code == 5
    found = counts(ran.json)
    assert found[:layer] == [8] * layer
    assert found[layer + 1 :] == [None] * (8 - layer), "unknown, not nothing"
    for unread in ran.json["layers"][layer + 1 :]:
        keys = ("content_bytes", "tar_bytes", "added", "modified", "metadata", "identical", "rewritten", "removed")
        assert [unread[key] for key in keys] == [None] * 8
    assert (ran.json["content_bytes"], ran.json["reclaimable_bytes"]) == (None, None)
    assert len(ran.json["problems"]) == 9 - layer
    error = json.loads(ran.err)["error"]
    assert error["exit_code"] == 5
    assert error["message"] == ran.json["problems"][0]["message"]
    if where == "between":
        assert found[layer] is None
        return
    assert found[layer] == {"header": 3, "content": 4, "padding": 4}[where]
    offset = 3 * entry if where == "header" else within[where]
    assert re.match(
        rf"{re.escape(str(path))}: \w+/layer\.tar: damaged at byte {offset:,} in layer {layer} of 9: ", error["message"]
    )
    table = run(capfdbinary, "layers", str(path))
    assert table.code == 5
    entries = re.findall(r"^L\d +(?:[\d.]+ k?B|\?) +(\d+|\?) ", table.out.decode(), re.MULTILINE)
    assert entries == ["?" if count is None else str(count) for count in found]
    assert table.lines[-1].startswith("total >= ")
    assert b"totals are partial" in table.err


def test_a_damaged_header_is_named_and_the_other_layers_are_read(tmp_path: Path, capfdbinary: Capture) -> None:
    data = bytearray(manifest_first())
    at = data.index(b"d4/f5")
    data[at] ^= 0xFF
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    ran = run(capfdbinary, "layers", str(path), "--json")
    assert ran.code == 5
    assert counts(ran.json) == [8, 8, 8, 8, 5, 8, 8, 8, 8]
    assert f"damaged at byte {5 * 3_584:,} in layer 4 of 9: the header's checksum is wrong." in ran.err.decode()
    listed = run(capfdbinary, "files", str(path), "-0")
    assert listed.code == 5
    assert listed.out.count(b"\0") == 9 * 9 - 3


def test_a_cut_gzip_layer(tmp_path: Path, capfdbinary: Capture) -> None:
    spec = ImageSpec(layers=[[file("a", "1")], [file("b", os.urandom(100_000)), file("c", "2")]])
    built = build(spec, "gzip")
    files = docker_files([spec], compression="gzip")
    name = next(name for name, content in files.items() if content == built.layers[1].blob)
    files[name] = built.layers[1].blob[:50_000]
    path = tmp_path / "image.tar"
    path.write_bytes(outer_tar(files))
    ran = run(capfdbinary, "layers", str(path), "--json")
    assert ran.code == 5
    assert ran.json["layers"][0]["entries"] == 1
    assert ran.json["layers"][1]["entries"] in (0, 1), "as far as it could be inflated"
    assert "in layer 1 of 2" in json.loads(ran.err)["error"]["message"]


def test_a_missing_blob_is_named_by_its_digest(tmp_path: Path, capfdbinary: Capture) -> None:
    layout = oci_layout(tmp_path / "layout", [NINE])
    digest = build(NINE, "gzip").layers[3].digest
    (layout / "blobs" / "sha256" / digest[7:]).unlink()
    ran = run(capfdbinary, "layers", str(layout))
    assert ran.code == 5
    assert f"layer 3: blob {digest} is missing from {layout}.".encode() in ran.err
    row = ran.lines[5].split()
    assert row[:3] == ["L3", "?", "?"]
    assert run(capfdbinary, "layers", str(layout), "--json").json["layers"][3]["digest"] == digest
    assert run(capfdbinary, "files", str(layout), "--layer", "4").code == 5


def test_a_blob_that_is_another_one(tmp_path: Path, capfdbinary: Capture) -> None:
    layout = oci_layout(tmp_path / "layout", [NINE], compression="plain")
    layers = build(NINE).layers
    (layout / "blobs" / "sha256" / layers[3].digest[7:]).write_bytes(layers[4].blob)
    assert run(capfdbinary, "layers", str(layout)).code == 0, "of the same size, and not verified"
    ran = run(capfdbinary, "layers", str(layout), "--verify-digests")
    assert ran.code == 5
    assert f"{layers[3].digest} was promised, {layers[4].digest} was read".encode() in ran.err


def test_an_archive_cut_before_its_manifest(tmp_path: Path, capfdbinary: Capture) -> None:
    data = outer_tar(docker_files([NINE]))
    path = tmp_path / "image.tar"
    path.write_bytes(data[:100_000])
    ran = run(capfdbinary, "layers", str(path))
    assert (ran.code, ran.out) == (5, b"")
    assert b"damaged at byte" in ran.err
    path.write_bytes(b"")
    assert run(capfdbinary, "layers", str(path)).code == 5


def test_an_archive_cut_behind_all_that_is_needed_warns(tmp_path: Path, capfdbinary: Capture) -> None:
    data = manifest_first()
    path = tmp_path / "image.tar"
    path.write_bytes(data[: data.rindex(b"repositories") + 520])
    ran = run(capfdbinary, "layers", str(path), "--json")
    assert ran.code == 0
    assert counts(ran.json) == [8] * 9
    assert any("damaged at byte" in warning for warning in ran.json["warnings"])


def test_a_path_that_is_not_found_in_a_damaged_image_says_both(tmp_path: Path, capfdbinary: Capture) -> None:
    data = manifest_first()
    path = tmp_path / "image.tar"
    path.write_bytes(data[: data.index(b"d4/f5") + 100])
    ran = run(capfdbinary, "which", str(path), "d8/f0")
    assert ran.code == 3
    assert b"in layer 4 of 9" in ran.err
    assert b"No layer of image:1 holds d8/f0." in ran.err
    assert run(capfdbinary, "which", str(path), "d3/f0").code == 5


@pytest.mark.parametrize("members", range(1, 8))
def test_a_cut_between_two_members_of_the_last_layer_is_damage(
    tmp_path: Path, capfdbinary: Capture, members: int
) -> None:
    data = manifest_first()
    entry = 512 + 3_072
    path = tmp_path / "image.tar"
    path.write_bytes(data[: data.index(b"d8/f0") + members * entry])
    ran = run(capfdbinary, "layers", str(path), "--json")
    assert ran.code == 5
    assert counts(ran.json)[8] == members, "what is there is shown"
    assert b"are missing" in ran.err
