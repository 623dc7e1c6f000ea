"""Compressed layers: the same tree through every compression, bombs stopped, damage told."""

import bz2
import gzip
import lzma
import zlib

import pytest
from backports import zstd

from layertui.errors import DamagedError
from layertui.image.blob import BytesBlob
from layertui.image.digest import DiffID, Digest
from layertui.layer import compression, inflating
from layertui.layer.compression import Compression, decompress, sniff
from layertui.layer.read import read_layer, tar_window
from layertui.layer.tree import LayerTree
from tests.kit.entries import file
from tests.kit.odd import odd_layers
from tests.kit.tar import tar_bytes
from tests.layer.helpers import at_most_seconds, listed, read

TAR = tar_bytes([*odd_layers()[1], file("large", bytes(range(256)) * 8192)])


def gzip_members(data: bytes, size: int) -> bytes:
    return b"".join(gzip.compress(data[at : at + size], 1, mtime=0) for at in range(0, len(data), size))


def zstd_frames(data: bytes, size: int) -> bytes:
    """Frames, with a skippable one before each."""
    skipped = b"\x50\x2a\x4d\x18" + (7).to_bytes(4, "little") + b"skipped"
    return b"".join(skipped + zstd.compress(data[at : at + size]) for at in range(0, len(data), size))


STORED: dict[str, bytes] = {
    "gzip": gzip.compress(TAR, 1, mtime=0),
    "gzip-named": b"\x1f\x8b\x08\x08" + bytes(6) + b"name.tar\0" + gzip.compress(TAR, 1, mtime=0)[10:],
    "gzip-members": gzip_members(TAR, 100_000),
    "zstd": zstd.compress(TAR),
    "zstd-frames": zstd_frames(TAR, 100_000),
    "xz": lzma.compress(TAR, preset=0),
    "xz-streams": b"".join(lzma.compress(TAR[at : at + 300_000], preset=0) for at in range(0, len(TAR), 300_000)),
    "lzma": lzma.compress(TAR, format=lzma.FORMAT_ALONE, preset=0),
    "bzip2": bz2.compress(TAR, 1),
    "bzip2-streams": b"".join(bz2.compress(TAR[at : at + 300_000], 1) for at in range(0, len(TAR), 300_000)),
}


@pytest.fixture(params=["isal", "zlib"])
def gzip_reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both readers of gzip: the fast one where there is one, and the standard library's."""
    name = str(request.param)
    if name == "isal" and not inflating.HAS_ISAL:
        pytest.skip("isal has no wheel for this machine")
    monkeypatch.setattr(inflating, "HAS_ISAL", name == "isal")
    return name


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", STORED)
def test_every_compression_gives_the_same_tree(name: str) -> None:
    plain, tree = read(TAR), read(STORED[name])
    assert tree.damage is None
    assert listed(tree) == listed(plain)
    assert tree.columns == plain.columns
    assert tree.tar_bytes == len(TAR)


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", ["gzip-members", "zstd-frames", "xz-streams", "bzip2-streams"])
def test_members_may_begin_anywhere_in_a_chunk(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    small = TAR[: 40 * 512]
    stored = {
        "gzip-members": gzip_members(small, 700),
        "zstd-frames": zstd_frames(small, 700),
        "xz-streams": b"".join(lzma.compress(small[at : at + 5_000]) for at in range(0, len(small), 5_000)),
        "bzip2-streams": b"".join(bz2.compress(small[at : at + 5_000]) for at in range(0, len(small), 5_000)),
    }[name]
    blob = BytesBlob(stored, "layer")
    for chunk in (1, 2, 3, 4, 5, 7, 11, 64, 1000):
        monkeypatch.setattr(compression, "INPUT_CHUNK_BYTES", chunk)
        assert b"".join(decompress(blob, sniff(stored[:16]))) == small, f"chunks of {chunk} bytes"


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("output", [1, 511, 4096])
@pytest.mark.parametrize("name", ["gzip", "gzip-members", "zstd-frames", "xz", "bzip2"])
def test_output_comes_in_steps_of_any_size(monkeypatch: pytest.MonkeyPatch, name: str, output: int) -> None:
    small = TAR[: 20 * 512]
    stored = {
        "gzip": gzip.compress(small),
        "gzip-members": gzip_members(small, 700),
        "zstd-frames": zstd_frames(small, 700),
        "xz": lzma.compress(small),
        "bzip2": bz2.compress(small),
    }[name]
    monkeypatch.setattr(compression, "OUTPUT_CHUNK_BYTES", output)
    chunks = list(decompress(BytesBlob(stored, "layer"), sniff(stored[:16])))
    assert b"".join(chunks) == small
    assert max(map(len, chunks)) <= output


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", STORED)
def test_every_stored_byte_is_seen_once(name: str) -> None:
    seen = bytearray()
    for _ in decompress(BytesBlob(STORED[name], "layer"), sniff(STORED[name][:16]), on_input=seen.extend):
        pass
    assert bytes(seen) == STORED[name]


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", ["gzip", "zstd", "xz", "bzip2"])
def test_bytes_after_the_stream_are_passed_over_with_a_warning(name: str) -> None:
    tree = read(STORED[name] + b"trailing garbage")
    assert tree.damage is None
    assert listed(tree) == listed(read(TAR))
    assert sum("after the end" in warning for warning in tree.columns.warnings) == 1
    silent = read(STORED[name] + bytes(512))
    assert silent.damage is None
    assert silent.columns.warnings == read(TAR).columns.warnings


def test_xz_streams_may_be_padded_between_them() -> None:
    """The xz format, section 2.2 "Stream Padding": NULs, four at a time, and another stream may follow."""
    half = len(TAR) // 1024 * 512
    stored = lzma.compress(TAR[:half], preset=0) + bytes(8) + lzma.compress(TAR[half:], preset=0)
    tree = read(stored)
    assert tree.damage is None
    assert listed(tree) == listed(read(TAR))


def _is_prefix(tree: LayerTree) -> bool:
    whole = listed(read(TAR))
    part = listed(tree)
    return part == whole[: len(part)] or [entry.path for entry in part] == [entry.path for entry in whole[: len(part)]]


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", STORED)
def test_a_cut_stream_is_damaged_and_keeps_its_prefix(name: str) -> None:
    stored = STORED[name]
    for cut in {
        *range(1, 40),
        *range(40, len(stored), max(1, len(stored) // 60)),
        *range(len(stored) - 20, len(stored)),
    }:
        with at_most_seconds(10):
            try:
                tree = read(stored[:cut])
            except DamagedError:
                continue
        assert _is_prefix(tree)
        if "-" not in name:  # with several members, a cut between two of them may be after the tar's end
            assert tree.damage is not None, f"cut at {cut} of {len(stored)}"


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", STORED)
def test_a_flipped_byte_in_a_stream_raises_nothing_but_damage(name: str) -> None:
    stored = STORED[name]
    for at in {*range(min(60, len(stored))), *range(0, len(stored), max(1, len(stored) // 100))}:
        flipped = bytearray(stored)
        flipped[at] ^= 0xFF
        with at_most_seconds(10):
            try:
                tree = read(bytes(flipped))
            except DamagedError:
                continue
        assert tree.damage is None or 0 <= tree.damage.offset_bytes <= len(TAR) + (1 << 20)


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", ["gzip", "zstd-checksum", "xz", "bzip2"])
def test_a_wrong_checksum_of_a_stream_is_damage(name: str) -> None:
    options = {zstd.CompressionParameter.checksum_flag: 1}
    stored = bytearray(zstd.compress(TAR, options=options) if name == "zstd-checksum" else STORED[name])
    at = {"gzip": -8, "zstd-checksum": -1, "xz": -20, "bzip2": -3}[name]
    stored[at] ^= 0x55
    tree = read(bytes(stored))
    assert tree.damage is not None
    assert listed(tree) == listed(read(TAR))


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", ["gzip", "zstd", "xz", "bzip2"])
def test_a_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(compression, "EXPANSION_FLOOR_BYTES", 1 << 20)
    monkeypatch.setattr(compression, "EXPANSION_LIMIT", 20)
    bomb = tar_bytes([file("zeros", bytes(32 << 20))])
    pack = {"gzip": gzip.compress, "zstd": zstd.compress, "xz": lzma.compress, "bzip2": bz2.compress}[name]
    stored = pack(bomb)
    produced = 0

    def inflate() -> None:
        nonlocal produced
        for chunk in decompress(BytesBlob(stored, "bomb"), sniff(stored[:16])):
            produced += len(chunk)

    with pytest.raises(DamagedError, match="expands more than 20 times"):
        inflate()
    assert produced <= max(1 << 20, 20 * len(stored)) + compression.OUTPUT_CHUNK_BYTES
    tree = read(stored)
    assert tree.damage is not None
    assert "expands more than 20 times" in tree.damage.message


def test_a_layer_of_zeros_below_the_floor_is_no_bomb() -> None:
    tree = read(gzip.compress(tar_bytes([file("zeros", bytes(4 << 20))])))
    assert tree.damage is None


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"\x1f\x8b\x08\0", Compression.GZIP),
        (b"\x28\xb5\x2f\xfd", Compression.ZSTD),
        (b"\x50\x2a\x4d\x18", Compression.ZSTD),
        (b"\x5f\x2a\x4d\x18", Compression.ZSTD),
        (b"\xfd7zXZ\0", Compression.XZ),
        (b"]\0\0\x80\0\xff\xff\xff", Compression.XZ),
        (b"BZh91AY&SY", Compression.BZIP2),
        (b"BZhang/photo.png", Compression.PLAIN),
        (b"LZIP\x01", Compression.LZIP),
        (b"LZIPPED", Compression.PLAIN),
        (b"]\0\0\0\0\0\0\0", Compression.PLAIN),
        (b"\x04\x22\x4d\x18", Compression.LZ4),
        (b"\x1f\x9d\x90", Compression.COMPRESS),
        (b"etc/passwd\0", Compression.PLAIN),
        (b"\0" * 8, Compression.PLAIN),
        (b"", Compression.PLAIN),
        (b"\x1f", Compression.PLAIN),
    ],
)
def test_sniff(head: bytes, said: Compression) -> None:
    assert sniff(head) is said


@pytest.mark.parametrize("head", [b"\x04\x22\x4d\x18", b"\x1f\x9d\x90", b"LZIP\x01"], ids=["lz4", "Z", "lzip"])
def test_a_compression_that_is_not_supported_is_named(head: bytes) -> None:
    said = sniff(head).value
    try:
        tree = read(head + bytes(100))
    except DamagedError as error:
        message = error.message
    else:
        assert tree.damage is not None
        message = tree.damage.message
    assert said in message
    assert "not supported" in message


def test_digests_are_verified_while_reading() -> None:
    stored = STORED["gzip"]
    digest, diff_id = Digest.of(stored), DiffID(str(Digest.of(TAR)))
    tree = read_layer(BytesBlob(stored, "layer"), digest=digest, diff_id=diff_id)
    assert (set(tree.verified), tree.problems) == ({"digest", "diff ID"}, ())
    plain = read_layer(BytesBlob(TAR, "layer"), digest=Digest.of(TAR), diff_id=diff_id, verify=True)
    assert (set(plain.verified), plain.problems) == ({"digest", "diff ID"}, ())
    unread = read_layer(BytesBlob(TAR, "layer"), digest=Digest.of(TAR), diff_id=diff_id)
    assert unread.verified == ()


@pytest.mark.parametrize("name", ["gzip", "zstd", "xz", "bzip2"])
def test_a_digest_that_does_not_match_is_a_problem_and_the_tree_stays(name: str) -> None:
    stored = STORED[name]
    other = Digest.of(b"other")
    tree = read_layer(BytesBlob(stored, "layer"), digest=other, diff_id=DiffID(str(other)))
    assert tree.verified == ()
    assert [what in problem for what, problem in zip(("digest", "diff ID"), tree.problems, strict=True)] == [True, True]
    assert listed(tree) == listed(read(TAR))


def test_the_digest_covers_what_stands_after_the_tar_and_after_the_stream() -> None:
    tar = TAR + b"after the end of the tar" * 100
    stored = gzip.compress(tar) + b"after the end of the stream" * 100
    tree = read_layer(BytesBlob(stored, "layer"), digest=Digest.of(stored), diff_id=DiffID(str(Digest.of(tar))))
    assert set(tree.verified) == {"digest", "diff ID"}


def test_nothing_is_verified_of_a_damaged_layer() -> None:
    stored = STORED["gzip"][:-4]
    tree = read_layer(BytesBlob(stored, "layer"), digest=Digest.of(stored))
    assert tree.damage is not None
    assert tree.verified == ()


@pytest.mark.usefixtures("gzip_reader")
@pytest.mark.parametrize("name", ["gzip", "gzip-members", "zstd-frames", "xz"])
def test_contents_can_be_read_through_a_window(name: str) -> None:
    tree = read(STORED[name])
    window = tar_window(BytesBlob(STORED[name], "layer"))
    row = max(range(len(tree.columns.sizes)), key=tree.columns.sizes.__getitem__)
    offset, size = tree.columns.offsets[row], tree.columns.sizes[row]
    assert window.fetch(offset, size)[:size] == TAR[offset : offset + size]


def test_gzip_beside_the_standard_library() -> None:
    for level in (0, 1, 6, 9):
        packer = zlib.compressobj(level, wbits=31)
        stored = packer.compress(TAR) + packer.flush()
        assert listed(read(stored)) == listed(read(TAR))
