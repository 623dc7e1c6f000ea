"""config.toml: every mistake is one sentence with file, line and key."""

from pathlib import Path

import pytest

from layertui.errors import UsageError
from layertui.settings.configfile import CONFIG_BYTES, read_config
from layertui.settings.effective import Origin, fill, settings
from layertui.settings.options import BY_NAME, OPTIONS
from layertui.sources.registry.cache import CACHE_BYTES, VARIABLE
from layertui.sources.registry.patience import READ_S, RETRY_S
from layertui.tui.actions import ACTIONS, keymap
from layertui.tui.actions.presets import PRESETS
from layertui.tui.actions.remapping import remapped

SOUND = """\
# as it is
theme = "dark"
token_hosts = [
  "auth.example",
]
low_bandwidth = "auto"
max_layers = 10

[keys]
# zoom is elsewhere
zoom = ["Z", "ctrl+w o"]
fold = []
"""


def config(path: Path, text: str) -> str:
    file = path / "config.toml"
    file.write_text(text)
    return str(file)


def test_a_config_says_what_it_says(tmp_path: Path) -> None:
    read = read_config(config(tmp_path, SOUND))
    assert read is not None
    assert read.values == {
        "theme": "dark",
        "token_hosts": ["auth.example"],
        "low_bandwidth": "auto",
        "max_layers": 10,
    }
    assert read.keys == {"zoom": ("Z", "ctrl+w o"), "fold": ()}
    assert read.lines[("token_hosts",)] == 3
    assert read.lines[("keys", "zoom")] == 11
    assert read_config(str(tmp_path / "none")) is None


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("\n\nthemes = 1", "line 3, themes: there is no such option.", "The nearest is theme."),
        ("[key]\nzoom = []", "line 1, key: there is no such option.", "The nearest is keys."),
        ("mouse = 1", 'line 1, mouse: this must be true or false, or "auto", not 1.', ""),
        ("low_bandwidth = 'x'", "line 1, low_bandwidth: this must be true or false, or \"auto\", not 'x'.", ""),
        ("max_layers = true", "line 1, max_layers: this must be a whole number from 1 on, not true.", ""),
        ("max_layers = 0", "line 1, max_layers: this must be a whole number from 1 on, not 0.", ""),
        ("preset = 'emacs'", "line 1, preset: this must be one of default, vim, dive, not 'emacs'.", ""),
        ("platform = 'a/b/c/d'", "this must be a platform such as linux/arm64, not 'a/b/c/d'.", ""),
        ("theme = [1]", "line 1, theme: this must be a text, not [1].", ""),
        ("mouse = true\nmouse = ", "line 2: invalid value.", "TOML"),
        ("mouse", "line 1: expected '=' after a key", "TOML"),
        ("keys = 1", "line 1, keys: this must be a table, not 1.", "[keys]"),
        ("[keys]\nzoom = 'z'", "line 2, zoom: this must be a list of keys", ""),
        ("[keys]\nzoom = [1]", "line 2, zoom: this must be a list of keys", ""),
        ("[keys]\nzoom = ['pgupp']", "line 2, zoom: 'pgupp' is no key.", "The nearest is pgup."),
        ("x = " + "[" * 3000, "nested too deeply", ""),
    ],
)
def test_a_mistake_is_said_with_file_line_and_key(tmp_path: Path, text: str, message: str, hint: str) -> None:
    path = config(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        read_config(path)
    assert refused.value.message.startswith(path)
    assert message in refused.value.message
    assert hint in refused.value.hint
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("data", [b"theme = '\xff'", b"\n" * (CONFIG_BYTES + 1)], ids=["no UTF-8", "long"])
def test_what_is_no_text_is_said(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(data)
    with pytest.raises(UsageError):
        read_config(str(file))
    with pytest.raises(UsageError):
        read_config(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zomm = ['z']", "line 2, zomm: there is no such action."),
        ("theme = ['Z']", "line 2, theme: there is no such action."),
        ("zoom = ['x']", "line 2, zoom: x means extract too, by default."),
        ("zoom = ['Z']\nfind = ['Z']", "line 3, find: Z means zoom too, by line 2."),
        ("zoom = ['s']", "line 2, zoom: s cannot be told from s s, which means sort_size, by default."),
        ("zoom = ['q z']", "line 2, zoom: q z cannot be told from q, which means quit, by default."),
        ("zoom = ['ctrl+c']", "line 2, zoom: Ctrl+C means cancel too, by default."),
        ("quit = []", "line 2, quit: this needs a key: nobody could leave."),
    ],
)
def test_a_mistake_about_actions_is_said(tmp_path: Path, text: str, message: str) -> None:
    read = read_config(config(tmp_path, f"[keys]\n{text}\n"))
    with pytest.raises(UsageError) as refused:
        remapped(ACTIONS, read)
    assert message in refused.value.message


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_without_conflicts_and_needs_no_ctrl(preset: str) -> None:
    made, _ = remapped(ACTIONS, None, preset)
    assert made.only_by_ctrl() == ["cancel"]
    assert set(PRESETS[preset]) <= {action.name for action in ACTIONS}
    assert len(made.by_key) == sum(len(action.keys) for action in made.actions)


def test_nothing_of_a_config_is_in_force_unless_it_is_used() -> None:
    assert keymap().actions == ACTIONS


def test_the_presets_are_those_that_can_be_chosen() -> None:
    assert tuple(PRESETS) == BY_NAME["preset"].choices


def test_environment_wins_over_file_and_file_over_default(tmp_path: Path) -> None:
    read = read_config(config(tmp_path, SOUND))
    found = {each.option.name: each for each in settings({"LAYERTUI_THEME": "light", "LAYERTUI_MOUSE": "off"}, read)}
    assert (found["theme"].value, found["theme"].origin) == ("light", Origin.ENVIRONMENT)
    assert (found["mouse"].value, found["mouse"].origin) == (False, Origin.ENVIRONMENT)
    assert (found["max_layers"].value, found["max_layers"].origin, found["max_layers"].line) == (10, Origin.FILE, 7)
    assert (found["history"].value, found["history"].origin) == (200, Origin.DEFAULT)


def test_the_file_fills_what_the_environment_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "layertui").mkdir()
    config(tmp_path / "layertui", 'pager = "most"\ntheme = "dark"\nmouse = false\ntoken_hosts = ["a", "b"]\n')
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "PAGER": "less", "LAYERTUI_THEME": ""}
    fill(environ)
    assert environ["PAGER"] == "less"
    assert environ["LAYERTUI_THEME"] == "dark"
    assert environ["LAYERTUI_MOUSE"] == "0"
    assert environ["LAYERTUI_TOKEN_HOSTS"] == "a,b"


@pytest.mark.parametrize(("name", "text"), [("mouse", "maybe"), ("history", "-1"), ("platform", "//"), ("glyphs", "x")])
def test_a_variable_that_holds_something_else_is_said(name: str, text: str) -> None:
    variable = BY_NAME[name].variable
    with pytest.raises(UsageError, match=f"{variable} is '{text}', which is not"):
        settings({variable: text}, None)


def test_defaults_are_those_of_whoever_reads_them() -> None:
    defaults = {option.variable: option.default for option in OPTIONS}
    assert defaults[VARIABLE] == CACHE_BYTES
    assert defaults[READ_S.variable] == READ_S.default
    assert defaults[RETRY_S.variable] == RETRY_S.default
