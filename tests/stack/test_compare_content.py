"""Contents of two sides: equal or not wherever they lie, each compressed layer inflated once; and renames."""

import gzip
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import Cancelled
from layertui.image.blob import BytesBlob
from layertui.layer.compression import MAGIC_BYTES
from layertui.stack.compare import Change, Side, compare
from layertui.stack.compare_reading import Contents
from layertui.stack.comparing_content import ContentComparer, kept_in, spot_pairs
from layertui.stack.load import load
from layertui.stack.renames import renames
from tests.kit.entries import Layer, directory, file, hardlink, sparse, symlink
from tests.kit.tar import tar_bytes
from tests.stack.comparing import image_of, told, whole

BIG = bytes(range(256)) * 3000


class CountingBlob(BytesBlob):
    """A blob that counts what is read of it."""

    read_bytes = 0

    def read_at(self, offset: int, length: int) -> bytes:
        data = super().read_at(offset, length)
        self.read_bytes += len(data)
        return data


def side(tmp_path: Path, layers: Sequence[Layer], packed: bool) -> tuple[Side, list[CountingBlob]]:
    """Layers merged, and what they are kept in."""
    image = image_of(tmp_path, layers)
    tars = [tar_bytes(layer) for layer in layers]
    blobs = [CountingBlob(gzip.compress(tar, 1) if packed else tar, "layer.tar") for tar in tars]
    kept = zip(image.layers, blobs, strict=True)
    image = replace(image, layers=tuple(replace(layer, content=blob) for layer, blob in kept))
    squash = load(image).squash
    for blob in blobs:
        blob.read_bytes = 0
    return Side(image, squash, len(layers) - 1, merged=True), blobs


LEFT: list[Layer] = [
    [file("big", BIG), file("f", "x"), sparse("holes", 9_000, [(4_096, b"data")], form="1.0")],
    [file("g", "x"), hardlink("h", "g")],
]
RIGHT: list[Layer] = [
    [file("g", "x"), file("h", "y"), file("f", "y")],
    [file("big", BIG[:-1] + b"!"), file("holes", bytes(4_096) + b"data" + bytes(4_900))],
]
EXPECTED = {
    "big": "content",
    "f": "content",
    "g": "metadata",  # no other name on the right
    "h": "content",
}

every_way = pytest.mark.parametrize(
    ("packed_a", "packed_b"),
    [(False, False), (True, True), (False, True), (True, False)],
    ids=["plain", "gzip", "gzip b", "gzip a"],
)


@every_way
def test_equal_or_not(tmp_path: Path, packed_a: bool, packed_b: bool) -> None:
    (a, _), (b, _) = side(tmp_path, LEFT, packed_a), side(tmp_path, RIGHT, packed_b)
    comparison = compare(a, b)
    rows = comparison.unknown()
    assert sorted(ContentComparer().settle(comparison, rows)) == rows
    assert {path: change for path, (change, _) in told(comparison).items()} == EXPECTED


def test_only_what_is_asked_for_is_read_of_plain_layers(tmp_path: Path) -> None:
    (a, blobs_a), (b, _) = side(tmp_path, LEFT, False), side(tmp_path, RIGHT, False)
    comparison = compare(a, b)
    row = comparison.row_of(b"f")
    assert row is not None
    assert ContentComparer().settle(comparison, [row]) == [row]
    assert 0 < sum(blob.read_bytes for blob in blobs_a) < 70_000


def test_compressed_layers_are_inflated_once_for_all(tmp_path: Path) -> None:
    (a, blobs_a), (b, blobs_b) = side(tmp_path, LEFT, True), side(tmp_path, RIGHT, True)
    comparison = compare(a, b)
    row, comparer = comparison.row_of(b"big"), ContentComparer()
    assert row is not None
    settled = comparer.settle(comparison, [row])
    assert row in settled
    assert comparison.row_of(b"f") not in settled, "it lies in a layer of B that was not inflated"
    for row in comparison.unknown():
        comparer.settle(comparison, [row])
    assert comparison.unknown() == []
    for blob in (*blobs_a, *blobs_b):
        looks = 12 * MAGIC_BYTES  # to see that it is compressed, each time
        assert blob.read_bytes <= 2 * blob.size_bytes + looks, "for one row, and for the others"


def test_all_at_once_takes_one_pass_over_each_layer(tmp_path: Path) -> None:
    (a, blobs_a), (b, blobs_b) = side(tmp_path, LEFT, True), side(tmp_path, RIGHT, True)
    comparison = compare(a, b)
    done: list[int] = []
    ContentComparer().settle(comparison, comparison.unknown(), progress=done.append)
    assert comparison.unknown() == []
    assert max(done) > 5
    for blob in (*blobs_a, *blobs_b):
        assert blob.read_bytes <= blob.size_bytes + 4 * MAGIC_BYTES


def test_cancelled(tmp_path: Path) -> None:
    (a, _), (b, _) = side(tmp_path, LEFT, False), side(tmp_path, RIGHT, True)
    comparison = compare(a, b)
    with pytest.raises(Cancelled):
        ContentComparer().settle(comparison, comparison.unknown(), cancelled=lambda: True)
    assert comparison.having(Change.UNKNOWN).count(1) == len(comparison.unknown()) > 0


@every_way
def test_whole_contents(tmp_path: Path, packed_a: bool, packed_b: bool) -> None:
    (a, _), (b, _) = side(tmp_path, LEFT, packed_a), side(tmp_path, RIGHT, packed_b)
    comparison = compare(a, b)
    pairs = spot_pairs(comparison, range(len(comparison)))
    contents = Contents(kept_in(comparison), [spot for pair in pairs.values() for spot in pair])
    read = {comparison.path(row): tuple(map(contents.read, pair)) for row, pair in pairs.items() if row}
    assert read == {
        b"big": (BIG, BIG[:-1] + b"!"),
        b"f": (b"x", b"y"),
        b"g": (b"x", b"x"),
        b"h": (b"x", b"y"),
        b"holes": (bytes(4_096) + b"data" + bytes(4_900),) * 2,
    }


@every_way
def test_contents_of_a_layer_that_is_cut(tmp_path: Path, packed_a: bool, packed_b: bool) -> None:
    layers: list[Layer] = [[file("before", "x"), file("f", BIG), file("g", BIG)]]
    (a, blobs), (b, _) = side(tmp_path, layers, packed_a), side(tmp_path, [[file("f", BIG)]], packed_b)
    cut = BytesBlob(blobs[0].read_at(0, blobs[0].size_bytes // 2), "layer.tar")
    a = replace(a, image=replace(a.image, layers=(replace(a.image.layers[0], content=cut),)))
    comparison = compare(a, b)
    spots = {comparison.path(row): a.spot(at) for row, at in enumerate(comparison.at_a) if comparison.keys[row]}
    contents = Contents(kept_in(comparison), [spot for spot in spots.values() if spot is not None])
    read = {path: contents.read(spot) for path, spot in spots.items() if spot is not None}
    assert read[b"before"] == b"x"
    assert read[b"g"] is None
    assert ContentComparer().settle(comparison, comparison.unknown()) in ([], [2])


def found(a: Side, b: Side) -> list[tuple[bytes, bytes]]:
    comparison = compare(a, b)
    return [(comparison.path(row), comparison.path(other)) for row, other in renames(comparison)]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_renames_are_of_equal_content(tmp_path: Path, packed: bool) -> None:
    a: Layer = [file("old/name", "one"), file("same size", "two"), file("empty"), symlink("l", "x"), file("kept", "k")]
    b: Layer = [
        file("new/name", "one"),
        file("same length", "six"),
        file("nothing"),
        symlink("m", "x"),
        file("kept", "k"),
    ]
    assert found(side(tmp_path, [a], packed)[0], side(tmp_path, [b], packed)[0]) == [(b"old/name", b"new/name")]


def test_renames_among_several_of_one_content(tmp_path: Path) -> None:
    a: Layer = [directory("d"), file("d/gone", "x"), file("a", "x"), file("z", "x")]
    b: Layer = [directory("d"), file("d/new", "x"), file("e/a", "x")]
    pairs = found(whole(image_of(tmp_path, [a])), whole(image_of(tmp_path, [b])))
    assert pairs == [(b"a", b"e/a"), (b"d/gone", b"d/new")], "one name first, then one directory; none twice"
