"""The layering rules, one case each, with what must come out stated by hand."""

import pytest

from layertui.image.blob import BytesBlob
from layertui.image.config import History
from layertui.image.history import line_up
from layertui.layer.columns import Kind
from layertui.layer.read import read_layer
from layertui.stack.fold import fold
from layertui.stack.state import Outcome, State
from tests.kit.entries import (
    MTIME,
    Entry,
    Layer,
    block,
    char,
    directory,
    fifo,
    file,
    gnu_long,
    hardlink,
    opaque,
    pax_global,
    sparse,
    symlink,
    whiteout,
)
from tests.kit.tar import tar_bytes
from tests.layer.helpers import at_most_seconds

ADDED, MODIFIED, METADATA, IDENTICAL = State.ADDED, State.MODIFIED, State.METADATA, State.IDENTICAL
REWRITTEN, TYPE, REMOVED, OPAQUE, UNCHANGED = (
    State.REWRITTEN,
    State.TYPE,
    State.REMOVED,
    State.OPAQUE,
    State.UNCHANGED,
)
ONLY, WINS, SHADOWED, DELETED = Outcome.ONLY, Outcome.WINS, Outcome.SHADOWED, Outcome.DELETED
UNKNOWN, NONE = Outcome.UNKNOWN, Outcome.NONE

LATER = (MTIME + 60) * 10**9
"""A minute after every other mtime."""

What = tuple[int, State, Outcome, int | None]
"""Layer, what it did, what became of that, and the layer that ended it."""


class Stack:
    """Layers of entries, base to top, read from their tars and folded."""

    def __init__(self, *layers: Layer, of: int | None = None) -> None:
        self.trees = [read_layer(BytesBlob(tar_bytes(layer), "layer.tar")) for layer in layers]
        assert [tree.damage for tree in self.trees] == [None] * len(layers)
        self.squash = fold(self.trees, layer_count=len(layers) if of is None else of)

    def merged(self, layer: int | None = None) -> list[str]:
        """Paths of the merged tree in tree order without the root; directories end in `/`, implied ones in `/~`."""
        squash = self.squash
        mask = squash.merged_mask(squash.top if layer is None else layer)
        ends = {False: "", True: "/"}
        return [
            squash.path(at).decode() + ends[squash.kind(at) is Kind.DIRECTORY] + ("~" if squash.is_implied(at) else "")
            for at in range(len(squash))
            if mask[at] and squash.depth(at)
        ]

    def history(self, path: str | bytes) -> list[What]:
        """What every layer did to a path, base to top."""
        squash = self.squash
        key = path.encode() if isinstance(path, str) else path
        return [self._what(at) for at in squash.history(key)]

    def last(self, path: str) -> State:
        """What the top layer did to a path, versions that are in no history included."""
        squash = self.squash
        at = next(at for at in squash.run(path.encode()) if squash.layer(at) == squash.top)
        state = squash.state(at)
        assert state is not None
        return state

    def _what(self, at: int) -> What:
        state = self.squash.state(at)
        assert state is not None
        return self.squash.layer(at), state, self.squash.outcome(at), self.squash.by_layer(at)

    def size(self, path: str) -> int | None:
        """What the size of the winner is shown as."""
        at = self.squash.winner(path.encode())
        assert at is not None
        assert self.squash.entry(at).size_bytes == self.squash.size_bytes(at)
        return self.squash.size_bytes(at)

    def settled(self, path: str, *, same: bool) -> State:
        """What the top layer's version is once its content was compared."""
        return self.squash.settle(self.squash.history(path.encode())[-1], same)

    def warnings(self, layer: int = -1) -> str:
        return "\n".join(self.trees[layer].columns.warnings)


# From the specification: changesets


def test_path_twice_in_one_layer_the_last_wins_and_the_first_is_born_dead() -> None:
    stack = Stack([file("f", "12")], [file("f", "123"), file("f", "1234")])
    assert stack.history("f") == [(0, ADDED, SHADOWED, 1), (1, MODIFIED, SHADOWED, 1), (1, MODIFIED, WINS, None)]
    assert stack.size("f") == 4
    assert "f: stands 2 times in this layer" in stack.warnings()


def test_what_is_born_dead_kills_nothing() -> None:
    stack = Stack([directory("d"), file("d/x")], [file("d"), directory("d")])
    assert stack.merged() == ["d/", "d/x"]
    assert stack.history("d/x") == [(0, ADDED, ONLY, None)]


def test_path_twice_with_a_directory_last() -> None:
    stack = Stack([file("d", "1"), directory("d"), file("d/x")])
    assert stack.merged() == ["d/", "d/x"]


def test_path_twice_with_a_file_last_takes_the_children_along() -> None:
    stack = Stack([directory("d"), file("d/x"), file("d", "1")])
    assert stack.merged() == ["d"]
    assert stack.history("d/x") == [(0, ADDED, DELETED, 0)]


@pytest.mark.parametrize("between", [[], [directory("d/s")]])
def test_file_and_what_lies_deep_beneath_it_in_one_layer_the_last_wins(between: list[Entry]) -> None:
    below, above = [*between, file("d/s/x")], [file("d", "1")]
    assert Stack(below + above).merged() == ["d"]
    slash = "" if between else "~"
    assert Stack(above + below).merged() == ["d/~", f"d/s/{slash}", "d/s/x"]


def test_directory_over_directory_replaces_attributes_and_keeps_children() -> None:
    stack = Stack([directory("d", mode=0o755), file("d/x")], [directory("d", mode=0o700)])
    assert stack.merged() == ["d/", "d/x"]
    assert stack.history("d") == [(0, ADDED, SHADOWED, 1), (1, METADATA, WINS, None)]
    winner = stack.squash.winner(b"d")
    assert winner is not None
    assert stack.squash.entry(winner).mode == 0o700


@pytest.mark.parametrize("above", [file("p"), symlink("p", "x"), fifo("p"), char("p", 1, 3), block("p", 8, 0)])
def test_anything_else_over_a_directory_removes_it_first(above: Entry) -> None:
    stack = Stack([directory("p"), directory("p/q"), file("p/q/x")], [above])
    assert stack.merged() == ["p"]
    assert stack.history("p") == [(0, ADDED, SHADOWED, 1), (1, TYPE, WINS, None)]
    assert stack.history("p/q/x") == [(0, ADDED, DELETED, 1)]


# From the specification: whiteouts


def test_whiteout_hides_a_file() -> None:
    stack = Stack([file("d/F")], [whiteout("d/F")])
    assert stack.merged() == ["d/~"]
    assert stack.history("d/F") == [(0, ADDED, DELETED, 1), (1, REMOVED, NONE, None)]


def test_whiteout_hides_a_directory_and_all_beneath() -> None:
    stack = Stack([directory("d"), directory("d/s"), file("d/s/x")], [whiteout("d")])
    assert stack.merged() == []
    assert stack.history("d/s/x") == [(0, ADDED, DELETED, 1)]


def test_whiteout_hides_all_lower_layers_at_once() -> None:
    stack = Stack([file("d/x")], [file("d/y")], [whiteout("d")])
    assert stack.merged(1) == ["d/~", "d/x", "d/y"]
    assert stack.merged(2) == []


def test_whiteout_does_not_hide_what_upper_layers_add() -> None:
    stack = Stack([file("F")], [whiteout("F")], [file("F")])
    assert stack.merged() == ["F"]


def test_marker_is_never_shown_as_a_file() -> None:
    stack = Stack([file("F"), directory("d")], [whiteout("F"), opaque("d")])
    paths = [stack.squash.path(at) for at in range(len(stack.squash))]
    assert not any(b".wh." in path for path in paths)
    at = stack.squash.history(b"F")[-1]
    assert (stack.squash.path(at), stack.squash.kind(at)) == (b"F", Kind.WHITEOUT)


def test_whiteout_without_a_name_is_an_error_on_that_entry() -> None:
    stack = Stack([file("d/x")], [file("d/.wh."), file("d/y")])
    assert stack.merged() == ["d/~", "d/x", "d/y"]
    assert stack.trees[1].columns.refused_count == 1
    assert "names nothing" in stack.warnings()


def test_whiteout_stored_as_a_directory_is_one_with_a_warning() -> None:
    stack = Stack([file("F")], [Entry(name=b".wh.F/", type=b"5", mode=0o755)])
    assert stack.merged() == []
    assert "stored as a directory" in stack.warnings()


# From the specification: opaque whiteouts


def test_opaque_hides_every_child_and_keeps_the_directory() -> None:
    stack = Stack([directory("d"), file("d/x"), file("d/s/y"), file("e")], [opaque("d")])
    assert stack.merged() == ["d/", "e"]
    assert stack.history("d/s/y") == [(0, ADDED, DELETED, 1)]
    assert stack.history("d") == [(0, ADDED, ONLY, None), (1, OPAQUE, NONE, None)]


@pytest.mark.parametrize("where", [0, 1, 2])
def test_opaque_is_applied_first_wherever_it_stands(where: int) -> None:
    upper = [directory("d"), file("d/new")]
    upper.insert(where, opaque("d"))
    stack = Stack([directory("d"), file("d/old")], upper)
    assert stack.merged() == ["d/", "d/new"]
    assert stack.history("d") == [(0, ADDED, SHADOWED, 1), (1, OPAQUE, WINS, None)]


def test_opaque_without_an_entry_for_its_directory_keeps_the_lower_attributes() -> None:
    stack = Stack([directory("d", mode=0o700), file("d/old")], [opaque("d"), file("d/new")])
    assert stack.merged() == ["d/", "d/new"]
    winner = stack.squash.winner(b"d")
    assert winner is not None
    assert stack.squash.entry(winner).mode == 0o700


def test_opaque_at_the_root_hides_everything_below() -> None:
    stack = Stack([directory("d"), file("d/x"), file("y")], [opaque(""), file("z")])
    assert stack.merged() == ["z"]
    assert stack.history("d/x") == [(0, ADDED, DELETED, 1)]


def test_only_the_exact_name_is_opaque() -> None:
    stack = Stack([directory("d"), file("d/x")], [file("d/.wh..wh..opqX")])
    assert stack.merged() == ["d/", "d/x"]


def test_control_entries_of_aufs_are_neither_whiteouts_nor_files() -> None:
    lower = [file(".wh.plnk"), file("plnk"), file("x")]
    control = [directory(".wh..wh.plnk"), file(".wh..wh.plnk/1.2"), file(".wh..wh.aufs"), directory(".wh..wh.orph")]
    stack = Stack([file("plnk"), file("x")], control)
    assert stack.merged() == ["plnk", "x"]
    assert stack.trees[1].entry_count == len(control)
    assert [entry.kind for entry in Stack(lower[:1]).trees[0].entries()] == [Kind.WHITEOUT]


# From the specification: hard links


def test_hardlink_has_the_size_of_its_target() -> None:
    stack = Stack([file("a", "12345"), hardlink("b", "a")])
    assert stack.size("b") == 5


def test_hardlink_to_a_later_entry() -> None:
    assert Stack([hardlink("b", "a"), file("a", "12345")]).size("b") == 5


def test_hardlink_to_a_hardlink() -> None:
    assert Stack([hardlink("c", "b"), hardlink("b", "a"), file("a", "12345")]).size("c") == 5


def test_hardlink_names_are_cleaned() -> None:
    stack = Stack([file("d/a", "12345"), hardlink("b", "./d//a"), hardlink("c", "/d/../d/a"), hardlink("e", "../d/a")])
    assert (stack.size("b"), stack.size("c"), stack.size("e")) == (5, 5, 5)


def test_hardlink_to_a_lower_layers_file() -> None:
    stack = Stack([file("a", "12345")], [hardlink("b", "a")])
    assert stack.size("b") == 5
    assert stack.history("b") == [(1, ADDED, ONLY, None)]


def test_hardlink_to_a_file_that_its_own_layer_removes() -> None:
    assert Stack([file("a", "12345")], [whiteout("a"), hardlink("b", "a")]).size("b") == 5


def test_hardlink_to_an_own_entry_before_a_lower_one() -> None:
    assert Stack([file("a", "12345")], [hardlink("b", "a"), file("a", "123")]).size("b") == 3


def test_hardlink_through_links_in_several_layers() -> None:
    stack = Stack([file("a", "12345")], [hardlink("b", "a")], [hardlink("c", "b"), hardlink("d", "c")])
    assert (stack.size("c"), stack.size("d")) == (5, 5)


def test_broken_hardlinks_of_one_name_take_no_quadratic_time() -> None:
    with at_most_seconds(3):
        stack = Stack([hardlink("x", "absent")] * 20_000)
    assert stack.size("x") is None


def test_hardlink_does_not_see_what_a_middle_layer_removed() -> None:
    assert Stack([file("a", "12345")], [whiteout("a")], [hardlink("b", "a")]).size("b") is None


def test_hardlink_to_nothing_is_broken_and_has_no_size() -> None:
    stack = Stack([hardlink("b", "absent")])
    assert stack.merged() == ["b"]
    assert stack.size("b") is None


def test_hardlinks_in_a_circle_have_no_size() -> None:
    stack = Stack([hardlink("a", "b"), hardlink("b", "a"), hardlink("c", "c")])
    assert (stack.size("a"), stack.size("b"), stack.size("c")) == (None, None, None)


def test_hardlink_to_a_directory_has_no_size() -> None:
    assert Stack([directory("d"), hardlink("a", "d")]).size("a") is None


def test_hardlink_over_a_file_of_another_size_is_modified() -> None:
    stack = Stack([file("a", "12345"), file("b", "1")], [hardlink("b", "a")])
    assert stack.history("b") == [(0, ADDED, SHADOWED, 1), (1, MODIFIED, WINS, None)]


# What a layer did to a path


def test_state_type_comes_before_opaque() -> None:
    stack = Stack([symlink("d", "t"), file("t/x")], [directory("d"), opaque("d")])
    assert stack.history("d") == [(0, ADDED, SHADOWED, 1), (1, TYPE, WINS, None)]


def test_state_opaque_comes_before_added_and_metadata() -> None:
    upper = [directory("d"), opaque("d"), directory("e", mode=0), opaque("e")]
    stack = Stack([file("d/x"), directory("e"), file("e/x")], upper)
    assert stack.last("d") is OPAQUE
    assert stack.last("e") is OPAQUE


def test_state_opaque_only_where_something_is_hidden() -> None:
    stack = Stack([directory("d")], [directory("d", mode=0o700), opaque("d"), directory("e"), opaque("e"), file("e/x")])
    assert stack.last("d") is METADATA
    assert stack.last("e") is ADDED


def test_state_added() -> None:
    assert Stack([], [file("f")]).history("f") == [(1, ADDED, ONLY, None)]


def test_state_added_again_after_it_was_removed() -> None:
    stack = Stack([file("f")], [whiteout("f")], [file("f")])
    assert stack.last("f") is ADDED


def test_state_different_sizes_prove_modified() -> None:
    assert Stack([file("f", "1")], [file("f", "12")]).last("f") is MODIFIED


def test_state_same_size_is_rewritten_until_compared() -> None:
    assert Stack([file("f", "1")], [file("f", "2")]).last("f") is REWRITTEN
    assert Stack([file("f", "1")], [file("f", "2")]).settled("f", same=False) is MODIFIED
    assert Stack([file("f", "1")], [file("f", "1")]).settled("f", same=True) is IDENTICAL
    assert Stack([file("f", "1")], [file("f", "1", mode=0o600)]).settled("f", same=True) is METADATA


@pytest.mark.parametrize(
    "changed",
    [
        file("f", "1", mode=0o600),
        file("f", "1", uid=7),
        file("f", "1", gid=7),
        file("f", "1", xattrs=((b"user.a", b"1"),)),
        file("f", "1", mtime_ns=LATER),
        file("f", "1", mtime_ns=MTIME * 10**9 + 1),
    ],
    ids=["mode", "uid", "gid", "xattr", "mtime", "nanosecond"],
)
def test_state_metadata_is_mode_owner_xattrs_or_mtime(changed: Entry) -> None:
    stack = Stack([file("f", "1")], [changed])
    assert stack.last("f") is REWRITTEN
    assert stack.settled("f", same=True) is METADATA


def test_state_of_empty_files_needs_no_comparing() -> None:
    assert Stack([file("f")], [file("f")]).last("f") is IDENTICAL
    assert Stack([file("f")], [file("f", mode=0)]).last("f") is METADATA


def test_state_removed() -> None:
    assert Stack([file("f")], [whiteout("f")]).last("f") is REMOVED


def test_state_is_against_the_merged_tree_just_below() -> None:
    stack = Stack([file("f", "1")], [file("f", "12")], [file("f", "1")])
    assert stack.history("f") == [(0, ADDED, SHADOWED, 1), (1, MODIFIED, SHADOWED, 2), (2, MODIFIED, WINS, None)]


def test_state_of_a_symlink() -> None:
    assert Stack([symlink("l", "a")], [symlink("l", "b")]).last("l") is MODIFIED
    assert Stack([symlink("l", "a")], [symlink("l", "a")]).last("l") is IDENTICAL
    assert Stack([symlink("l", "a")], [symlink("l", "a", uid=7)]).last("l") is METADATA


def test_state_of_a_device() -> None:
    assert Stack([char("c", 1, 3)], [char("c", 1, 5)]).last("c") is MODIFIED
    assert Stack([char("c", 1, 3)], [char("c", 1, 3)]).last("c") is IDENTICAL
    assert Stack([char("c", 1, 3)], [block("c", 1, 3)]).last("c") is TYPE


def test_state_unknown_while_lower_layers_are_unread() -> None:
    trees = [read_layer(BytesBlob(tar_bytes([file("f", "1")]), "layer.tar"))]
    squash = fold(trees, layer_count=2, first=1)
    assert [squash.state(at) for at in squash.history(b"f")] == [None]
    assert [squash.outcome(at) for at in squash.history(b"f")] == [ONLY]


# What a layer did: directories


def test_directories_that_docker_repeats_are_unchanged() -> None:
    lower = [directory("srv"), directory("srv/a"), directory("srv/a/b"), file("srv/a/b/f", "1")]
    stack = Stack(lower, [*lower[:3], file("srv/a/b/f", "12")])
    assert [stack.last(path) for path in ("srv", "srv/a", "srv/a/b")] == [UNCHANGED] * 3
    assert stack.last("srv/a/b/f") is MODIFIED


def test_directory_with_another_mtime_and_a_new_child_is_unchanged() -> None:
    stack = Stack([directory("d"), file("d/x")], [directory("d", mtime_ns=LATER), file("d/new")])
    assert stack.last("d") is UNCHANGED


def test_directory_with_another_mtime_and_a_removed_child_is_unchanged() -> None:
    stack = Stack([directory("d"), file("d/x")], [directory("d", mtime_ns=LATER), whiteout("d/x")])
    assert stack.last("d") is UNCHANGED


def test_directory_with_another_mtime_and_a_child_of_another_type_is_unchanged() -> None:
    stack = Stack([directory("d"), file("d/x")], [directory("d", mtime_ns=LATER), directory("d/x")])
    assert stack.last("d") is UNCHANGED


def test_directory_with_another_mtime_and_a_new_implied_child_is_unchanged() -> None:
    stack = Stack([directory("d")], [directory("d", mtime_ns=LATER), file("d/s/x")])
    assert stack.last("d") is UNCHANGED


def test_directory_with_only_another_mtime_is_metadata() -> None:
    stack = Stack([directory("d"), file("d/x", "1")], [directory("d", mtime_ns=LATER)])
    assert stack.last("d") is METADATA


def test_directory_with_another_mtime_whose_child_only_changed_is_metadata() -> None:
    stack = Stack([directory("d"), file("d/x", "1")], [directory("d", mtime_ns=LATER), file("d/x", "12")])
    assert stack.last("d") is METADATA


def test_directory_with_another_mtime_and_a_whiteout_of_nothing_is_metadata() -> None:
    stack = Stack([directory("d")], [directory("d", mtime_ns=LATER), whiteout("d/absent")])
    assert stack.last("d") is METADATA


def test_a_new_grandchild_is_no_change_of_a_directory() -> None:
    upper = [directory("d", mtime_ns=LATER), directory("d/s", mtime_ns=LATER), file("d/s/new")]
    stack = Stack([directory("d"), directory("d/s")], upper)
    assert (stack.last("d"), stack.last("d/s")) == (METADATA, UNCHANGED)


@pytest.mark.parametrize(
    "changed",
    [directory("d", mode=0o700), directory("d", uid=7), directory("d", xattrs=((b"user.a", b"1"),))],
    ids=["mode", "owner", "xattr"],
)
def test_directory_with_other_metadata_is_metadata_whatever_its_children_do(changed: Entry) -> None:
    stack = Stack([directory("d"), file("d/x")], [changed, file("d/new"), whiteout("d/x")])
    assert stack.last("d") is METADATA


# What a layer did: implied directories


def test_implied_directories_are_shown_as_such_and_are_in_no_history() -> None:
    stack = Stack([file("a/b/x")])
    assert stack.merged() == ["a/~", "a/b/~", "a/b/x"]
    assert stack.history("a") == []
    assert stack.history("a/b") == []


def test_implied_directory_over_a_directory_is_no_version() -> None:
    stack = Stack([directory("a"), file("a/x")], [file("a/y")])
    assert stack.merged() == ["a/", "a/x", "a/y"]
    assert stack.history("a") == [(0, ADDED, ONLY, None)]


@pytest.mark.parametrize("below", [file("a", "1"), symlink("a", "t"), fifo("a")], ids=["file", "symlink", "fifo"])
def test_implied_directory_over_anything_else_replaces_it(below: Entry) -> None:
    stack = Stack([below], [file("a/x")])
    assert stack.merged() == ["a/~", "a/x"]
    assert stack.history("a") == [(0, ADDED, DELETED, 1), (1, TYPE, WINS, None)]


def test_a_marker_alone_implies_no_directory_over_a_symlink() -> None:
    stack = Stack([symlink("a", "t"), file("t/x")], [whiteout("a/x")])
    assert stack.merged() == ["a", "t/~", "t/x"]


# What became of a version


def test_outcome_alone_needs_no_mark() -> None:
    assert Stack([file("f")], [file("g")]).history("f") == [(0, ADDED, ONLY, None)]


def test_outcome_ends_at_the_lowest_higher_layer() -> None:
    stack = Stack([file("d/f", "1")], [file("d/f", "12")], [whiteout("d")], [file("d/f", "123")])
    assert stack.history("d/f") == [(0, ADDED, SHADOWED, 1), (1, MODIFIED, DELETED, 2), (3, ADDED, WINS, None)]


def test_outcome_shadowed_also_where_that_layer_has_a_whiteout_too() -> None:
    stack = Stack([file("f", "1")], [whiteout("f"), file("f", "12")])
    assert stack.history("f") == [(0, ADDED, SHADOWED, 1), (1, REMOVED, NONE, None), (1, MODIFIED, WINS, None)]


def test_outcome_shadowed_also_where_that_layer_hides_the_parent_too() -> None:
    stack = Stack([directory("d"), file("d/f", "1")], [opaque("d"), file("d/f", "12")])
    assert stack.history("d/f") == [(0, ADDED, SHADOWED, 1), (1, MODIFIED, WINS, None)]


@pytest.mark.parametrize(
    "upper",
    [[whiteout("d/f")], [whiteout("d")], [opaque("d")], [opaque("")], [file("d")], [symlink("d", "t")]],
    ids=["whiteout", "parent-whiteout", "opaque-parent", "opaque-root", "file-over-parent", "symlink-over-parent"],
)
def test_outcome_deleted(upper: list[Entry]) -> None:
    stack = Stack([directory("d"), file("d/f")], upper)
    assert stack.history("d/f")[0] == (0, ADDED, DELETED, 1)


def test_outcome_unknown_while_upper_layers_are_unread() -> None:
    stack = Stack([file("f", "1"), file("g")], [file("f", "12")], of=3)
    assert stack.history("f") == [(0, ADDED, SHADOWED, 1), (1, MODIFIED, UNKNOWN, None)]
    assert stack.history("g") == [(0, ADDED, UNKNOWN, None)]


def test_file_removed_and_added_again() -> None:
    stack = Stack([file("f")], [whiteout("f")], [file("f")])
    assert stack.history("f") == [(0, ADDED, DELETED, 1), (1, REMOVED, NONE, None), (2, ADDED, WINS, None)]


# Cases that every reader gets wrong somewhere


def test_case_file_then_its_whiteout_in_one_layer() -> None:
    assert Stack([file("d/F", "low")], [file("d/F", "own"), whiteout("d/F")]).merged() == ["d/~", "d/F"]
    assert Stack([file("d/F", "low")], [whiteout("d/F"), file("d/F", "own")]).merged() == ["d/~", "d/F"]
    assert Stack([file("F"), whiteout("F")]).merged() == ["F"]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (1, 0, 2), (2, 0, 1)])
def test_case_whiteout_of_a_directory_and_a_new_child(order: tuple[int, ...]) -> None:
    upper = [whiteout("d"), directory("d"), file("d/new")]
    stack = Stack([directory("d"), file("d/old")], [upper[at] for at in order])
    assert stack.merged() == ["d/", "d/new"]
    assert stack.history("d/old") == [(0, ADDED, DELETED, 1)]


def test_case_whiteout_of_a_directory_and_a_new_child_without_its_directory() -> None:
    for upper in ([whiteout("d"), file("d/new")], [file("d/new"), whiteout("d")]):
        stack = Stack([directory("d"), file("d/old")], upper)
        assert stack.merged() == ["d/~", "d/new"]
        assert stack.history("d")[0] == (0, ADDED, DELETED, 1)


def test_case_opaque_marker_after_new_children() -> None:
    stack = Stack([file("d/old")], [file("d/new"), file("d/s/new"), opaque("d")])
    assert stack.merged() == ["d/~", "d/new", "d/s/~", "d/s/new"]


def test_case_opaque_marker_in_any_layer() -> None:
    stack = Stack([file("d/a")], [file("d/b"), opaque("d")], [file("d/c")], [opaque("d"), file("d/e")])
    assert [stack.merged(layer)[1:] for layer in range(4)] == [["d/a"], ["d/b"], ["d/b", "d/c"], ["d/e"]]


def test_case_opaque_at_the_layers_root() -> None:
    stack = Stack([directory("."), directory("d"), file("d/x")], [directory("."), opaque("."), file("new")])
    assert stack.merged() == ["new"]


def test_case_opaque_directory_over_a_symlink() -> None:
    lower = [symlink("d", "t"), directory("t"), file("t/kept")]
    stack = Stack(lower, [directory("d"), opaque("d"), file("d/new")])
    assert stack.merged() == ["d/", "d/new", "t/", "t/kept"]
    assert stack.history("d") == [(0, ADDED, SHADOWED, 1), (1, TYPE, WINS, None)]
    winner = stack.squash.winner(b"d")
    assert winner is not None
    assert stack.squash.entry(winner).opaque


def test_case_whiteout_of_a_path_that_is_not_there() -> None:
    stack = Stack([file("f")], [whiteout("absent"), whiteout("deep/absent")])
    assert stack.merged() == ["f"]
    assert stack.history("absent") == [(1, REMOVED, NONE, None)]


def test_case_whiteout_under_a_directory_that_is_removed_too() -> None:
    for upper in ([whiteout("d"), whiteout("d/x")], [whiteout("d/x"), whiteout("d")]):
        stack = Stack([directory("d"), file("d/x"), file("d/y")], upper)
        assert stack.merged() == []
        assert stack.history("d/x")[0] == (0, ADDED, DELETED, 1)


def test_case_file_over_directory() -> None:
    stack = Stack([directory("d"), directory("d/s"), file("d/s/x")], [file("d", "file")], [file("other")])
    assert stack.merged(1) == ["d"]
    assert stack.merged(2) == ["d", "other"]


@pytest.mark.parametrize("below", [symlink("d", "t"), file("d", "1")], ids=["symlink", "file"])
def test_case_directory_over_symlink_or_file(below: Entry) -> None:
    stack = Stack([below, directory("t")], [directory("d"), file("d/new")])
    assert stack.merged() == ["d/", "d/new", "t/"]
    assert stack.history("d") == [(0, ADDED, SHADOWED, 1), (1, TYPE, WINS, None)]


def test_case_implied_directory_over_a_symlink() -> None:
    stack = Stack([symlink("lib", "usr/lib"), directory("usr"), directory("usr/lib")], [file("lib/x")])
    assert stack.merged() == ["lib/~", "lib/x", "usr/", "usr/lib/"]
    assert stack.history("lib") == [(0, ADDED, DELETED, 1), (1, TYPE, WINS, None)]


def test_case_symlink_with_a_new_target() -> None:
    assert Stack([symlink("l", "one")], [symlink("l", "two")]).last("l") is MODIFIED


def test_case_metadata_only_counts_its_bytes() -> None:
    stack = Stack([file("f", "12345")], [file("f", "12345", uid=9)])
    assert stack.settled("f", same=True) is METADATA
    assert stack.trees[1].columns.content_bytes == 5


def test_case_the_same_file_written_again_counts_its_bytes() -> None:
    stack = Stack([file("f", "12345")], [file("f", "12345")])
    assert stack.settled("f", same=True) is IDENTICAL
    assert stack.trees[1].columns.content_bytes == 5


def test_case_hardlink_to_a_lower_layers_file_and_to_a_later_entry() -> None:
    stack = Stack([file("low", "12345")], [hardlink("a", "low"), hardlink("b", "later"), file("later", "1234567")])
    assert (stack.size("a"), stack.size("b")) == (5, 7)


def test_case_character_device_0_0_in_a_tar_is_a_device() -> None:
    stack = Stack([file("f", "1")], [char("f", 0, 0)])
    assert stack.merged() == ["f"]
    assert stack.history("f") == [(0, ADDED, SHADOWED, 1), (1, TYPE, WINS, None)]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("./a", "a"),
        ("/a", "a"),
        ("//a", "a"),
        ("./././a", "a"),
        (".//a", "a"),
        ("a//b", "a/b"),
        ("a/./b", "a/b"),
        ("a/.", "a"),
        ("a//.", "a"),
        ("a/b/..", "a"),
        ("a//", "a"),
        ("a///", "a"),
        ("a//b//", "a/b"),
        (".", "."),
        ("./", "."),
        ("/", "."),
        ("./.", "."),
        (".//", "."),
        ("..a", "..a"),
        (".a", ".a"),
        ("a/..b", "a/..b"),
        ("...", "..."),
    ],
)
def test_case_names_are_cleaned(name: str, path: str) -> None:
    (tree,) = Stack([Entry(name=name.encode(), type=b"5", mode=0o755)]).trees
    assert [entry.path for entry in tree.entries()] == [path.encode()]


def test_case_a_slash_at_the_end_of_a_files_name() -> None:
    (tree,) = Stack([file("a/", "")]).trees
    assert [(entry.path, entry.kind) for entry in tree.entries()] == [(b"a", Kind.DIRECTORY)]


@pytest.mark.parametrize(
    ("name", "path"), [("../a", "a"), ("a/../../b", "b"), ("/../../a", "a"), ("..", "."), ("d/../../..", ".")]
)
def test_case_names_that_lead_outside_are_clamped_with_a_warning(name: str, path: str) -> None:
    stack = Stack([Entry(name=name.encode(), type=b"5", mode=0o755)])
    assert [entry.path for entry in stack.trees[0].entries()] == [path.encode()]
    assert "leads out of the root" in stack.warnings()


def test_case_names_that_are_not_utf_8_or_hold_control_bytes() -> None:
    names = [b"\xff\xfe", b"new\nline", b"\x1b[31m", b"tab\t", b"back\\slash", "日本".encode(), b"\x01", b"\x7f"]
    (tree,) = Stack([file(name) for name in names]).trees
    assert [entry.path for entry in tree.entries()] == names


def test_case_nul_inside_a_pax_path_is_refused() -> None:
    stack = Stack([file("x", pax=((b"path", b"a\0b"),)), file("y")])
    assert stack.merged() == ["y"]
    assert stack.trees[0].columns.refused_count == 1


def test_case_names_in_any_order_are_in_tree_order() -> None:
    names = ["a/b", "a.b", "a-", "a/b/c", "a", "a0"]
    layer = [directory(name) for name in names]
    expected = ["a/", "a/b/", "a/b/c/", "a-/", "a.b/", "a0/"]
    assert Stack(layer).merged() == expected
    assert Stack(layer[::-1]).merged() == expected
    squash = Stack(layer[:3], layer[3:]).squash
    at = squash.run(b"a").start
    assert [squash.path(inside) for inside in range(at, squash.subtree_ends[at])] == [b"a"] * 2 + [b"a/b"] * 2 + [
        b"a/b/c"
    ]


def test_case_dialects_are_read_as_gnu_tar_does() -> None:
    layer = [
        pax_global((b"comment", b"a commit"), (b"uid", b"77")),
        gnu_long("g" * 150),
        file("short", "12"),
        gnu_long("t" * 120, link=True),
        symlink("gnu-link", "cut"),
        file("p" * 150, "123"),
        symlink("pax-link", "x" * 120),
        file("sized", "12345", size=0, pax=((b"size", b"5"),)),
        sparse("sparse-gnu", 100_000, [(4_096, b"here")], form="gnu"),
        sparse("sparse-0.0", 100_000, [(4_096, b"here")], form="0.0"),
        sparse("sparse-0.1", 100_000, [(4_096, b"here")], form="0.1"),
        sparse("sparse-1.0", 100_000, [(4_096, b"here")], form="1.0"),
        file("old", "1", raw={"type": b"\0"}),
    ]
    (tree,) = Stack(layer).trees
    assert [(entry.path.decode(), entry.size_bytes, entry.link_target) for entry in tree.entries()] == [
        ("g" * 150, 2, None),
        ("gnu-link", 0, b"t" * 120),
        ("p" * 150, 3, None),
        ("pax-link", 0, b"x" * 120),
        ("sized", 5, None),
        ("sparse-gnu", 100_000, None),
        ("sparse-0.0", 100_000, None),
        ("sparse-0.1", 100_000, None),
        ("sparse-1.0", 100_000, None),
        ("old", 1, None),
    ]
    assert {entry.uid for entry in tree.entries()} == {77}


def _history(*empty: bool) -> list[History]:
    return [History(None, f"RUN step {at}", "", "", flag) for at, flag in enumerate(empty)]


def test_case_history_shorter_or_longer_than_the_layers() -> None:
    steps, warning = line_up(_history(False, True, False), 2)
    assert ([step.layer for step in steps], warning) == ([0, None, 1], "")
    for count in (1, 3):
        steps, warning = line_up(_history(False, True, False), count)
        assert [step.layer for step in steps] == [None, None, None]
        assert "unknown" in warning
    assert line_up([], 3) == ((), "")


def test_case_scratch_image_and_empty_layers() -> None:
    scratch = fold([], layer_count=0)
    assert (len(scratch), scratch.is_complete, scratch.history(b"a"), scratch.winner(b"a")) == (0, True, [], None)
    stack = Stack([], [], [])
    assert stack.merged() == []
    assert stack.history("a") == []


# Warnings that only the layers together can tell


def test_case_whiteout_of_nothing_is_warned_about() -> None:
    stack = Stack([file("f")], [whiteout("f"), whiteout("absent")], [whiteout("f")])
    assert [(layer, text.partition(":")[0]) for layer, text in stack.squash.warnings] == [(1, "absent"), (2, "f")]


def test_whiteout_of_what_an_opaque_parent_hides_too_is_not_warned_about() -> None:
    assert Stack([file("d/f")], [opaque("d"), whiteout("d/f"), whiteout("d")]).squash.warnings == ()


def test_hardlink_to_a_lower_layer_is_warned_about_as_engines_refuse_it() -> None:
    stack = Stack([file("low")], [hardlink("link", "low")])
    assert [(layer, text.partition(":")[0]) for layer, text in stack.squash.warnings] == [(1, "link")]


def test_broken_hardlink_is_warned_about() -> None:
    assert [layer for layer, _ in Stack([], [hardlink("link", "absent")]).squash.warnings] == [1]
