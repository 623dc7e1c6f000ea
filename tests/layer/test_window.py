"""Windows: a tar is the same whether it lies in a file or arrives in chunks of any size."""

from collections.abc import Iterator

import pytest

from layertui.image.blob import BytesBlob
from layertui.layer.columns import Columns
from layertui.layer.tar import Damage, scan
from layertui.layer.window import LARGEST_BYTES, BlobWindow, StreamWindow
from tests.kit.entries import directory, file, sparse, symlink
from tests.kit.odd import odd_layers
from tests.kit.tar import tar_bytes
from tests.layer.helpers import scan_bytes

LAYERS = {
    "odd-low": tar_bytes(odd_layers()[0]),
    "odd-high": tar_bytes(odd_layers()[1]),
    "sizes": tar_bytes([file(f"f{size}", b"x" * size) for size in (0, 1, 511, 512, 513, 5000, LARGEST_BYTES + 1, 3)]),
    "many": tar_bytes([directory("d"), *(file(f"d/{number}") for number in range(500))]),
    "many-holes": tar_bytes(
        [
            sparse(f"s{form}", 1 << 20, [(at << 12, b"x" * 600) for at in range(100)], form=form)
            for form in ("gnu", "0.0", "0.1", "1.0")
        ]
        + [symlink("last", "x" * 300)]
    ),
    "empty": tar_bytes([]),
    "nothing": b"",
}


def in_chunks(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def streamed(data: bytes, size: int) -> tuple[Columns, Damage | None]:
    columns = Columns()
    return columns, scan(StreamWindow(in_chunks(data, size)), columns)


@pytest.mark.parametrize("size", [1, 511, 512, 513, 4096, 1 << 20])
@pytest.mark.parametrize("name", LAYERS)
def test_a_stream_gives_the_same_as_a_file(name: str, size: int) -> None:
    data = LAYERS[name]
    assert streamed(data, size) == scan_bytes(data)


@pytest.mark.parametrize("size", [1, 511, 513, 4096])
def test_a_cut_stream_is_damaged_as_the_cut_file_is(size: int) -> None:
    data = LAYERS["odd-high"]
    for cut in range(0, len(data), 333):
        assert streamed(data[:cut], size) == scan_bytes(data[:cut])


def test_contents_in_a_file_are_not_read() -> None:
    class Counting(BytesBlob):
        read = 0

        def read_at(self, offset: int, length: int) -> bytes:
            data = super().read_at(offset, length)
            Counting.read += len(data)
            return data

    data = tar_bytes([file(f"f{number}", bytes(1 << 20)) for number in range(20)])
    columns = Columns()
    assert scan(BlobWindow(Counting(data, "layer.tar"), None), columns) is None
    assert columns.member_count == 20
    assert Counting.read < len(data) // 50


def test_a_window_ticks_with_rising_offsets() -> None:
    offsets: list[int] = []
    data = LAYERS["sizes"]
    scan(BlobWindow(BytesBlob(data, "layer.tar"), offsets.append), Columns())
    assert offsets == sorted(offsets)
    assert offsets


def test_a_stream_window_drains_what_was_not_looked_at() -> None:
    chunks = in_chunks(tar_bytes([file("f")]) + bytes(10_000), 100)
    window = StreamWindow(chunks)
    assert scan(window, Columns()) is None
    window.drain()
    assert next(chunks, None) is None
