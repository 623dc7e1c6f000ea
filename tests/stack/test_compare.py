"""What two sides of a comparison are to each other, case by case; named after what each shows."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.layer.columns import Kind
from layertui.stack.compare import Change, Comparison, Side, compare, exchanged
from layertui.stack.comparing_content import ContentComparer
from layertui.stack.load import load
from tests.kit.entries import (
    MTIME,
    Layer,
    block,
    char,
    directory,
    fifo,
    file,
    hardlink,
    opaque,
    symlink,
    whiteout,
)
from tests.stack.comparing import Told, diff_of, image_of, settled, told, whole

LATER = (MTIME + 1) * 10**9


def merged(tmp_path: Path, a: Layer, b: Layer) -> Told:
    return told(settled(whole(image_of(tmp_path, [a])), whole(image_of(tmp_path, [b]))))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([file("f", "x")], [file("f", "x")], {}),
        ([file("f", "x")], [file("f", "y")], {"f": ("content", "content")}),
        ([file("f", "x")], [file("f", "xy")], {"f": ("content", "size content")}),
        ([file("f", "x")], [file("f", "y", mode=0o755)], {"f": ("content", "mode content")}),
        ([file("f", "x")], [file("f", "x", mode=0o755)], {"f": ("metadata", "mode")}),
        ([file("f", "x")], [file("f", "x", uid=5)], {"f": ("metadata", "uid")}),
        ([file("f", "x")], [file("f", "x", gid=5, mtime_ns=LATER)], {"f": ("metadata", "gid mtime")}),
        ([file("f", "x")], [file("f", "x", xattrs=((b"user.a", b"1"),))], {"f": ("metadata", "xattrs")}),
        ([file("f", "x", xattrs=((b"user.a", b"1"),))], [file("f", "x", xattrs=((b"user.a", b"1"),))], {}),
        ([file("f")], [file("f", mtime_ns=LATER)], {"f": ("metadata", "mtime")}),
        ([file("f")], [file("f")], {}),
        ([directory("d")], [directory("d", mode=0o700)], {"d": ("metadata", "mode")}),
        ([symlink("l", "a")], [symlink("l", "b")], {"l": ("content", "link_target")}),
        ([symlink("l", "a")], [symlink("l", "a")], {}),
        ([symlink("l", "a")], [file("l", "a", mode=0o777)], {"l": ("type", "")}),
        ([file("f")], [directory("f", mode=0o644)], {"f": ("type", "")}),
        ([char("c", 1, 3)], [char("c", 1, 5)], {"c": ("content", "device")}),
        ([char("c", 1, 3)], [block("c", 1, 3)], {"c": ("type", "")}),
        ([fifo("p")], [fifo("p")], {}),
        ([file("a", "x")], [file("b", "x")], {"a": ("only_a", ""), "b": ("only_b", "")}),
        ([file("d/f", "x")], [file("e", "x")], {"d": ("only_a", ""), "d/f": ("only_a", ""), "e": ("only_b", "")}),
        ([file("d/f", "x")], [directory("d", mode=0o700), file("d/f", "x")], {}),  # an implied one has no metadata
        (
            [file("f", "x")],
            [file("g", "x"), hardlink("f", "g")],
            {"f": ("metadata", "link_target"), "g": ("only_b", "")},
        ),
        (
            [file("f", "x"), hardlink("g", "f")],
            [file("g", "x"), hardlink("f", "g")],
            {},
        ),  # the same file, either way round
        (
            [file("f", "x"), hardlink("g", "f")],
            [file("f", "x"), file("g", "x")],
            {"f": ("metadata", "link_target"), "g": ("metadata", "link_target")},
        ),
        (
            [file("f", "x"), hardlink("g", "f")],
            [file("f", "y"), hardlink("g", "f")],
            {"f": ("content", "content"), "g": ("content", "content")},
        ),
        (
            [file("f", "x"), symlink("g", "f")],
            [file("f", "x"), hardlink("g", "f")],
            {"f": ("metadata", "link_target"), "g": ("type", "mode")},
        ),
        ([], [], {}),
        ([], [file("f", "x")], {"f": ("only_b", "")}),
    ],
)
def test_two_images(tmp_path: Path, a: Layer, b: Layer, expected: Told) -> None:
    assert merged(tmp_path, a, b) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([whiteout("f")], [whiteout("f")], {}),
        ([whiteout("f")], [], {"f": ("only_a", "")}),
        ([whiteout("f")], [file("f", "x")], {"f": ("type", "")}),
        ([whiteout("d"), file("d/f", "x")], [file("d/f", "x")], {"d": ("metadata", "opaque")}),
        ([opaque("d"), file("d/f", "x")], [file("d/f", "x")], {"d": ("metadata", "opaque")}),
        ([opaque("d"), file("d/f", "x")], [whiteout("d"), file("d/f", "x")], {}),
        ([whiteout("d"), whiteout("d/f")], [whiteout("d/f")], {"d": ("type", "")}),
        ([file("d/f", "x")], [file("e", "x")], {"d/f": ("only_a", ""), "e": ("only_b", "")}),
        ([file("f", "x"), file("f", "y")], [file("f", "y")], {}),
    ],
    ids=[
        "the same whiteout",
        "a whiteout of one side",
        "a whiteout and a file",
        "a whiteout beside what is there hides as an opaque directory does",
        "opaque",
        "hidden either way",
        "a whiteout beside one of what lay in it",
        "directories that only lead to something are put aside",
        "only the last member of a name counts",
    ],
)
def test_two_layer_diffs(tmp_path: Path, a: Layer, b: Layer, expected: Told) -> None:
    base = [directory("d"), file("d/f", "old"), file("f", "old")]
    sides = [diff_of(image_of(tmp_path, [base, layer]), 1) for layer in (a, b)]
    assert told(settled(*sides)) == expected


def test_a_layer_with_the_tree_it_is_part_of(tmp_path: Path) -> None:
    image = image_of(tmp_path, [[file("a", "x"), file("b", "x")], [file("b", "y"), whiteout("a")]])
    assert told(compare(diff_of(image, 1), whole(image))) == {"a": ("only_a", "")}
    assert told(compare(diff_of(image, 0), whole(image))) == {"a": ("only_a", ""), "b": ("unknown", "")}


def test_what_one_layer_of_both_images_holds_is_not_read(tmp_path: Path) -> None:
    base = [file("f", "x" * 100), file("g", "x")]
    sides = [whole(image_of(tmp_path, [base, [file("top", top)]])) for top in ("a", "b")]
    assert told(compare(*sides)) == {"top": ("unknown", "")}
    other = replace(sides[1].image, layers=tuple(replace(layer, diff_id=None) for layer in sides[1].image.layers))
    assert set(told(compare(sides[0], replace(sides[1], image=other)))) == {"f", "g", "top"}


def test_a_diff_id_that_is_not_true_is_not_believed(tmp_path: Path) -> None:
    sides = [whole(image_of(tmp_path, [[file("f", text)]])) for text in ("x", "y")]
    liar = replace(sides[1].image.layers[0], diff_id=sides[0].image.layers[0].diff_id)
    believed = replace(sides[1], image=replace(sides[1].image, layers=(liar,)))
    assert told(compare(sides[0], believed)) == {}, "as every engine does, it was not asked to check"
    squash = load(believed.image, verify_digests=True).squash
    assert told(settled(sides[0], replace(believed, squash=squash))) == {"f": ("content", "content")}


def test_a_hard_link_into_a_lower_layer_is_what_its_image_has_there(tmp_path: Path) -> None:
    link = [hardlink("l", "f")]
    sides = [whole(image_of(tmp_path, [[file("f", text)], link])) for text in ("x", "y")]
    assert told(settled(*sides)) == {"f": ("content", "content"), "l": ("content", "content")}


def test_a_hard_link_to_nothing_is_unknown(tmp_path: Path) -> None:
    comparison = settled(
        whole(image_of(tmp_path, [[hardlink("l", "absent")]])), whole(image_of(tmp_path, [[file("l", "x")]]))
    )
    assert told(comparison) == {"l": ("unknown", "")}
    assert comparison.unknown() == [1], "a whole layer might tell: it is not damage that leaves this open"


def test_sizes_of_directories_count_a_file_of_several_names_once(tmp_path: Path) -> None:
    a = [hardlink("d/f", "d/g"), file("d/g", "x" * 10), hardlink("e/h", "d/f")]
    b = [file("d/f", "x" * 7), file("e/h", "x" * 5)]
    comparison = settled(whole(image_of(tmp_path, [a])), whole(image_of(tmp_path, [b])))
    sizes = {comparison.path(row): (comparison.size_a(row), comparison.size_b(row)) for row in range(len(comparison))}
    assert sizes == {
        b".": (10, 12),
        b"d": (10, 7),
        b"d/f": (10, 7),
        b"d/g": (10, 0),
        b"e": (0, 5),
        b"e/h": (10, 5),
    }
    assert (comparison.summary().size_a, comparison.summary().size_b) == (10, 12)


def test_the_tree_of_the_union(tmp_path: Path) -> None:
    a = [file("d", "x"), file("d-", "x"), file("z/y/x", "x")]
    b = [file("d/e", "x"), file("d.", "x")]
    comparison = compare(whole(image_of(tmp_path, [a])), whole(image_of(tmp_path, [b])))
    shape = [
        (comparison.path(row), comparison.depth(row), comparison.parent(row), comparison.subtree_end(row))
        for row in range(len(comparison))
    ]
    assert shape == [
        (b".", 0, 0, 8),
        (b"d", 1, 0, 3),
        (b"d/e", 2, 1, 3),
        (b"d-", 1, 0, 4),
        (b"d.", 1, 0, 5),
        (b"z", 1, 0, 8),
        (b"z/y", 2, 5, 8),
        (b"z/y/x", 3, 6, 8),
    ]
    assert comparison.row_of(b"z\0y") == 6
    assert comparison.row_of(b"absent") is None
    assert (comparison.kind_a(1), comparison.kind_b(1), comparison.kind(1)) == (
        Kind.FILE,
        Kind.DIRECTORY,
        Kind.DIRECTORY,
    )


def test_counts_beneath_follow_what_is_settled(tmp_path: Path) -> None:
    a, b = [file("d/f", "x"), file("d/g", "x"), file("e", "x")], [file("d/f", "y"), file("d/g", "xx")]
    comparison = compare(whole(image_of(tmp_path, [a])), whole(image_of(tmp_path, [b])))
    root, d, f = 0, 1, 2
    assert (comparison.changed_below(root), comparison.changed_below(d), comparison.unknown_below(root)) == (2, 1, 1)
    assert comparison.settle(f, False) is Change.CONTENT
    assert (comparison.changed_below(root), comparison.changed_below(d), comparison.unknown_below(root)) == (3, 2, 0)
    assert comparison.settle(f, True) is Change.CONTENT, "what is known stays known"
    assert comparison.different() == bytes((0, 0, 1, 1, 1))
    assert comparison.having(Change.ONLY_A) == bytes((0, 0, 0, 0, 1))


def test_exchanged_sides(tmp_path: Path) -> None:
    a = whole(image_of(tmp_path, [[file("f", "x"), file("only", "x"), file("same", "x")]]))
    b = whole(image_of(tmp_path, [[file("f", "xyz"), file("new", "x"), file("same", "x")]]))
    comparison = settled(a, b)
    other = exchanged(comparison)
    assert told(other) == told(settled(b, a))
    assert other.size_a(0) == comparison.size_b(0) == 5
    assert told(comparison) == told(exchanged(other))


def damaged(tmp_path: Path, layers: Sequence[Layer], which: int) -> Side:
    """An image with one layer that cannot be read."""
    image = image_of(tmp_path, layers)
    cut = replace(image.layers[which], content=None)
    image = replace(image, layers=tuple(cut if layer.index == which else layer for layer in image.layers))
    return whole(image)


def test_what_an_unread_layer_leaves_open_is_unknown(tmp_path: Path) -> None:
    layers = [[file("base", "x")], [file("middle", "x")], [file("top", "x")]]
    comparison = settled(damaged(tmp_path, layers, 1), whole(image_of(tmp_path, layers)))
    assert told(comparison) == {"base": ("unknown", ""), "middle": ("unknown", "")}
    assert comparison.unknown() == [], "no comparing of contents helps"
    assert [row for row in range(len(comparison)) if comparison.is_uncertain(row)] == [1, 2]


def test_contents_that_cannot_be_read_stay_unknown(tmp_path: Path) -> None:
    a, b = (whole(image_of(tmp_path, [[file("f", text)]])) for text in ("x", "y"))
    gone = replace(b, image=replace(b.image, layers=(replace(b.image.layers[0], content=None),)))
    comparison = compare(a, gone)
    assert ContentComparer().settle(comparison, comparison.unknown()) == []
    assert comparison.change(1) is Change.UNKNOWN


def test_no_common_path_and_no_layers(tmp_path: Path) -> None:
    some = whole(image_of(tmp_path, [[file("f", "x")]]))
    scratch = whole(image_of(tmp_path, []))
    assert told(compare(scratch, scratch)) == {}
    assert len(compare(scratch, scratch)) == 0
    assert told(compare(scratch, some)) == {"f": ("only_b", "")}
    assert compare(scratch, some).size_b(0) == 1


def names(comparison: Comparison) -> list[bytes]:
    return [comparison.path(row) for row in range(len(comparison))]


def test_a_range_above_the_base(tmp_path: Path) -> None:
    image = image_of(tmp_path, [[file("base", "x")], [file("one", "x")], [file("two", "x"), whiteout("one")]])
    part = Side(image, load(image, range(1, 3)).squash, 2, merged=True)
    assert told(compare(part, whole(image))) == {"base": ("only_b", "")}
    assert names(compare(part, part)) == [b".", b"two"]


def test_a_copy_of_metadata_alone_has_the_content_below_it(tmp_path: Path) -> None:
    layers = [[file("f", "below"), file("g", "below")], [file("f", "above", mode=0o600), file("g", "above")]]
    copied = whole(image_of(tmp_path, layers))
    upper = copied.squash.trees[1]
    upper.columns.metacopies.update(range(2))  # as overlay keeps a file of which only the metadata was copied up
    plain = whole(image_of(tmp_path, [[file("f", "below"), file("g", "other")]]))
    assert told(settled(copied, plain)) == {"f": ("metadata", "mode"), "g": ("content", "content")}
