"""The rows of the file pane: order, joined directories, folds, sorting, and finding a path again."""

from collections.abc import Sequence

import pytest

from layertui.image.blob import BytesBlob
from layertui.layer.read import read_layer
from layertui.present.rows import FEW_ROWS, FileRows
from layertui.present.view import Folds, Order, View
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from layertui.stack.state import State
from tests.kit.entries import MTIME, Layer, directory, file, symlink, whiteout
from tests.kit.tar import tar_bytes


def squash_of(layers: Sequence[Layer], layer_count: int | None = None, first: int = 0) -> Squash:
    """Layers, read and folded."""
    trees = [read_layer(BytesBlob(tar_bytes(layer), "layer.tar")) for layer in layers]
    return fold(trees, layer_count=len(trees) + first if layer_count is None else layer_count, first=first)


def drawn(rows: FileRows) -> list[str]:
    """Every line as it is drawn, without columns: fold glyph, indent, name."""
    lines = []
    for line in range(len(rows)):
        row = rows.row(line)
        glyph = {None: " ", True: ">", False: "v"}[row.folded]
        lines.append(f"{' ' * row.depth}{glyph} {row.name}{row.link_text}")
    return lines


def names(rows: FileRows) -> list[str]:
    return [rows.row(line).name for line in range(len(rows))]


TREE: list[Layer] = [
    [
        directory("app"),
        file("app/big", "1" * 500, mtime_ns=(MTIME + 5) * 10**9),
        file("app/small", "1"),
        file("top", "1" * 100, mtime_ns=(MTIME + 9) * 10**9),
        directory("usr"),
        directory("usr/lib"),
        directory("usr/lib/python3"),
        file("usr/lib/python3/a.py", "1" * 300),
        file("usr/lib/python3/b.py", "1" * 20, mtime_ns=(MTIME + 7) * 10**9),
        symlink("bin", "usr/bin"),
    ],
    [
        file("usr/lib/python3/a.py", "1" * 301),
        directory("app"),
        whiteout("app/small"),
        file("new", "1"),
    ],
]


@pytest.fixture
def squash() -> Squash:
    return squash_of(TREE)


def test_tree_order_with_indents_and_joined_directories(squash: Squash) -> None:
    assert drawn(FileRows(squash, View(1), Folds())) == [
        "v app/",
        "   small",
        "  new",
        "v usr/lib/python3/",
        "   a.py",
    ]
    assert drawn(FileRows(squash, View(1, merged=True), Folds())) == [
        "v app/",
        "   big",
        "  bin -> usr/bin",
        "  new",
        "  top",
        "v usr/lib/python3/",
        "   a.py",
        "   b.py",
    ]


def test_a_directory_that_the_layer_did_something_to_is_not_joined(squash: Squash) -> None:
    assert drawn(FileRows(squash, View(0), Folds()))[5:] == [
        "v usr/",
        " v lib/",
        "  v python3/",
        "     a.py",
        "     b.py",
    ], "all three are added: each has a mark of its own"


def test_flat_order_shows_whole_paths(squash: Squash) -> None:
    rows = FileRows(squash, View(1, merged=True, order=Order.FLAT), Folds())
    assert names(rows) == ["app/big", "bin", "new", "top", "usr/lib/python3/a.py", "usr/lib/python3/b.py"]
    assert all(rows.row(line).folded is None and rows.row(line).depth == 0 for line in range(len(rows)))
    rows.toggle(0)
    assert len(rows) == 6, "nothing folds there"


def test_toggle_closes_and_opens_a_directory(squash: Squash) -> None:
    rows = FileRows(squash, View(1, merged=True), Folds())
    before = drawn(rows)
    rows.toggle(5)
    assert drawn(rows) == [*before[:5], "> usr/lib/python3/"]
    rows.toggle(5)
    assert drawn(rows) == before
    rows.toggle(1)
    assert drawn(rows) == before, "a file has nothing to open"


def test_expand_collapse_and_the_parent(squash: Squash) -> None:
    rows = FileRows(squash, View(1, merged=True), Folds())
    before = drawn(rows)
    assert rows.parent_line(6) == 5
    assert rows.parent_line(5) == 5
    assert rows.parent_line(0) == 0
    assert rows.collapse(6) == 5, "from a file to its directory"
    assert drawn(rows) == before
    assert rows.collapse(5) == 5
    assert len(rows) == 6
    assert rows.collapse(5) == 5, "a closed one at the top stays"
    rows.expand(5)
    assert drawn(rows) == before
    rows.expand(5)
    assert drawn(rows) == before


def test_inner_folds_are_kept_while_the_outer_one_is_closed(squash: Squash) -> None:
    rows = FileRows(squash, View(0), Folds())
    line = names(rows).index("lib/")
    rows.toggle(line)
    closed = drawn(rows)
    rows.toggle(line - 1)
    rows.toggle(line - 1)
    assert drawn(rows) == closed


def test_expand_all_and_collapse_all(squash: Squash) -> None:
    rows = FileRows(squash, View(0), Folds())
    everything = drawn(rows)
    rows.collapse_all()
    assert drawn(rows) == ["> app/", "  bin -> usr/bin", "  top", "> usr/"]
    rows.expand_all()
    assert drawn(rows) == everything


def test_many_rows_start_closed_and_few_open() -> None:
    few = squash_of([[directory("d"), *(file(f"d/{n}", "1") for n in range(FEW_ROWS - 1))]])
    assert len(FileRows(few, View(0), Folds())) == FEW_ROWS
    many = squash_of([[directory("d"), *(file(f"d/{n}", "1") for n in range(FEW_ROWS))]])
    assert drawn(FileRows(many, View(0), Folds())) == ["> d/"]
    assert len(FileRows(many, View(0, query="d/"), Folds())) == FEW_ROWS + 1, "what a filter found is shown"


def test_folds_outlive_a_listing(squash: Squash) -> None:
    folds = Folds()
    rows = FileRows(squash, View(1, merged=True), folds)
    rows.toggle(0)
    assert drawn(FileRows(squash, View(0), folds))[0] == "> app/"


def test_a_filter_shows_matches_under_their_directories(squash: Squash) -> None:
    rows = FileRows(squash, View(1, merged=True, query="b.py"), Folds())
    assert drawn(rows) == ["v usr/lib/python3/", "   b.py"]
    assert (rows.matched, rows.total) == (1, 10 - 1 + 1)


def test_index_of_a_path(squash: Squash) -> None:
    rows = FileRows(squash, View(1, merged=True), Folds())
    assert rows.index_of(b"usr/lib/python3/a.py") == 6
    assert rows.index_of(b"/usr/lib/python3/a.py/") == 6
    assert rows.index_of(b"usr/lib/python3") == 5
    assert rows.index_of(b"usr/lib") == 5, "it is part of the joined line"
    assert rows.index_of(b"usr") == 5
    assert rows.index_of(b"app/small") == 0, "not listed: the directory that it lay in"
    assert rows.index_of(b"absent") is None
    rows.toggle(5)
    assert rows.index_of(b"usr/lib/python3/a.py") == 5, "inside a closed directory: that one"


def test_reveal_opens_what_leads_to_a_path(squash: Squash) -> None:
    rows = FileRows(squash, View(0), Folds())
    rows.collapse_all()
    line = rows.reveal(b"usr/lib/python3/b.py")
    assert line is not None
    assert rows.row(line).path == "usr/lib/python3/b.py"
    assert drawn(rows)[0] == "> app/", "others stay closed"
    assert rows.reveal(b"new") is None
    assert rows.reveal(b"usr/absent") is None
    joined = FileRows(squash, View(1, merged=True), Folds())
    assert joined.reveal(b"usr/lib") == 5


def test_a_path_is_hidden_where_it_is_listed_inside_a_closed_directory(squash: Squash) -> None:
    rows = FileRows(squash, View(0), Folds())
    path = b"usr/lib/python3/b.py"
    assert not rows.hides(path)
    rows.collapse_all()
    assert rows.hides(path)
    assert not rows.hides(b"usr"), "closed itself, but seen"
    assert not rows.hides(b"usr/absent")
    rows.reveal(path)
    assert not rows.hides(path)


def test_a_path_keeps_its_place_across_layers(squash: Squash) -> None:
    folds = Folds()
    for layer, merged in ((0, False), (1, False), (1, True), (0, True)):
        rows = FileRows(squash, View(layer, merged=merged), folds)
        line = rows.reveal(b"usr/lib/python3/a.py")
        assert line is not None
        assert rows.row(line).path == "usr/lib/python3/a.py"
        assert rows.squash.layers[rows.position(line)] == layer if not merged else True


def test_next_changed_passes_over_what_is_unchanged(squash: Squash) -> None:
    rows = FileRows(squash, View(1, merged=True), Folds())
    changed = [line for line in range(len(rows)) if rows.row(line).state is not State.UNCHANGED]
    assert [rows.row(line).name for line in changed] == ["new", "a.py"]
    assert rows.next_changed(0, 1) == changed[0]
    assert rows.next_changed(changed[0], 1) == changed[1]
    assert rows.next_changed(changed[1], 1) is None
    assert rows.next_changed(changed[1], -1) == changed[0]
    assert rows.next_changed(changed[0], -1) is None


def test_a_whiteout_and_an_entry_of_one_path_are_two_rows() -> None:
    squash = squash_of([[directory("d"), file("d/old", "1")], [whiteout("d"), directory("d"), file("d/new", "1")]])
    rows = FileRows(squash, View(1), Folds())
    assert drawn(rows) == ["  d", "v d/", "   new"]
    assert [rows.row(line).mark for line in range(3)] == ["-", "O", "+"]
    assert rows.index_of(b"d") == 1, "the entry, not the whiteout"
    rows.toggle(1)
    assert drawn(rows) == ["  d", "> d/"]
    rows.toggle(0)
    assert drawn(rows) == ["  d", "> d/"]


def test_a_whiteout_s_own_line_comes_before_a_joined_one() -> None:
    rows = FileRows(squash_of([[whiteout("a"), whiteout("a/b/c")]]), View(0), Folds())
    assert drawn(rows) == ["  a", "v a/b/", "   c"]
    assert rows.reveal(b"a") == rows.index_of(b"a") == 0


def test_what_stands_twice_in_one_layer_is_listed_twice() -> None:
    squash = squash_of([[file("f", "first"), file("f", "last!!"), file("g", "1")]])
    rows = FileRows(squash, View(0), Folds())
    assert [(rows.row(line).name, rows.row(line).size_bytes, rows.row(line).out) for line in range(3)] == [
        ("f", 5, ">0"),
        ("f", 6, "*"),
        ("g", 1, ""),
    ]


def test_a_directory_twice_under_an_unchanged_one_hides_nothing() -> None:
    base = [directory("a"), directory("a/b"), file("a/b/x", "1")]
    squash = squash_of([base, [directory("a"), directory("a/b"), directory("a/b"), file("a/b/x", "22")]])
    assert drawn(FileRows(squash, View(1), Folds())) == ["v a/", "   b/", " v b/", "    x"]


def test_a_root_entry_is_a_row_that_holds_nothing() -> None:
    squash = squash_of([[directory("."), directory("d"), file("d/f", "1")]])
    rows = FileRows(squash, View(0), Folds())
    assert drawn(rows) == ["  ./", "v d/", "   f"]
    assert rows.row(0).path == "."
    assert (rows.index_of(b"."), rows.index_of(b"d")) == (0, 1)


def test_a_filter_opens_what_was_closed_and_leaves_it_closed_afterwards() -> None:
    squash = squash_of([[file(f"d/f{number}") for number in range(100)]])
    folds = Folds()
    before = FileRows(squash, View(0), folds)
    before.expand(0)
    before.toggle(0)
    assert len(before) == 1
    filtered = FileRows(squash, View(0, query="f7"), folds)
    assert len(filtered) == 1 + 11
    assert len(FileRows(squash, View(0), folds)) == 1


def test_an_opened_directory_stays_open_where_few_rows_are_open_anyway() -> None:
    large, small = [file(f"d/f{number}") for number in range(100)], [file("d/g")]
    squash = squash_of([large, small])
    folds = Folds()
    FileRows(squash, View(0), folds).expand(0)
    assert len(FileRows(squash, View(1), folds)) == 2
