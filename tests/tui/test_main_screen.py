"""What the main screen says, at the sizes that people have."""

from dataclasses import replace

import pytest

from layertui.sources.reference import parse_reference
from tests.kit.images import ImageSpec
from tests.kit.odd import empty_image, scratch_image
from tests.tui.screen import demo, opened, running


async def test_80x24_shows_image_layers_files_details_and_keys() -> None:
    async with running(demo()) as seen:
        assert len(seen.lines) == 24
        assert seen.header.startswith("layertui  api:1.4  linux/amd64")
        assert "2.3 MB" in seen.header
        assert "reclaimable 846 kB" in seen.header
        assert seen.lines[1].startswith(" IMAGES / LAYERS")
        assert "FILES  L0  layer diff" in seen.lines[1]
        assert "S  Out    Size  Path" in seen.lines[2]
        assert "api:1.4  api:latest" in seen.lines[2]
        assert "L0 ADD rootfs" in seen.lines[3]
        assert seen.lines[20].startswith(" L0  770 kB in 83 entries")
        for keys in ("Tab pane", "[ ] layer", "/ filter", "v merged", "? help", "q quit"):
            assert keys in seen.footer


async def test_120x36_adds_strip_bar_mode_and_owner() -> None:
    async with running(demo(), (120, 36)) as seen:
        head = seen.line_with("Size")
        for column in ("Share", "Stack", "Mode", "Owner"):
            assert column in head
        assert "Changed" not in head
        line = seen.line_with("  > usr/")
        assert "+*......." in line
        assert "rwxr-xr-x 0:0" in line


async def test_200x50_adds_mtime_and_the_history() -> None:
    async with running(demo(), (200, 50), keys=["f", *"models", "enter"]) as seen:
        await seen.rest()
        assert "Changed" in seen.line_with("Size")
        assert "HISTORY" in seen.lines[1]
        assert "shadowed by L5" in seen.line_with("L3 +    270 kB")
        assert "wins" in seen.line_with("> L5 m")


async def test_below_80_columns_one_pane_at_a_time() -> None:
    async with running(demo(), (60, 20)) as seen:
        assert "IMAGES / LAYERS" in seen.text
        assert "FILES" not in seen.text
        await seen.press("2")
        assert "FILES  L0" in seen.text
        assert "IMAGES" not in seen.text
        await seen.press("3")
        assert "FILES" not in seen.text
        assert "outcome   visible, the only copy" in seen.text
        await seen.press("1")
        assert "IMAGES / LAYERS" in seen.text


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (79, 24), (80, 24), (99, 30), (120, 36), (200, 50), (300, 80)])
async def test_every_line_fits_and_header_and_footer_stay(size: tuple[int, int]) -> None:
    async with running(demo(), size) as seen:
        await seen.press("2", "j", "question_mark", "escape", "3")
        assert len(seen.lines) == size[1]
        assert all(len(line) <= size[0] for line in seen.lines)
        assert seen.header.startswith("layertui")
        assert "? help" in seen.footer or size[0] < 30


async def test_steps_without_a_layer_stand_in_their_place() -> None:
    async with running(demo()) as seen:
        tree = [line[:28].strip() for line in seen.lines[2:20]]
        assert tree[1].startswith("L0 ADD")
        assert tree[2].startswith("CMD")
        assert tree[5].startswith("L1 RUN")


async def test_resizing_keeps_the_place() -> None:
    async with running(demo(), keys=["2", "G"]) as seen:
        assert seen.main.files.cursor == seen.main.files.line_count() - 1
        path = seen.main.files.path
        await seen.pilot.resize_terminal(60, 20)
        await seen.settle()
        assert "FILES" in seen.text
        await seen.pilot.resize_terminal(120, 36)
        await seen.settle()
        assert seen.main.files.path == path
        assert "IMAGES" in seen.text


async def test_an_image_without_layers_says_so() -> None:
    async with running(opened(scratch_image())) as seen:
        assert "This image has no layers." in seen.text
        await seen.press("v", "w", "W", "f", "slash", "escape", "right_square_bracket", "i")
        assert "CONFIG AND HISTORY" in seen.text


async def test_empty_layers_say_so() -> None:
    async with running(opened(empty_image())) as seen:
        assert "This layer changes nothing." in seen.text
        await seen.press("v")
        assert "hold no files" in seen.text


async def test_several_images_are_all_there_and_one_is_open() -> None:
    other = ImageSpec(layers=empty_image().layers, tags=("other:1",), config={"User": "somebody"})
    async with running(opened(empty_image(), other)) as seen:
        assert "v empty:1" in seen.text
        assert "> other:1" in seen.text
        await seen.press("G", "enter")
        assert "layertui  other:1" in seen.header
        assert "v other:1" in seen.text


@pytest.mark.parametrize(("selector", "shown"), [("#4", "FILES  L4  layer diff"), ("#0..3", "FILES  L3  merged")])
async def test_a_reference_with_layers_opens_them(selector: str, shown: str) -> None:
    layers = parse_reference(f"demo{selector}").layers
    source = demo()
    async with running(replace(source, chosen=source.entries[0], layers=layers)) as seen:
        assert shown in seen.text
        assert seen.main.images.row is not None
        assert seen.main.images.row.layer == int(shown[8])


async def test_layers_that_are_not_there_are_said() -> None:
    layers = parse_reference("demo#44").layers
    source = demo()
    async with running(replace(source, chosen=source.entries[0], layers=layers)) as seen:
        assert "has layers 0 to 8, so there is no layer 44" in seen.footer
        assert "FILES  L0" in seen.text
