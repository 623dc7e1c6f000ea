"""Plain members are read in batches, and all else one by one: both ways give the same, at any size of a batch."""

from collections.abc import Iterator
from struct import Struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layertui.image.blob import BytesBlob
from layertui.layer import batch
from layertui.layer.batch import BatchLane
from layertui.layer.columns import Columns
from layertui.layer.single import SingleLane
from layertui.layer.tar import Damage, scan
from layertui.layer.window import BlobWindow, StreamWindow
from tests.kit.entries import Entry, char, directory, file, hardlink, opaque, pax_global, sparse, symlink, whiteout
from tests.kit.odd import odd_layers
from tests.kit.polite import polite_layers
from tests.kit.tar import entry_bytes, tar_bytes

THOROUGH = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

SIZES = (1, 2, 3, 7, 256)

NAMES = st.sampled_from(
    [
        *("a", "b/c", "d/e/f.txt", "./g", "./h/i", ".", "./", "/abs", "a//b", "a/", "a/./b", "../up", "x/..", "..."),
        *(".hidden", "d/.hidden", "d/..two", ".wh.a", "d/.wh.b", "d/.wh..wh..opq", ".wh..wh.plnk/x", ".wh.", "d/.wh"),
        *("n" * 100, "n" * 101, "p/" * 60 + "q", "p/" * 130 + "q", "l\nf", "\xe4\xf6", "w.wh.x", "end.", "a./b"),
    ]
)
ENTRIES = st.one_of(
    st.builds(lambda name, size, mode: file(name, b"x" * size, mode=mode), NAMES, st.integers(0, 1100), st.just(0o644)),
    st.builds(directory, NAMES),
    st.builds(symlink, NAMES, st.sampled_from(["t", "../t", "t" * 130])),
    st.builds(hardlink, NAMES, st.sampled_from(["a", "b/c"])),
    st.builds(lambda name, time: file(name, b"y", mtime_ns=time), NAMES, st.sampled_from([0, 10**9, 1, -5])),
    st.builds(lambda name, uid: file(name, uid=uid), NAMES, st.sampled_from([0, 1000, 1 << 22])),
    st.builds(lambda name, value: file(name, pax=((b"comment", value),)), NAMES, st.sampled_from([b"c", b"d" * 600])),
    st.builds(lambda name: file(name, xattrs=((b"user.a", b"v"),)), NAMES),
    st.builds(lambda name: char(name, 1, 3), NAMES),
    st.sampled_from(
        [
            whiteout("d/gone"),
            opaque("d"),
            pax_global((b"comment", b"c")),
            pax_global((b"path", b"all")),
            sparse("s", 100_000, [(4096, b"here")], form="gnu"),
            Entry(name=b"v7", type=b"\0", raw={"magic": bytes(8)}),
            Entry(name=b"odd", type=b"Z"),
            Entry(name=b"a\0b", type=b"0", raw={"name": b"a\0b"}),
            Entry(name=b"m", type=b"0", raw={"mtime": b"99999999999\0"}),
            Entry(name=b"m", type=b"0", raw={"mode": b"99999999"}),
        ]
    ),
)


def results(data: bytes, *, batched: bool, chunk: int = 0) -> tuple[Columns, Damage | None]:
    columns = Columns()
    blob = BytesBlob(data, "layer.tar")
    chunks = (data[at : at + chunk] for at in range(0, len(data), chunk or 1))
    window = StreamWindow(chunks) if chunk else BlobWindow(blob, None)
    with pytest.MonkeyPatch.context() as patch:
        if not batched:
            patch.setattr(BatchLane, "walk", lambda lane, position: position)
        damage = scan(window, columns)
    columns.warnings.sort()  # a batch reads all owners before all times
    return columns, damage


def assert_same(data: bytes, size: int, chunk: int = 0) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "BATCH_HEADERS", size)
        patch.setattr(batch, "_BATCH", Struct("100s24s12x12s364x" * size))
        patch.setattr(batch, "FEWEST_HEADERS", 1)
        assert results(data, batched=True, chunk=chunk) == results(data, batched=False)


@settings(THOROUGH, max_examples=400)
@given(st.lists(ENTRIES, max_size=20), st.sampled_from(["pax", "gnu"]), st.sampled_from(SIZES))
def test_any_members_in_any_order(members: list[Entry], dialect: str, size: int) -> None:
    data = tar_bytes(members, dialect)
    assert_same(data, size)
    assert_same(data, size, chunk=700)


PLAIN = [directory("d"), *(file(f"d/{number:02}" + "n" * (number * 9), b"x" * number * 40) for number in range(16))]
"""Names above 100 bytes, so PAX headers among them."""

TAR = tar_bytes(PLAIN)
ENDS = [sum(len(entry_bytes(member)) for member in PLAIN[: count + 1]) for count in range(len(PLAIN))]


@settings(THOROUGH, max_examples=1500)
@given(st.integers(0, len(TAR) - 1), st.binary(min_size=1, max_size=12), st.booleans(), st.sampled_from(SIZES))
def test_one_place_overwritten(at: int, new: bytes, repair: bool, size: int) -> None:
    data = bytearray(TAR)
    new = new[: 512 - at % 512]
    data[at : at + len(new)] = new
    block = at // 512 * 512
    if repair and data[block + 257 : block + 262] == b"ustar":
        data[block + 148 : block + 156] = b" " * 8
        data[block + 148 : block + 156] = b"%06o\0 " % sum(data[block : block + 512])
    assert_same(bytes(data), size)


@pytest.mark.parametrize("size", SIZES)
def test_every_member_damaged_in_turn(size: int) -> None:
    """The damage is told where it is, the members before it are kept, and none after it."""
    for start in (0, *ENDS[:-1]):
        for field in (0, 124, 130, 136, 148, 156, 345, 511):
            data = bytearray(TAR)
            data[start + field] ^= 0x01
            columns, damage = results(bytes(data), batched=True)
            assert damage is not None
            assert damage.offset_bytes == start
            assert columns.member_count == len(columns.keys) == sum(end <= start for end in ENDS)
            assert_same(bytes(data), size)


@pytest.mark.parametrize("size", SIZES)
def test_cut_anywhere(size: int) -> None:
    for cut in range(0, len(TAR), 173):
        assert_same(TAR[:cut], size)
        assert_same(TAR[:cut], size, chunk=512)


@pytest.mark.parametrize("layer", [*odd_layers(), *polite_layers()], ids=lambda layer: f"{len(layer)} members")
@pytest.mark.parametrize("size", SIZES)
def test_known_layers(layer: list[Entry], size: int) -> None:
    assert_same(tar_bytes(layer), size)


@pytest.mark.parametrize("count", [0, 1, 11, 12, 255, 256, 257, 511, 512, 513, 1000])
def test_any_count_around_a_batch(count: int) -> None:
    members = [file(f"d{number % 7}/{number}" + "x" * (number % 150), b"x" * (number % 700)) for number in range(count)]
    data = tar_bytes(members)
    assert results(data, batched=True) == results(data, batched=False)
    assert len(results(data, batched=True)[0].keys) == count


def test_plain_members_are_not_read_one_by_one() -> None:
    """Else all of these would prove nothing."""
    seen: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        add = SingleLane.add

        def counting(lane: SingleLane, header: bytes, position: int, size: int) -> int:
            seen.append(position)
            return add(lane, header, position, size)

        patch.setattr(SingleLane, "add", counting)
        columns, damage = results(TAR, batched=True)
    assert (damage, len(columns.keys), seen) == (None, len(PLAIN), [])


PATHS = (
    *(b"short", b"l\nf", b"ends\n", b"n\0l", b"/", b".", b"./x", b"d/", b"../x", b".wh.x", b"d/.wh..wh..opq"),
    *(b"n" * length for length in (100, 253, 254, 255, 256, 257, 480, 500, 501, 502, 503, 504)),
)


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
@pytest.mark.parametrize("size", [1, 2, 256])
def test_paths_from_pax_headers(path: bytes, size: int) -> None:
    for entry in (file("f", pax=((b"path", path),)), directory("d", pax=((b"path", path),))):
        assert_same(tar_bytes([file("a"), entry, file("z")]), size)


@pytest.mark.parametrize(
    "records",
    [
        *(
            b"12 path=abc\n",
            b"012 path=abc\n",
            b" 12 path=abc\n",
            b"+12 path=abc\n",
            b"13 path=abc\n",
            b"11 path=abc\n",
        ),
        *(
            b"7 path=\n",
            b"path=abc\n",
            b"12 path=abc",
            b"12 path=abcd",
            b"7 path=",
            b"12 path=abc\n12 path=def\n",
            b"12 Path=abc\n",
            b"12  path=ab\n",
        ),
        *(b"19 comment= path=x\n", b"12 path=abc\n\0\0\0", b""),
    ],
)
def test_pax_headers_that_look_like_one_path(records: bytes) -> None:
    header = Entry(name=b"x", type=b"0", data=records, raw={"type": b"x"})
    for behind in ([], [file("f")], [symlink("l", "t")], [char("c", 1, 3)], [header, file("f")], [whiteout("w")]):
        assert_same(tar_bytes([file("a"), header, *behind]), 2)


@pytest.mark.parametrize("end", [b"\0", b" ", b"\1", b"\t", b"!", b"7", b"8"])
def test_how_a_size_field_ends(end: bytes) -> None:
    for digits in (b"00000000010", b"0000000001 ", b"          1", b"+0000000001", b"-0000000001", b"0000000_001"):
        assert_same(tar_bytes([file("a"), file("f", b"12345678", raw={"size": digits + end}), file("z")]), 2)


def test_a_header_that_leads_far_away_is_checked_first() -> None:
    """Its size may be the damage, and the walk cannot come back: of a stream all would be read for nothing."""
    data = bytearray(tar_bytes([file("a"), file("far", bytes(3 << 20)), file("z")]))
    data[512 + 130] ^= 0x02
    read = 0

    def chunks() -> Iterator[bytes]:
        nonlocal read
        for at in range(0, len(data), 1024):
            read += 1024
            yield bytes(data[at : at + 1024])

    damage = scan(StreamWindow(chunks()), Columns())
    assert damage is not None
    assert damage.offset_bytes == 512
    assert read < 1 << 16
