"""What a reference that is being typed is completed to."""

import os
from pathlib import Path

import pytest

from layertui.tui.references import completions


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("image.tar", "images/one.tar", ".hidden.tar"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["api:2", "api:1", "image.tar", "images/"]),
        ("a", ["api:2", "api:1", "aufs:"]),
        ("api:1", []),
        ("ima", ["image.tar", "images/"]),
        ("images/", ["images/one.tar"]),
        ("oci:ima", ["oci:image.tar", "oci:images/"]),
        ("docker:", []),
        ("docker:/", []),
        ("dock", ["docker://", "docker-archive:", "docker-daemon:", "docker-container:"]),
        (".", [".hidden.tar"]),
        ("none/", []),
    ],
)
def test_history_comes_first_then_files_then_schemes(typed: str, found: list[str]) -> None:
    assert completions(typed, ["api:2", "api:1", "api:2"]) == found


def test_a_name_that_a_terminal_would_act_on_is_left_out(here: Path) -> None:
    (here / "evil\x1b[2J.tar").touch()
    (here / os.fsdecode(b"evil\xff.tar")).touch()
    assert completions("evil", ["evil\x07"]) == []
