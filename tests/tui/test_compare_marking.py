"""Marking side A on the main screen, what is compared without a mark, and two references."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import LayertuiError
from layertui.image.blob import BytesBlob
from layertui.image.image import Image
from layertui.opening import open_two
from layertui.sources.resolve import Opened
from layertui.tui.roots import HostView, PairView
from layertui.tui.screens.compare import CompareScreen
from layertui.tui.screens.main import MainScreen
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.tui.hosts import usual
from tests.tui.screen import Seen, demo, opened, opened_bytes, running


def two(a: str, b: str) -> PairView:
    return PairView(*open_two(a, b))


async def test_a_mark_is_seen_in_the_tree_and_said() -> None:
    async with running(demo(), keys=["full_stop", "b"]) as seen:
        assert "A is api:1.4 L1. c compares it" in seen.footer
        assert seen.lines[6].startswith("A  L1 RUN apt-get") or seen.line_with("L1 RUN").startswith("A")
        await seen.press("full_stop", "full_stop", "c")
        assert seen.header.startswith(" A api:1.4 L1 RUN")
        assert "B api:1.4 L3 COPY" in seen.header
        await seen.press("q", "comma", "comma", "b")
        assert "Unmarked." in seen.footer
        assert not seen.line_with("L1 RUN").startswith("A")


async def test_layers_as_they_are_viewed() -> None:
    async with running(demo(), keys=["2", *["full_stop"] * 4, "v", "b"]) as seen:
        assert "A is api:1.4 L0..L4 merged." in seen.footer
        await seen.press(*["full_stop"] * 3, "c")
        assert seen.header.startswith(" A api:1.4 L0..L4 merged")
        assert "B api:1.4 L0..L7 merged" in seen.header


async def test_without_a_mark_the_layer_below_and_the_path_stays() -> None:
    async with running(demo(), keys=[*["full_stop"] * 5, "2", "slash", *"config", "enter", "G", "c"]) as seen:
        assert seen.header.startswith(" A api:1.4 L4 COPY config")
        assert "etc/app/config.yaml" in seen.lines[-4]
        await seen.press("q", "escape", *["comma"] * 5, "c")
        assert "This is the base: no layer is below it." in seen.footer


async def test_an_image_of_the_same_repository_is_older_by_its_time() -> None:
    specs = [
        ImageSpec(layers=([file("f", name)],), tags=(name,), extra={"created": created})
        for name, created in (
            ("app:2", "2024-02-01T00:00:00Z"),
            ("other:1", "2024-03-01T00:00:00Z"),
            ("app:3", "2024-04-01T00:00:00Z"),
        )
    ]
    async with running(opened(*specs), keys=["g", "c"]) as seen:
        assert seen.header.startswith(" A app:2")
        assert "B app:3" in seen.header
        await seen.press("q", "G", "c")
        assert seen.header.startswith(" A app:2")


async def test_what_cannot_be_compared_says_why() -> None:
    async with running(opened(ImageSpec(layers=([file("a")],))), keys=["g", "c"]) as seen:
        assert "There is no other image here" in seen.footer
        await seen.press("b", "c")
        assert "itself" in seen.footer
    async with running(demo(), keys=["j", "b"]) as seen:  # CMD, which made no layer
        assert "no image, container or layer" in seen.footer


async def test_what_is_read_for_a_comparison_is_kept() -> None:
    async with running(demo(), keys=["g", "c"]) as seen:
        older = seen.main.states[1]
        assert older.complete
        await seen.press("q", "G", "enter")
        assert seen.header.startswith("layertui  api:1.3")
        assert all(layer.attempt == 0 for layer in older.layers)
        assert "api:1.3" in seen.text


async def test_a_container_is_compared_with_its_image() -> None:
    async with running(HostView(usual()), (120, 36)) as seen:
        rows = seen.main.images.rows
        at = next(number for number, row in enumerate(rows) if row.what.name == "CONTAINER")
        seen.main.images.move_to(at)
        await seen.press("c")
        assert isinstance(seen.app.screen, CompareScreen)
        assert rows[at].names[0] in seen.header.split("<>")[1]


async def test_two_references_of_one_source_open_it_once() -> None:
    async with running(two("demo:api:1.3", "demo:api:1.4#0..4")) as seen:
        assert seen.header.startswith(" A api:1.3 1.9 MB")
        assert "B api:1.4 L0..L4 merged" in seen.header
        assert len(seen.main.holdings.roots) == 1
        await seen.press("q")
        assert isinstance(seen.app.screen, MainScreen)
        assert "api:1.4" in seen.text
        assert "L0" in seen.text


async def test_two_references_of_two_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in (("one.tar", "1"), ("two.tar", "22")):
        (tmp_path / name).write_bytes(docker_archive([ImageSpec(layers=([file("f", data)],), tags=("same:1",))]))
    async with running(two("./one.tar", "./two.tar"), (200, 30)) as seen:
        assert "one.tar)" in seen.header
        assert "two.tar)" in seen.header
        assert seen.line_with(" f ").split()[:6] == ["f", "1", "B", "!=", "f", "2"]
        await seen.press("q")
        assert "one.tar" in seen.text
        assert "two.tar" in seen.text


def test_one_file_with_two_names_is_opened_once(tmp_path: Path) -> None:
    specs = [ImageSpec(layers=([file("f", name)],), tags=(name,)) for name in ("i:1", "i:2")]
    (tmp_path / "image.tar").write_bytes(docker_archive(specs))
    (tmp_path / "link.tar").symlink_to(tmp_path / "image.tar")
    one, other = open_two(f"{tmp_path}/image.tar:i:1", f"{tmp_path}/link.tar:i:2#0")
    assert one.source is other.source
    assert [opened.chosen.reference for opened in (one, other) if opened.chosen is not None] == ["i:1", "i:2"]
    assert other.layers is not None


def test_a_reference_that_leaves_several_says_so() -> None:
    with pytest.raises(LayertuiError, match="say which one"):
        open_two("demo", "demo:api:1.3")


async def test_a_layer_that_is_not_there_is_said() -> None:
    async with running(two("demo:api:1.3#9", "demo:api:1.4#2")) as seen:
        assert "so there is no layer 9" in seen.text
        await seen.press("j", "n", "e", "slash", "enter", "1", "i", "v", "u", "question_mark", "escape", "q")
        assert isinstance(seen.app.screen, MainScreen)


class Gated(BytesBlob):
    """A blob that gives nothing before it is let."""

    gate = threading.Event()

    def read_at(self, offset: int, size: int) -> bytes:
        assert self.gate.wait(20)
        return super().read_at(offset, size)


def gated(source: Opened) -> Opened:
    """The same images, the second of which cannot be read until the gate opens."""
    Gated.gate.clear()

    def hold() -> Image:
        image = source.entries[1].open()
        layers = []
        for layer in image.layers:
            content = layer.content
            assert isinstance(content, BytesBlob)
            data = content.read_at(0, content.size_bytes)
            layers.append(replace(layer, content=Gated(data, content.label), diff_id=None))
        return replace(image, layers=tuple(layers))

    entries = (source.entries[0], replace(source.entries[1], open=hold))
    return replace(source, source=replace(source.source, found=entries), entries=entries)


async def test_reading_is_cancelled_and_gone_on_with() -> None:
    async with running(gated(demo()), keys=["g"]) as seen:
        await seen.pilot.press("c")
        await seen.pilot.pause(0.1)
        assert "Reading api:1.3 and api:1.4" in seen.text
        await seen.pilot.press("ctrl+c")
        await seen.pilot.pause()
        assert "Cancelled. R reads on." in seen.footer
        assert not screen_of(seen).busy
        Gated.gate.set()
        await seen.press("R")
        assert "diff 1/" in seen.header


async def test_leaving_stops_reading() -> None:
    async with running(gated(demo()), keys=["g"]) as seen:
        await seen.pilot.press("c")
        await seen.pilot.pause(0.1)
        screen = screen_of(seen)
        await seen.pilot.press("q")
        await seen.pilot.pause()
        assert isinstance(seen.app.screen, MainScreen)
        assert not screen.busy
        Gated.gate.set()


async def test_the_main_screen_waits_while_another_reads_and_goes_on() -> None:
    source = gated(demo())
    flipped = replace(source, source=replace(source.source, found=source.entries[::-1]), entries=source.entries[::-1])
    async with running(flipped, wait=False) as seen:
        state = seen.main.states[0]
        assert any(layer.reading.name == "RUNNING" for layer in state.layers)
        seen.main.loader.pause(state)
        assert not any(layer.reading.name == "RUNNING" for layer in state.layers)
        seen.main.loader.resume(state)
        Gated.gate.set()
        await seen.settle()
        assert state.complete


async def test_a_damaged_layer_leaves_open_what_it_hides() -> None:
    base, top = [file("low", "1")], [file("high", "x" * 5000), file("last", "y" * 5000)]
    one, other = (ImageSpec(layers=(base, top), tags=(name,)) for name in ("i:1", "i:2"))
    other = replace(other, layers=([file("low", "2")], top))
    data = bytearray(docker_archive([other, one]))
    at = data.index(b"last\0")
    data[at + 100 : at + 108] = b"\xff" * 8  # its mode: the header's checksum is wrong now
    async with running(opened_bytes(bytes(data)), (100, 30), keys=["g", "c"]) as seen:
        assert "A: " in seen.text
        assert "layer" in seen.lines[2]
        assert "cannot be told: a layer is damaged" in seen.text


def screen_of(seen: Seen) -> CompareScreen:
    screen = seen.app.screen
    assert isinstance(screen, CompareScreen)
    return screen
