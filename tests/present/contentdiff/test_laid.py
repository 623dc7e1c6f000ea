"""Rows on a screen: how many lines each takes, and the same place in another layout."""

import pytest

from layertui.image.blob import BytesBlob
from layertui.present.contentdiff.laid import Laid, Shape, find_rows, step_in
from layertui.present.contentdiff.pair import Content, Outcome, compare_as_text
from layertui.present.contentdiff.text import TextDiff
from layertui.present.viewing.kind import look

OLD = "".join(f"line {number}\n" for number in range(100))
NEW = OLD.replace("line 40\n", "line forty\n").replace("line 70\n", "x" * 50 + "\n").replace("line 90\n", "")

SHAPES = [
    Shape(unified=unified, context=context, wrap_cells=width)
    for unified in (False, True)
    for context in (3, None)
    for width in (None, 20)
]


def outcome(a: str | bytes, b: str | bytes, *, ignore_space: bool = False) -> Outcome:
    blobs = [BytesBlob(data.encode() if isinstance(data, str) else data, "f") for data in (a, b)]
    found = compare_as_text(*(Content(blob, look(blob)) for blob in blobs), ignore_space=ignore_space)
    assert found is not None
    return found


def diff(a: str, b: str) -> TextDiff:
    found = outcome(a, b).text
    assert found is not None
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_every_line_of_the_screen_is_of_a_row(shape: Shape) -> None:
    laid = Laid(diff(OLD, NEW), shape)
    rows = [laid.row_of(line) for line in range(laid.line_count)]
    assert [row for row, piece in rows if piece == 0] == list(range(len(laid.rows)))
    assert [laid.line_of(row) for row in range(len(laid.rows))] == [
        at for at, (_, piece) in enumerate(rows) if not piece
    ]
    assert laid.row_of(laid.first_line()) == (laid.rows.hunks[0], 0)
    assert any(piece for _, piece in rows) == (shape.wrap_cells is not None)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("other", SHAPES)
def test_a_place_is_kept_in_another_layout(shape: Shape, other: Shape) -> None:
    found = diff(OLD, NEW)
    one, two = Laid(found, shape), Laid(found, other)
    for number, row in enumerate(one.rows.hunks):
        assert two.hunk_at(two.row_at(one.place_of(row))) == number + 1
    assert two.row_at(one.place_of(0)) == 0


def test_equal_texts_have_no_rows_unless_all_lines_are_asked_for() -> None:
    found = diff(OLD, OLD)
    assert Laid(found, Shape(unified=True)).line_count == 0
    assert Laid(found, Shape(unified=True, context=None)).line_count == 100


def test_what_changed_is_told_at_once_for_ordinary_texts() -> None:
    laid = Laid(diff(OLD, NEW), Shape(unified=True))
    assert laid.rows.unmarked(0, len(laid.rows)) == []


def test_rows_are_found_on_either_side() -> None:
    laid = Laid(diff(OLD, NEW), Shape(unified=False, context=None))
    rows = find_rows(laid.rows, lambda text: "fort" in text or text == "line 90")
    assert list(rows) == [40, 90]
    assert [step_in(rows, row, forward=True) for row in (0, 40, 90)] == [40, 90, None]
    assert [step_in(rows, row, forward=False) for row in (40, 90, 99)] == [None, 40, 90]


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("a\n", "b\n", ["Compared line by line: 1 hunk, 1 line of A for 1 of B."]),
        ("a\nb\n", "a\n", ["Compared line by line: 1 hunk, 1 line of A for 0 of B."]),
        ("a\n", "a\n", ["The contents are equal, byte for byte."]),
        ("", "", ["Both are empty."]),
        (
            "a\r\nb\r\n",
            "a\nb\n",
            [
                "Compared line by line: 1 hunk, 2 lines of A for 2 of B.",
                "Only the ends of lines differ; I ignores white space.",
            ],
        ),
        ("ä\n", "ä\n".encode("latin-1"), ["The texts are equal.", "A is UTF-8, B is Latin-1."]),
        (
            "Größe äöü äöü äöü ".encode() + b"\xff\n",
            "Größe äöü äöü äöü ".encode() + b"\\xff\n",
            ["The texts are drawn alike, but their bytes differ: H shows them."],
        ),
    ],
)
def test_what_is_said_of_two_texts(a: str | bytes, b: str | bytes, said: list[str]) -> None:
    assert list(outcome(a, b).sentences) == said


def test_texts_that_differ_in_white_space_alone() -> None:
    found = outcome("a b\n", "a  b\n", ignore_space=True)
    assert found.sentences == ("The texts are equal but for white space; I compares that too.",)
    assert found.is_same
    assert not found.is_equal
