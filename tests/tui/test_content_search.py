"""Searching in a file's content."""

from layertui.tui.base import Base
from layertui.tui.screens.content import ContentScreen
from tests.kit.entries import file
from tests.tui.contents import content


async def test_search_finds_as_one_types_and_n_goes_on() -> None:
    data = b"x\n" * 50 + b"Needle one\n" + b"y\n" * 50 + b"needle two\n"
    async with content([file("f", data)], keys=["slash", *"needle"]) as seen:
        assert "line 51 of 102" in seen.text
        assert "Needle one" in seen.text
        await seen.press("enter", "n")
        assert "line 102 of 102" in seen.text
        await seen.press("n")
        assert "line 51 of 102" in seen.text
        assert "From the beginning again." in seen.footer
        await seen.press("N")
        assert "line 102 of 102" in seen.text
        await seen.press("N", "H")
        assert "Needle one" in seen.text
        await seen.press("H", "escape", "n")
        assert "Nothing is looked for" in seen.footer


async def test_search_with_capitals_minds_case_and_slashes_make_a_regex() -> None:
    async with content([file("f", b"needle\nNeedle\nN33dle\n")], keys=["slash", *"Needle", "enter"]) as seen:
        assert "line 2 of 3" in seen.text
        await seen.press("g", "slash", "slash", *"n[0-9]+d", "slash", "enter")
        assert "line 3 of 3" in seen.text
        await seen.press("slash", "slash", "left_parenthesis", "slash")
        assert "is not a regular expression" in seen.lines[-1]
        await seen.press("ctrl+u")
        assert "regular expression" in seen.lines[-1]


async def test_no_hit_is_said_and_escape_goes_back_to_where_the_search_began() -> None:
    data = b"x\n" * 50 + b"here\n"
    async with content([file("f", data)], keys=["j", "slash", *"here"]) as seen:
        assert "line 51 of 51" in seen.text
        await seen.type("zz")
        assert "No hit." in seen.lines[-1]
        await seen.press("escape")
        assert "line 2 of 51" in seen.text
        await seen.press("slash", *"zz", "enter", "n")
        assert "zz is nowhere in here" in seen.footer


async def test_keys_of_one_packet_search_for_all_that_was_typed() -> None:
    async with content([file("f", b"a\nab\nabc\n")]) as seen:
        for key in ("slash", "a", "b", "c", "enter"):
            seen.app.simulate_key(key)
        await seen.settle()
        assert "line 3 of 3" in seen.text


async def test_a_search_may_be_typed_before_the_content_is_there() -> None:
    async with content([file("f", b"a\nab\nabc\n")], keys=["q"]) as seen:
        for key in ("enter", "slash", "a", "b", "c", "enter"):
            seen.app.simulate_key(key)
        await seen.settle()
        assert "line 3 of 3" in seen.text


async def test_a_search_that_is_given_is_there_from_the_start() -> None:
    data = b"x\n" * 80 + b"secret=1\n" + b"x\n" * 80 + b"secret=2\n"
    async with content([file("f", data)], keys=["q"]) as seen:
        version = seen.main.version_under_cursor()
        assert version is not None
        await seen.app.push_screen(ContentScreen(version, Base(), at=data.index(b"secret"), query="secret"))
        await seen.settle()
        assert "line 81 of 162" in seen.text
        await seen.press("n")
        assert "line 162 of 162" in seen.text
