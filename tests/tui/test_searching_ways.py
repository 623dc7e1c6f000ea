"""Finding by glob, by regular expression and in contents: the ways, the hits, and what happens meanwhile."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from rich.cells import cell_len

from layertui.errors import Cancelled, DamagedError
from layertui.stack import search as stack_search
from layertui.stack.search import ContentMatch
from layertui.stack.search_file import FileHit
from layertui.tui.loading import searching
from layertui.tui.screens.main import MainScreen
from tests.kit.entries import file, whiteout
from tests.kit.images import ImageSpec
from tests.tui.screen import Seen, demo, opened, opened_bytes, running
from tests.tui.test_hostile import HOSTILE, assert_safe
from tests.tui.test_loading import broken_archive

TEXT = ["f", "tab", "tab", "tab"]
"""Keys that lead to the search for a text in contents."""


def hits(seen: Seen) -> list[str]:
    """The hits that the find pane shows, as they are drawn."""
    pane = seen.main.find
    lines = [pane.render_line(row).text for row in range(pane.head_height, pane.size.height)]
    return [line.rstrip("║│ ") for line in lines[: pane.line_count()]]


async def test_tab_in_the_prompt_goes_through_the_ways_and_all_of_it_is_said() -> None:
    async with running(demo(), keys=["f"]) as seen:
        assert "FIND  names, fuzzy   Tab: glob, regex, contents" in seen.lines[1]
        assert seen.footer.startswith(" find fuzzy:")
        assert "contents, regex  within lines" in seen.text
        labels = []
        for _ in range(5):
            await seen.press("tab")
            labels.append(seen.footer.strip())
        assert labels == [
            "find glob:",
            "find regex:",
            "find text in contents:",
            "find regex in contents:",
            "find fuzzy:",
        ]
        await seen.press("shift+tab")
        assert "FIND  contents, regex   Tab: names, text" in seen.lines[1]


async def test_a_glob_finds_all_versions_and_markers_with_what_became_of_them() -> None:
    async with running(demo(), keys=["f", "tab", *".netrc"]) as seen:
        assert [line.split() for line in hits(seen)] == [
            ["L2", "+", "x6", "66", "B", "root/.netrc"],
            ["L6", "-", "root/.netrc"],
        ]
        assert "hits: 2" in seen.lines[1]
        await seen.press("down", "enter")
        assert "FILES  L6" in seen.text
        assert seen.main.files.path == b"root/.netrc"


async def test_a_regular_expression_is_found_in_whole_paths_and_a_wrong_one_is_a_sentence_as_it_is_typed() -> None:
    async with running(demo(), keys=["f", "tab", "tab", *"^etc/.*(yaml"]) as seen:
        assert "'^etc/.*(yaml' is not a regular expression" in seen.text
        await seen.press("enter")
        assert seen.footer.startswith(" find regex: ^etc/.*(yaml")
        await seen.press(")")
        assert [line.split()[0] for line in hits(seen)] == ["L4", "L5", "L7"]
        await seen.press("tab", "tab", "backspace")
        assert "'^etc/.*(yaml' is not a regular expression" in seen.text


async def test_a_deleted_secret_is_found_in_contents_and_shown_where_it_is() -> None:
    async with running(demo(), keys=[*TEXT, *"THIS-WAS", "ctrl+u", *"this-was"]) as seen:
        assert "Enter looks through the contents of all layers" in seen.text
        assert "Enter searches" in seen.footer
        await seen.press("enter")
        assert [" ".join(line.split()) for line in hits(seen)] == [
            "L2 + x6 66 B root/.netrc:1: …login builder password this-was-a-secret"
        ]
        await seen.press("enter")
        assert not isinstance(seen.app.screen, MainScreen)
        assert "this-was-a-secret" in seen.text


async def test_case_matters_only_where_a_capital_is_typed() -> None:
    async with running(demo(), keys=[*TEXT, *"welcome to demo", "enter"]) as seen:
        assert "etc/motd:1: Welcome to Demo Linux." in seen.text
        await seen.press("f", *"WELCOME", "enter")
        assert "Nothing matches." in seen.text


class Opened:
    """Stands in for the screen that shows contents, and keeps what it was asked for."""

    asked: list[tuple[Any, ...]] = []

    def __new__(cls, version: Any, base: Any, **where: Any) -> Any:
        from textual.screen import Screen

        cls.asked.append((version.layer, version.path, where))
        return Screen()


async def test_enter_on_a_hit_opens_it_at_its_place_and_the_list_is_there_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from layertui.tui.screens import content

    monkeypatch.setattr(content, "ContentScreen", Opened)
    async with running(demo(), keys=[*TEXT, "tab", *"workers: [0-9]$", "enter"]) as seen:
        await seen.press("n", "n", "n", "N")
        assert [line.split()[0] for line in hits(seen)] == ["L4", "L5", "L7"]
        assert seen.main.find.cursor == 2
        subject = seen.main.subject()
        assert subject is not None
        assert (subject.layer, subject.version and subject.version.path) == (7, b"etc/app/config.yaml")
        await seen.press("enter")
        offset = b"# How the api runs.\nserver:\n  listen: 0.0.0.0:8080\n  workers".index(b"workers")
        where = {"at": offset, "query": "workers: [0-9]$", "regex": True}
        assert Opened.asked == [(7, b"etc/app/config.yaml", where)]
        await seen.app.pop_screen()
        await seen.settle()
        assert (len(hits(seen)), seen.main.find.cursor) == (3, 2)


async def test_the_list_stays_until_something_else_is_typed() -> None:
    async with running(demo(), keys=["2", "f", "tab", *"*.sh", "enter", "f"]) as seen:
        assert seen.footer.startswith(" find glob: *.sh")
        assert len(hits(seen)) == 2
        await seen.press("tab", "tab", "escape")
        assert "FILES" in seen.text
        await seen.press("f", "down", "enter")
        assert "FILES  L5" in seen.text
        await seen.press("f", "x")
        assert seen.footer.startswith(" find glob: x ")


async def test_all_of_the_list_is_seen_again_after_n_has_gone_on_in_the_files() -> None:
    async with running(demo(), keys=["f", "tab", *"*.py", "enter", "n", "n", "f"]) as seen:
        pane = seen.main.find
        assert (pane.cursor, pane.top) == (2, 0)


async def test_escape_in_the_prompt_leads_back_to_the_hits_it_was_opened_from() -> None:
    async with running(demo(), keys=[*TEXT, *"workers", "enter"]) as seen:
        await seen.press("j", "f", *"other", "escape")
        assert (len(hits(seen)), seen.main.find.cursor) == (3, 1)
        assert seen.main.focused is seen.main.find
        await seen.press("question_mark", "escape")
        assert seen.main.focused is seen.main.find
        await seen.press("escape")
        assert "FIND" not in seen.text


async def test_what_is_known_of_a_hit_is_its_own_and_its_row_is_a_key_away() -> None:
    async with running(demo(), (200, 50), keys=["2", *TEXT, *"this-was", "enter"]) as seen:
        assert "Chain: L2 + 66 B x6" in seen.text
        assert "> L2 +      66 B   deleted by L6" in seen.text
        await seen.press("i")
        assert "deleted by L6" in seen.line_with("outcome")
        await seen.press("escape", "W")
        assert seen.main.files.path == b"root/.netrc"
        assert "FILES  L6" in seen.text


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """A search that finds one file each time the semaphore is released, and never ends by itself."""
    go = threading.Semaphore(0)

    class Slow:
        def __init__(self, image: Any, squash: Any, needle: Any, *, progress: Any, cancelled: Any) -> None:
            self.layers, self.problems = list(range(len(image.layers))), {}
            self._squash, self._progress, self._cancelled = squash, progress, cancelled

        def __iter__(self) -> Iterator[ContentMatch]:
            files = [at for at in range(len(self._squash)) if self._squash.path(at).endswith(b".py")]
            for number, position in enumerate(files):
                while not go.acquire(timeout=0.01):
                    self._progress(number, 10)
                    if self._cancelled():
                        raise Cancelled
                yield ContentMatch(position, FileHit(0, 1, 0, number + 1, b"line %d" % number, (0, 4)))

    monkeypatch.setattr(stack_search, "ContentSearch", Slow)
    monkeypatch.setattr(searching, "PROGRESS_S", 0.02)
    return go


async def until(seen: Seen, text: str, limit_s: float = 2.0) -> float:
    """Wait until a text is on the screen; returns how long that took."""
    began_s = time.monotonic()
    while text not in seen.text:
        assert time.monotonic() - began_s < limit_s, seen.text
        await seen.pilot.pause(0.01)
    return time.monotonic() - began_s


async def test_hits_come_while_it_is_searched_and_the_cursor_stays(slow: threading.Semaphore) -> None:
    async with running(demo(), keys=[*TEXT, "x"]) as seen:
        await seen.pilot.press("enter")
        await until(seen, "searching L0 10 B of 2.4 MB  Ctrl+C cancels")
        assert "Searching..." in seen.text
        for count in (1, 2, 3):
            slow.release()
            await until(seen, f"hits: {count}")
            assert [line.split(":")[-1].strip() for line in hits(seen)] == [f"line {n}" for n in range(count)]
        await seen.pilot.press("j")
        slow.release(30)
        await until(seen, "hits: 27")
        assert seen.main.find.cursor == 1
        assert seen.main.find.top == 0
        await seen.pilot.press("ctrl+c")


async def test_ctrl_c_cancels_at_once_and_keeps_what_was_found(slow: threading.Semaphore) -> None:
    async with running(demo(), keys=[*TEXT, "x"]) as seen:
        await seen.pilot.press("enter")
        slow.release()
        await until(seen, "hits: 1")
        await seen.pilot.press("ctrl+c")
        assert await until(seen, "The search was cancelled.") < 0.5
        await seen.settle()
        assert "cancelled  hits: 1" in seen.lines[1]
        assert len(hits(seen)) == 1
        await seen.press("j")
        assert "searching" not in seen.footer


async def test_leaving_cancels(slow: threading.Semaphore) -> None:
    async with running(demo(), keys=[*TEXT, "x"]) as seen:
        await seen.pilot.press("enter")
        await until(seen, "searching L")
        await seen.pilot.press("escape")
        began_s = time.monotonic()
        while any(not worker.is_finished for worker in seen.app.workers):
            assert time.monotonic() - began_s < 0.5
            await seen.pilot.pause(0.01)
        await seen.settle()
        assert "searching" not in seen.footer
        assert "FILES" in seen.text


async def test_a_layer_that_cannot_be_read_is_said_and_the_others_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    real, broken = stack_search.search_layer, list[Any]()

    def failing(content: Any, tree: Any, needle: Any, rows: Any, tick: Any) -> Any:
        if content in broken:
            raise DamagedError("it is gone\x1b[31m.", "Fetch it again.")
        return real(content, tree, needle, rows, tick)

    monkeypatch.setattr(stack_search, "search_layer", failing)
    async with running(demo()) as seen:
        assert seen.main.state is not None
        assert seen.main.state.image is not None
        broken.append(seen.main.state.image.layers[4].content)
        await seen.press(*TEXT, *"workers", "enter")
        assert "layer 4 of 9: it is gone\\x1b[31m. Fetch it again." in seen.footer
        assert "not all read  hits: 2" in seen.lines[1]
        await seen.press("f", *"nowhere at all", "enter")
        assert "layer 4 of 9: it is gone" in seen.line_with("layer 4")
        assert "Nothing matches." in seen.text


async def test_what_is_not_read_is_not_searched_and_that_is_said() -> None:
    image = opened_bytes(broken_archive(1, lambda data: None))
    async with running(image, keys=["f", "tab", *"only*"]) as seen:
        assert "in 1 of 3 layers  hits: 1" in seen.lines[1]
        await seen.press("tab", "tab", "enter")
        assert "Searched in 1 of 3 layers: the others are not read." in seen.footer


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (60, 20)])
async def test_hostile_names_and_lines_are_only_text_and_the_match_is_seen(size: tuple[int, int]) -> None:
    around = b"".join(HOSTILE[:9])
    layer = [file(b"f/" + name, b"first\n" + around.replace(b"\n", b"") * 40 + b"NEEDLE" + around) for name in HOSTILE]
    layer += [
        file("bin", b"\0\x1b[2JNEEDLE\x1b[31m"),
        file("wide", ("日本語" * 90 + "NEEDLE" + "日本語" * 90).encode()),
    ]
    image = ImageSpec(layers=(layer, [whiteout("bin")]), tags=("bad:1",))
    async with running(opened(image), size, keys=[*TEXT, *"NEEDLE", "enter"]) as seen:
        assert_safe(seen)
        assert len(hits(seen)) >= min(len(HOSTILE), size[1] - 8)
        for line in hits(seen):
            assert "NEEDLE" in line
            assert cell_len(line) <= size[0]
        await seen.press("G", "pagedown", "g")
        assert_safe(seen)
        await seen.press("f", "tab", "tab", "tab", *"red", "enter", "f", *"[/red]", "tab", "tab")
        assert_safe(seen)


async def test_at_100_columns_the_tree_stands_beside_the_hits_and_below_they_have_the_width() -> None:
    for width, beside in ((80, False), (99, False), (100, True)):
        async with running(demo(), (width, 24), keys=[*TEXT, *"workers", "enter"]) as seen:
            assert ("IMAGES / LAYERS" in seen.text) is beside
            await seen.press("1")
            assert "IMAGES / LAYERS" in seen.text


async def test_it_is_searched_in_the_image_that_is_looked_at() -> None:
    async with running(demo(), keys=[*TEXT, *"api 1.4", "enter"]) as seen:
        assert len(hits(seen)) == 1
        await seen.press("1", "G", "enter", "f")
        assert "api:1.3" in seen.header
        assert seen.main.find.hits == ()
        await seen.press(*"api 1.3", "enter")
        assert len(hits(seen)) == 1
