"""Which positions a view lists: toggles, overlaps, filters with ancestors, and narrowing equal to filtering afresh."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layertui.image.blob import BytesBlob
from layertui.layer.columns import Kind
from layertui.layer.read import read_layer
from layertui.present.query import parse_query
from layertui.present.selection import GROUPS, Selection, view_states
from layertui.present.view import ADDED, MODIFIED, REMOVED, UNCHANGED, Order, View
from layertui.stack.fold import fold
from layertui.stack.squash import Fate, Squash
from layertui.stack.state import State
from tests.kit.entries import Layer, directory, file, hardlink, opaque, symlink, whiteout
from tests.kit.odd import odd_image, opaque_root_image
from tests.kit.polite import polite_image
from tests.kit.tar import tar_bytes


def squash_of(layers: Sequence[Layer]) -> Squash:
    """Layers, read and folded."""
    trees = [read_layer(BytesBlob(tar_bytes(layer), "layer.tar")) for layer in layers]
    return fold(trees, layer_count=len(trees))


LAYERS: list[Layer] = [
    [
        directory("app"),
        file("app/server", "1"),
        file("app/old", "22"),
        directory("etc"),
        file("etc/same", "333"),
        symlink("bin", "usr/bin"),
    ],
    [
        directory("app"),
        file("app/server", "12"),
        whiteout("app/old"),
        file("app/new", "4444"),
        file("deep/er/x", "1"),
        file("etc/same", "333"),
        file("bin", "T"),
    ],
]


@pytest.fixture(scope="module")
def squash() -> Squash:
    return squash_of(LAYERS)


def listed(squash: Squash, view: View) -> list[str]:
    return [squash.path(position).decode() for position in Selection(squash, view).positions]


def test_a_layer_s_diff_with_markers(squash: Squash) -> None:
    assert listed(squash, View(1)) == [
        *("app", "app/new", "app/old", "app/server", "bin", "deep", "deep/er", "deep/er/x", "etc", "etc/same"),
    ]
    assert listed(squash, View(0)) == ["app", "app/old", "app/server", "bin", "etc", "etc/same"]


def test_layers_merged(squash: Squash) -> None:
    assert listed(squash, View(1, merged=True)) == [
        *("app", "app/new", "app/server", "bin", "deep", "deep/er", "deep/er/x", "etc", "etc/same"),
    ]
    assert listed(squash, View(0, merged=True)) == listed(squash, View(0))


def test_flat_order_has_no_directories_that_only_lead_somewhere(squash: Squash) -> None:
    assert listed(squash, View(1, order=Order.FLAT)) == [
        *("app/new", "app/old", "app/server", "bin", "deep/er/x", "etc/same"),
    ]
    assert listed(squash, View(0, order=Order.FLAT)) == ["app", "app/old", "app/server", "bin", "etc", "etc/same"]


@pytest.mark.parametrize(
    ("hidden", "left"),
    [
        ({ADDED}, ["app/old", "app/server", "bin", "etc/same"]),
        ({MODIFIED}, ["app/new", "app/old", "deep/er/x"]),
        ({REMOVED}, ["app/new", "app/server", "bin", "deep/er/x", "etc/same"]),
        ({ADDED, MODIFIED}, ["app/old"]),
        ({ADDED, MODIFIED, REMOVED, UNCHANGED}, []),
    ],
)
def test_toggles_hide_groups(squash: Squash, hidden: set[str], left: list[str]) -> None:
    assert listed(squash, View(1, order=Order.FLAT, hidden=frozenset(hidden))) == left


def test_every_state_is_in_one_group() -> None:
    assert sorted(state for group in GROUPS.values() for state in group) == sorted(State)


def test_hidden_leaves_the_directories_that_lead_to_what_is_left(squash: Squash) -> None:
    assert listed(squash, View(1, hidden=frozenset({MODIFIED, REMOVED, UNCHANGED}))) == [
        *("app", "app/new", "deep", "deep/er", "deep/er/x"),
    ]


def test_overlaps(squash: Squash) -> None:
    assert listed(squash, View(1, overlaps=True, order=Order.FLAT)) == ["app/server", "bin", "etc/same"]
    assert listed(squash, View(1, overlaps=True)) == ["app", "app/server", "bin", "etc", "etc/same"]
    assert listed(squash, View(0, overlaps=True)) == ["app", "app/server", "bin", "etc", "etc/same"]


def test_a_whiteout_is_no_overlap(squash: Squash) -> None:
    assert "app/old" not in listed(squash, View(0, overlaps=True))


def test_a_filter_shows_ancestors_and_counts_matches_only(squash: Squash) -> None:
    selection = Selection(squash, View(1, query="x"))
    assert [squash.path(position) for position in selection.positions] == [b"deep", b"deep/er", b"deep/er/x"]
    assert (selection.matched, selection.total) == (1, 9)
    assert (Selection(squash, View(1)).matched, Selection(squash, View(1)).total) == (9, 9)


def test_a_directory_that_only_leads_somewhere_is_no_match(squash: Squash) -> None:
    selection = Selection(squash, View(1, query="e", order=Order.FLAT))
    assert b"etc" not in [squash.path(position) for position in selection.positions]
    selection = Selection(squash, View(1, query="etc"))
    assert [squash.path(position) for position in selection.positions] == [b"etc", b"etc/same"]
    assert selection.matched == 1
    assert Selection(squash, View(1, hidden=frozenset({MODIFIED, ADDED, REMOVED}))).matched == 3, "app, deep, deep/er"


@pytest.mark.parametrize(
    "earlier",
    [
        View(1, query="e", hidden=frozenset({ADDED})),
        View(1, query="e", overlaps=True),
        View(1, query="e", order=Order.FLAT),
        View(0, query="e"),
        View(1, merged=True, query="e"),
    ],
    ids=["toggle", "overlaps", "order", "layer", "merged"],
)
def test_what_another_view_found_is_not_reused(squash: Squash, earlier: View) -> None:
    reused = Selection(squash, View(1, query="er"), Selection(squash, earlier))
    assert [squash.path(position).decode() for position in reused.positions] == listed(squash, View(1, query="er"))


def test_no_match_lists_nothing(squash: Squash) -> None:
    selection = Selection(squash, View(1, query="nowhere"))
    assert (list(selection.positions), selection.matched) == ([], 0)


def test_states_in_a_merged_tree_are_those_of_its_top_layer(squash: Squash) -> None:
    states = view_states(squash, View(1, merged=True))
    shown = {squash.path(at): State(states[at]) for at in Selection(squash, View(1, merged=True)).positions}
    assert shown[b"app/server"] is State.MODIFIED
    assert shown[b"bin"] is State.TYPE
    assert shown[b"etc"] is State.UNCHANGED, "only the layer below holds it"
    states = view_states(squash, View(0, merged=True))
    assert all(State(states[at]) is State.ADDED for at in Selection(squash, View(0, merged=True)).positions)


def test_states_of_lower_layers_are_unchanged_in_a_merged_tree() -> None:
    layers = polite_image().layers
    squash = squash_of(layers)
    for layer in range(len(layers)):
        states = view_states(squash, View(layer, merged=True))
        for at in Selection(squash, View(layer, merged=True)).positions:
            expected = squash.states[at] if squash.layers[at] == layer else State.UNCHANGED
            assert states[at] == expected


def test_an_opaque_root_is_listed_and_a_bare_root_is_not() -> None:
    squash = squash_of(opaque_root_image().layers)
    assert listed(squash, View(1)) == [".", "seen"]
    assert listed(squash, View(0)) == ["d", "d/hidden", "hidden"]
    assert listed(squash, View(1, merged=True)) == ["seen"]
    assert listed(squash_of([[directory("."), file("f", "1")]]), View(0)) == [".", "f"]


def test_sizes_counts_and_changes_beneath_equal_a_naive_sum() -> None:
    for image in (polite_image(), odd_image()):
        squash = squash_of(image.layers)
        for layer in range(len(image.layers)):
            for merged in (False, True):
                selection = Selection(squash, View(layer, merged=merged))
                rows = list(selection.positions)
                for position in rows:
                    if squash.kind(position) is not Kind.DIRECTORY:
                        continue
                    prefix = b"" if squash.path(position) == b"." else squash.path(position) + b"/"
                    beneath = [at for at in rows if squash.path(at).startswith(prefix) and squash.path(at) != b"."]
                    assert selection.size_beneath(position) == sum(squash.sizes[at] for at in beneath)
                    assert selection.count_beneath(position) == len(beneath)
                    changed = [at for at in beneath if selection.states[at] != State.UNCHANGED]
                    assert selection.changed_beneath(position) == len(changed)
                assert selection.total_bytes == sum(squash.sizes[at] for at in rows)


def test_sizes_are_those_of_all_that_a_filter_hides_too(squash: Squash) -> None:
    selection = Selection(squash, View(1, query="server"))
    assert selection.size_beneath(squash.run(b"app")[-1]) == 6
    assert selection.total_bytes == 11


def test_reclaimable_beneath_counts_every_layer_and_link_groups_once() -> None:
    base = [directory("d"), file("d/a", "12345"), hardlink("d/b", "d/a"), file("d/c", "22"), file("d/k", "1")]
    squash = squash_of([base, [whiteout("d/a"), file("d/c", "333")], [file("d/c", "4")]])
    selection = Selection(squash, View(2, merged=True))
    beneath = {squash.path(at): selection.reclaimable_beneath(at) for at in selection.positions}
    assert beneath == {b"d": 5, b"d/b": 0, b"d/c": 5, b"d/k": 0}, "d/b keeps the bytes of d/a alive"


names = st.sampled_from(("a", "b", "ab", "B", "a/b", "a/B", "a/ab", "b/a", "b/a/ab", "b/b/a"))
members = st.one_of(
    st.builds(file, names, st.sampled_from(("", "x", "y"))),
    st.builds(directory, names),
    st.builds(whiteout, names),
    st.builds(opaque, names),
)
stacks = st.lists(st.lists(members, max_size=8), min_size=1, max_size=3)
words = st.sampled_from(
    ("a", "b", "B", "ab", "a/", "!a", "!b", "^a", "^b", "a$", "b$", "'a", "'ab", "!'b", "!^a", "/b", "$")
)
groups = st.frozensets(st.sampled_from((ADDED, MODIFIED, REMOVED, UNCHANGED)), max_size=2)
views = st.builds(
    View,
    layer=st.integers(0, 2),
    merged=st.booleans(),
    order=st.sampled_from(Order),
    hidden=groups,
    overlaps=st.booleans(),
    query=st.lists(words, max_size=3).map(" ".join),
)


def naive(squash: Squash, view: View) -> tuple[list[int], int]:
    """The rows of a view and how many matched, one position after another."""
    states = view_states(squash, view)
    mask = squash.merged_mask(view.layer) if view.merged else squash.diff_mask(view.layer)
    shown = [at for at in range(len(squash)) if mask[at]]
    shown = [at for at in shown if squash.depths[at] or not squash.is_implied(at) or squash.fates[at] == Fate.MARKER]
    terms = parse_query(view.query)
    filtered = bool(terms or view.hidden or view.overlaps)
    overlaps = squash.overlap_mask()
    hits = [
        at
        for at in shown
        if all(term.matches(squash.key(at)) for term in terms)
        and not any(states[at] in GROUPS[group] for group in view.hidden)
        and (overlaps[at] or not view.overlaps)
        and not ((filtered or view.query) and squash.fates[at] == Fate.CONTEXT)
    ]
    if view.order is Order.FLAT:
        hits = [at for at in hits if squash.kind(at) is not Kind.DIRECTORY or states[at] != State.UNCHANGED]
        return hits, len(hits)
    if not filtered:
        return shown, sum(squash.fates[at] != Fate.CONTEXT for at in shown)
    keys = {squash.key(at) for at in hits}
    above = {key[:end] for key in keys for end in range(len(key)) if not end or key[end : end + 1] == b"\0"}
    leads = [at for at in shown if squash.kind(at) is Kind.DIRECTORY and squash.key(at) in above]
    return sorted({*hits, *leads}), len(hits)


@settings(max_examples=800, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks, st.data())
def test_a_selection_equals_looking_at_every_position(layers: list[Layer], data: st.DataObject) -> None:
    squash = squash_of(layers)
    view = data.draw(views)
    selection = Selection(squash, view)
    assert (list(selection.positions), selection.matched) == naive(squash, view)
    earlier = data.draw(views)
    reused = Selection(squash, view, Selection(squash, earlier))
    assert (list(reused.positions), reused.matched, reused.total) == (
        list(selection.positions),
        selection.matched,
        selection.total,
    )


@settings(max_examples=800, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks, st.data(), st.text(alphabet="aBb/^!'$ ", max_size=7))
def test_typing_a_filter_letter_by_letter_equals_filtering_afresh(
    layers: list[Layer], data: st.DataObject, typed: str
) -> None:
    squash = squash_of(layers)
    base = data.draw(views)
    selection: Selection | None = None
    for stop in range(len(typed) + 1):
        view = View(base.layer, base.merged, base.order, hidden=base.hidden, overlaps=base.overlaps, query=typed[:stop])
        selection = Selection(squash, view, selection)
        assert list(selection.positions) == list(Selection(squash, view).positions), repr(typed[:stop])
        assert selection.matched == Selection(squash, view).matched
