"""Bounds: what is made to fill memory is refused with a sentence, and quickly."""

import pytest

from layertui.errors import DamagedError
from layertui.layer import build, single
from layertui.layer.columns import PROBLEM_LIMIT
from layertui.layer.header import EXTENSION_LIMIT_BYTES
from layertui.layer.names import COMPONENT_LIMIT, PATH_LIMIT_BYTES
from layertui.layer.sparse import SEGMENT_LIMIT
from tests.kit.entries import Entry, file, gnu_long, hardlink, pax_global, sparse
from tests.kit.tar import tar_bytes
from tests.layer.helpers import at_most_seconds, listed, read


def paths(layer: list[Entry], dialect: str = "pax") -> list[bytes]:
    return [entry.path for entry in listed(read(tar_bytes(layer, dialect)))]


def test_a_path_up_to_its_bound_is_kept() -> None:
    name = b"/".join([b"n" * 255] * 16)
    assert len(name) == PATH_LIMIT_BYTES - 1
    assert paths([file(name), file(name + b"x")]) == [name, name + b"x"]


@pytest.mark.parametrize("dialect", ["pax", "gnu"])
def test_a_path_over_its_bound_is_refused_alone(dialect: str) -> None:
    layer = [file("before"), file(b"n" * (PATH_LIMIT_BYTES + 1)), file("after")]
    tree = read(tar_bytes(layer, dialect))
    assert [entry.path for entry in listed(tree)] == [b"before", b"after"]
    assert tree.damage is None
    assert tree.columns.refused_count == 1
    assert "over the bound of 4,096" in tree.columns.warnings[0]


def test_components_up_to_their_bound_are_kept() -> None:
    deep = b"/".join([b"d"] * COMPONENT_LIMIT)
    assert paths([file(deep)]) == [deep]
    tree = read(tar_bytes([file(deep + b"/d"), file("after")]))
    assert [entry.path for entry in listed(tree)] == [b"after"]
    assert "more components than the bound" in tree.columns.warnings[0]


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_an_extension_header_over_its_bound_is_damage(kind: bytes) -> None:
    size = EXTENSION_LIMIT_BYTES + 1
    odd = Entry(name=b"odd", type=b"0", data=bytes(size), raw={"type": kind})
    tree = read(tar_bytes([file("first"), odd, file("after")]))
    assert [entry.path for entry in listed(tree)] == [b"first"]
    assert tree.damage is not None
    assert "over the bound" in tree.damage.message


def test_an_extension_header_up_to_its_bound_is_read() -> None:
    tree = read(tar_bytes([file("f", pax=((b"comment", b"c" * (EXTENSION_LIMIT_BYTES - 20)),)), file("after")]))
    assert tree.damage is None


def test_an_extension_header_that_says_it_is_huge_reads_nothing() -> None:
    odd = Entry(name=b"odd", type=b"0", size=1 << 33, raw={"type": b"x"})
    with at_most_seconds(2):
        tree = read(tar_bytes([odd], "gnu"))
    assert tree.damage is not None


def test_a_few_long_names_may_not_imply_directories_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "NODE_SPARE", 1000)
    layer = [file(b"/".join([b"%03d" % number] * 100)) for number in range(20)]
    with at_most_seconds(20), pytest.raises(DamagedError, match="imply more than 4 directories an entry"):
        read(tar_bytes(layer))


def test_names_of_implied_directories_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "IMPLIED_NAME_BYTES", 1 << 16)
    layer = [file(b"/".join([b"%03d" % number] * 100)) for number in range(20)]
    with pytest.raises(DamagedError, match="names of its implied directories"):
        read(tar_bytes(layer))


def test_a_layer_without_directories_of_its_own_is_no_bomb() -> None:
    tree = read(tar_bytes([file(f"a/b/c/{number}/x") for number in range(1000)]))
    assert len(tree) == 1000 + 1000 + 3 + 1


def test_sparse_maps_are_bounded() -> None:
    listing = b"%d\n" % (SEGMENT_LIMIT + 1)
    records = ((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"10"))
    tree = read(tar_bytes([file("f", listing + bytes(600), pax=records), file("after")]))
    assert [entry.path for entry in listed(tree)][-1] == b"after"
    assert not tree.columns.sparse


def test_a_sparse_map_of_many_parts_is_kept() -> None:
    parts = [(at * 1024, b"x") for at in range(5000)]
    for form in ("gnu", "0.0", "0.1", "1.0"):
        tree = read(tar_bytes([sparse("f", 5000 * 1024, parts, form=form), file("after")]))
        assert tree.damage is None
        assert len(tree.columns.sparse[0]) >= 5000


def test_warnings_are_counted_and_not_all_kept() -> None:
    tree = read(tar_bytes([file(f"../{number}") for number in range(PROBLEM_LIMIT + 50)]))
    assert len(tree.columns.warnings) == PROBLEM_LIMIT
    assert tree.columns.warning_count == PROBLEM_LIMIT + 50


def test_fields_that_never_repeat_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "MEMO_LIMIT", 4)
    layer = [file(f"f{number}", b"x" * number, mtime_ns=number * 10**9, uid=number) for number in range(50)]
    tree = read(tar_bytes(layer))
    assert [(entry.size_bytes, entry.uid, entry.mtime_ns) for entry in tree.entries()] == [
        (number, number, number * 10**9) for number in range(50)
    ]


def test_a_chain_of_hard_links_takes_no_quadratic_time() -> None:
    count = 20_000
    layer = [hardlink(f"l{number:05}", f"l{number + 1:05}") for number in range(count)] + [file(f"l{count:05}", b"123")]
    data = tar_bytes(layer)
    with at_most_seconds(3):
        tree = read(data)
    assert {entry.size_bytes for entry in tree.entries()} == {3}


def test_a_ring_of_hard_links_takes_no_quadratic_time() -> None:
    count = 20_000
    layer = [hardlink(f"l{number:05}", f"l{(number + 1) % count:05}") for number in range(count)]
    data = tar_bytes(layer)
    with at_most_seconds(3):
        tree = read(data)
    assert {entry.size_bytes for entry in tree.entries()} == {None}


def test_many_links_to_a_name_that_stands_many_times_take_no_quadratic_time() -> None:
    count = 10_000
    data = tar_bytes([file("x", b"123")] * count + [hardlink(f"l{number}", "x") for number in range(count)])
    with at_most_seconds(3):
        tree = read(data)
    assert {entry.size_bytes for entry in tree.entries()} == {3}


def test_global_headers_without_end_take_no_quadratic_time() -> None:
    """Each adds to those before it: a hostile layer has tens of thousands."""
    layer = [pax_global((b"key%d" % number, b"value" * 10)) for number in range(6000)] + [file("f")] * 200
    with at_most_seconds(20):
        tree = read(tar_bytes(layer))
    assert tree.entry_count == 200


def test_gnu_names_without_end_keep_the_last() -> None:
    tree = read(tar_bytes([*(gnu_long(f"name{number}" + "x" * 100) for number in range(100)), file("f")]))
    assert [entry.path for entry in listed(tree)] == [b"name99" + b"x" * 100]
