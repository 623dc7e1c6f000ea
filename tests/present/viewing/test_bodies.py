"""Rows of a content: those in view are the ones that a reader of the whole would see there."""

import random

import pytest

from layertui.image.blob import BytesBlob
from layertui.present.viewing.archive import Members
from layertui.present.viewing.body import Body, Row, Shape, window
from layertui.present.viewing.document import Document, read_document
from layertui.present.viewing.hits import ContentSearch
from layertui.present.viewing.memberbody import MemberBody
from layertui.present.viewing.pieces import GRID_BYTES
from layertui.present.viewing.plain import plain_chunks
from layertui.present.viewing.textbody import TextBody
from tests.kit.entries import file
from tests.kit.tar import tar_bytes

ALL = 10**7
"""More rows than any of these has."""

CONTENTS = {
    "lines": b"one\ntwo\nthree",
    "newline at the end": b"one\n",
    "only newlines": b"\n" * 20_000,
    "a long line between short ones": b"x" * 100_000 + b"\n" + b"y\n" * 10 + "\u00e9".encode() * 60_000,
    "one line of wide characters": "\u65e5\u672c".encode() * 30_000,
    "UTF-16": "\ufeffab\r\ncd\r\nef".encode("utf-16-le"),
    "UTF-16, one long line": "\ufeff".encode("utf-16-be") + "a\u0a41b".encode("utf-16-be") * 40_000,
    "byte order mark": b"\xef\xbb\xbfhi\nho",
    "invalid UTF-8": b"ab\xff\xfe\n" * 2_000,
    "bytes": bytes(range(256)) * 41 + b"\0\1\2",
}


def document(data: bytes, name: bytes = b"f") -> Document:
    """A content in memory."""
    return read_document(BytesBlob(data, "f"), name)


def everything(body: Body, shape: Shape) -> list[Row]:
    """All rows, from the first on."""
    return body.after((body.pieces.first if isinstance(body, TextBody) else 0, 0), ALL, shape)


@pytest.mark.parametrize("shape", [Shape(40), Shape(40, wraps=True), Shape(78), Shape(1, wraps=True)])
@pytest.mark.parametrize("name", CONTENTS)
def test_a_window_shows_what_stands_there_wherever_one_comes_from(name: str, shape: Shape) -> None:
    if shape.width == 1 and len(CONTENTS[name]) > 50_000:
        pytest.skip("as many rows as characters, and nothing that 40 cells do not show")
    content = document(CONTENTS[name])
    body = content.body(False)
    rows = everything(body, shape)
    assert body.before(body.end(), ALL, shape) == rows
    chosen = random.Random(name)
    for _ in range(40):
        at, height, shift = chosen.randrange(len(rows)), chosen.randrange(1, 30), chosen.randrange(-40, 40)
        top = max(0, min(at + shift, len(rows) - height))
        assert window(body, rows[at].place, shift, height, shape) == rows[top : top + height]


@pytest.mark.parametrize("name", [name for name in CONTENTS if name != "bytes"])
def test_rows_of_a_text_are_all_of_it(name: str) -> None:
    content = document(CONTENTS[name])
    encoding = content.look.encoding
    assert encoding is not None
    text = encoding.decode(CONTENTS[name][encoding.mark_bytes :]).replace("\r\n", "\n")
    body = content.body(False)
    assert "".join(row.text for row in everything(body, Shape(50))) == text.replace("\n", "")
    wrapped = everything(body, Shape(50, wraps=True))
    assert "".join(row.text[row.start : row.stop] for row in wrapped) == text.replace("\n", "")
    lines = text.removesuffix("\n").count("\n") + 1
    assert [row.number for row in wrapped if row.number is not None] == list(range(lines))


def test_a_line_longer_than_what_is_shown_at_once_goes_on_in_further_rows() -> None:
    rows = everything(document(b"short\n" + b"x" * (5 * GRID_BYTES) + b"\nend").body(False), Shape(80))
    assert [row.number for row in rows if row.number is not None] == [0, 1, 2]
    assert max(len(row.text) for row in rows) < 2 * GRID_BYTES
    assert rows[-1].text == "end"


def test_no_line_that_anyone_reads_is_broken() -> None:
    lines = [f"{number:05} " + "\u00e9" * (number % 900) for number in range(2_000)]
    rows = everything(document("\n".join(lines).encode()).body(False), Shape(80))
    assert [row.text for row in rows] == lines


class Counting(BytesBlob):
    """Counts what is read of it."""

    __slots__ = ("read_bytes",)

    def __init__(self, data: bytes) -> None:
        super().__init__(data, "f")
        self.read_bytes = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at."""
        self.read_bytes += length
        return super().read_at(offset, length)


@pytest.mark.parametrize("line", [b"x" * 50_000_000, b"a line of text\n" * 3_000_000])
def test_the_end_of_a_large_text_is_shown_without_reading_what_lies_before(line: bytes) -> None:
    blob = Counting(line + b"\nthe end")
    body = read_document(blob, b"f").body(False)
    blob.read_bytes = 0
    rows = window(body, body.end(), -20, 20, Shape(80))
    assert len(rows) == 20
    assert rows[-1].text == "the end"
    assert rows[-1].number is None  # what lies before was not counted
    assert blob.read_bytes < 5_000_000


def test_a_hit_is_found_where_its_row_shows_it() -> None:
    data = b"first line\n" + b"z" * 90_000 + b"needle" + b"z" * 90_000 + b"\nlast"
    body = document(data).body(False)
    at = body.find(ContentSearch("needle", None), 0, 1)
    assert at == data.index(b"needle")
    for shape in (Shape(60), Shape(60, wraps=True)):
        place, character = body.locate(at, shape)
        row = next(row for row in everything(body, shape) if row.place == place)
        assert row.text[character : character + 6] == "needle"
        assert row.start <= character < (row.stop or len(row.text))


def test_hits_are_marked_in_both_columns_of_bytes() -> None:
    body = document(b"\0\1\2abcdefghijklmn NEEDLE\0\0").body(False)
    rows = body.after((0, 0), 9, Shape(78))
    marked = [
        "".join(row.text[a:b] for a, b in spans) for row, spans in zip(rows, body.marks(rows, search()), strict=True)
    ]
    assert marked == ["", "4eN45E45E44D4cL45E"]
    assert body.marks(body.after((0, 0), 9, Shape(40)), search())[2]


def search() -> ContentSearch:
    """Looks for a word, whatever its case."""
    return ContentSearch("needle", None)


def test_members_are_rows_and_are_searched() -> None:
    content = document(tar_bytes([file("etc/passwd", b"x"), file("etc/needle.conf", b"y" * 10)]), b"a.tar")
    body = content.body(False)
    assert isinstance(body, MemberBody)
    assert body.find(search(), 0, 1) == 1
    assert body.find(search(), 1, -1) is None
    assert "etc/needle.conf" in body.after((1, 0), 1, Shape(80))[0].text
    assert MemberBody(Members(())).after((0, 0), 5, Shape(80)) == []


@pytest.mark.parametrize("chunk", [1, 7, 256 * 1024])
def test_plain_lines_hold_nothing_that_a_terminal_acts_on(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.present.viewing.plain.CHUNK_BYTES", chunk * 2)
    data = "a\r\nb\x1b[31mred\u202e \u00e9\u00e9\u00e9\u00e9\tx\r\n".encode() + b"\xff lone \r end"
    plain = b"".join(plain_chunks(document(data)))
    assert plain.decode() == "a\nb\\x1b[31mred\\u202e \u00e9\u00e9\u00e9\u00e9\tx\n\\xff lone \\r end"
    wide = "\ufeffa\r\nb\x1b".encode("utf-16-le")
    assert b"".join(plain_chunks(document(wide))) == b"a\nb\\x1b"
    assert b"".join(plain_chunks(document(b"\0\1"))).startswith(b"00000000  00 01 ")
