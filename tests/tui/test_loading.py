"""Reading in the background: order, damage, cancelling, and what the screen says meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from layertui.errors import Cancelled, DamagedError
from layertui.image.blob import BytesBlob
from layertui.tui.host import guarded
from layertui.tui.loading import folding, reading
from layertui.tui.state import Reading
from tests.kit.docker import docker_files
from tests.kit.entries import directory, file
from tests.kit.images import ImageSpec, outer_tar
from tests.tui.screen import demo, opened, opened_bytes, running


def three_layers() -> ImageSpec:
    layers = tuple([directory("d"), file(f"d/{number}", "x" * 2000), file(f"only{number}")] for number in range(3))
    return ImageSpec(layers=layers, tags=("three:1",))


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, list[str]]]:
    """Layers are read only once the event is set; gives the labels in the order of their start."""
    go, started = threading.Event(), []
    real = reading.read_layer

    def read(blob: Any, **options: Any) -> Any:
        started.append(blob.label)
        while not go.wait(0.01):
            if options["cancelled"]():
                raise Cancelled
        return real(blob, **options)

    monkeypatch.setattr(reading, "read_layer", read)
    try:
        yield go, started
    finally:
        go.set()


def broken_archive(number: int, change: Any) -> bytes:
    """The image of three layers with one layer's tar changed, or left out where `change` gives None."""
    files = docker_files([three_layers()])
    tars = [name for name in files if name.endswith("layer.tar")]
    data = files[tars[number]]
    assert isinstance(data, bytes)
    changed = change(data)
    if changed is None:
        del files[tars[number]]
    else:
        files[tars[number]] = changed
    return outer_tar(files)


async def test_keys_work_and_progress_is_said_while_layers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch) as (go, _):
        async with running(opened(three_layers()), wait=False) as seen:
            assert "reading" in seen.footer
            assert "Ctrl+C cancels" in seen.footer
            assert ">= 0 B" in seen.header
            assert "Reading this layer" in seen.text
            assert "0%" in seen.line_with("L0 RUN")
            assert seen.line_with("L2 RUN")[:28].rstrip().endswith(".")
            await seen.pilot.press("question_mark")
            await seen.pilot.pause(0.1)
            assert "KEYS in" in seen.text
            await seen.pilot.press("escape")
            go.set()
            await seen.settle()
            assert "reading" not in seen.footer
            assert ">=" not in seen.header
            assert "d/" in seen.text


@pytest.mark.parametrize(("compression", "at_once"), [("plain", 1), ("gzip", 2)])
async def test_the_layer_under_the_cursor_is_read_first(
    monkeypatch: pytest.MonkeyPatch, compression: str, at_once: int
) -> None:
    image = ImageSpec(layers=tuple([file(f"f{number}")] for number in range(8)), tags=("many:1",))
    with held(monkeypatch) as (go, started):
        async with running(opened(image, compression=compression), wait=False) as seen:
            assert len(started) == at_once
            await seen.pilot.press(*["full_stop"] * 6)
            go.set()
            await seen.settle()
            image_read = seen.main.states[0].image
            assert image_read is not None
            wanted = image_read.layers[6].content
            assert wanted is not None
            assert started[at_once] == wanted.label


async def test_cancel_stops_reading_and_refresh_reads_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch) as (go, _):
        async with running(opened(three_layers()), wait=False) as seen:
            await seen.pilot.press("ctrl+c")
            await seen.pilot.pause(0.3)
            assert "Cancelled. R reads the rest." in seen.footer
            assert "stopped" in seen.text
            assert "Reading was cancelled. R reads it." in seen.text.replace("\n", " ")
            go.set()
            await seen.press("R")
            assert "stopped" not in seen.text
            assert all(layer.reading is Reading.DONE for layer in seen.main.states[0].layers)


async def test_a_damaged_layer_shows_what_was_read_and_says_where_it_ends() -> None:
    def cut(data: bytes) -> bytes:
        middle = 512 * 3 + 2048
        return data[:middle] + b"\x55" * 512 + data[middle + 512 :]

    async with running(opened_bytes(broken_archive(1, cut)), (120, 36)) as seen:
        assert "L1, of 3 layers, is damaged at byte" in seen.footer
        assert "Totals are partial." in seen.footer
        await seen.press("full_stop")
        assert "damaged" in seen.line_with("L1 RUN")
        assert "damaged at byte" in seen.text
        assert "in layer 1 of 3. What lies before is shown; totals are partial." in seen.text.replace("\n", " ")
        assert ">=" in seen.header


async def test_an_image_cut_in_a_layer_says_which_layers_are_shown() -> None:
    files = docker_files([three_layers()])
    tars = [name for name in files if name.endswith("layer.tar")]
    data = files[tars[2]]
    assert isinstance(data, bytes)
    files[tars[2]] = data[: 512 * 3 + 100]
    async with running(opened_bytes(outer_tar(files)), (190, 36), keys=["full_stop", "full_stop"]) as seen:
        said = "in layer 2 of 3. Layers 0 to 1 are shown; totals are partial."
        assert said in seen.line_with("damaged at byte 1,")


async def test_an_image_without_layers_says_so() -> None:
    async with running(opened(ImageSpec(layers=(), tags=("empty:1",))), (120, 36)) as seen:
        assert "The image has no layers." in seen.text
        assert "L0" not in seen.text
        assert "not read" not in seen.text


async def test_the_keys_for_help_and_the_end_stay_beside_the_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch) as (go, _):
        async with running(opened(three_layers()), (60, 24), wait=False) as seen:
            await seen.pilot.pause(0.4)
            assert "reading" in seen.footer
            assert "? help  q quit" in seen.footer
            go.set()
            await seen.settle()


async def test_one_layer_is_no_layers() -> None:
    async with running(opened(ImageSpec(layers=([file("f")],), tags=("one:1",))), (120, 36), keys=["g"]) as seen:
        assert "1 layer " in seen.text


async def test_a_missing_layer_says_so_and_the_others_are_shown() -> None:
    async with running(opened_bytes(broken_archive(1, lambda data: None)), (120, 36)) as seen:
        if seen.main.states[0].image is None:
            assert "failed" in seen.line_with("three:1") or "layer" in seen.text
            return
        assert "failed" in seen.line_with("L1 RUN")
        await seen.press("full_stop")
        assert "is missing" in seen.text or "not in" in seen.text
        await seen.press("full_stop")
        assert "only2" in seen.text
        assert seen.main.files.rows is not None
        assert seen.main.files.rows.row(0).mark == "."


async def test_a_bug_in_a_worker_is_said_and_the_app_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(blob: Any, **options: Any) -> Any:
        raise ValueError("boom [/red] \x1b[31m")

    monkeypatch.setattr(reading, "read_layer", read)
    async with running(opened(three_layers()), keys=["2"]) as seen:
        assert seen.app.is_running
        assert "ValueError: boom [/red] \\x1b[31m" in seen.text


async def test_a_fold_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fold(*arguments: Any, **options: Any) -> Any:
        raise DamagedError("The layers cannot be folded.")

    monkeypatch.setattr(folding, "fold", fold)
    async with running(opened(three_layers())) as seen:
        assert "The layers cannot be folded." in seen.text


async def test_an_entry_that_cannot_be_opened_is_listed_with_its_reason() -> None:
    source = demo()
    problem = DamagedError("config of api:1.3 is damaged.", "Pull it again.")

    def refuse() -> Any:
        raise problem

    entries = (source.entries[0], replace(source.entries[1], open=refuse))
    async with running(replace(source, entries=entries), keys=["G", "l"]) as seen:
        assert "config of api:1.3 is damaged." in seen.text
        assert "failed" in seen.line_with("v api:1.3")


async def test_attestations_are_dimmed_and_named() -> None:
    source = demo()
    entries = (source.entries[0], replace(source.entries[1], kind="attestation", tags=(), reference="sha256:0123"))
    async with running(replace(source, entries=entries), (120, 36), keys=["G"]) as seen:
        assert "attestation" in seen.line_with("sha256:0123")
        assert "no image that a container can start from" in seen.text


async def test_shared_layers_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    real = reading.read_layer

    def read(blob: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        return real(blob, **options)

    monkeypatch.setattr(reading, "read_layer", read)
    async with running(demo()) as seen:
        assert count == 9
        await seen.press("G", "enter")
        assert "api:1.3" in seen.header
        assert count == 9 + 2  # all but two of its layers are those of api:1.4
        assert ">=" not in seen.header


@pytest.mark.parametrize("error", [OSError(5, "Input/output error", "image.tar"), MemoryError(), KeyError("x")])
def test_every_error_becomes_a_sentence(error: BaseException) -> None:
    made = guarded(error)
    assert made.message
    assert "Traceback" not in made.message


def test_a_blob_in_memory_is_what_the_tests_think() -> None:
    assert BytesBlob(b"abc", "x").read_at(1, 5) == b"bc"


async def test_cancelled_is_said_at_once_and_a_reading_that_ends_late_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go, begun = threading.Event(), []
    real = reading.read_layer

    def deaf(blob: Any, **options: Any) -> Any:
        begun.append(blob.label)
        if len(begun) <= 2:
            go.wait(5)
            raise Cancelled
        return real(blob, **options)

    monkeypatch.setattr(reading, "read_layer", deaf)
    async with running(opened(three_layers(), compression="gzip"), wait=False) as seen:
        await seen.pilot.press("ctrl+c")
        await seen.pilot.pause(0.05)
        assert seen.text.count("stopped") == 3
        assert "Cancelled." in seen.footer
        assert "reading" not in seen.footer
        await seen.pilot.press("R")
        await seen.pilot.pause(0.3)
        assert all(layer.reading is Reading.DONE for layer in seen.main.states[0].layers)
        go.set()
        await seen.settle()
        assert all(layer.reading is Reading.DONE for layer in seen.main.states[0].layers)
        assert "stopped" not in seen.text


async def test_an_image_that_is_left_is_not_read_on_and_goes_on_when_it_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with held(monkeypatch) as (go, started):
        async with running(demo(), wait=False) as seen:
            await seen.pilot.press("G", "enter")
            await seen.pilot.pause(0.2)
            assert "api:1.3" in seen.header
            assert all(layer.reading is Reading.CANCELLED for layer in seen.main.states[0].layers)
            go.set()
            await seen.settle()
            first = len(started)
            assert seen.main.states[0].squash is None
            await seen.press("1", "g", "enter")
            assert "api:1.4" in seen.header
            assert len(started) > first
            assert seen.main.states[0].complete
