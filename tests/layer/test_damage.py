"""Damaged tars: what stands before the damage is kept, its offset is told, and nothing else is ever raised or hangs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layertui.errors import DamagedError
from layertui.layer.tree import LayerTree
from tests.kit.entries import Entry, directory, file, gnu_long, hardlink, pax_global, sparse, symlink, whiteout
from tests.kit.odd import odd_layers
from tests.kit.tar import entry_bytes, tar_bytes
from tests.layer.helpers import Listed, at_most_seconds, listed, read

MEMBERS: tuple[Entry, ...] = (
    directory("d"),
    file("d/empty"),
    file("d/" + "p" * 150, "PAX name", xattrs=((b"user.a", b"v"),)),
    file("d/two-blocks", b"x" * 700),
    symlink("d/link", "t" * 150),
    whiteout("d/gone"),
    sparse("d/s1", 100_000, [(4096 * at, b"here") for at in range(6)], form="gnu"),
    sparse("d/s2", 100_000, [(4096, b"here")], form="1.0"),
    file("last", b"12345"),
)


def _tar() -> tuple[bytes, list[int]]:
    """The tar, and where each member ends."""
    data, ends = b"", []
    for member in MEMBERS:
        data += entry_bytes(member)
        ends.append(len(data))
    return data + bytes(1024), ends


TAR, ENDS = _tar()
WHOLE = listed(read(TAR))


def read_any(data: bytes) -> LayerTree | None:
    """The tree of any bytes at all, or None where they are refused."""
    with at_most_seconds(10):
        try:
            tree = read(data)
        except DamagedError:
            return None
    if tree.damage is not None:
        assert tree.damage.message
        assert 0 <= tree.damage.offset_bytes <= len(data)
    assert len(tree.order) == len(tree.flags) == len(tree)
    return tree


def own(tree: LayerTree) -> list[Listed]:
    return listed(tree)


def test_the_whole_tar_is_sound() -> None:
    assert read(TAR).damage is None
    assert len(WHOLE) == len(MEMBERS)


@pytest.mark.parametrize("cut", range(0, len(TAR), 64))
def test_a_tar_cut_at_every_64th_byte(cut: int) -> None:
    tree = read_any(TAR[:cut])
    assert tree is not None
    complete = sum(end <= cut for end in ENDS)
    found = own(tree)
    assert found[:complete] == WHOLE[:complete]
    # A member whose header is there is listed, though its data is cut short, and with it a sparse file's map.
    assert complete <= len(found) <= complete + 1
    assert [entry.path for entry in found] == [entry.path for entry in WHOLE[: len(found)]]
    if cut in (0, *ENDS) or cut >= ENDS[-1]:
        assert tree.damage is None
    else:
        assert tree.damage is not None
        assert (ENDS[complete - 1] if complete else 0) <= tree.damage.offset_bytes <= cut


def test_a_flipped_byte_anywhere_keeps_what_stands_before_it() -> None:
    for at in range(0, ENDS[-1], 3):
        for flip in (0x01, 0x80, 0xFF):
            data = bytearray(TAR)
            data[at] ^= flip
            tree = read_any(bytes(data))
            assert tree is not None
            before = sum(end <= at for end in ENDS)
            assert own(tree)[:before] == WHOLE[:before]


def test_a_flipped_byte_in_a_header_is_told_with_its_offset() -> None:
    start = ENDS[2]
    for at in range(start, start + 512):
        if at - start in (154, 155):  # behind the checksum's digits and their NUL, and not summed
            continue
        data = bytearray(TAR)
        data[at] ^= 0x04
        tree = read_any(bytes(data))
        assert tree is not None
        assert tree.damage is not None, f"byte {at - start} of the header"
        assert tree.damage.offset_bytes == start
        assert "checksum" in tree.damage.message
        assert tree.entry_count == 3


@pytest.mark.parametrize("field", ["size", "mode", "uid", "gid", "mtime", "major", "minor"])
@pytest.mark.parametrize(
    "value",
    [
        b"\xff" * 12,
        b"\x80" + b"\xff" * 11,
        b"9" * 12,
        b"99999999999\0",
        b"9999999\0    ",
        b"7" * 12,
        b"-1".ljust(12, b" "),
        b"\xc0" * 12,
    ],
    ids=range(8),
)
def test_fields_that_lie(field: str, value: bytes) -> None:
    length = 12 if field in ("size", "mtime") else 8
    for kind in (b"0", b"3", b"5", b"L", b"x", b"g", b"S"):
        odd = Entry(name=b"odd", type=b"0", raw={field: value[:length], "type": kind})
        tree = read_any(tar_bytes([file("first"), odd, file("after")]))
        assert tree is not None
        assert own(tree)[0].path == b"first"
        if field == "size" and kind != b"3" and kind != b"5":
            assert tree.damage is not None


@pytest.mark.parametrize(
    "odd",
    [
        pax_global((b"a", b"b")),
        file("f", pax=((b"size", b"x"),)),
        file("f", pax=((b"size", b"-1"),)),
        file("f", pax=((b"size", b"9" * 25),)),
        file("f", pax=((b"uid", b"x"),)),
        file("f", pax=((b"mtime", b"x"),)),
        file("f", pax=((b"path", b""),)),
        file("f", pax=((b"path", b"/"),)),
        file("f", pax=((b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"x"))),
        file("f", pax=((b"GNU.sparse.map", b"1,2,3"), (b"GNU.sparse.size", b"10"))),
        file("f", pax=((b"GNU.sparse.map", b"0,100"), (b"GNU.sparse.size", b"10"))),
        file("f", pax=((b"GNU.sparse.map", b"5,1,0,1"), (b"GNU.sparse.size", b"10"))),
        file("f", pax=((b"GNU.sparse.offset", b"1"), (b"GNU.sparse.size", b"10"))),
        file("f", b"9999999\n" + bytes(504), pax=((b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"10"))),
        file("f", b"x" * 512, pax=((b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"10"))),
        file("f", pax=((b"LIBARCHIVE.xattr.a", b"!"), (b"LIBARCHIVE.xattr.%zz", b"A"))),
        file("f", pax=((b"SCHILY.xattr.", b""),)),
        file("f", raw={"type": b"x", "size": b"00000000010\0"}),
        file("f", raw={"type": b"S", "realsize": b"\xff" * 12}),
        file("f", raw={"type": b"S", "extended": b"\1"}),
        file("f", raw={"type": b"N"}),
        hardlink("h", "h"),
    ],
    ids=range(22),
)
def test_odd_members_raise_nothing(odd: Entry) -> None:
    tree = read_any(tar_bytes([file("first"), odd, file("after")]))
    assert tree is not None
    assert own(tree)[0].path == b"first"
    if tree.damage is None:
        assert own(tree)[-1].path == b"after"
    read_any(tar_bytes([file("first"), odd], end=False))


def test_an_extension_header_with_nothing_behind_it_is_damage() -> None:
    for extension in (gnu_long("n" * 200), gnu_long("n" * 200, link=True)):
        tree = read_any(tar_bytes([file("first"), extension]))
        assert tree is not None
        assert tree.damage is not None
        assert own(tree)[0].path == b"first"


def test_a_global_header_with_nothing_behind_it_is_sound() -> None:
    tree = read_any(tar_bytes([file("first"), pax_global((b"comment", b"c"))]))
    assert tree is not None
    assert tree.damage is None


def test_what_is_no_tar_at_all_is_damage_at_its_first_byte() -> None:
    for data in (b"not a tar " * 100, b"\x7fELF" + bytes(1000), b"{}" * 300):
        tree = read_any(data)
        assert tree is not None
        assert tree.damage is not None
        assert (tree.damage.offset_bytes, tree.entry_count) == (0, 0)


def test_one_block_of_zeros_ends_a_tar() -> None:
    tree = read_any(tar_bytes([file("a")], end=False) + bytes(512) + tar_bytes([file("b")]))
    assert tree is not None
    assert (tree.damage, [entry.path for entry in own(tree)]) == (None, [b"a"])


def test_members_after_the_same_name_a_hundred_thousand_times() -> None:
    tree = read_any(entry_bytes(file("a")) * 20_000)
    assert tree is not None
    assert (tree.damage, tree.entry_count) == (None, 20_000)


@settings(max_examples=400, deadline=None, database=None)
@given(st.binary(max_size=3000))
def test_any_bytes(data: bytes) -> None:
    read_any(data)


ODD = tar_bytes(odd_layers()[1])


@settings(max_examples=600, deadline=None, database=None)
@given(
    st.sampled_from((TAR, ODD)),
    st.lists(st.tuples(st.integers(0, len(ODD) - 1), st.binary(min_size=1, max_size=30)), min_size=1, max_size=5),
    st.booleans(),
)
def test_mutated_tars(tar: bytes, changes: list[tuple[int, bytes]], repair: bool) -> None:
    """Bytes overwritten anywhere; with the checksums repaired, so that the lie is in the fields."""
    data = bytearray(tar)
    for at, new in changes:
        at %= len(data) - len(new)
        data[at : at + len(new)] = new
        if repair:
            block = at // 512 * 512
            if data[block + 257 : block + 262] == b"ustar":
                data[block + 148 : block + 156] = b" " * 8
                data[block + 148 : block + 156] = b"%06o\0 " % sum(data[block : block + 512])
    read_any(bytes(data))


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(st.sampled_from([ODD[at : at + 512] for at in range(0, len(ODD), 512)]), max_size=40))
def test_blocks_of_a_tar_in_any_order(blocks: list[bytes]) -> None:
    read_any(b"".join(blocks))
