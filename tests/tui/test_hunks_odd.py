"""The content comparison of odd, hostile, huge and unreadable contents: a sentence, and nothing hangs."""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from layertui.errors import UnreachableError
from layertui.image.blob import Blob, BytesBlob
from layertui.layer.window import Tick
from layertui.tui.version import Version
from tests.kit.docker import docker_archive
from tests.kit.entries import file, symlink
from tests.kit.images import ImageSpec
from tests.layer.helpers import at_most_seconds
from tests.tui.hunks import NEW, OLD, comparing, demo_config, pair, versions
from tests.tui.screen import opened_file
from tests.tui.test_hostile import assert_safe

SIZES = [(60, 20), (80, 24), (120, 36), (300, 80)]


@pytest.mark.parametrize("data", [b"same\n" * 50, b"\0\1" * 5000], ids=["text", "bytes"])
async def test_equal_contents_say_so_and_which_metadata_differs(data: bytes) -> None:
    async with comparing(*pair(file("f", data), file("f", data, mode=0o755, uid=7))) as seen:
        assert "qual, byte for byte." in seen.text
        assert "Metadata differs: mode, uid." in seen.text
        assert "rwxr-xr-x  7:0" in seen.text
        assert seen.header.endswith("equal")
        await seen.press("n")
        await seen.press("u")
        assert re.search(r"same|00000000 +00 01", seen.text)
        await seen.press("u")
        assert not re.search(r"same|00000000 +00 01", seen.text)
    async with comparing(*pair(data, data)) as seen:
        assert "The metadata is equal too." in seen.text


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (b"a\r\nb\r\n", b"a\nb\n", "Only the ends of lines differ"),
        (b"a\nb", b"a\nb\n", "[no newline at the end]"),
        ("Größe äöü\n".encode() * 9, "Größe äöü\n".encode() * 8 + "Größe äö\n".encode()[:-2] + b"\xff\n", "\\xff"),
        (b"a\n", b"", "1 hunk, 1 line of A for 0 of B."),
        (b"", b"", "Both are empty."),
        (b"text\n", b"\0\1\2", "B is no text: compared as bytes."),
        (b"x" * (9 << 20), b"y\n", "Texts above 8 MiB are not compared line by line: compared as bytes."),
    ],
    ids=["line ends", "no newline", "no UTF-8", "one empty", "both empty", "one binary", "large"],
)
async def test_odd_contents(a: bytes, b: bytes, said: str) -> None:
    async with comparing(*pair(a, b), size=(120, 30)) as seen:
        assert said in seen.said or said in seen.text
        assert seen.app.is_running


async def test_a_link_is_compared_by_its_target() -> None:
    async with comparing(*pair(symlink("f", "lib.so.1"), symlink("f", "lib.so.2"))) as seen:
        assert re.search(r"- lib\.so\.1 \[no newline", seen.text)
        assert "Symlink" in seen.text


HOSTILE = (
    b"\x1b]52;c;ZXZpbA==\x07clip\n\x1b[2J\x1b[31mred\n[/red]\n[red]x[/red]\n\xc2\x9b31mC1\n"
    b"\xe2\x80\xaeabc\ttab\n\xff\xfe not UTF-8\n" + "日本語の長い名前\ne\u0301combining\nzero\u200bwidth\n".encode()
)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tail", [b"", b"\0"], ids=["text", "bytes"])
async def test_hostile_contents_are_only_text(size: tuple[int, int], tail: bytes) -> None:
    a = HOSTILE * 3 + "日本語の長い".encode() * 900 + b"\x1b" * 9000 + tail
    b = HOSTILE.replace(b"red", b"blue").replace(b"\t", b"\t\t") * 3 + "日本語の短い".encode() * 900 + tail
    sides = (file(b"f", content, xattrs=((b"user.\x1b[31m", b"\x1b]0;t\x07"),)) for content in (a, b))
    async with comparing(*pair(*sides), size=size) as seen:
        assert_safe(seen)
        for key in [
            "n",
            "G",
            "L",
            "pagedown",
            "G",
            "L",
            "right",
            "right",
            "G",
            "u",
            "I",
            "H",
            "n",
            "e",
            "question_mark",
        ]:
            await seen.press(key)
            assert_safe(seen)
        assert seen.app.is_running


@dataclass(frozen=True)
class Odd(Version):
    """A version whose content a test makes."""

    opens: Callable[[Tick | None], Blob] = lambda tick: BytesBlob(b"", "f")

    def open(self, tick: Tick | None = None) -> Blob:
        """The test's content."""
        return self.opens(tick)


def odd(opens: Callable[[Tick | None], Blob]) -> Odd:
    """A version that opens as a test says."""
    version = demo_config()[0]
    return Odd(version.image, version.squash, version.position, opens)


class Huge:
    """Ten gigabytes of zeros, but for one byte."""

    size_bytes = 10 << 30
    label = "huge"

    def __init__(self, at: int | None) -> None:
        """Put a one at an offset."""
        self.at = at

    def read_at(self, offset: int, length: int) -> bytes:
        """Zeros, made anew."""
        data = bytes(max(0, min(length, self.size_bytes - offset)))
        if self.at is not None and offset <= self.at < offset + len(data):
            data = data[: self.at - offset] + b"\1" + data[self.at - offset + 1 :]
        return data


async def test_ten_gigabytes_show_their_first_difference_and_stop_at_once() -> None:
    one, other = odd(lambda tick: Huge(None)), odd(lambda tick: Huge(5 << 20))
    async with comparing(one, other, wait=False) as seen:
        for _ in range(200):
            await seen.pilot.pause(0.02)
            if "First difference" in seen.text:
                break
        assert "First difference at byte 5,242,880" in seen.text
        assert "sha256 not known yet" in seen.text
        assert seen.cursor_line.startswith("000500000  00 00")
        await seen.pilot.pause(0.3)
        assert "Ctrl+C cancels" in seen.footer
        began_s = time.monotonic()
        await seen.pilot.press("ctrl+c")
        await seen.settle()
        assert time.monotonic() - began_s < 2
        assert "Cancelled." in seen.footer
        assert "First difference" in seen.text


async def test_the_cursor_waits_for_bytes_and_no_empty_lines_are_drawn() -> None:
    class Slow(BytesBlob):
        """Bytes that take a while, once they were compared."""

        wait_s = 0.0

        def read_at(self, offset: int, length: int) -> bytes:
            time.sleep(Slow.wait_s)
            return super().read_at(offset, length)

    data = bytes(300_000)
    one, other = odd(lambda tick: Slow(data, "f")), odd(lambda tick: BytesBlob(b"\1" + data[1:], "f"))
    async with comparing(one, other) as seen:
        Slow.wait_s = 0.1
        await seen.pilot.press("G")
        assert seen.cursor_line.startswith("00000000  00")
        assert "..." not in "".join(seen.lines[1:-6]).replace("........", "")
        await seen.settle()
        assert seen.cursor_line.startswith("000493d8  00")


async def test_a_comparison_that_is_cancelled_can_be_begun_again() -> None:
    waiting = [True]

    def slowly(tick: Tick | None) -> Blob:
        for done in range(1000 if waiting[0] else 0):
            time.sleep(0.005)
            if tick is not None:
                tick(done << 20)
        return BytesBlob(b"text\n", "f")

    async with comparing(odd(slowly), odd(lambda tick: BytesBlob(b"other\n", "f")), wait=False) as seen:
        await seen.pilot.pause(0.4)
        assert re.search(r"opening A: [\d.]+ MB  Ctrl\+C cancels", seen.footer)
        await seen.press("ctrl+c")
        assert "Cancelled." in seen.text
        waiting[0] = False
        await seen.press("R")
        assert "1 hunk" in seen.text


async def test_a_side_that_cannot_be_read_is_named_with_the_reason() -> None:
    def refuse(tick: Tick | None) -> Blob:
        raise UnreachableError("the \x1b[31mdisk is gone.", "Plug it in.")

    async with comparing(odd(lambda tick: BytesBlob(b"text\n", "f")), odd(refuse)) as seen:
        assert "Side B cannot be read: the \\x1b[31mdisk is gone." in seen.text
        assert "Plug it in." in seen.text
        assert "Side A" not in seen.text
        assert_safe(seen)
        await seen.press("n", "N", "H", "u", "I", "L", "slash")
        assert "Side B cannot be read" in seen.text
        await seen.press("e")
        assert "Side A cannot be read" in seen.text


async def test_a_file_that_is_cut_off_meanwhile_is_said(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[file("f", OLD)], [file("f", NEW)]])]))
    low, high = versions(opened_file(path).entries[0].open(), b"f")
    os.truncate(path, 4096)
    async with comparing(low, high) as seen:
        assert "Side A cannot be read" in seen.said or "Side B cannot be read" in seen.said
        assert "cut off while it was being read" in seen.said


async def test_a_line_of_megabytes_holds_nothing_up() -> None:
    line = b"word " * 1_500_000
    async with comparing(*pair(line + b"one\n", line + b"two\n")) as seen:
        with at_most_seconds(8):
            await seen.press("L", "pagedown", "G", "L", "right", "u", "I", "I")
        assert "1 hunk" in seen.said
        await seen.press("L")
        await seen.press("G")
        assert "differs in what is not shown" in " ".join(seen.text.split())


async def test_leaving_stops_the_work() -> None:
    def forever(tick: Tick | None) -> Blob:
        while True:
            time.sleep(0.01)
            if tick is not None:
                tick(0)

    async with comparing(odd(forever), odd(forever), wait=False) as seen:
        await seen.pilot.pause(0.1)
        began_s = time.monotonic()
        await seen.pilot.press("q")
        await seen.settle()
        assert time.monotonic() - began_s < 2
        assert len(seen.app.screen_stack) == 1
