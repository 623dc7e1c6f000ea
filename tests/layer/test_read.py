"""Reading a layer: progress, cancelling, and the entries of a tree."""

import gzip

import pytest

from layertui.errors import Cancelled
from layertui.image.blob import BytesBlob
from layertui.layer.columns import Kind
from layertui.layer.read import read_layer
from tests.kit.entries import directory, file, hardlink, opaque, whiteout
from tests.kit.tar import tar_bytes
from tests.layer.helpers import read

TAR = tar_bytes([directory("d"), *(file(f"d/{number}", bytes(5000)) for number in range(3000))])


@pytest.mark.parametrize("stored", [TAR, gzip.compress(TAR)], ids=["plain", "gzip"])
def test_progress_rises_to_the_blobs_size_and_never_beyond(stored: bytes) -> None:
    done: list[int] = []
    read_layer(BytesBlob(stored, "layer"), progress=done.append)
    assert done == sorted(done)
    assert done[0] >= 0
    assert done[-1] <= len(stored)
    assert done[-1] > len(stored) * 0.9


@pytest.mark.parametrize("stored", [TAR, gzip.compress(TAR)], ids=["plain", "gzip"])
@pytest.mark.parametrize("after", [0, 1])
def test_cancelling_stops_the_work(stored: bytes, after: int) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    if len(stored) < 300_000 and after:
        pytest.skip("read in one step")
    with pytest.raises(Cancelled):
        read_layer(BytesBlob(stored, "layer"), cancelled=cancelled)


def test_entries_are_in_tar_order_and_leave_implied_directories_out() -> None:
    tree = read(tar_bytes([file("z/y"), whiteout("b"), file("a"), opaque("c"), hardlink("l", "a")]))
    assert [(entry.path, entry.kind) for entry in tree.entries()] == [
        (b"z/y", Kind.FILE),
        (b"b", Kind.WHITEOUT),
        (b"a", Kind.FILE),
        (b"l", Kind.HARDLINK),
    ]
    assert tree.entry_count == 5
    implied = [entry for row in range(len(tree)) if (entry := tree.entry(row)).implied]
    assert {entry.path: entry.opaque for entry in implied} == {b".": False, b"z": False, b"c": True}


def test_an_empty_blob_is_an_empty_layer() -> None:
    for stored in (b"", bytes(512), bytes(1024), bytes(10_240), gzip.compress(b""), gzip.compress(bytes(1024))):
        tree = read(stored)
        assert (tree.entry_count, tree.damage) == (0, None)


def test_content_bytes_count_each_inode_once() -> None:
    tree = read(tar_bytes([file("a", b"12345"), hardlink("b", "a"), file("a", b"123")]))
    assert tree.columns.content_bytes == 8
