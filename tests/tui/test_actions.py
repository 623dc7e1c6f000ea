"""The registry: every key has one meaning, and what is said about keys is made from it."""

import re
from collections import Counter

import pytest

from layertui.tui.actions import ACTIONS, BY_NAME, PREFIXES, Action, Place, after_prefix, footer, prefix_hint
from layertui.tui.screens.compare import CompareScreen
from layertui.tui.screens.content import ContentScreen
from layertui.tui.screens.hunks import HunksScreen
from layertui.tui.screens.main import MainScreen
from layertui.tui.widgets.compare import ComparePane
from layertui.tui.widgets.files import FilePane
from layertui.tui.widgets.find import FindPane
from layertui.tui.widgets.page import DetailPane, PageView
from layertui.tui.widgets.tree import TreePane
from tests.tui.screen import demo, running

CTRL_ONLY = {"cancel"}
"""Ctrl+C is what every terminal program is cancelled with; the palette has it too."""

LATER = {"S"}
"""Keys that are meant for what is not built yet: nobody else may take them."""


def all_keys() -> list[str]:
    return [key for action in ACTIONS for key in action.keys]


def test_a_key_has_one_meaning() -> None:
    assert [key for key, count in Counter(all_keys()).items() if count > 1] == []
    assert not set(PREFIXES) & set(all_keys())
    assert {key.split(" ")[0] for key in all_keys() if " " in key} == set(PREFIXES)


def test_names_are_unique_and_every_action_is_described() -> None:
    assert len(BY_NAME) == len(ACTIONS)
    for action in ACTIONS:
        assert action.help[0].isupper(), action.name
        assert not action.help.endswith("."), action.name
        assert action.keys
        assert action.places


def test_no_ctrl_chord_is_an_action_s_only_key() -> None:
    only = {action.name for action in ACTIONS if all(key.startswith("ctrl+") for key in action.keys)}
    assert only == CTRL_ONLY


def test_keys_of_later_work_are_absent() -> None:
    assert not LATER & set(all_keys())


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_has_somebody_who_does_it(action: Action) -> None:
    name = f"do_{action.name}"
    screens = (MainScreen, CompareScreen, ContentScreen, HunksScreen)
    panes = (FilePane, TreePane, FindPane, PageView, DetailPane, ComparePane)
    assert any(hasattr(kind, name) for kind in (*screens, *panes))


def test_a_second_key_means_what_the_registry_says() -> None:
    found = after_prefix("s", "n")
    assert found is not None
    assert found.name == "sort_name"
    assert after_prefix("s", "x") is None
    assert prefix_hint("s") == "Sort by  s size  n name  c count  m time  l layer  r reclaimable"


@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("width", [10, 20, 40, 79, 119, 199])
def test_the_footer_fits_and_drops_the_least_important_first(place: Place, width: int) -> None:
    text = footer(place, width)
    assert len(text) <= width
    if width >= 20:
        assert "? help" in text


async def test_help_lists_every_key_of_the_pane() -> None:
    async with running(demo(), (100, 200), keys=["2", "question_mark"]) as seen:
        assert "KEYS in the files pane" in seen.text
        for action in ACTIONS:
            if Place.FILES in action.places:
                assert re.search(re.escape(f" {action.shown} "), seen.text), action.name
                assert action.help[:40] in seen.text
        assert "content modified" in seen.text
        assert "deleted by the layer of that number" in seen.text


async def test_help_closes_with_escape_q_or_its_own_key() -> None:
    async with running(demo(), keys=["2"]) as seen:
        for key in ("escape", "q", "question_mark", "backspace"):
            await seen.press("question_mark")
            assert "KEYS in" in seen.text
            await seen.press(key)
            assert "KEYS in" not in seen.text
            assert "FILES" in seen.text


async def test_the_palette_offers_actions_and_runs_them() -> None:
    async with running(demo(), (100, 30), keys=["2", "colon"]) as seen:
        assert len(seen.app.screen_stack) == 2
        await seen.type("merged up")
        await seen.pilot.pause(0.3)
        await seen.press("enter")
        await seen.pilot.pause(0.3)
        if len(seen.app.screen_stack) == 2:
            await seen.press("enter")
        await seen.settle()
        assert "L0  merged" in seen.text


async def test_an_alt_chord_is_escape_and_the_key() -> None:
    async with running(demo(), keys=["2", "question_mark"]) as seen:
        await seen.press("alt+j")
        assert "KEYS in" not in seen.text
        assert seen.main.files.cursor == 1


async def test_an_alt_chord_leaves_the_prompt_and_means_the_key() -> None:
    async with running(demo(), keys=["slash", *"etc"]) as seen:
        await seen.press("alt+v")
        assert seen.main.files.view.query == ""
        assert "merged" in seen.lines[1]


async def test_an_unknown_second_key_cancels_the_prefix() -> None:
    async with running(demo(), keys=["2", "s"]) as seen:
        assert seen.footer.strip().startswith("Sort by")
        await seen.press("j")
        assert "Sort by" not in seen.footer
        assert seen.main.files.cursor == 0


async def test_ctrl_c_with_nothing_running_says_how_to_quit() -> None:
    async with running(demo(), keys=["ctrl+c"]) as seen:
        assert "q quits" in seen.footer


async def test_q_quits_at_the_root() -> None:
    async with running(demo()) as seen:
        await seen.pilot.press("q")
        await seen.pilot.pause()
        assert seen.app.return_code == 0
        assert not seen.app.is_running
