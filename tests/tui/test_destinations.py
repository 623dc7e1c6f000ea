"""Where an extraction is proposed to go, and what is made of what was typed."""

from pathlib import Path

import pytest

from layertui.errors import UsageError
from layertui.tui.destinations import completed, destination, proposed


@pytest.mark.parametrize(
    ("typed", "path", "shown"),
    [
        ("./models.bin", "models.bin", "./models.bin"),
        ("other", "other", "other"),
        ("a b/c", "a b/c", "a b/c"),
        ("sub/", "sub/x.bin", "sub/x.bin"),
        (".", "x.bin", "./x.bin"),
        ("..", "../x.bin", "../x.bin"),
        ("sub/..", "sub/../x.bin", "sub/../x.bin"),
        ("/", "/x.bin", "/x.bin"),
        ("~", "HOME/x.bin", "~/x.bin"),
        ("~/", "HOME/x.bin", "~/x.bin"),
        ("~/d/y", "HOME/d/y", "~/d/y"),
        ("./~", "./~", "./~"),
        ("./~root", "./~root", "./~root"),
        ("...", "...", "..."),
    ],
)
def test_what_was_typed(typed: str, path: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert destination(typed, "x.bin") == (Path(path.replace("HOME", "/home/me")), shown)


@pytest.mark.parametrize("typed", ["", "   ", "a\0b", "a\x1b[31m", "~nobody-of-this-name/x", "new\nline"])
def test_what_is_no_destination(typed: str) -> None:
    with pytest.raises(UsageError):
        destination(typed, "x.bin")


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("models.bin", "./models-2.bin"),
        ("a.tar.gz", "./a-2.tar.gz"),
        ("api-1.4", "./api-1.4-2"),
        ("api-1.4-L4", "./api-1.4-L4-2"),
        (".bashrc", "./.bashrc-2"),
        ("README", "./README-2"),
    ],
)
def test_what_is_proposed_is_free(name: str, second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert proposed(name) == f"./{name}"
    (tmp_path / name).symlink_to("nowhere")
    assert proposed(name) == second


def test_directories_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "alpha"))
    for name in ("alpha/one/two", "alpine", ".hidden", "bad\x1b[31m"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "also").write_text("a file")
    (tmp_path / "zeta").symlink_to("alpha")
    for typed, text in (
        ("al", "alp"),
        ("alph", "alpha/"),
        ("./alpha/", "./alpha/one/"),
        ("~/o", "~/one/"),
        ("ze", "zeta/"),
        (".h", ".hidden/"),
        ("bad", "bad"),
        ("also", "also"),
        ("nowhere/x", "nowhere/x"),
        (f"{tmp_path}/alpi", f"{tmp_path}/alpine/"),
    ):
        assert completed(typed) == text
