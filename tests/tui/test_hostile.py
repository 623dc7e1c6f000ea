"""Names from an image reach the screen as text, whatever they hold."""

import re

import pytest
from rich.cells import cell_len

from tests.kit.entries import directory, file, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.tui.screen import Seen, opened, running

HOSTILE = (
    b"\x1b]52;c;ZXZpbA==\x07clip",
    b"\x1b[2J\x1b[31mred",
    b"[/red]",
    b"[red]x[/red]",
    b"[@click=app.quit]x[/]",
    b"new\nline\rback\ttab",
    b"\xc2\x9b31mC1",
    b"\xe2\x80\xaeabc",  # right-to-left override
    b"\xff\xfe not UTF-8",
    "日本語の長い名前".encode(),
    "e\u0301combining".encode(),
    "zero\u200bwidth".encode(),
    b"$(touch x)`id`;&|<>'\"",
    b"x" * 300,
    b" ",
    b"%s{0}\\",
)
"""Names that act on a terminal, on markup, or on the columns."""

ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What no line of the screen may hold."""

TEXT = "".join(name.decode("utf-8", "replace") for name in HOSTILE[:8])


def hostile_image() -> ImageSpec:
    """Every name as a file, a directory and a link's target; the rest of what an image says is hostile too."""
    low = [file(b"f/" + name, b"1") for name in HOSTILE]
    low += [directory(b"d/" + name) for name in HOSTILE]
    low += [file(b"d/" + name + b"/inside", b"22") for name in HOSTILE]
    low += [symlink(b"l/%d" % number, name) for number, name in enumerate(HOSTILE)]
    low += [file("x/attr", xattrs=((b"user.\x1b[31m", b"\x1b]0;title\x07"),))]
    high = [whiteout(b"f/" + name) for name in HOSTILE if b"/" not in name]
    return ImageSpec(
        layers=(low, high),
        tags=("bad\x1b[31m:[red]1[/red]",),
        history=[
            {"created_by": TEXT},
            {"created_by": "ENV " + TEXT, "empty_layer": True},
            {"created_by": "RUN [/red] \u202e"},
        ],
        config={
            "User": TEXT,
            "Env": ["A=" + TEXT],
            "Cmd": [TEXT],
            "Labels": {TEXT: TEXT},
            "ExposedPorts": {TEXT: {}},
            "WorkingDir": TEXT,
        },
        architecture="amd64\x1b[31m",
    )


def assert_safe(seen: Seen) -> None:
    """The screen holds nothing that acts, and every line is exactly as wide as the screen."""
    width = seen.app.size.width
    for strip in seen.app.screen._compositor.render_strips():
        found = ACTING.search(strip.text)
        assert found is None, repr(strip.text)
        assert cell_len(strip.text) == width, repr(strip.text)


WAYS = {
    "files": ["2", "equals_sign", "pagedown", "pagedown", "pageup", "G"],
    "flat": ["2", "t", "pagedown", "G"],
    "merged": ["2", "v", "equals_sign", "pagedown", "G"],
    "removed": ["2", "full_stop", "equals_sign", "pagedown", "G"],
    "details": ["2", "equals_sign", "j", "j", "j", "3", "L", "j", "G"],
    "config": ["i", "pagedown", "G", "L", "g", "pagedown"],
    "file page": ["2", "equals_sign", "G", "enter", "L", "G"],
    "find": ["f", "n", "e", "down", "down", "down", "enter", "n", "n", "N"],
    "filter": ["slash", "e", "enter", "j"],
    "ancestry": ["t", "j", "j"],
    "help": ["question_mark", "G"],
}


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (50, 12)])
@pytest.mark.parametrize("way", WAYS)
async def test_hostile_names_are_only_text(way: str, size: tuple[int, int]) -> None:
    async with running(opened(hostile_image()), size) as seen:
        assert_safe(seen)
        for key in WAYS[way]:
            await seen.press(key)
            assert_safe(seen)
        assert seen.app.is_running


async def test_escapes_are_spelled_out() -> None:
    async with running(opened(hostile_image()), (120, 60), keys=["2", "equals_sign"]) as seen:
        for spelled in (
            "\\x1b[2J\\x1b[31mred",
            "[/red]",
            "[red]x[/red]",
            "new\\nline\\rback\\ttab",
            "\\xff\\xfe not UTF-8",
        ):
            assert spelled in seen.text
        assert "日本語の長い名前" in seen.text
