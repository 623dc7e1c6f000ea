"""Random stacks, views and folds: the lines equal those of a naive tree, walked by recursion."""

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layertui.layer.columns import Kind
from layertui.present.rows import FileRows
from layertui.present.view import Folds, Order, Sort, View
from layertui.stack.space import reclaimable
from layertui.stack.squash import Squash
from layertui.stack.state import State
from tests.kit.entries import Layer, directory, file, hardlink, opaque, whiteout
from tests.present.test_rows import squash_of

names = st.sampled_from(("a", "b", "a-", "a/b", "a/b/c", "a/b/c/d", "a/c", "b/a", "b/b/b", "a/b/c/e", "."))
members = st.one_of(
    st.builds(
        file, names.filter("/".__ne__).filter(".".__ne__), st.sampled_from(("", "x", "yyy")), mtime_ns=st.integers(0, 3)
    ),
    st.builds(directory, names, mtime_ns=st.integers(0, 3)),
    st.builds(whiteout, names.filter(".".__ne__)),
    st.builds(opaque, names.filter(".".__ne__)),
    st.builds(hardlink, names.filter(".".__ne__), names.filter(".".__ne__)),
)
stacks = st.lists(st.lists(members, max_size=9), min_size=1, max_size=3)
views = st.builds(
    View,
    layer=st.integers(0, 2),
    merged=st.booleans(),
    order=st.sampled_from((Order.TREE, Order.TREE, Order.FLAT)),
    sort=st.sampled_from(Sort),
    reverse=st.booleans(),
    overlaps=st.booleans(),
    query=st.sampled_from(("", "", "c", "b/", "!d")),
)

Line = tuple[int, int, str]
"""Position, depth and name."""


class Naive:
    """The rows of a selection as a tree of paths."""

    def __init__(self, rows: FileRows) -> None:
        self.rows = rows
        self.squash: Squash = rows.squash
        self.listed = list(rows.selection.positions)
        self.every = list(rows.selection.listed)
        last = {self.squash.path(at): at for at in self.listed}
        self.holders = {
            path: at for path, at in last.items() if self.squash.kind(at) is Kind.DIRECTORY and path != b"."
        }
        self.lost = dict(reclaimable(self.squash))

    def parent(self, path: bytes) -> bytes | None:
        """The nearest directory above a path that is listed and still one in its last row."""
        while b"/" in path:
            path = path.rpartition(b"/")[0]
            if path in self.holders:
                return path
        return None

    def children(self, parent: bytes | None) -> list[int]:
        return [at for at in self.listed if self.parent(self.squash.path(at)) == parent]

    def beneath(self, at: int) -> list[int]:
        prefix = self.squash.path(at) + b"/"
        if prefix == b"./":
            return [other for other in self.every if other > at]
        return [other for other in self.every if other > at and (self.squash.path(other) + b"/").startswith(prefix)]

    def weight(self, at: int) -> int:
        squash = self.squash
        is_directory = squash.kind(at) is Kind.DIRECTORY
        match self.rows.view.sort:
            case Sort.SIZE:
                return (
                    sum(squash.sizes[other] for other in self.beneath(at))
                    if is_directory
                    else squash.size_bytes(at) or 0
                )
            case Sort.COUNT:
                return len(self.beneath(at)) if is_directory else 0
            case Sort.MTIME:
                return squash.entry(at).mtime_ns
            case Sort.LAYER:
                return squash.layer(at)
            case Sort.RECLAIMABLE:
                path = squash.path(at)
                inside = [
                    other for other in self.lost if path == b"." or (squash.path(other) + b"/").startswith(path + b"/")
                ]
                return sum(self.lost[other] for other in inside)
        raise AssertionError

    def ordered(self, positions: list[int]) -> list[int]:
        view = self.rows.view
        if view.sort is Sort.NAME:
            return positions[::-1] if view.reverse else positions
        return sorted(positions, key=self.weight, reverse=not view.reverse)

    def lines(self) -> list[Line]:
        if self.rows.view.order is Order.FLAT:
            return [(at, 0, self.name(at, 99)) for at in self.ordered(self.listed)]
        return list(self.walk(None, 0))

    def name(self, at: int, span: int) -> str:
        path = self.squash.path(at).decode()
        return "/".join(path.split("/")[-span:]) + ("/" if self.squash.kind(at) is Kind.DIRECTORY else "")

    def walk(self, parent: bytes | None, depth: int) -> Iterator[Line]:
        for at in self.ordered(self.children(parent)):
            span = 1
            while True:
                path = self.squash.path(at)
                inside = self.children(path) if self.holders.get(path) == at else []
                if len(inside) != 1 or self.rows.selection.states[at] != State.UNCHANGED:
                    break
                if (
                    self.squash.kind(inside[0]) is not Kind.DIRECTORY
                    or self.squash.path(inside[0]).rpartition(b"/")[0] != path
                ):
                    break
                at = inside[0]
                span += 1
            yield at, depth, self.name(at, span)
            key = self.squash.key(at)
            if inside and self.rows.folds.is_open(
                key, bool(self.rows.view.query or self.rows.view.overlaps) or len(self.listed) <= 60
            ):
                yield from self.walk(path, depth + 1)


def lines(rows: FileRows) -> list[Line]:
    return [(row.position, row.depth, row.name) for row in map(rows.row, range(len(rows)))]


@settings(max_examples=800, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks, views, st.data())
def test_lines_equal_a_naive_tree(layers: list[Layer], view: View, data: st.DataObject) -> None:
    squash = squash_of(layers)
    rows = FileRows(squash, view, Folds(open_by_default=data.draw(st.sampled_from((None, True, False)))))
    naive = Naive(rows)
    assert lines(rows) == naive.lines()
    for _ in range(data.draw(st.integers(0, 4))):
        if not len(rows):
            return
        line = data.draw(st.integers(0, len(rows) - 1))
        path = squash.path(rows.position(line))
        match data.draw(st.sampled_from(("toggle", "expand", "collapse", "reveal", "all", "none"))):
            case "toggle":
                rows.toggle(line)
            case "expand":
                rows.expand(line)
            case "collapse":
                there = rows.collapse(line)
                assert there <= line
            case "reveal":
                found = rows.reveal(path)
                assert found is not None
                assert squash.path(rows.position(found)) == path
            case "all":
                rows.expand_all()
            case "none":
                rows.collapse_all()
        assert lines(rows) == naive.lines()


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks, views)
def test_every_listed_path_is_found_again(layers: list[Layer], view: View) -> None:
    squash = squash_of(layers)
    rows = FileRows(squash, view, Folds(open_by_default=True))
    for at in rows.selection.positions:
        path = squash.path(at)
        line = rows.index_of(path)
        assert line is not None
        shown = squash.path(rows.position(line))
        assert shown == path or (shown.startswith(path + b"/") and rows.row(line).name.count("/") > 1)
