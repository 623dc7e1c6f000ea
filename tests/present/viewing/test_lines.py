"""Lines by ranges: equal to splitting the whole text, wherever blocks end, and never more read than was looked at."""

import os
import random
from pathlib import Path

import pytest

from layertui.errors import Cancelled, DamagedError
from layertui.image.blob import BytesBlob, FileBlob
from layertui.present.safetext import cell_width, is_safe
from layertui.present.viewing import lines as lines_module
from layertui.present.viewing.encoding import Encoding, detect
from layertui.present.viewing.layout import number_width, numbered, wrapped
from layertui.present.viewing.lines import LINE_BYTES, TextLines
from tests.layer.helpers import at_most_seconds


def text_lines(data: bytes) -> TextLines:
    encoding = detect(data)
    assert encoding is not None
    return TextLines(BytesBlob(data, "text"), encoding)


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_equal_to_splitting_the_whole(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "BLOCK_BYTES", 64)
    generator = random.Random(2)
    for _ in range(200):
        # U+0A00 and U+000A next to each other have the bytes of a newline across two characters
        whole = "".join(generator.choices("ab\n\u0a00\u000aä", k=generator.choice([0, 1, 5, 63, 64, 65, 400])))
        found = TextLines(BytesBlob(whole.encode(codec), "text"), Encoding(codec, codec))
        expected = whole.split("\n")
        if expected[-1] == "":
            expected.pop()
        order = list(range(len(expected)))
        generator.shuffle(order)
        for number in order:
            line = found.line(number)
            assert line is not None
            assert line.text == expected[number]
            assert found.number_at(line.offset_bytes) == number
        assert found.line(len(expected)) is None or not expected
        found.index()
        assert found.count == len(expected)


def test_ends_of_lines_and_marks_are_not_shown() -> None:
    found = text_lines(b"\xef\xbb\xbfone\r\n\ttwo\nthree")
    assert [line.text for line in found.lines(0, 9)] == ["one", "        two", "three"]
    assert found.line(0) is not None
    assert found.count == 3


def test_nothing_in_a_line_acts_on_a_terminal() -> None:
    hostile = "\x1b]52;c;Zm9v\x07 \u202e\u200b\x9b31m\rover\x00\n".encode() + b"\xff\xfe raw\n"
    found = TextLines(BytesBlob(hostile, "text"), Encoding("utf-8", "UTF-8")).lines(0, 10)
    assert [line.text for line in found] == [
        "\\x1b]52;c;Zm9v\\x07 \\u202e\\u200b\\x9b31m\\rover\\x00",
        "\\xff\\xfe raw",
    ]
    assert all(is_safe(line.text) for line in found)


def test_a_line_of_fifty_megabytes_is_cut_and_does_not_freeze() -> None:
    found = text_lines(b"first\n" + b"x" * 50_000_000 + b"\nlast\n")
    with at_most_seconds(2):
        line = found.line(1)
        assert line is not None
        assert (len(line.text), line.is_cut) == (LINE_BYTES, True)
        assert [each.text[:5] for each in found.lines(0, 5)] == ["first", "xxxxx", "last"]


def test_ten_gigabytes_open_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as target:
        for number in range(100_000):
            target.write(b"line %d\n" % number)
        target.truncate(10 << 30)
    blob = FileBlob.open(path, "log")
    encoding = detect(blob.read_at(0, 4096))
    assert encoding is not None
    with at_most_seconds(2):
        found = TextLines(blob, encoding)
        assert [line.text for line in found.lines(50_000, 2)] == ["line 50000", "line 50001"]
        assert found.count is None
        assert found.counted_bytes < 2 << 20
        assert found.estimated_count > 100_000_000


def test_counting_can_be_cancelled_and_goes_on() -> None:
    found = text_lines(b"line\n" * 1_000_000)
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        found.index(check=check)
    assert 0 < found.counted_bytes < found.blob_bytes
    found.index()
    assert found.count == 1_000_000


def test_a_line_in_sight_is_read_by_itself(tmp_path: Path) -> None:
    read = 0

    class Counting(BytesBlob):
        def read_at(self, offset: int, length: int) -> bytes:
            nonlocal read
            data = super().read_at(offset, length)
            read += len(data)
            return data

    data = b"some line\n" * 5_000_000
    found = TextLines(Counting(data, "text"), Encoding("utf-8", "UTF-8"))
    found.lines(0, 50)
    assert read < 1 << 20


@pytest.mark.parametrize("text", ["", "short", "x" * 100, "漢字" * 30, "e\u0301" * 50, "a漢" * 9])
@pytest.mark.parametrize("width", [1, 2, 7, 80])
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    pieces = wrapped(text, width)
    assert "".join(pieces) == text
    assert all(cell_width(piece) <= max(width, 2) for piece in pieces)


def test_numbers_of_lines() -> None:
    assert (number_width(8), number_width(99)) == (2, 4)
    assert (numbered(8, 4), numbered(None, 4)) == ("  9 ", "    ")


def test_the_source_going_away_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"line\n" * 200_000)
    found = TextLines(FileBlob.open(path, "log"), Encoding("utf-8", "UTF-8"))
    found.line(0)
    os.truncate(path, 10)
    with pytest.raises(DamagedError, match="log ends at byte"):
        found.line(150_000)
