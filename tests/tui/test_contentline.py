"""One row of a content as it is drawn: never wider than its room, colours and hits where they belong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layertui.present.viewing.body import Row
from layertui.tui.widgets.contentline import painted
from layertui.tui.widgets.looks import cells

TEXTS = st.text(st.sampled_from("ab \u65e5\u672c\u00e9\u0301"), max_size=60)


@given(TEXTS, st.integers(0, 40), st.integers(1, 30))
def test_a_row_fits_its_room_and_shows_what_stands_there(text: str, left: int, width: int) -> None:
    runs = painted(Row((0, 0), text), left, width)
    assert cells(runs) <= width
    assert "".join(part for _, part in runs).removesuffix("\u2026") in text


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (0, [("key", "de"), ("match", "f"), ("plain", " "), ("cursor", "f"), ("plain", "(x)")]),
        (3, [("plain", " "), ("cursor", "f"), ("plain", "(x)")]),
    ],
)
def test_colours_and_hits_are_where_they_belong(left: int, expected: list[tuple[str, str]]) -> None:
    row = Row((0, 0), "def f(x)", runs=(("keyword", "def"), ("", " f(x)")))
    assert painted(row, left, 20, [(2, 3), (4, 5)], hit=4) == expected


def test_a_row_that_goes_on_says_so() -> None:
    assert painted(Row((0, 0), "0123456789"), 3, 4) == [("plain", "345"), ("dim", "\u2026")]
    assert painted(Row((0, 0), "0123456789", 2, 6), 0, 4) == [("plain", "2345")]
