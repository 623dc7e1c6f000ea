"""Filtering files and finding paths."""

import threading
from typing import Any

import pytest
from textual import events

from layertui.tui.loading import searching
from tests.tui.screen import demo, running


async def test_filter_narrows_as_you_type_and_escape_takes_it_back() -> None:
    async with running(demo(), keys=["slash"]) as seen:
        assert seen.footer.strip().startswith("/")
        await seen.type("passwd")
        assert "1 of 83" in seen.lines[1]
        assert "passwd" in seen.text
        assert "1 of 83" in seen.footer
        await seen.press("escape")
        assert "83" in seen.lines[1]
        assert "of 83" not in seen.lines[1]


async def test_enter_keeps_the_filter_and_back_drops_it() -> None:
    async with running(demo(), keys=["slash", *"passwd", "enter"]) as seen:
        assert seen.main.focused is seen.main.files
        assert "1 of 83" in seen.lines[1]
        await seen.press("slash")
        assert "/passwd" in seen.footer
        await seen.press("enter", "escape")
        assert "of 83" not in seen.lines[1]


async def test_keys_are_letters_while_the_prompt_is_open() -> None:
    async with running(demo(), keys=["slash", *"qvfn"]) as seen:
        assert seen.app.is_running
        assert "/qvfn" in seen.footer
        assert "Nothing matches. f: all layers  Esc: no filter" in seen.text
        await seen.press("ctrl+w")
        assert "/qvfn" not in seen.footer


async def test_the_prompt_edits() -> None:
    async with running(demo(), keys=["slash", *"abc", "left", "left", "backspace", "X", "end", "Y"]) as seen:
        assert seen.main.prompt.text == "XbcY"
        await seen.press("home", "delete", "ctrl+e", "backspace")
        assert seen.main.prompt.text == "bc"
        await seen.press("ctrl+u")
        assert seen.main.prompt.text == ""
        await seen.press("backspace")
        assert seen.main.asking == ""


async def test_arrows_move_in_the_list_while_typing() -> None:
    async with running(demo(), keys=["slash", "e", "down", "down"]) as seen:
        assert seen.main.files.cursor == 2


async def test_find_looks_in_all_layers_and_goes_to_the_hit() -> None:
    async with running(demo(), keys=["f", *"pip.tgz"]) as seen:
        assert "FIND  names, fuzzy" in seen.text
        line = seen.line_with(".cache/pip.tgz")
        assert "x6" in line
        assert "L3" in line
        await seen.press("enter")
        assert "FILES  L3" in seen.text
        assert seen.main.files.path == b"app/.cache/pip.tgz"
        assert "Hit 1 of" in seen.footer


async def test_n_goes_from_hit_to_hit_until_back() -> None:
    async with running(demo(), keys=["f", *"site api.py", "enter"]) as seen:
        first = seen.main.files.path
        await seen.press("n")
        assert seen.main.files.path != first
        assert "Hit 2 of" in seen.footer
        await seen.press("N")
        assert seen.main.files.path == first
        await seen.press("escape")
        await seen.press("n")
        assert "Hit" not in seen.footer


async def test_find_that_is_left_changes_nothing() -> None:
    async with running(demo(), keys=["2", "j", "f", *"config", "escape"]) as seen:
        assert "FIND" not in seen.text
        assert seen.main.here == (0, 0)
        assert seen.main.files.cursor == 1


async def test_a_hit_that_the_filter_hides_is_shown_nevertheless() -> None:
    async with running(demo(), keys=["slash", *"passwd", "enter", "f", *"models.bin", "enter"]) as seen:
        assert seen.main.files.path == b"app/models.bin"


async def test_find_without_hits_says_so() -> None:
    async with running(demo(), keys=["f", *"zzzzqq"]) as seen:
        assert "Nothing matches." in seen.text
        await seen.press("enter")
        assert "FILES" in seen.text


async def test_what_is_pasted_is_made_safe() -> None:
    async with running(demo(), keys=["slash"]) as seen:
        seen.main.prompt.post_message(events.Paste("a\x1b[31mb\nsecond line"))
        await seen.settle()
        assert seen.main.prompt.text == "a\\x1b[31mb"


async def test_enter_right_after_typing_waits_for_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    real = searching.fuzzy

    def slow(squash: Any, query: str, *rest: Any) -> Any:
        if query == "models":
            go.wait(5)
        return real(squash, query, *rest)

    monkeypatch.setattr(searching, "fuzzy", slow)
    async with running(demo(), keys=["f", *"model"]) as seen:
        await seen.pilot.press("s", "enter")
        assert "FIND" in seen.text
        go.set()
        await seen.settle()
        assert seen.main.files.path == b"app/models.bin"


async def test_hits_of_one_image_are_forgotten_in_another() -> None:
    async with running(demo(), keys=["f", *"api.py", "enter", "1", "G", "enter"]) as seen:
        assert "api:1.3" in seen.header
        await seen.press("n")
        assert "Hit" not in seen.footer


async def test_a_click_leaves_the_prompt_and_keeps_the_filter() -> None:
    async with running(demo(), keys=["slash", *"etc"]) as seen:
        await seen.pilot.click("#files", offset=(20, 3))
        await seen.settle()
        assert seen.main.asking == ""
        assert "? help" in seen.footer
        assert seen.main.files.view.query == "etc"


async def test_a_terminal_that_loses_the_focus_keeps_the_prompt() -> None:
    async with running(demo(), keys=["slash", *"etc"]) as seen:
        seen.app.post_message(events.AppBlur())
        await seen.settle()
        assert seen.main.asking == "filter"
        seen.app.post_message(events.AppFocus())
        await seen.settle()
        await seen.type("/pass")
        assert seen.main.files.view.query == "etc/pass"


async def test_find_begins_empty_again() -> None:
    async with running(demo(), keys=["f", *"models.bin", "enter", "f", *"pip.tgz"]) as seen:
        assert "models" not in seen.footer
        assert "pip.tgz" in seen.footer
        await seen.press("enter")
        assert (seen.main.files.path or b"").endswith(b"pip.tgz")


async def test_lines_that_are_cut_end_with_a_mark() -> None:
    async with running(demo(), (60, 24), keys=["i", "L"]) as seen:
        assert any(line.endswith("…") for line in seen.lines)
        await seen.press("L")
        assert not any(line.endswith("…") for line in seen.lines[1:-1])
