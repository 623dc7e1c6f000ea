"""Every state and outcome has its one mark."""

import pytest

from layertui.present import marks
from layertui.stack.state import Outcome, State


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (State.ADDED, "+"),
        (State.MODIFIED, "~"),
        (State.METADATA, "m"),
        (State.IDENTICAL, "="),
        (State.REWRITTEN, "?"),
        (State.TYPE, "T"),
        (State.REMOVED, "-"),
        (State.OPAQUE, "O"),
        (State.UNCHANGED, " "),
    ],
)
def test_state_marks(state: State, mark: str) -> None:
    assert marks.state_mark(state) == mark


@pytest.mark.parametrize(
    ("outcome", "by_layer", "mark"),
    [
        (Outcome.ONLY, None, ""),
        (Outcome.WINS, None, "*"),
        (Outcome.SHADOWED, 7, ">7"),
        (Outcome.DELETED, 0, "x0"),
        (Outcome.DELETED, 12, "x12"),
        (Outcome.UNKNOWN, None, "."),
        (Outcome.WINS, 3, "*"),
        (Outcome.NONE, None, ""),
    ],
)
def test_outcome_marks(outcome: Outcome, by_layer: int | None, mark: str) -> None:
    assert marks.outcome_mark(outcome, by_layer) == mark


def test_no_state_or_outcome_is_without_a_mark() -> None:
    assert set(marks.STATE_MARKS) == set(State)
    assert set(marks.OUTCOME_MARKS) == set(Outcome)


def test_no_two_marks_look_alike_without_colour() -> None:
    for table in (marks.STATE_MARKS, marks.OUTCOME_MARKS):
        texts = [mark.text for mark in table.values() if mark.meaning]
        assert len(set(texts)) == len(texts)
        assert all(text.isascii() and len(text) <= 1 for text in texts)


@pytest.mark.parametrize(("layer_count", "width"), [(0, 2), (1, 2), (10, 2), (11, 3), (101, 4)])
def test_outcome_column_holds_the_widest_mark(layer_count: int, width: int) -> None:
    assert marks.outcome_width(layer_count) == width
    if layer_count:
        assert len(marks.outcome_mark(Outcome.SHADOWED, layer_count - 1)) == width


def test_legend_names_every_mark_once() -> None:
    shown = [text for text, _ in marks.legend()]
    assert shown == ["+", "~", "m", "=", "?", "T", "-", "O", " ", "*", ">N", "xN", "", "."]
    assert all(mark.meaning for _, mark in marks.legend())
