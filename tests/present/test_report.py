"""The JSON shapes where they are not simply those of the commands' own tests: unknown values, and odd texts."""

from pathlib import Path

import pytest

from layertui.errors import NotFoundError
from layertui.present.report import (
    error_json,
    file_json,
    files_json,
    layers_json,
    text_fields,
    which_json,
    without_surrogates,
)
from layertui.present.view import View
from layertui.stack.load import load
from layertui.stack.state import State
from tests.kit.entries import block, char, directory, fifo, file, hardlink, opaque, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.present.test_details import load_spec
from tests.present.test_rows import squash_of


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (b"plain", {"p": "plain"}),
        ("größe\n".encode(), {"p": "größe\n"}),
        (b"\xff", {"p": "\\xff", "p_base64": "/w=="}),
        (b"", {"p": ""}),
    ],
)
def test_text_fields(value: bytes, fields: dict[str, str]) -> None:
    assert text_fields("p", value) == fields


def test_an_error() -> None:
    assert error_json(NotFoundError("gone", "look")) == {
        "schema_version": 1,
        "error": {"message": "gone", "hint": "look", "exit_code": 3},
    }


def test_bytes_that_came_as_surrogates_are_escaped_wherever_they_stand() -> None:
    assert without_surrogates({"k\udcff": ["a\udc80\n", 1, None, {"x": "\ud800"}]}) == {
        "k\\xff": ["a\\x80\n", 1, None, {"x": "\\ud800"}]
    }


def test_every_kind() -> None:
    entries = [
        *(file("f", "1"), directory("d"), symlink("l", "f"), hardlink("h", "f"), char("c", 1, 2), block("b", 3, 4)),
        *(fifo("p"), whiteout("w"), hardlink("broken", "absent")),
    ]
    squash = squash_of([entries])
    shown = {
        squash.path(at).decode(): file_json(squash, at, squash.states[at])
        for at in range(len(squash))
        if not squash.is_implied(at)
    }
    assert {path: each["kind"] for path, each in shown.items()} == {
        "f": "file",
        "d": "directory",
        "l": "symlink",
        "h": "hardlink",
        "c": "char",
        "b": "block",
        "p": "fifo",
        "w": "whiteout",
        "broken": "hardlink",
    }
    assert (shown["h"]["size_bytes"], shown["broken"]["size_bytes"]) == (1, None)
    assert (shown["h"]["link_target"], shown["broken"]["link_target"]) == ("f", "absent")
    assert shown["w"]["state"] == "removed"


def test_what_is_not_known_is_null() -> None:
    squash = squash_of([[file("f", "1")]], layer_count=3, first=1)
    found = file_json(squash, squash.run(b"f")[0], State.ADDED)
    assert (found["layer"], found["state"], found["outcome"], found["by_layer"]) == (1, None, None, None)


def test_states_of_a_range_above_the_base_are_null(tmp_path: Path) -> None:
    spec = ImageSpec(layers=[[file("f", "1")], [file("f", "2")], [file("g", "3")]])
    loaded = load(load_spec(tmp_path, spec).image, range(1, 3))
    told = layers_json(loaded)
    assert [layer["index"] for layer in told["layers"]] == [1, 2]
    assert [layer["entries"] for layer in told["layers"]] == [1, 1]
    assert [layer["added"] for layer in told["layers"]] == [None, None]
    assert [each["state"] for each in files_json(loaded, View(2, merged=True), loaded.squash.run(b"f"))["files"]] == [
        None
    ]
    assert which_json(loaded, b"f")["history"][0]["state"] is None


def test_an_opaque_marker_alone(tmp_path: Path) -> None:
    loaded = load_spec(tmp_path, ImageSpec(layers=[[file("d/f", "1")], [opaque("d")]]))
    history = which_json(loaded, b"d")["history"]
    assert [(each["layer"], each["state"], each["outcome"], each["mode"]) for each in history] == [
        (1, "opaque", None, None)
    ]
    assert which_json(loaded, b"d/f")["removed_with"] == {"layer": 1, "path": "d"}


def test_a_range_of_modes_and_times() -> None:
    squash = squash_of([[file("f", "1", mode=0o7777, mtime_ns=-1), file("g", "1", mode=0, mtime_ns=10**9 // 2)]])
    first, second = (file_json(squash, squash.run(path)[0], 0) for path in (b"f", b"g"))
    assert (first["mode"], first["mtime"]) == ("7777", "1969-12-31T23:59:59.999999999Z")
    assert (second["mode"], second["mtime"]) == ("0000", "1970-01-01T00:00:00.5Z")
