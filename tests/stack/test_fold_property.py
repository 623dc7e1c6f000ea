"""Random stacks: the fold equals the naive model of tests/stack/model.py, after every layer and for every version."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layertui.image.blob import BytesBlob
from layertui.layer.read import read_layer
from layertui.layer.tree import IMPLIED, LayerTree
from layertui.stack import order
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from layertui.stack.state import Outcome, State
from tests.stack.model import ROOT, Member, Model, Version, depth, in_tree_order, is_beneath, replay, tar_of

PATHS = (
    *("a", "a/b", "b", "a/b/a", "a-", "a.b", "a/a", "a/b/a/b", "a/b/b", "a/a-", "a/a.b", "b/a", "a/a/b", "a-/b"),
    *("a.b/b", "a/b/a-", "a/b/a/a-", "b/a/b/a", "a/b/a.b/a"),
)
"""Few names, so that layers collide; siblings that raw byte order would put inside each other's subtrees."""

SHAPES: tuple[tuple[str, Member], ...] = (
    ("{}", Member("")),
    ("{}", Member("", content=b"x")),
    ("{}", Member("", content=b"y")),
    ("{}", Member("", content=b"x", mode=0o755)),
    ("{}", Member("", content=b"xyz", mtime_s=9)),
    ("./{}", Member("", content=b"x")),
    ("{}/", Member("", b"5")),
    ("{}", Member("", b"5", mtime_s=9)),
    ("/{}/", Member("", b"5", mode=0o700)),
    ("{}", Member("", b"5")),
    ("{}", Member("", b"2", link="a")),
    ("{}", Member("", b"2", link="a/b")),
    ("{}", Member("", b"1", link="a")),
    ("{}", Member("", b"1", link="./a/b")),
    ("{}", Member("", b"1", link="b")),
    ("{}", Member("", b"1", link="b/a")),
    ("{}", Member("", b"1", link="a/a")),
    ("{}", Member("", b"1", link="absent")),
    ("{}", Member("", b"3")),
    ("{}", Member("", b"3", device=(1, 3))),
    ("{}", Member("", b"6")),
    ("{dir}.wh.{name}", Member("")),
    ("{dir}.wh.{name}", Member("")),
    ("./{dir}.wh.{name}", Member("", mode=0)),
    ("{}/.wh..wh..opq", Member("")),
    ("{}/.wh..wh..opq", Member("")),
    ("{dir}.wh..wh..opq", Member("")),
    ("{}/.wh..wh.plnk", Member("")),
)
"""How a member's name is written at a path, and what it is."""

ROOT_SHAPES = (Member(".", b"5"), Member("./", b"5", mtime_s=9), Member(".wh..wh..opq"))


def _member(path: str, shape: tuple[str, Member]) -> Member:
    directory, slash, name = path.rpartition("/")
    pattern, member = shape
    return replace(member, name=pattern.format(path, dir=directory + slash, name=name))


MEMBERS = {(at, how): _member(path, shape) for at, path in enumerate(PATHS) for how, shape in enumerate(SHAPES)}

ROOT_MEMBERS = {(at, len(SHAPES)): ROOT_SHAPES[at % len(ROOT_SHAPES)] for at in range(len(PATHS))}

members = st.tuples(st.integers(0, len(PATHS) - 1), st.integers(0, len(SHAPES))).map(
    (MEMBERS | ROOT_MEMBERS).__getitem__
)
stacks = st.lists(st.lists(members, max_size=7), min_size=1, max_size=6)


THOROUGH = settings(
    deadline=None, database=None, report_multiple_bugs=False, suppress_health_check=[HealthCheck.too_slow]
)


def read(layers: Sequence[Sequence[Member]]) -> list[LayerTree]:
    """The layers' trees, by way of their tars."""
    trees = [read_layer(BytesBlob(tar_of(layer), "layer.tar")) for layer in layers]
    assert not any(tree.damage or tree.problems for tree in trees)
    return trees


def names_of(version: Version) -> tuple[str, int, int | None, bool]:
    """What tells a version of the model apart from all others."""
    return version.path, version.layer, version.row, version.is_marker


def names_at(squash: Squash, position: int) -> tuple[str, int, int | None, bool]:
    """The same of a position."""
    tree, row = squash.tree_at(position), squash.rows[position]
    is_marker = squash.outcome(position) is Outcome.NONE
    return (
        squash.path(position).decode(),
        squash.layer(position),
        None if tree.flags[row] & IMPLIED else row,
        is_marker,
    )


def check_merged(squash: Squash, model: Model) -> None:
    """After every layer: the same paths, of the same kind, from the same layer's same row."""
    for layer, merged in enumerate(model.merged_after, squash.first):
        mask = squash.merged_mask(layer)
        shown = [
            (squash.path(at).decode(), squash.layer(at), squash.kind(at), squash.is_implied(at))
            for at in range(len(squash))
            if mask[at]
        ]
        expected = [
            (path, merged[path].layer + squash.first, merged[path].kind, merged[path].is_implied)
            for path in in_tree_order(set(merged))
        ]
        assert shown == expected, f"merged tree after layer {layer}"


def check_versions(squash: Squash, model: Model) -> None:
    """Every version's state, outcome and the layer that ended it."""
    at_names = {names_at(squash, at): at for at in range(len(squash))}
    for version in model.versions:
        at = at_names[names_of(version)]
        assert squash.state(at) is version.state, f"state of {names_of(version)}"
        if version.is_marker:
            continue
        if version.is_implied and version.state != State.TYPE:
            if version is model.merged_after[-1].get(version.path):
                assert squash.outcome(at) is Outcome.ONLY, "a directory that is only implied needs no mark"
            continue
        found = squash.outcome(at), squash.by_layer(at)
        assert found == (version.outcome, version.by_layer), f"outcome of {names_of(version)}"
        if version.content is not None and not version.is_directory:
            assert squash.size_bytes(at) == len(version.content), f"size of {names_of(version)}"


def check_paths(squash: Squash, model: Model) -> None:
    """Every path's history, winner and subtree."""
    last = model.merged_after[-1]
    order = [squash.path(at).decode() for at in range(len(squash))]
    assert sorted(set(order)) == sorted(model.paths)
    listed = list(in_tree_order(set(order)))
    assert [path for at, path in enumerate(order) if at == 0 or order[at - 1] != path] == listed
    for path in model.paths:
        found = [names_at(squash, at) for at in squash.history(path.encode())]
        assert found == [names_of(version) for version in model.history.get(path, ())], f"history of {path}"
        winner = squash.winner(path.encode())
        expected = names_of(last[path]) if path in last else None
        assert (None if winner is None else names_at(squash, winner)) == expected, f"winner of {path}"
        run = squash.run(path.encode())
        for at in run:
            inside = {other for other in range(len(squash)) if is_beneath(order[other], path)}
            assert squash.subtree_ends[at] >= run.stop, "all versions of a path end where its subtree does"
            assert inside == set(range(run.stop, squash.subtree_ends[at])), f"subtree of {path}"
            assert squash.depth(at) == depth(path)


def check_settled(squash: Squash, model: Model) -> None:
    """Once contents are compared, every rewritten version is what it is."""
    at_names = {names_at(squash, at): at for at in range(len(squash))}
    rewritten = {at for at, state in enumerate(squash.states) if state == State.REWRITTEN}
    born_dead = {at for at in rewritten if squash.by_layer(at) == squash.layer(at)}
    assert set(squash.rewritten()) == rewritten - born_dead
    for version in model.versions:
        at = at_names[names_of(version)]
        assert (at in rewritten) == (version.state == State.REWRITTEN)
        if version.state == State.REWRITTEN and version.settled != State.REWRITTEN:
            assert squash.settle(at, version.settled != State.MODIFIED) is version.settled
            assert squash.state(at) is version.settled


@settings(
    max_examples=2500,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(stacks)
def test_fold_equals_the_naive_model(layers: list[list[Member]]) -> None:
    model = replay(layers)
    squash = fold(read(layers), layer_count=len(layers))
    check_merged(squash, model)
    check_versions(squash, model)
    check_paths(squash, model)
    check_settled(squash, model)
    of_nothing = [(version.layer, version.path) for version in model.versions if version.hides_nothing]
    told = [(layer, text.partition(":")[0]) for layer, text in squash.warnings if "whiteout" in text]
    assert sorted(told) == sorted(of_nothing)


@settings(THOROUGH, max_examples=300)
@given(st.lists(st.lists(members, max_size=7), min_size=2, max_size=5), st.data())
def test_a_fold_of_some_layers_equals_the_model_of_those(layers: list[list[Member]], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(layers) - 1))
    stop = data.draw(st.integers(start + 1, len(layers)))
    squash = fold(read(layers)[start:stop], layer_count=len(layers), first=start)
    model = replay(layers[start:stop])
    check_merged(squash, model)
    for version in model.versions:
        version.layer += start
        at = next(at for at in range(len(squash)) if names_at(squash, at) == names_of(version))
        assert squash.state(at) is (version.state if start == 0 else None)
        if version.is_marker or (version.is_implied and version.state != State.TYPE):
            continue
        if version.outcome in (Outcome.ONLY, Outcome.WINS) and stop < len(layers):
            assert squash.outcome(at) is Outcome.UNKNOWN, "never 'wins' while upper layers are unread"
        else:
            assert squash.outcome(at) is version.outcome


@settings(THOROUGH, max_examples=200)
@given(stacks)
def test_a_fold_of_layers_whose_numbers_need_two_bytes(layers: list[list[Member]]) -> None:
    trees, model = read(layers), replay(layers)
    squash = fold(trees, layer_count=300 + len(layers), first=300)
    check_merged(squash, model)
    narrow = fold(trees, layer_count=len(layers))
    assert squash.fates == narrow.fates
    assert squash.overlap_mask() == narrow.overlap_mask()
    assert [squash.by_layer(at) for at in range(len(squash))] == [
        None if layer is None else layer + 300 for layer in map(narrow.by_layer, range(len(narrow)))
    ]


@given(st.lists(st.lists(st.binary(max_size=3)), max_size=5), st.integers(1, 10))
def test_slices_of_any_size_hold_all_rows_in_tree_order(keys: list[list[bytes]], rows: int) -> None:
    orders = [sorted(range(len(layer)), key=layer.__getitem__) for layer in keys]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "SLICE_ROWS", rows)
        found = list(order.slices(keys, orders))
    merged = [sorted((keys[layer][row], layer) for layer, part in enumerate(parts) for row in part) for parts in found]
    assert list(chain.from_iterable(merged)) == sorted((key, layer) for layer, run in enumerate(keys) for key in run)
    assert [[row for parts in found for row in parts[layer]] for layer in range(len(keys))] == orders


def test_the_strategy_reaches_every_state_and_outcome() -> None:
    """A strategy that never makes a case would prove nothing about it."""
    states: set[State] = set()
    outcomes: set[Outcome] = set()

    @settings(max_examples=500, deadline=None, database=None, derandomize=True)
    @given(stacks)
    def collect(layers: list[list[Member]]) -> None:
        for version in replay(layers).versions:
            states.update((version.state, version.settled))
            outcomes.add(version.outcome)

    collect()
    assert states == set(State)
    assert outcomes == {Outcome.ONLY, Outcome.WINS, Outcome.SHADOWED, Outcome.DELETED}
    assert ROOT not in PATHS
