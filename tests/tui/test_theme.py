"""Colours: which theme a terminal gets, and that colour is never all there is."""

from collections.abc import Mapping

import pytest
from rich.color import Color
from rich.color_triplet import ColorTriplet as Triplet
from rich.style import Style

from layertui.errors import UsageError
from layertui.showing import show
from layertui.tui import theme
from layertui.tui.app import theme_names
from layertui.tui.terminal import ask_background, dark_by_answer, dark_by_environment, glyphs_for
from layertui.tui.widgets.looks import LOOKS
from tests.tui.screen import demo, running

MANY = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.mark.parametrize(
    ("environ", "answer", "name"),
    [
        ({"TERM": "linux"}, True, "ansi-dark"),
        ({"TERM": "screen"}, False, "ansi-dark"),
        ({"TERM": "xterm", "COLORFGBG": "0;15"}, None, "ansi-light"),
        (MANY, None, "ansi-dark"),
        (MANY, True, "dark"),
        (MANY, False, "light"),
        ({**MANY, "COLORFGBG": "15;0"}, False, "dark"),
        ({**MANY, "COLORFGBG": "0;default;15"}, True, "light"),
        ({**MANY, "NO_COLOR": "1"}, True, "ansi-dark"),
        ({"TERM": "tmux-256color"}, True, "dark"),
    ],
)
def test_the_terminal_decides(environ: Mapping[str, str], answer: bool | None, name: str) -> None:
    assert theme.pick(environ, None, lambda: answer) == name
    assert theme.pick(environ, "nord", lambda: answer) == "nord"


def test_an_empty_no_color_means_unset() -> None:
    environ = {"NO_COLOR": ""}
    theme.tidy(environ)
    assert environ == {}
    environ = {"NO_COLOR": "1"}
    theme.tidy(environ)
    assert environ == {"NO_COLOR": "1"}


@pytest.mark.parametrize(
    ("answer", "dark"),
    [
        (b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?1;2c", True),
        (b"\x1b]11;rgb:ffff/fafa/e5e5\x07\x1b[?62c", False),
        (b"\x1b]11;rgba:28/28/28/ff\x07", True),
        (b"\x1b[?1;2c", None),
        (b"", None),
    ],
)
def test_what_a_terminal_answers(answer: bytes, dark: bool | None) -> None:
    assert dark_by_answer(answer) is dark


def test_only_terminals_that_answer_are_asked() -> None:
    assert ask_background({"TERM": "xterm-256color"}) is None
    assert ask_background({"VTE_VERSION": "7000", "SSH_CONNECTION": "1 2 3 4"}) is None
    assert dark_by_environment({}) is None


@pytest.mark.parametrize("name", [*theme.NAMES, "nord", "textual-light"])
async def test_every_theme_draws(name: str) -> None:
    async with running(demo(), theme=name, keys=["2", "full_stop", "question_mark", "q", "v"]) as seen:
        assert seen.app.theme == name
        assert "FILES  L1" in seen.text
        added = seen.main.files.look("added")
        assert added.color is not None
        assert added.color != seen.main.files.look("changed").color


GROUNDS = {
    True: ("#000000", "#1e1e1e", "#282a36", "#002b36", "#2e3440"),
    False: ("#ffffff", "#fdf6e3", "#eff1f5", "#fbf1c7", "#e0e0e0"),
}
"""Backgrounds that terminals have, dark and light, which our own two themes leave as they are."""

AA = 4.5
"""The contrast that text needs (WCAG 2.1, 1.4.3)."""

AAA = 7.0
"""The contrast of text for those who see less (1.4.6)."""

NO_TEXT = ("rail", "thumb")
"""Looks of lines and bars, which need a contrast of 3 (1.4.11)."""


def contrast(one: Triplet, other: Triplet) -> float:
    """How much two colours differ, 1 to 21 (WCAG 2.1)."""

    def luminance(colour: Triplet) -> float:
        parts = [part / 255 for part in colour]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pairs(style: Style, dark: bool) -> list[tuple[Triplet, Triplet]]:
    """Text and background of a look, on each background that a terminal may have where the look has none of its own.

    None where both are the terminal's, or one of its own sixteen.
    """
    text, ground = style.color, style.bgcolor
    if text is None or text.triplet is None:
        return []
    grounds = (
        [ground.triplet]
        if ground is not None and ground.triplet is not None
        else [Color.parse(name).triplet for name in GROUNDS[dark]]
    )
    return [(text.triplet, each) for each in grounds if each is not None]


async def test_text_can_be_read_in_every_theme() -> None:
    async with running(demo(), theme="dark") as seen:
        faint, told = [], 0
        for name in dict.fromkeys(theme_names()):
            seen.app.theme = name
            await seen.pilot.pause()
            for look in LOOKS:
                least = 3.0 if look in NO_TEXT else AAA if name.startswith("high-contrast") else AA
                for text, ground in pairs(seen.main.files.look(look), seen.app.current_theme.dark):
                    told += 1
                    if contrast(text, ground) < least:
                        faint.append(f"{name}: {look}: {contrast(text, ground):.2f} on {ground.hex}")
        assert faint == []
        assert told > 300


@pytest.mark.parametrize("name", [*theme.NAMES, "nord", "textual-light"])
async def test_what_the_marks_say_is_said_without_colour(name: str) -> None:
    """Where no letter says it, an attribute does: the cursor, in both panes, and what is gone."""
    async with running(demo(), theme=name) as seen:
        looks = {look: seen.main.files.look(look) for look in LOOKS}

        def bare(look: str) -> Style:
            return looks[look].without_color

        assert bare("cursor").reverse
        assert looks["cursor-off"] != looks["plain"]
        assert bare("removed").strike
        assert bare("dead").strike
        assert bare("win").bold
        assert bare("match").underline
        if name.startswith(("ansi", "high-contrast")):
            assert bare("cursor-off") != bare("plain")


async def test_an_unknown_theme_is_not_taken() -> None:
    async with running(demo(), theme="no-such") as seen:
        assert seen.app.theme == "ansi-dark" or seen.app.theme in theme.NAMES


@pytest.mark.parametrize("value", ["1", "yes"])
async def test_no_color_sends_no_colour_and_keeps_the_cursor(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    async with running(demo(), keys=["2", "full_stop", "j"]) as seen:
        styles = [
            segment.style
            for strip in seen.app.screen._compositor.render_strips()
            for segment in strip.apply_filter(seen.app._filters[-1], seen.main.background_colors[1])
        ]
        shown = [style for style in styles if isinstance(style, Style)]
        assert shown
        for style in shown:
            assert style.color is None or style.color.is_default
            assert style.bgcolor is None or style.bgcolor.is_default
        assert any(style.reverse for style in shown)


async def test_an_empty_no_color_keeps_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with running(demo()) as seen:
        assert not seen.app.no_color


async def test_every_segment_has_a_style() -> None:
    async with running(demo(), (120, 36), keys=["2", "v"]) as seen:
        for strip in seen.app.screen._compositor.render_strips():
            assert all(segment.style is not None for segment in strip)


async def test_a_theme_that_is_changed_is_drawn() -> None:
    async with running(demo(), theme="dark", keys=["2"]) as seen:
        before = seen.main.files.look("added").color
        seen.app.theme = "light"
        await seen.settle()
        after = seen.main.files.look("added").color
        assert after is not None
        assert after != before
        drawn = [segment.style for segment in seen.main.files.render_line(5)]
        assert any(style is not None and style.color == after for style in drawn)


def test_a_theme_that_does_not_exist_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="nope"):
        show("demo", theme="nope")
    assert {"dark", "nord", "textual-light"} <= set(theme_names())


@pytest.mark.parametrize(
    ("environ", "wanted", "glyphs"),
    [
        ({"LANG": "en_US.UTF-8"}, None, "unicode"),
        ({"LANG": "en_US.UTF-8"}, "auto", "unicode"),
        ({"LANG": "C.utf8", "TERM": "linux"}, None, "console"),
        ({"LANG": "C.utf8", "TERM": "linux"}, "unicode", "unicode"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, None, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "UTF-8"}, None, "unicode"),
        ({"LANG": "de_DE@euro"}, None, "ascii"),
        ({}, None, "ascii"),
        ({"LANG": "", "TERM": "linux"}, None, "ascii"),
        ({"LANG": "en_US.UTF-8"}, "ascii", "ascii"),
        ({"LC_ALL": "POSIX"}, "unicode", "unicode"),
    ],
)
def test_the_locale_decides_about_glyphs(environ: Mapping[str, str], wanted: str | None, glyphs: str) -> None:
    assert glyphs_for(environ, wanted) == glyphs
