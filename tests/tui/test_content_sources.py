"""Contents of sources that are slow, that end while they are read, or that are very large."""

import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from layertui.errors import DamagedError
from layertui.image.blob import BytesBlob
from layertui.layer.window import Tick
from layertui.tui.version import Version
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.tui.contents import content, tap, until
from tests.tui.screen import Seen, opened, opened_file, running


class Huge:
    """10 GB of lines of 16 bytes that say their number, made where they are read; how much that was is counted."""

    size_bytes = 10 * 10**9
    label = "huge"

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.read_bytes = 0
        self.gate = threading.Event()
        """While it is not set, whatever is read beyond the first gigabyte has to wait."""
        self.gate.set()
        self.cut = False

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at."""
        if offset > 10**9:
            self.gate.wait(20)
        if self.cut:
            raise DamagedError("huge ends at byte 5.", "The file was cut off while it was being read.")
        length = max(0, min(length, self.size_bytes - offset))
        self.read_bytes += length
        first = offset // 16
        data = b"".join(b"%015d\n" % number for number in range(first, (offset + length) // 16 + 1))
        return data[offset % 16 :][:length]


@pytest.fixture
def huge(monkeypatch: pytest.MonkeyPatch) -> Huge:
    blob = Huge()
    monkeypatch.setattr(Version, "open", lambda self, tick=None: blob)
    return blob


@asynccontextmanager
async def unsettled(blob: Huge) -> AsyncIterator[Seen]:
    """The screen of a huge text, of which not all is waited for."""
    async with running(opened(ImageSpec(layers=[[file("f", b"x")]]))) as seen:
        try:
            await seen.pilot.press("2", "enter")
            await until(seen, "000000000000000")
            yield seen
        finally:
            blob.gate.set()


async def test_the_end_of_ten_gigabytes_is_there_at_once_and_counting_can_be_cancelled(huge: Huge) -> None:
    async with unsettled(huge) as seen:
        assert "   1 000000000000000" in seen.text
        began_s = time.monotonic()
        await tap(seen, "G")
        await until(seen, "000000624999999")
        assert time.monotonic() - began_s < 2
        assert "100%" in seen.text
        await until(seen, "counting lines")
        assert "Ctrl+C cancels" in seen.footer
        await tap(seen, "ctrl+c")
        await until(seen, "Cancelled.")
        await seen.settle()
        assert huge.read_bytes < 10**9
        await seen.press("pageup")
        assert "counting" not in seen.footer
        await seen.press("g")
        assert "   1 000000000000000" in seen.text


async def test_a_search_through_ten_gigabytes_says_how_far_it_is_and_can_be_cancelled(huge: Huge) -> None:
    async with unsettled(huge) as seen:
        await tap(seen, "slash", *"nowhere")
        await until(seen, "searching")
        await tap(seen, "ctrl+c", "enter")
        await seen.settle()
        assert huge.read_bytes < 10**9
        assert "   1 000000000000000" in seen.text


async def test_leaving_ends_the_work_within_half_a_second(huge: Huge) -> None:
    async with unsettled(huge) as seen:
        await tap(seen, "slash", *"nowhere", "enter")
        await until(seen, "searching")
        began_s = time.monotonic()
        await tap(seen, "escape", "q")
        await seen.settle()
        assert time.monotonic() - began_s < 2  # on a machine with other work
        assert "FILES" in seen.text


async def test_keys_work_while_a_source_hangs(huge: Huge) -> None:
    async with unsettled(huge) as seen:
        huge.gate.clear()
        await tap(seen, "G", "j", "question_mark")
        await until(seen, "KEYS")
        await tap(seen, "question_mark", "g")
        await until(seen, "line 2 ")  # what was there stays, and the cursor moves in it
        huge.gate.set()
        await until(seen, "line 1 ")
        await tap(seen, "G")
        await until(seen, "000000624999999")


async def test_a_source_that_ends_while_it_is_read_is_a_sentence(huge: Huge) -> None:
    async with unsettled(huge) as seen:
        huge.cut = True
        await seen.press("pagedown")
        assert "huge ends at byte 5. The file was cut off" in seen.text
        await seen.press("n", "L", "number_sign", "G", "H")
        huge.cut = False
        await seen.press("R")
        assert "00000000" in seen.text
        await seen.press("q")
        assert "FILES" in seen.text


async def test_an_archive_that_is_cut_short_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[file("f", b"line\n" * 200_000)]])]))
    async with running(opened_file(path), keys=["2", "enter"]) as seen:
        assert "   1 line" in seen.text
        os.truncate(path, 200_000)
        await seen.press("G")
        assert "cut off while it was being read" in " ".join(seen.text.split())
        await seen.press("g")
        assert "   1 line" in seen.text


@pytest.mark.parametrize("failure", [PermissionError(13, "Permission denied", "x"), RuntimeError("a bug")])
async def test_what_cannot_be_opened_is_a_sentence(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Version, tick: Tick | None = None) -> None:
        raise failure

    monkeypatch.setattr(Version, "open", fail)
    async with content([file("f", b"x")], keys=["j", "G", "p", "H", "slash", "n"]) as seen:
        assert "Permission denied" in seen.text or "This is a bug" in seen.text
        await seen.press("q")
        assert "FILES" in seen.text


async def test_opening_says_how_far_it_is_and_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    def inflate(self: Version, tick: Tick) -> BytesBlob:
        for done in range(0, 10**9, 10**4):
            tick(done)
            time.sleep(0.01)
        raise AssertionError("nobody cancelled it")

    async with content([file("f", b"x")], keys=["q"]) as seen:
        monkeypatch.setattr(Version, "open", inflate)
        await seen.pilot.press("enter")
        await until(seen, "reading ")
        assert "Opening..." in seen.text
        await seen.pilot.press("ctrl+c")
        await seen.settle()
        assert "Opening was cancelled. R opens it again" in seen.text
        monkeypatch.undo()
        await seen.press("R")
        assert "   1 x" in seen.text


async def test_a_file_of_a_compressed_layer() -> None:
    image = ImageSpec(layers=[[file("a", bytes(3_000_000)), file("f", b"behind it\n")]])
    async with running(opened(image, compression="gzip"), keys=["2", "j", "enter"]) as seen:
        assert "   1 behind it" in seen.text
