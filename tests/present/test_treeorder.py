"""In which order the images of a host stand, and which of them a filter shows."""

import pytest

from layertui.present.query import parse_query
from layertui.present.treeorder import Listed, ordered, satisfies
from layertui.present.view import Sort

IMAGES = [
    Listed("beta:1", "2024-01-02T00:00:00Z", 10, 5, 3, 0),
    Listed("Alpha:1", "2024-01-02T01:00:00+02:00", 30, None, 9, 2),
    Listed("", None, None, 7, None, 1),
    Listed("gamma:1", "2024-03-01T00:00:00.5Z", 20, 6, 3, 0),
]


@pytest.mark.parametrize(
    ("sort", "order", "reversed_order"),
    [
        (Sort.NAME, [1, 0, 3, 2], [3, 0, 1, 2]),
        (Sort.SIZE, [1, 3, 0, 2], [0, 3, 1, 2]),
        (Sort.MTIME, [3, 0, 1, 2], [1, 0, 3, 2]),
        (Sort.COUNT, [1, 2, 0, 3], [0, 3, 2, 1]),
        (Sort.LAYER, [1, 0, 3, 2], [0, 3, 1, 2]),
        (Sort.RECLAIMABLE, [2, 3, 0, 1], [0, 3, 2, 1]),
    ],
    ids=lambda value: value.value if isinstance(value, Sort) else "",
)
def test_largest_newest_and_most_come_first_and_the_unknown_last(
    sort: Sort, order: list[int], reversed_order: list[int]
) -> None:
    assert ordered(IMAGES, sort) == order
    assert ordered(IMAGES, sort, reverse=True) == reversed_order


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("web", True),
        ("WEB", False),
        ("registry/web up", True),
        ("^registry", True),
        ("^web", False),
        ("0a1b", True),
        (":1$ !exited", True),
        ("!up", False),
        ("web nothing", False),
    ],
)
def test_every_term_matches_one_text_and_a_negated_term_none(query: str, found: bool) -> None:
    assert satisfies(parse_query(query), ["registry/web:1", "sha256:0a1b2c", "Up 3 hours"]) is found
