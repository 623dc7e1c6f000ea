"""What a listing may know beyond sizes: checksums that prove a difference, and files whose content is that below."""

from typing import Any

import pytest

from layertui.image.blob import BytesBlob
from layertui.layer.read import read_layer
from layertui.layer.tree import LayerTree
from layertui.stack.fold import fold
from layertui.stack.state import State
from tests.kit.entries import file, hardlink
from tests.kit.tar import tar_bytes


def tree(entry: Any, *more: Any, checksum: bytes | None = None, metacopy: bool = False) -> LayerTree:
    found = read_layer(BytesBlob(tar_bytes([entry, *more]), "layer"))
    if checksum is not None:
        found.columns.checksums[0] = checksum
    if metacopy:
        found.columns.metacopies.add(0)
    return found


def state_above(below: LayerTree, above: LayerTree, path: bytes = b"a") -> State | None:
    squash = fold([below, above], layer_count=2)
    return squash.state(squash.run(path)[1])


@pytest.mark.parametrize(
    ("one", "other", "state"),
    [
        (b"8 bytes.", b"8 other.", State.MODIFIED),
        (b"8 bytes.", b"8 bytes.", State.REWRITTEN),
        (b"8 bytes.", None, State.REWRITTEN),
        (None, b"8 bytes.", State.REWRITTEN),
        (b"8 bytes.", b"four", State.REWRITTEN),
    ],
    ids=["other", "equal", "none above", "none below", "of another kind"],
)
def test_checksums_that_differ_prove_another_content(one: bytes | None, other: bytes | None, state: State) -> None:
    assert state_above(tree(file("a", "1"), checksum=one), tree(file("a", "2"), checksum=other)) is state


def test_a_hard_link_has_its_targets_checksum() -> None:
    below = tree(file("b", "1"), hardlink("a", "b"), checksum=b"8 bytes.")
    above = tree(file("b", "2"), hardlink("a", "b"), checksum=b"8 other.")
    assert state_above(below, above) is State.MODIFIED


def test_a_metacopy_has_the_content_below() -> None:
    below = tree(file("a", "same", mode=0o644))
    assert state_above(below, tree(file("a", "zero", mode=0o600), metacopy=True)) is State.METADATA
    assert state_above(below, tree(file("a", "zero", mode=0o644), metacopy=True)) is State.IDENTICAL


def test_a_metacopy_s_bytes_are_in_the_layer_that_has_them() -> None:
    base = tree(file("a", "same"))
    once, again = (tree(file("a", "zero", mode=mode), hardlink("b", "a"), metacopy=True) for mode in (0o600, 0o640))
    squash = fold([base, once, again], layer_count=3)
    for path in (b"a", b"b"):
        for position in squash.run(path):
            found, row = squash.content_position(position)
            assert (found is base, found.columns.keys[row]) == (True, b"a")
    alone = fold([once], layer_count=3, first=1)
    found, row = alone.content_position(alone.run(b"a")[0])
    assert row in found.columns.metacopies
