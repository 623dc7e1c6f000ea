"""The compare screen: two sides row by row, and what keys do with them."""

import pytest

from layertui.tui.screens.compare import CompareScreen
from tests.kit.entries import directory, file, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.tui.screen import Seen, demo, opened, running
from tests.tui.test_hostile import HOSTILE, assert_safe, hostile_image

TAGS = ["g", "c"]
"""From the demo's first screen: its newer image is compared with the older one."""

BASE = [directory("etc"), file("etc/motd", "hello"), file("etc/same", "same")]
OLD = ImageSpec(
    layers=(BASE, [file("app/run", "1", mode=0o755), file("app/moved", "content that moves")]), tags=("i:1",)
)
NEW = ImageSpec(
    layers=(BASE, [file("app/run", "1", mode=0o644), file("lib/here", "content that moves")]), tags=("i:2",)
)


def screen_of(seen: Seen) -> CompareScreen:
    screen = seen.app.screen
    assert isinstance(screen, CompareScreen)
    return screen


def names(seen: Seen) -> list[str]:
    """The left column of the rows."""
    pane = screen_of(seen).files
    return [seen.lines[3 + index][:24].rstrip() for index in range(pane.line_count())]


def row(seen: Seen, text: str) -> str:
    """The first line with a text, its columns one space apart."""
    return " ".join(seen.line_with(text).split())


async def test_the_first_differing_line_of_the_config_in_six_keys() -> None:
    async with running(demo()) as seen:
        assert "c compare" in seen.footer
        await seen.press(*TAGS)
        assert "n next" in seen.footer
        assert "Enter open" in seen.footer
        await seen.press("j", "n")
        assert "etc/app/config.yaml  content differs" in seen.text
        await seen.press("enter")
        await seen.pilot.pause(0.2)
        await seen.settle()
        assert "workers: 4" in seen.text
        assert "workers: 8" in seen.text


async def test_two_images_side_by_side() -> None:
    async with running(demo(), keys=TAGS) as seen:
        assert seen.header.startswith(" A api:1.3 1.9 MB  <>  B api:1.4 1.5 MB  same up to L2")
        assert seen.header.endswith("diff 1/39")
        assert "identical hidden: 128" in seen.lines[1]
        assert row(seen, "> root/") == "> root/ 115 kB != > root/ 10 B -115 kB ■"
        assert [name.split()[1] for name in names(seen)] == ["app/", "etc/", "home/", "root/", "var/"]
        await seen.press("l")
        assert row(seen, "old.cfg") == "old.cfg 21 B < ---- -21 B ■"
        assert row(seen, "plugins").startswith("> plugins/ 40 kB T > plugins 9 B directory")
        assert row(seen, "models.bin") == "models.bin 270 kB m models.bin 270 kB mode ■"


async def test_next_and_previous_difference_open_what_is_folded() -> None:
    async with running(demo(), keys=[*TAGS, "n"]) as seen:
        assert seen.header.endswith("diff 2/39")
        assert "app/README.md  content differs" in seen.text
        await seen.press("G", "n", "n", "n", "n", "n", "n", "n", "n", "n", "n", "n", "n")
        assert "No difference follows." in seen.footer
        assert seen.header.endswith("diff 39/39")
        await seen.press("N")
        assert seen.header.endswith("diff 38/39")
        await seen.press("g", "N")
        assert "No difference comes before." in seen.footer


async def test_groups_are_shown_and_hidden() -> None:
    async with running(demo(), keys=[*TAGS, "u"]) as seen:
        assert "> usr/" in seen.text
        assert "identical hidden" not in seen.text
        await seen.press("u", "r", "m", "equals_sign")
        assert "without differing, only A" in seen.lines[1]
        assert "search.js" in seen.text
        assert "old.cfg" not in seen.text
        await seen.press("a")
        assert "Everything is hidden" in seen.text


async def test_a_filter_as_it_is_typed() -> None:
    async with running(demo(), keys=[*TAGS, "slash", *"conf"]) as seen:
        assert seen.footer.startswith(" /conf")
        assert seen.footer.endswith("1")
        assert "config.yaml" in seen.text
        assert "motd" not in seen.text
        await seen.press("enter")
        assert "etc/app/config.yaml  content differs" in seen.text
        assert "1 match" in seen.lines[1]
        await seen.press("escape")
        assert "1 match" not in seen.lines[1]
        await seen.press("slash", *"nowhere")
        assert "Nothing matches." in seen.text
        await seen.press("escape")
        assert "> var/" in seen.text


async def test_the_sides_are_exchanged_and_what_was_settled_stays() -> None:
    async with running(demo(), keys=[*TAGS, "j", "n", "e"]) as seen:
        assert seen.header.startswith(" A api:1.4 1.5 MB  <>  B api:1.3 1.9 MB")
        assert "etc/app/config.yaml  content differs" in seen.text
        assert not screen_of(seen).busy
        assert "identical hidden: 128" in seen.lines[1]
        assert "> " in seen.line_with("motd")
        assert row(seen, "motd") == "---- > motd 97 B +97 B ■"


async def test_folds() -> None:
    async with running(demo(), keys=[*TAGS, "space"]) as seen:
        assert "v app/" in seen.text
        await seen.press("j", "j", "h")
        assert "app/  metadata only" in seen.text
        await seen.press("minus")
        assert "v app/" not in seen.text
        await seen.press("equals_sign")
        assert "v static/" in seen.text


async def test_details_say_all_that_differs() -> None:
    layers = (
        [
            file("f", "one", mode=0o755, uid=1, mtime_ns=10**9),
            symlink("l", "here"),
            file("x", "1", xattrs=((b"user.a", b"1"),)),
        ],
        [file("f", "four", mode=0o644, uid=2, gid=3, mtime_ns=60 * 10**9), symlink("l", "there"), file("x", "1")],
    )
    async with running(opened(ImageSpec(layers=layers)), (120, 36), keys=["full_stop", "c"]) as seen:
        assert "mode 0755 -> 0644   owner 1:0 -> 2:3   size 3 B -> 4 B (+1 B)" in seen.text
        assert "mtime 1970-01-01 00:00 -> 1970-01-01 00:01" in seen.text
        await seen.press("j")
        assert "target here -> there" in seen.text
        await seen.press("j")
        assert "xattr user.a 1 -> ----" in seen.text


async def test_layers_of_two_images_and_a_pair_of_them() -> None:
    async with running(demo(), keys=[*TAGS, "1"]) as seen:
        assert seen.lines[1].startswith(" 1 LAYERS  2 files  3 config")
        assert seen.lines[1].endswith("same up to L2")
        assert "same up to L2" in seen.header
        assert " = " in seen.line_with(" L2  1")
        assert " != " in seen.line_with(" L3  4")
        assert seen.line_with("L6 ").lstrip().startswith("----")
        await seen.press("G", "enter")
        assert "no counterpart" in seen.footer
        await seen.press("g", "j", "j", "j", "enter")
        assert seen.header.startswith(" A api:1.3 L3 COPY app")
        assert "B api:1.4 L3 COPY app" in seen.header
        assert "run.sh" in seen.text
        await seen.press("right_square_bracket")
        assert seen.header.startswith(" A api:1.3 L4 COPY config")
        assert "Nothing differs" in seen.text
        await seen.press("v")
        assert "L0..L4 merged" in seen.header
        await seen.press("v", *["left_square_bracket"] * 5)
        assert "L0 is the lowest layer of A." in seen.footer
        await seen.press("q")
        assert "1 LAYERS" in seen.text
        await seen.press("q")
        assert seen.header.startswith("layertui")


async def test_configs_field_by_field() -> None:
    async with running(demo(), keys=[*TAGS, "i"]) as seen:
        assert "3 CONFIG" in seen.text
        lines = [line.strip() for line in seen.lines]
        at = lines.index(">   env APP_ENV")
        assert lines[at + 1 : at + 3] == ["A ----", "B production"]
        assert "working_dir" not in seen.text
        await seen.press("u")
        assert "working_dir  /app" in seen.text
        await seen.press("escape")
        assert "2 FILES" in seen.text
        await seen.press("tab", "tab")
        assert "1 LAYERS" in seen.text


async def test_a_file_that_only_moved_is_offered_as_renamed() -> None:
    async with running(opened(NEW, OLD), keys=["g", "c"]) as seen:
        assert "1 file has only another path in B" in seen.footer
        await seen.press("n")
        assert "app/moved  renamed to lib/here  same content" in seen.text
        assert "renamed" in seen.line_with("moved")
        await seen.press("n", "n", "n")
        assert "lib/here  renamed from app/moved" in seen.text


async def test_one_side_opens_its_content_and_a_directory_says_that_it_has_none() -> None:
    async with running(opened(NEW, OLD), keys=["g", "c", "n", "enter"]) as seen:
        await seen.settle()
        assert "content that moves" in seen.text
        await seen.press("q")
        assert isinstance(seen.app.screen, CompareScreen)
    empty = ImageSpec(layers=([file("f")], [directory("empty", mode=0o700)]), tags=("i:1",))
    async with running(opened(empty), keys=["full_stop", "c", "enter"]) as seen:
        assert "has no content to show" in seen.footer


async def test_the_help_has_the_marks_of_a_comparison() -> None:
    async with running(demo(), (100, 120), keys=[*TAGS, "question_mark"]) as seen:
        assert "Exchange the sides of a comparison" in seen.text
        assert "> only in B" in [" ".join(line.split()) for line in seen.lines]
        assert "shadowed by" not in seen.text
        await seen.press("escape")
        assert "2 FILES" in seen.text


async def test_images_without_one_common_path_get_a_sentence() -> None:
    one, other = (
        ImageSpec(layers=([file("a", "1")],), tags=("i:1",)),
        ImageSpec(layers=([file("b", "1")],), tags=("i:2",)),
    )
    async with running(opened(other, one), keys=["g", "c"]) as seen:
        assert "The two sides have no path in common." in seen.text


async def test_the_same_image_twice_says_that_nothing_differs() -> None:
    twin = ImageSpec(layers=OLD.layers, tags=("i:3",), config={"User": "x"})
    async with running(opened(twin, OLD), keys=["g", "c"]) as seen:
        assert "Nothing differs: all 7 paths are identical." in seen.text
        assert "same layers" in seen.header


async def test_whiteouts_of_layers() -> None:
    image = ImageSpec(layers=(BASE, [whiteout("etc/motd")], [file("etc/new", "x")]))
    async with running(opened(image), keys=["full_stop", "full_stop", "c"]) as seen:
        await seen.press("n")
        assert "a whiteout, which removes the path from the layers below" in seen.text


async def test_a_whole_image_has_no_layer_keys() -> None:
    async with running(demo(), keys=[*TAGS, "v"]) as seen:
        assert "Whole images are compared" in seen.footer
        await seen.press("right_square_bracket")
        assert "Whole images are compared" in seen.footer


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (60, 20), (79, 24), (99, 30), (120, 36), (200, 50), (300, 80)])
async def test_every_line_fits(size: tuple[int, int]) -> None:
    async with running(demo(), size, keys=TAGS) as seen:
        for key in ("n", "equals_sign", "pagedown", "u", "1", "3", "question_mark", "escape", "e"):
            await seen.press(key)
            assert len(seen.lines) == size[1]
            assert_safe(seen)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (50, 12)])
async def test_hostile_names_are_only_text(size: tuple[int, int]) -> None:
    image = hostile_image()
    other = ImageSpec(
        layers=([file(b"f/" + name, b"2") for name in HOSTILE], [file(b"g/" + name, b"1") for name in HOSTILE]),
        tags=("bad\x1b[31m:[red]2[/red]",),
        config={"User": "\x1b[31mx", "Labels": {"\x1b]0;a\x07": "\u202eb"}},
    )
    async with running(opened(image, other), size, keys=TAGS) as seen:
        for key in (
            "equals_sign",
            "u",
            "n",
            "pagedown",
            "G",
            "1",
            "j",
            "3",
            "u",
            "pagedown",
            "2",
            "slash",
            "x",
            "enter",
        ):
            await seen.press(key)
            assert_safe(seen)
        assert seen.app.is_running
