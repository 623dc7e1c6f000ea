"""Two texts as rows: complete, in order, folded, with hunks to step through and what changed within a line."""

import random

import pytest

from layertui.image.blob import BytesBlob
from layertui.present.contentdiff import choice
from layertui.present.contentdiff.binary import binary_lines, compare_bytes, hex_rows, next_difference
from layertui.present.contentdiff.choice import compare_texts, why_bytes
from layertui.present.contentdiff.intraline import changed_spans, pair_lines
from layertui.present.contentdiff.text import DiffRows, TextDiff
from layertui.present.safetext import is_safe
from layertui.present.viewing.kind import look
from tests.layer.helpers import at_most_seconds


def diff(a: str | bytes, b: str | bytes, *, ignore_space: bool = False) -> TextDiff:
    blobs = [BytesBlob(data.encode() if isinstance(data, str) else data, "text") for data in (a, b)]
    return compare_texts(blobs[0], look(blobs[0]), blobs[1], look(blobs[1]), ignore_space=ignore_space)


def side_by_side(rows: DiffRows) -> list[str]:
    lines = []
    for number, row in enumerate(rows.rows):
        a, b = ("".join(text for _, text in runs) for runs in rows.sides(number))
        lines.append(f"{a:8}{row.sign.value} {b}".rstrip())
    return lines


OLD = "".join(f"line {number}\n" for number in range(20))
NEW = OLD.replace("line 4\n", "line four\n").replace("line 12\n", "").replace("line 18\n", "line 18\nmore\n")


def test_side_by_side_with_folds() -> None:
    rows = diff(OLD, NEW).rows(context=1)
    assert side_by_side(rows) == [
        "3 equal lines: 3 equal lines",
        "line 3    line 3",
        "line 4  | line four",
        "line 5    line 5",
        "5 equal lines: 5 equal lines",
        "line 11   line 11",
        "line 12 <",
        "line 13   line 13",
        "4 equal lines: 4 equal lines",
        "line 18   line 18",
        "        > more",
        "line 19   line 19",
    ]
    assert rows.hunks == [2, 6, 10]
    assert [rows.next_hunk(row) for row in (0, 2, 9, 10)] == [2, 6, 10, None]
    assert [rows.previous_hunk(row) for row in (2, 6, 11)] == [None, 2, 10]


def test_unified_is_what_diff_prints() -> None:
    rows = diff(OLD, NEW).rows(unified=True, context=0)
    lines = [
        rows.unified(number)
        for number in range(len(rows))
        if rows.rows[number].a is None or rows.rows[number].b is None
    ]
    assert [sign + "".join(text for _, text in runs) for sign, runs in lines] == [
        "-line 4",
        "+line four",
        "-line 12",
        "+more",
    ]


def test_every_line_stands_once_in_any_layout() -> None:
    generator = random.Random(14)
    for _ in range(200):
        a, b = ("".join(f"{c}\n" for c in generator.choices("abcd e", k=generator.randrange(30))) for _ in "12")
        found = diff(a, b)
        for unified in (False, True):
            for context in (None, 0, 2):
                rows = found.rows(unified=unified, context=context).rows
                for side in ("a", "b"):
                    numbers = []
                    for row in rows:
                        start = getattr(row, side)
                        numbers += range(start, start + (row.folded or 1)) if start is not None else ()
                    assert numbers == list(range(len(a.splitlines() if side == "a" else b.splitlines())))


def test_what_changed_within_a_line() -> None:
    rows = diff("listen 80 default;\n", "listen 8080 default;\n").rows()
    assert rows.sides(0) == (
        [("", "listen "), ("part", "80"), ("", " default;")],
        [("", "listen "), ("part", "8080"), ("", " default;")],
    )


def test_lines_that_have_hardly_anything_in_common_are_changed_as_a_whole() -> None:
    assert changed_spans("alpha beta gamma", "eins zwei drei") == ([(0, 16)], [(0, 14)])


def test_long_lines_are_compared_from_both_ends() -> None:
    a, b = "x y " * 5000, "x y " * 2500 + "z " + "x y " * 2500
    with at_most_seconds(2):
        assert changed_spans(a, b) == ([], [(10_000, 10_002)])


def test_a_changed_line_stands_next_to_its_new_form() -> None:
    assert pair_lines(["port = 1"], ["name = x", "port = 2"]) == [(None, 0), (0, 1)]
    assert pair_lines(["a b c", "d"], ["d"]) == [(0, None), (1, 0)]
    assert pair_lines([], ["x"]) == [(None, 0)]


def test_white_space_is_passed_over_where_asked() -> None:
    a, b = "if x:\n  y\n", "if x:\r\n\ty\r\n"
    assert not diff(a, b).is_same
    assert diff(a, b, ignore_space=True).is_same
    assert "".join(text for _, text in diff(a, b).rows().sides(0)[1]) == "if x:\\r"


def test_carriage_returns_are_shown_only_where_lines_differ() -> None:
    rows = diff("a\r\nb\r\n", "a\r\nb\n").rows()
    assert side_by_side(rows) == ["a         a", "b\\r     | b"]


def test_one_equal_line_is_shown_and_not_folded() -> None:
    assert [row.sign.value for row in diff("1\nx\n2\n", "3\nx\n4\n").rows(context=0).rows] == ["|", " ", "|"]


def test_a_missing_newline_is_a_difference_that_is_said() -> None:
    rows = diff("a\nb\n", "a\nb").rows()
    assert side_by_side(rows)[1] == "b       | b [no newline at the end]"
    assert diff("a\nb", "a\nb").is_same


def test_texts_in_two_encodings_are_the_same_text() -> None:
    text = "Größe\nStraße\n"
    assert diff(text, text.encode("utf-16")).is_same
    assert diff(text, text.encode("latin-1")).is_same


def test_nothing_in_a_row_acts_on_a_terminal() -> None:
    rows = diff("a\x1b[31m\tb\n", "a\x1b]0;t\x07\u202e\n").rows()
    for number in range(len(rows)):
        for runs in rows.sides(number):
            assert all(is_safe(text) for _, text in runs)


def test_what_is_no_text_or_too_much_is_compared_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def why(a: bytes, b: bytes) -> str | None:
        blobs = BytesBlob(a, "a"), BytesBlob(b, "b")
        return why_bytes(blobs[0], look(blobs[0]), blobs[1], look(blobs[1]))

    assert why(b"text", b"text") is None
    assert why(b"", b"text") is None
    assert why(b"text", b"\0\1") == "B is no text: compared as bytes."
    assert why(b"\0", b"\0\1") == "A and B are no text: compared as bytes."
    assert why(b"x" * (9 << 20), b"text") == "Texts above 8 MiB are not compared line by line: compared as bytes."
    monkeypatch.setattr(choice, "LINE_LIMIT", 10)
    assert why(b"\n" * 11, b"") == "Texts of more than 10 lines are not compared line by line: compared as bytes."


def test_bytes_differ_where_they_do() -> None:
    generator = random.Random(15)
    for size in (1, 17, 1 << 20, (1 << 20) + 5):
        a = bytearray(generator.randbytes(size))
        b = bytearray(a)
        at = generator.randrange(size)
        b[at] ^= 1
        blobs = BytesBlob(bytes(a), "a"), BytesBlob(bytes(b), "b")
        found = compare_bytes(*blobs)
        assert found.first == at
        assert found.digest_a != found.digest_b
        assert next_difference(*blobs, 0) == at
        assert next_difference(*blobs, at + 1) is None
        assert f"First difference at byte {at:,}" in binary_lines(found, "data", "data")[2]
    same = compare_bytes(BytesBlob(b"ab", "a"), BytesBlob(b"ab", "b"))
    assert (same.first, binary_lines(same, "", "")[2]) == (None, "Equal, byte for byte.")
    longer = compare_bytes(BytesBlob(b"ab", "a"), BytesBlob(b"abcd", "b"))
    assert (longer.first, binary_lines(longer, "", "")[2]) == (2, "B begins with all of A, and has 2 bytes more.")


def test_hex_of_both_sides_row_by_row() -> None:
    rows = hex_rows(BytesBlob(b"0123456789abcdefXYZ", "a"), BytesBlob(b"0123456789abcdefX", "b"), 0, 9, 8)
    assert [row.differs for row in rows] == [False, False, True]
    assert rows[2].a.endswith("|XYZ|")
    assert hex_rows(BytesBlob(b"12345678", "a"), BytesBlob(b"", "b"), 0, 9, 8)[0].b == ""
