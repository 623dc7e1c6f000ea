"""Sorting rows by everything that they can be sorted by, and that many of them take no time."""

import time

import pytest

from layertui.present.rows import FileRows
from layertui.present.view import Folds, Order, Sort, View
from layertui.stack.squash import Squash
from tests.kit.entries import file
from tests.present.test_rows import names, squash, squash_of

__all__ = ["squash"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.NAME, ["app/big", "bin", "new", "top", "usr/lib/python3/a.py", "usr/lib/python3/b.py"]),
        (Sort.SIZE, ["app/big", "usr/lib/python3/a.py", "top", "usr/lib/python3/b.py", "new", "bin"]),
        (Sort.MTIME, ["top", "usr/lib/python3/b.py", "app/big", "bin", "new", "usr/lib/python3/a.py"]),
        (Sort.LAYER, ["new", "usr/lib/python3/a.py", "app/big", "bin", "top", "usr/lib/python3/b.py"]),
        (Sort.RECLAIMABLE, ["usr/lib/python3/a.py", "app/big", "bin", "new", "top", "usr/lib/python3/b.py"]),
    ],
)
def test_sorting_flat(squash: Squash, sort: Sort, expected: list[str]) -> None:
    view = View(1, merged=True, order=Order.FLAT, sort=sort)
    assert names(FileRows(squash, view, Folds())) == expected


@pytest.mark.parametrize(
    ("sort", "reverse", "expected"),
    [
        (Sort.NAME, True, ["usr/lib/python3/", "b.py", "a.py", "top", "new", "bin", "app/", "big"]),
        (Sort.SIZE, False, ["app/", "big", "usr/lib/python3/", "a.py", "b.py", "top", "new", "bin"]),
        (Sort.SIZE, True, ["bin", "new", "top", "usr/lib/python3/", "b.py", "a.py", "app/", "big"]),
        (Sort.COUNT, False, ["usr/lib/python3/", "a.py", "b.py", "app/", "big", "bin", "new", "top"]),
        (Sort.LAYER, False, ["app/", "big", "new", "bin", "top", "usr/lib/python3/", "a.py", "b.py"]),
        (Sort.RECLAIMABLE, False, ["usr/lib/python3/", "a.py", "b.py", "app/", "big", "bin", "new", "top"]),
    ],
)
def test_sorting_a_tree_sorts_siblings(squash: Squash, sort: Sort, reverse: bool, expected: list[str]) -> None:
    assert names(FileRows(squash, View(1, merged=True, sort=sort, reverse=reverse), Folds())) == expected


def test_reverse_is_the_other_way_round_for_every_sort(squash: Squash) -> None:
    for sort in set(Sort) - {Sort.COUNT}:
        view = View(1, merged=True, order=Order.FLAT, sort=sort)
        rows = FileRows(squash, view, Folds())
        back = FileRows(squash, View(1, merged=True, order=Order.FLAT, sort=sort, reverse=True), Folds())
        assert sorted(names(rows)) == sorted(names(back))
        assert names(rows) != names(back)


def test_fifty_thousand_rows_take_no_time() -> None:
    layer = [file(f"d{n % 500:03}/s{n % 7}/f{n:05}", "") for n in range(50_000)]
    squash = squash_of([layer, [file(f"d{n:03}/s1/new", "") for n in range(500)]])
    folds = Folds(open_by_default=True)
    for sort in Sort:
        started = time.process_time()
        rows = FileRows(squash, View(1, merged=True, sort=sort), folds)
        assert len(rows) > 50_000
        assert time.process_time() - started < 2, sort
    started = time.process_time()
    previous: FileRows | None = None
    for query in ("f", "f0", "f01", "f012"):
        previous = FileRows(squash, View(1, merged=True, query=query), folds, previous)
    assert previous is not None
    assert previous.matched == 100
    rows = FileRows(squash, View(1, merged=True, sort=Sort.RECLAIMABLE), folds)
    for line in range(400):
        rows.row(line)
        rows.index_of(f"d{line:03}/s1/new".encode())
    rows.collapse_all()
    for line in range(300, 0, -1):
        rows.toggle(line)
    assert time.process_time() - started < 4
