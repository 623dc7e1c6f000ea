"""What a config and the state do on the screen: other keys, said everywhere, and the pane's width."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from layertui.errors import UsageError
from layertui.settings.state import read_state
from layertui.tui.actions import ACTIONS, Keymap, key_of, keymap, use
from layertui.tui.actions.remapping import remapped
from layertui.tui.memory import Memory
from layertui.tui.prepare import prepare
from tests.tui.screen import demo, running


@pytest.fixture(autouse=True)
def _default_keys() -> Iterator[None]:
    yield
    use(Keymap(ACTIONS))


def environ(path: Path, config: str) -> Mapping[str, str]:
    (path / "layertui").mkdir(exist_ok=True)
    (path / "layertui" / "config.toml").write_text(config)
    return {"XDG_CONFIG_HOME": str(path), "XDG_STATE_HOME": str(path)}


async def test_other_keys_are_in_force_and_said_everywhere(tmp_path: Path) -> None:
    keys = 'zoom = ["Z"]\nhelp = ["f1"]\nfilter = ["&"]\nprevious_layer = ["("]\nnext_layer = [")"]\n'
    prepare(None, environ(tmp_path, f"[keys]\n{keys}"))
    async with running(demo(), (100, 80), keys=["2"]) as seen:
        assert "( ) layer" in seen.footer
        assert "& filter" in seen.footer
        assert "F1 help" in seen.footer
        await seen.press("question_mark")
        assert "KEYS in" not in seen.text
        await seen.press("f1")
        assert " Z  " in seen.line_with("Give the pane the whole screen")
        await seen.press("q", "z")
        assert not seen.main.zoomed
        await seen.press("Z")
        assert seen.main.zoomed
        await seen.press("ampersand", *"motd")
        assert seen.main.files.view.query == "motd"


async def test_prefixes_move_with_their_pairs(tmp_path: Path) -> None:
    config = (
        '[keys]\nsort_size = ["o s"]\nsort_name = ["o n", "ctrl+n"]\noverlaps = []\nfold = ["o ?"]\nhelp = ["f1"]\n'
    )
    prepare(None, environ(tmp_path, config))
    async with running(demo(), keys=["2", "s"]) as seen:
        assert seen.footer.strip().startswith("Sort by  c count")
        await seen.press("escape", "o")
        assert seen.footer.strip() == "o  ? fold  s size  n name"
        await seen.press("s")
        assert "by size" in seen.text
        await seen.press("ctrl+n")
        assert "by size" not in seen.text
        assert "Tab pane" in seen.footer
        assert "name" not in seen.footer


async def test_the_vim_preset(tmp_path: Path) -> None:
    prepare(None, dict(environ(tmp_path, 'preset = "vim"')) | {"LAYERTUI_PRESET": "vim"})
    async with running(demo(), keys=["2", "G"]) as seen:
        assert seen.main.files.cursor > 0
        await seen.press("g", "g")
        assert seen.main.files.cursor == 0
        await seen.press("ctrl+w", "w")
        assert seen.main.pane is not seen.main.files


async def test_the_dive_preset() -> None:
    use(remapped(ACTIONS, None, "dive")[0])
    async with running(demo(), keys=["2", "ctrl+l"]) as seen:
        assert "merged" in seen.lines[1]
        before = seen.lines
        await seen.press("ctrl+a")
        assert seen.lines != before
        await seen.press("ctrl+f", *"etc", "enter")
        assert seen.main.files.view.query == "etc"


async def test_the_palette_shows_the_keys_that_there_are(tmp_path: Path) -> None:
    prepare(None, environ(tmp_path, '[keys]\nzoom = ["f7"]\n'))
    async with running(demo(), (100, 30), keys=["2", "colon"]) as seen:
        await seen.type("whole screen")
        await seen.pilot.pause(0.3)
        assert "F7" in seen.text


def test_a_sentence_names_the_key_that_there_is(tmp_path: Path) -> None:
    assert key_of("refresh") == "R"
    prepare(None, environ(tmp_path, '[keys]\nrefresh = ["ctrl+r"]\nzoom = []\n'))
    assert key_of("refresh") == "Ctrl+R"
    assert key_of("zoom").startswith("`Give the pane")


def test_without_a_config_the_keys_stay(tmp_path: Path) -> None:
    prepare(None, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert keymap().actions == ACTIONS


def test_a_theme_that_is_not_there_is_said_with_its_line(tmp_path: Path) -> None:
    found = dict(environ(tmp_path, 'mouse = true\ntheme = "drak"\n')) | {"LAYERTUI_THEME": "drak"}
    with pytest.raises(UsageError, match=r"config\.toml, line 2, theme: there is no theme drak\."):
        prepare(None, found)
    with pytest.raises(UsageError, match=r"^There is no theme other\."):
        prepare("other", found)


async def test_the_pane_is_as_wide_as_it_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = environ(tmp_path, "")
    image = tmp_path / "image.tar"
    image.write_text("")
    monkeypatch.chdir(tmp_path)
    async with running(demo(), (120, 30)) as seen:
        usual = seen.main.images.size.width
        memory = Memory(found, ["image.tar:api", "api:1", "-"])
        memory.recall(seen.main)
        await seen.press("greater_than_sign", "greater_than_sign")
        wider = seen.main.images.size.width
        assert wider > usual
        memory.keep(seen.main)
    state = read_state(str(tmp_path / "layertui" / "state.json"))
    assert state.history == ["api:1", f"{image}:api"]
    async with running(demo(), (120, 30)) as seen:
        Memory(found, []).recall(seen.main)
        await seen.settle()
        assert seen.main.images.size.width == wider


async def test_nothing_is_written_where_nothing_is_new(tmp_path: Path) -> None:
    found = dict(environ(tmp_path, "")) | {"LAYERTUI_HISTORY": "0"}
    async with running(demo()) as seen:
        Memory(found, ["api:1"]).keep(seen.main)
    assert os.listdir(tmp_path / "layertui") == ["config.toml"]
