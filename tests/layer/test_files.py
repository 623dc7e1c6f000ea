"""Contents in a directory are found by the offsets that their layer's tree gives them."""

from pathlib import Path

import pytest

from layertui.errors import DamagedError
from layertui.layer.build import build
from layertui.layer.columns import LARGEST_SIZE_BYTES, Columns
from layertui.layer.files import FilesWindow, place
from tests.kit.entries import directory, file, symlink, whiteout
from tests.kit.tar import tar_bytes
from tests.layer.helpers import row_of, scan_bytes

ENTRIES = [
    file("z/implied", "first"),
    file("empty"),
    directory("d"),
    file("d/f", "second!"),
    whiteout("gone"),
    symlink("l", "d/f"),
    file("last", "3"),
    file("after"),
]


def placed() -> Columns:
    columns, damage = scan_bytes(tar_bytes(ENTRIES))
    assert damage is None
    place(columns, "layer")
    return columns


def test_every_byte_is_at_its_files_offset(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    (tmp_path / "d").mkdir()
    stored = {"z/implied": b"first", "d/f": b"second!", "last": b"3"}
    for name, data in stored.items():
        (tmp_path / name).write_bytes(data)
    tree = build(placed())
    window = FilesWindow(tmp_path, tree, "layer")
    for name, data in reversed(stored.items()):
        offset = tree.columns.offsets[row_of(tree, name.encode())]
        for at in range(len(data)):
            assert window.fetch(offset + at, 2) == data[at : at + 2]
    total = sum(map(len, stored.values()))
    assert window.fetch(total, 1) == b""
    assert window.missing(total) == 0
    assert FilesWindow(tmp_path, build(Columns()), "layer").fetch(0, 1) == b""


def test_offsets_rise_with_the_rows() -> None:
    columns = placed()
    assert list(columns.offsets) == [0, 5, 5, 5, 12, 12, 12, 13]


def test_sizes_that_no_disk_holds_are_refused() -> None:
    columns = placed()
    columns.sizes[0] = columns.sizes[3] = LARGEST_SIZE_BYTES - 1
    columns.sizes[6] = 2
    with pytest.raises(DamagedError, match="layer: the sizes of its files"):
        place(columns, "layer")
