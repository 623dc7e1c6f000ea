"""One file's content at any offset: from every way in which a layer is kept, whole, sparse, cut, and cancelled."""

import gzip
import os
import random
from pathlib import Path

import pytest

from layertui.errors import Cancelled, DamagedError, LayertuiError, NotFoundError
from layertui.image.blob import Blob, BytesBlob, Content, FileBlob
from layertui.layer.dialect import Dialect
from layertui.layer.read import layer_window, read_layer
from layertui.layer.tree import LayerTree
from layertui.layer.version import SMALL_BYTES, open_version, parts
from layertui.layer.walk import WalkedLayer
from tests.kit.entries import Entry, directory, file, hardlink, sparse, symlink
from tests.kit.tar import tar_bytes
from tests.layer.helpers import at_most_seconds, contents, row_of

BIG = random.Random(1).randbytes(SMALL_BYTES + 70_001)
TAR = tar_bytes(
    [
        file("a", b"alpha"),
        file("big", BIG),
        sparse("holes", 2_000_000, [(10, b"one"), (700_000, b"two")], form="1.0"),
        hardlink("z-link", "big"),
        symlink("link", "../\x1b[31mtarget"),
        directory("dir"),
        file("empty", b""),
    ]
)


both = pytest.mark.parametrize(
    "content", [BytesBlob(TAR, "layer.tar"), BytesBlob(gzip.compress(TAR, 1), "layer.tar.gz")]
)


def opened(content: Content, path: str) -> tuple[Blob, LayerTree, int]:
    tree = read_layer(content)
    row = row_of(tree, path.encode())
    return open_version(content, tree, row), tree, row


@both
@pytest.mark.parametrize("path", ["a", "big", "holes", "z-link", "empty"])
def test_any_offset_is_what_the_tar_holds(content: BytesBlob, path: str) -> None:
    blob, tree, row = opened(content, path)
    whole = contents(TAR, tree, tree.data_row(row))
    assert blob.size_bytes == len(whole)
    offsets = [0, 1, 9, 10, 12, 13, 699_999, 700_002, 700_003, len(whole) - 1, len(whole), len(whole) + 5]
    for offset in offsets:
        for length in (0, 1, 4, 700_000, 1 << 30):
            assert blob.read_at(offset, length) == whole[max(offset, 0) : offset + length]
    pieced = bytearray(len(whole))
    for offset, part in parts(layer_window(content, tree), tree, tree.data_row(row), chunk_bytes=999):
        pieced[offset : offset + len(part)] = part
    assert pieced == whole


@both
def test_what_has_no_content_says_so_and_a_symlink_is_its_target(content: BytesBlob) -> None:
    assert opened(content, "link")[0].read_at(0, 99) == b"../\x1b[31mtarget"
    with pytest.raises(NotFoundError, match="dir is a directory"):
        opened(content, "dir")
    broken = BytesBlob(tar_bytes([hardlink("alone", "elsewhere")]), "layer.tar")
    with pytest.raises(NotFoundError, match="a file that no layer holds"):
        opened(broken, "alone")


def test_small_and_large_contents_of_a_compressed_layer_are_kept_where_they_fit() -> None:
    content = BytesBlob(gzip.compress(TAR, 1), "layer.tar.gz")
    assert isinstance(opened(content, "a")[0], BytesBlob)
    large = opened(content, "big")[0]
    assert isinstance(large, FileBlob)
    assert os.fstat(large.fileno()).st_nlink == 0


def test_inflating_stops_when_it_is_told_to() -> None:
    content = BytesBlob(gzip.compress(TAR, 1), "layer.tar.gz")
    tree = read_layer(content)
    seen: list[int] = []

    def tick(done: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        open_version(content, tree, row_of(tree, b"z-link"), tick)
    assert 0 < seen[0] <= seen[1] <= content.size_bytes


def test_a_content_that_is_cut_short_is_a_sentence() -> None:
    tree = read_layer(BytesBlob(TAR, "layer.tar"))
    row = row_of(tree, b"big")
    cut = TAR[: tree.columns.offsets[row] + 500_000]
    for content in (BytesBlob(cut, "layer.tar"), BytesBlob(gzip.compress(cut, 1), "layer.tar.gz")):
        with pytest.raises(DamagedError, match="big: the layer ends before the end of its content"):
            open_version(content, tree, row)


def test_a_directory_is_read_in_place_and_says_when_a_file_is_gone(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/file").write_bytes(BIG)
    (tmp_path / "second").write_bytes(b"2")
    layer = WalkedLayer(tmp_path, "upper", Dialect.OVERLAY)
    blob, tree, _ = opened(layer, "d/file")
    assert (blob.size_bytes, blob.read_at(5, 1 << 30), blob.read_at(3, 4)) == (len(BIG), BIG[5:], BIG[3:7])
    (tmp_path / "second").unlink()
    gone = open_version(layer, tree, row_of(tree, b"second"))
    with pytest.raises(LayertuiError, match="second"):
        gone.read_at(0, 1)


def test_a_file_of_ten_gigabytes_is_never_read_whole(tmp_path: Path) -> None:
    size_bytes = 10 << 30
    path = tmp_path / "layer.tar"
    with path.open("wb") as target:
        target.write(tar_bytes([Entry(name=b"big", size=size_bytes)], end=False))
        target.seek(size_bytes - 4, os.SEEK_CUR)
        target.write(b"tail" + tar_bytes([file("after", b"x")]))
    content = FileBlob.open(path, "layer.tar")
    with at_most_seconds(2):
        blob, _, _ = opened(content, "big")
        assert blob.size_bytes == size_bytes
        assert blob.read_at(size_bytes - 6, 99) == b"\0\0tail"
