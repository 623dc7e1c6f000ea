"""Comparing contents: what is equal, what is not, where only part can be read, and how much is read for it."""

import gzip
from collections.abc import Callable, Sequence

import pytest

from layertui.errors import Cancelled
from layertui.image.blob import Blob, BytesBlob
from layertui.layer.read import read_layer
from layertui.stack.content import CHUNK_BYTES, Contents
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from layertui.stack.state import State
from tests.kit.entries import Entry, Layer, file, hardlink, sparse
from tests.kit.tar import tar_bytes

Pack = Callable[[bytes], bytes]

BIG = bytes(range(256)) * (3 * CHUNK_BYTES // 256) + b"tail"
"""Several chunks and a rest."""


class CountingBlob(BytesBlob):
    """A blob that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data, "layer.tar")
        self.read_bytes = 0

    def read_at(self, offset: int, length: int) -> bytes:
        data = super().read_at(offset, length)
        self.read_bytes += len(data)
        return data


def plain(data: bytes) -> bytes:
    return data


def packed(data: bytes) -> bytes:
    return gzip.compress(data, 1)


def stack(layers: Sequence[Layer], packs: Sequence[Pack]) -> tuple[Squash, list[Blob | None]]:
    blobs = [CountingBlob(pack(tar_bytes(layer))) for layer, pack in zip(layers, packs, strict=True)]
    return fold([read_layer(blob) for blob in blobs], layer_count=len(blobs)), list(blobs)


def at(squash: Squash, path: str, layer: int) -> int:
    return next(position for position in squash.run(path.encode()) if squash.layers[position] == layer)


every_pack = pytest.mark.parametrize(
    "packs",
    [(plain, plain), (packed, packed), (plain, packed), (packed, plain)],
    ids=["plain", "gzip", "above", "below"],
)


@every_pack
@pytest.mark.parametrize(
    ("above", "state"),
    [
        (BIG, State.IDENTICAL),
        (b"!" + BIG[1:], State.MODIFIED),
        (BIG[:-1] + b"!", State.MODIFIED),
        (BIG[:CHUNK_BYTES] + b"!" + BIG[CHUNK_BYTES + 1 :], State.MODIFIED),
        (BIG[: CHUNK_BYTES - 1] + b"!" + BIG[CHUNK_BYTES:], State.MODIFIED),
    ],
    ids=["equal", "first byte", "last byte", "first of a chunk", "last of a chunk"],
)
def test_equal_or_not(packs: Sequence[Pack], above: bytes, state: State) -> None:
    squash, blobs = stack([[file("f", BIG), file("z", "1")], [file("f", above), file("z", "2")]], packs)
    position = at(squash, "f", 1)
    assert squash.state(position) is State.REWRITTEN
    settled = Contents(blobs).settle(squash, [position])
    assert position in settled
    assert squash.state(position) is state


@every_pack
def test_same_bytes_and_other_metadata_is_metadata(packs: Sequence[Pack]) -> None:
    squash, blobs = stack([[file("f", "abc")], [file("f", "abc", mode=0o600)]], packs)
    Contents(blobs).settle(squash, range(len(squash)))
    assert squash.state(at(squash, "f", 1)) is State.METADATA


SPARSE = [(4_096, b"here"), (90_000, b"there")]


@every_pack
@pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
def test_holes_of_a_sparse_file_are_zeros(packs: Sequence[Pack], form: str) -> None:
    size = 100_000
    whole = bytearray(size)
    for offset, data in SPARSE:
        whole[offset : offset + len(data)] = data
    other = bytearray(whole)
    other[50_000] = 1
    lower = [sparse("same", size, SPARSE, form=form), sparse("differs", size, SPARSE, form=form), file("end", "1")]
    squash, blobs = stack([lower, [file("same", bytes(whole)), file("differs", bytes(other))]], packs)
    Contents(blobs).settle(squash, range(len(squash)))
    assert squash.state(at(squash, "differs", 1)) is State.MODIFIED
    assert squash.state(at(squash, "same", 1)) is State.IDENTICAL


@every_pack
def test_hard_links_are_followed(packs: Sequence[Pack]) -> None:
    lower = [
        hardlink("early", "target"),
        file("target", "same!"),
        hardlink("late", "target"),
        hardlink("other", "target"),
    ]
    upper = [file("early", "same!"), hardlink("late", "early"), file("other", "diff!")]
    squash, blobs = stack([lower, upper], packs)
    Contents(blobs).settle(squash, range(len(squash)))
    states = {path: squash.state(at(squash, path, 1)) for path in ("early", "late", "other")}
    assert states == {"early": State.IDENTICAL, "late": State.IDENTICAL, "other": State.MODIFIED}


def test_a_link_into_the_layer_below_is_the_same_content() -> None:
    squash, blobs = stack([[file("f", "12345"), file("g", "12345")], [hardlink("g", "f")]], [plain] * 2)
    Contents(blobs).settle(squash, range(len(squash)))
    assert squash.state(at(squash, "g", 1)) is State.IDENTICAL
    squash, blobs = stack([[file("f", "12345"), hardlink("g", "f")], [hardlink("g", "f")]], [plain] * 2)
    Contents([None, None]).settle(squash, range(len(squash)))
    assert squash.state(at(squash, "g", 1)) is State.IDENTICAL, "one content, that nobody has to read"


@every_pack
def test_a_hole_at_the_end_is_zeros_too(packs: Sequence[Pack]) -> None:
    records = ((b"GNU.sparse.size", b"9000"), (b"GNU.sparse.numblocks", b"1"), (b"GNU.sparse.map", b"10,4"))
    lower = [Entry(name=b"f", data=b"here", pax=records), Entry(name=b"g", data=b"here", pax=records)]
    whole = bytes(10) + b"here" + bytes(8_986)
    squash, blobs = stack([lower, [file("f", whole), file("g", whole[:-1] + b"!")]], packs)
    Contents(blobs).settle(squash, range(len(squash)))
    assert squash.state(at(squash, "f", 1)) is State.IDENTICAL
    assert squash.state(at(squash, "g", 1)) is State.MODIFIED


def test_only_what_was_asked_is_settled_in_plain_layers() -> None:
    names = ("a", "b", "c")
    squash, blobs = stack([[file(name, "1") for name in names], [file(name, "1") for name in names]], [plain] * 2)
    assert Contents(blobs).settle(squash, [at(squash, "b", 1)]) == [at(squash, "b", 1)]
    assert squash.state(at(squash, "a", 1)) is State.REWRITTEN
    assert squash.state(at(squash, "b", 1)) is State.IDENTICAL


def test_one_pass_over_compressed_layers_settles_the_others_too() -> None:
    names = ("a", "b", "c")
    squash, blobs = stack([[file(name, "1") for name in names], [file(name, "2") for name in names]], [packed] * 2)
    contents = Contents(blobs)
    assert sorted(contents.settle(squash, [at(squash, "c", 1)])) == [at(squash, name, 1) for name in names]
    assert all(squash.state(at(squash, name, 1)) is State.MODIFIED for name in names)
    before = [blob.read_bytes for blob in blobs if isinstance(blob, CountingBlob)]
    assert contents.settle(squash, range(len(squash))) == []
    assert [blob.read_bytes for blob in blobs if isinstance(blob, CountingBlob)] == before, "nothing is left to read"


def test_digests_are_kept_between_questions() -> None:
    squash, blobs = stack([[file("a", BIG)], [file("a", BIG)], [file("a", BIG)]], [packed] * 3)
    contents = Contents(blobs)
    contents.settle(squash, [at(squash, "a", 1)])
    middle = blobs[1]
    assert isinstance(middle, CountingBlob)
    before = middle.read_bytes
    contents.settle(squash, [at(squash, "a", 2)])
    assert squash.state(at(squash, "a", 2)) is State.IDENTICAL
    assert middle.read_bytes - before < 100, "its first bytes, to see that it is compressed"


def test_a_plain_layer_is_read_only_as_far_as_contents_agree() -> None:
    first = b"0" * (8 * CHUNK_BYTES)
    squash, blobs = stack([[file("f", first)], [file("f", b"1" + first[1:])]], [plain] * 2)
    before = [blob.read_bytes for blob in blobs if isinstance(blob, CountingBlob)]
    Contents(blobs).settle(squash, range(len(squash)))
    after = [blob.read_bytes for blob in blobs if isinstance(blob, CountingBlob)]
    assert all(late - early <= CHUNK_BYTES + 64 for early, late in zip(before, after, strict=True))


@every_pack
def test_what_is_not_rewritten_is_not_touched(packs: Sequence[Pack]) -> None:
    squash, blobs = stack([[file("f", "1"), file("e", "")], [file("f", "22"), file("e", "")]], packs)
    assert Contents(blobs).settle(squash, range(len(squash))) == []
    assert squash.state(at(squash, "f", 1)) is State.MODIFIED


@every_pack
def test_cancelled(packs: Sequence[Pack]) -> None:
    squash, blobs = stack([[file("f", BIG)], [file("f", BIG)]], packs)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    contents = Contents(blobs)
    with pytest.raises(Cancelled):
        contents.settle(squash, range(len(squash)), cancelled)
    assert squash.state(at(squash, "f", 1)) is State.REWRITTEN
    contents.settle(squash, range(len(squash)))
    assert squash.state(at(squash, "f", 1)) is State.IDENTICAL, "and it can be asked again"


@pytest.mark.parametrize("pack", [plain, packed])
def test_what_cannot_be_read_stays_rewritten(pack: Pack) -> None:
    squash, blobs = stack([[file("f", BIG)], [file("f", BIG)]], [pack] * 2)
    for lost in range(2):
        assert (
            Contents([None if index == lost else blob for index, blob in enumerate(blobs)]).settle(
                squash, range(len(squash))
            )
            == []
        )
    cut = [BytesBlob(blob.read_at(0, blob.size_bytes // 2), "cut") if blob else None for blob in blobs]
    assert Contents([blobs[0], cut[1]]).settle(squash, range(len(squash))) == []
    assert squash.state(at(squash, "f", 1)) is State.REWRITTEN


def test_the_version_below_is_the_one_compared() -> None:
    layers: list[list[Entry]] = [[file("f", "old")], [file("f", "new")], [file("f", "old")], [file("f", "old")]]
    squash, blobs = stack(layers, [plain] * 4)
    Contents(blobs).settle(squash, range(len(squash)))
    assert [squash.state(at(squash, "f", layer)) for layer in range(4)] == [
        State.ADDED,
        State.MODIFIED,
        State.MODIFIED,
        State.IDENTICAL,
    ]
