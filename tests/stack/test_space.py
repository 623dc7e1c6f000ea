"""What layers cost: counts for each layer, and reclaimable bytes equal to a naive count by link groups."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layertui.image.blob import BytesBlob
from layertui.layer.columns import Kind
from layertui.layer.read import read_layer
from layertui.present.selection import Selection
from layertui.present.view import View
from layertui.stack.fold import fold
from layertui.stack.space import layer_counts, reclaimable, reclaimable_bytes
from layertui.stack.squash import Squash
from layertui.stack.state import State
from tests.kit.entries import Layer, directory, file, hardlink, opaque, whiteout
from tests.kit.tar import tar_bytes

NAMES = ("a", "b", "d", "d/a", "d/b", "d/c", "e/f")

members = st.one_of(
    st.builds(file, st.sampled_from(NAMES), st.sampled_from(("", "x", "yyy", "zzzzzzz"))),
    st.builds(hardlink, st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.builds(directory, st.sampled_from(NAMES)),
    st.builds(whiteout, st.sampled_from(NAMES)),
    st.builds(opaque, st.sampled_from(("d", "e"))),
)
stacks = st.lists(st.lists(members, max_size=7), min_size=1, max_size=5)


def squash_of(layers: Sequence[Layer]) -> Squash:
    """Layers, read and folded."""
    trees = [read_layer(BytesBlob(tar_bytes(layer), "layer.tar")) for layer in layers]
    return fold(trees, layer_count=len(trees))


def naive_reclaimable(squash: Squash) -> int:
    """For every stored content: its bytes, unless some name that leads to it is visible from the top."""
    visible = set()
    for position, shown in enumerate(squash.merged_mask(squash.top)):
        if shown and squash.kind(position) in (Kind.FILE, Kind.HARDLINK):
            tree, row = squash.data_position(position)
            visible.add((id(tree), row))
    return sum(
        tree.columns.sizes[row]
        for tree in squash.trees
        for row in range(len(tree))
        if tree.columns.kinds[row] == Kind.FILE and (id(tree), row) not in visible
    )


@settings(max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks)
def test_reclaimable_equals_a_naive_count(layers: list[Layer]) -> None:
    squash = squash_of(layers)
    assert reclaimable_bytes(squash) == naive_reclaimable(squash)
    positions = [position for position, _ in reclaimable(squash)]
    assert len(set(positions)) == len(positions)
    # What a directory is said to waste is what lies in it, so the top-level ones add up to the whole.
    selection = Selection(squash, View(squash.top))
    top = {squash.key(position): position for position in range(len(squash)) if squash.depth(position) == 1}
    assert sum(map(selection.reclaimable_beneath, top.values())) == reclaimable_bytes(squash)


def test_a_group_is_lost_only_when_every_name_in_it_is() -> None:
    base = [file("a", "12345"), hardlink("b", "a"), hardlink("c", "b")]
    assert reclaimable_bytes(squash_of([base, [whiteout("a"), whiteout("b")]])) == 0
    assert reclaimable_bytes(squash_of([base, [whiteout("a"), whiteout("b"), whiteout("c")]])) == 5
    assert reclaimable_bytes(squash_of([base, [whiteout("a")], [file("b", "1")], [file("c", "22")]])) == 5


def test_a_link_from_an_upper_layer_keeps_the_bytes() -> None:
    assert reclaimable_bytes(squash_of([[file("a", "12345")], [hardlink("b", "a")], [whiteout("a")]])) == 0
    assert (
        reclaimable_bytes(squash_of([[file("a", "12345")], [hardlink("b", "a"), whiteout("a"), file("z", "1")]])) == 0
    )
    assert (
        reclaimable_bytes(squash_of([[file("a", "12345")], [hardlink("b", "a")], [whiteout("a"), whiteout("b")]])) == 5
    )


def test_copy_up_and_duplicates_cost() -> None:
    assert reclaimable_bytes(squash_of([[file("a", "123")], [file("a", "123", mode=0o755)]])) == 3
    assert reclaimable_bytes(squash_of([[file("a", "1234"), file("a", "1")]])) == 4, "written twice in one layer"


def test_counts_of_a_layer() -> None:
    squash = squash_of(
        [
            [file("a/f", "123"), hardlink("a/g", "a/f"), directory("d")],
            [whiteout("a/f"), file("a/g", "1"), directory("d"), opaque("a"), file("new/deep/x", "22")],
        ]
    )
    below, above = layer_counts(squash)
    assert (below.entries, below.content_bytes, below.states[State.ADDED]) == (3, 3, 3 + 0)
    assert (above.entries, above.content_bytes) == (5, 3)
    assert above.states[State.REMOVED] == 1
    assert sum(above.states.values()) == sum(squash.diff_mask(1))


def test_an_empty_stack_costs_nothing() -> None:
    assert reclaimable_bytes(squash_of([])) == 0
    assert layer_counts(squash_of([])) == []
    assert [counts.content_bytes for counts in layer_counts(squash_of([[], []]))] == [0, 0]
