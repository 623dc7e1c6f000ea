"""Two texts as rows: complete, in order, folded, with hunks to step through and what changed within a line."""

import random

import pytest

from layertui.image.blob import BytesBlob
from layertui.present.contentdiff import binary, choice
from layertui.present.contentdiff.binary import (
    APART_BYTES,
    compare_bytes,
    next_difference,
    next_run,
    previous_run,
    where_text,
)
from layertui.present.contentdiff.choice import compare_texts, why_bytes
from layertui.present.contentdiff.drawing import NO_NEWLINE, UNSEEN, Drawn, Marks, draw_line, mark_lines, piece_count
from layertui.present.contentdiff.intraline import changed_spans, pair_lines
from layertui.present.contentdiff.text import DiffRows, Sign, TextDiff
from layertui.present.safetext import is_safe
from layertui.present.viewing.kind import look
from layertui.present.viewing.layout import CUT_NOTE
from layertui.present.viewing.lines import LINE_BYTES
from tests.layer.helpers import at_most_seconds


def diff(a: str | bytes, b: str | bytes, *, ignore_space: bool = False) -> TextDiff:
    blobs = [BytesBlob(data.encode() if isinstance(data, str) else data, "text") for data in (a, b)]
    return compare_texts(blobs[0], look(blobs[0]), blobs[1], look(blobs[1]), ignore_space=ignore_space)


def side_by_side(rows: DiffRows) -> list[str]:
    lines = []
    for number, row in enumerate(rows.rows):
        if row.sign is Sign.FOLD:
            lines.append(f": {row.folded}")
            continue
        a, b = ("" if side is None else side.text for side in rows.sides(number))
        lines.append(f"{a:8}{row.sign.value} {b}".rstrip())
    return lines


OLD = "".join(f"line {number}\n" for number in range(20))
NEW = OLD.replace("line 4\n", "line four\n").replace("line 12\n", "").replace("line 18\n", "line 18\nmore\n")


def test_side_by_side_with_folds() -> None:
    rows = diff(OLD, NEW).rows(context=1)
    assert side_by_side(rows) == [
        ": 3",
        "line 3    line 3",
        "line 4  | line four",
        "line 5    line 5",
        ": 5",
        "line 11   line 11",
        "line 12 <",
        "line 13   line 13",
        ": 4",
        "line 18   line 18",
        "        > more",
        "line 19   line 19",
    ]
    assert rows.hunks == [2, 6, 10]
    assert [rows.next_hunk(row) for row in (0, 2, 9, 10)] == [2, 6, 10, None]
    assert [rows.previous_hunk(row) for row in (2, 6, 11)] == [None, 2, 10]


def test_unified_is_what_diff_prints() -> None:
    rows = diff(OLD, NEW).rows(unified=True, context=0)
    assert side_by_side(rows) == [
        ": 4",
        "line 4  <",
        "        > line four",
        ": 7",
        "line 12 <",
        ": 6",
        "        > more",
        "line 19   line 19",
    ]
    assert [(row.a, row.b, row.form) for row in rows.rows[1:3]] == [(4, None, 4), (None, 4, 4)]


def test_every_line_stands_once_in_any_layout() -> None:
    generator = random.Random(14)
    for _ in range(200):
        a, b = ("".join(f"{c}\n" for c in generator.choices("abcd e", k=generator.randrange(30))) for _ in "12")
        found = diff(a, b)
        for unified in (False, True):
            for context in (None, 0, 2):
                rows = found.rows(unified=unified, context=context).rows
                for side in ("a", "b"):
                    numbers: list[int] = []
                    for row in rows:
                        start = getattr(row, side)
                        numbers += range(start, start + (row.folded or 1)) if start is not None else ()
                    assert numbers == list(range(len(a.splitlines() if side == "a" else b.splitlines())))


def test_what_changed_within_a_line() -> None:
    found = diff("listen 80 default;\n", "listen 8080 default;\n")
    rows = found.rows()
    assert rows.unmarked(0, 1) == [(0, 0)]
    found.tell_marks((0, 0))
    assert rows.unmarked(0, 1) == []
    assert rows.sides(0) == (Drawn("listen 80 default;", ((7, 9),)), Drawn("listen 8080 default;", ((7, 11),)))
    unified = found.rows(unified=True)
    assert (unified.sides(0)[0], unified.sides(1)[1]) == rows.sides(0)


def test_two_forms_that_look_the_same_are_said_to_differ() -> None:
    for a, b in (("\x1b\n", "\\x1b\n"), ("x" * LINE_BYTES + "1\n", "x" * LINE_BYTES + "2\n")):
        found = diff(a, b)
        found.tell_marks((0, 0))
        for side in found.rows().sides(0):
            assert side is not None
            assert side.text.endswith(UNSEEN)
            assert side.text[slice(*side.parts[0])] == UNSEEN


def test_a_long_line_is_cut_and_that_is_said() -> None:
    line = "x" * (2 * LINE_BYTES)
    assert draw_line(line, same=True).endswith(CUT_NOTE)
    assert draw_line(line, same=True, limit=10) == "x" * 10
    assert draw_line("short", same=False, limit=5) == "short" + NO_NEWLINE


def test_many_changes_in_a_line_are_marked_as_one() -> None:
    assert mark_lines("one two three", "1 2 three") == Marks(((0, 7),), ((0, 3),))
    a, b = (" ".join(f"{text} same" for _ in range(9)) for text in ("abc", "abd"))
    assert mark_lines(a, b) == Marks(((0, len(a) - 5),), ((0, len(b) - 5),))


def test_pieces_of_a_line_keep_their_marks() -> None:
    assert Drawn("abcdefgh", ((2, 5), (7, 8))).pieces(4) == [Drawn("abcd", ((2, 4),)), Drawn("efgh", ((0, 1), (3, 4)))]
    for text in ("", "abcd", "abcde", "日本語の", "e\u0301" * 9):
        assert piece_count(text, 4) == len(Drawn(text).pieces(4))


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
    assert side_by_side(diff(a, b).rows())[0] == "if x:   | if x:\\r"


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
        assert all(side is None or is_safe(side.text) for side in rows.sides(number))


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
        assert f"First difference at byte {at:,}" in where_text(found)
    same = compare_bytes(BytesBlob(b"ab", "a"), BytesBlob(b"ab", "b"))
    assert (same.first, where_text(same)) == (None, "Equal, byte for byte.")
    longer = compare_bytes(BytesBlob(b"ab", "a"), BytesBlob(b"abcd", "b"))
    assert (longer.first, where_text(longer)) == (2, "B begins with all of A, and has 2 bytes more.")


def runs_of(a: bytes, b: bytes) -> list[int]:
    """Where runs of differing bytes begin, told byte by byte."""
    differs = [a[at : at + 1] != b[at : at + 1] for at in range(max(len(a), len(b)))]
    begins, equal = [], APART_BYTES
    for at, different in enumerate(differs):
        if different and equal >= APART_BYTES:
            begins.append(at)
        equal = 0 if different else equal + 1
    return begins


@pytest.mark.parametrize("chunk", [APART_BYTES, 40, 1 << 20])
def test_runs_of_differing_bytes_are_stepped_through(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary, "CHUNK_BYTES", chunk)
    generator = random.Random(16)
    for _ in range(60):
        a = bytes(generator.randrange(300))
        b = bytearray(a + bytes(generator.choice([0, 0, 20])))
        for place in generator.choices(range(len(b)), k=generator.randrange(9)) if b else ():
            b[place] = 1
        blobs = BytesBlob(a, "a"), BytesBlob(bytes(b), "b")
        expected = runs_of(a, bytes(b))
        at, forward = next_difference(*blobs, 0), list[int]()
        while at is not None:
            forward.append(at)
            at = next_run(*blobs, at)
        assert forward == expected
        at, backward = previous_run(*blobs, 1 << 20), list[int]()
        while at is not None:
            backward.append(at)
            at = previous_run(*blobs, at)
        assert backward[::-1] == expected
