"""bolt databases: what is written is read, whatever is damaged ends in a sentence, and changes are noticed."""

import os
import struct
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layertui.errors import DamagedError, NotFoundError, UnreachableError
from layertui.image.blob import FileBlob
from layertui.sources.containerd import bolt
from layertui.sources.containerd.bolt import Bucket, read_bolt
from tests.kit.bolt import PAGE, Tree, bolt_file, branch_page, leaf_page, meta_page

KEYS = st.binary(min_size=1, max_size=20)
TREES = st.recursive(
    st.dictionaries(KEYS, st.binary(max_size=300), max_size=12),
    lambda held: st.dictionaries(KEYS, st.one_of(st.binary(max_size=20), held), max_size=12),
    max_leaves=20,
)


def everything(bucket: Bucket) -> list[tuple[bytes, Any]]:
    """A bucket as nested lists, in its order."""
    return [(key, everything(held) if isinstance(held, Bucket) else held) for key, held in bucket.items()]


def expected(tree: Tree) -> list[tuple[bytes, Any]]:
    return [(key, expected(tree[key]) if isinstance(tree[key], Mapping) else tree[key]) for key in sorted(tree)]


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def read(path: Path) -> list[tuple[bytes, Any]]:
    return read_bolt(FileBlob.open(path, "meta.db"), everything)


@settings(max_examples=60, deadline=None)
@given(tree=TREES, page_size=st.sampled_from([512, 4096, 16384]), fanout=st.integers(2, 30))
def test_what_is_written_is_read_in_order(
    tmp_path_factory: pytest.TempPathFactory, tree: Tree, page_size: int, fanout: int
) -> None:
    path = tmp_path_factory.mktemp("bolt") / "db"
    written(path, bolt_file(tree, page_size=page_size, fanout=fanout))
    assert read(path) == expected(tree)


def test_one_key_is_found_without_reading_its_siblings(tmp_path: Path) -> None:
    tree = {b"all": {b"%05d" % number: b"%d" % number for number in range(3000)}}
    path = written(tmp_path / "db", bolt_file(tree))
    for number in (0, 19, 20, 1234, 2999):
        assert value(path, b"%05d" % number) == b"%d" % number
    assert read_bolt(FileBlob.open(path, "db"), lambda top: top.bucket(b"all", b"00001")) is None
    assert value(path, b"absent") == value(path, b"zzz") == b""
    damaged = bytearray(path.read_bytes())
    damaged[3 * 4096 + 8 : 3 * 4096 + 10] = b"\xff\xff"  # the first leaf is of no known kind
    written(path, bytes(damaged))
    assert value(path, b"02999") == b"2999"
    with pytest.raises(DamagedError, match="page 3"):
        read(path)


def value(path: Path, key: bytes) -> bytes:
    """What a key of the bucket `all` holds."""

    def look(top: Bucket) -> bytes:
        found = top.bucket(b"all")
        assert found is not None
        return found.value(key)

    return read_bolt(FileBlob.open(path, "db"), look)


def test_a_value_larger_than_a_page_takes_the_pages_behind_it(tmp_path: Path) -> None:
    tree = {b"spec": b"x" * 100_000, b"z": {b"k": b"y" * 20_000}}
    assert read(written(tmp_path / "db", bolt_file(tree))) == expected(tree)


@pytest.mark.parametrize("number", [0, 1])
def test_one_damaged_meta_is_enough_left(tmp_path: Path, number: int) -> None:
    data = bytearray(bolt_file({b"key": b"value"}))
    data[number * 4096 + PAGE.size + 20] ^= 1
    assert read(written(tmp_path / "db", bytes(data))) == [(b"key", b"value")]


def test_the_meta_of_the_later_transaction_counts(tmp_path: Path) -> None:
    old, new = leaf_page(3, [(0, b"key", b"old")]), leaf_page(4, [(0, b"key", b"new")])
    pages = [bytes(4096), old.ljust(4096, b"\0"), new.ljust(4096, b"\0")]
    for newer in (0, 1):
        metas = [
            meta_page(at, root=4 if at == newer else 3, pages=5, transaction=9 if at == newer else 8) for at in (0, 1)
        ]
        assert read(written(tmp_path / "db", b"".join([*metas, *pages]))) == [(b"key", b"new")]


def base(*pages: bytes, root: int = 3, count: int | None = None) -> bytes:
    """A database of these pages from page 3 on."""
    padded = [page.ljust(4096, b"\0") for page in pages]
    count = count or 3 + len(pages)
    metas = [meta_page(number, root=root, pages=count, transaction=8 - number) for number in (0, 1)]
    return b"".join([*metas, bytes(4096), *padded])


def with_count(page: bytes, count: int) -> bytes:
    page_id, flags, _, overflow = PAGE.unpack_from(page)
    return PAGE.pack(page_id, flags, count, overflow) + page[PAGE.size :]


LEAF = leaf_page(4, [(0, b"k", b"v")])

DAMAGED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no valid meta"),
    "no bolt": (b"SQLite format 3\0" * 1000, "no valid meta"),
    "both metas": (bytes(8192) + base(LEAF)[8192:], "no valid meta"),
    "cut off": (base(leaf_page(3, []), LEAF, root=4)[: 4 * 4096 + 100], "page 4 reaches beyond"),
    "cut off before": (base(leaf_page(3, []), LEAF, root=4)[: 4 * 4096], "page 4 is named"),
    "root far away": (base(LEAF, root=1 << 60), "is named, but there are 4 pages"),
    "root is a meta": (base(LEAF, root=1), "page 1 is named"),
    "root is a freelist": (base(LEAF, root=2), "page 2"),
    "other id": (base(LEAF), "page 3 calls itself page 4"),
    "branch to itself": (base(branch_page(3, [(b"a", 3)])), "page 3 is reached twice"),
    "branch to one page twice": (base(branch_page(3, [(b"a", 4), (b"b", 4)]), LEAF), "page 4 is reached twice"),
    "branches in a ring": (base(branch_page(3, [(b"a", 4)]), branch_page(4, [(b"a", 3)])), "page 3 is reached twice"),
    "too many elements": (base(with_count(leaf_page(3, [(0, b"k", b"v")]), 0xFFFF)), "65,535 elements"),
    "too many children": (base(with_count(branch_page(3, [(b"a", 4)]), 0xFFFF), LEAF), "65,535 elements"),
    "overflow beyond the end": (base(leaf_page(3, [], overflow=1 << 31)), "page 3 reaches beyond"),
    "value beyond the page": (
        base(PAGE.pack(3, 2, 1, 0) + struct.pack("=IIII", 0, 16, 1, 1 << 31)),
        "an element that is not within",
    ),
    "value before the page": (
        base(PAGE.pack(3, 2, 1, 0) + struct.pack("=IIII", 0, 0, 4, 4)),
        "an element that is not within",
    ),
    "values that overlap": (
        base(PAGE.pack(3, 2, 2, 0) + struct.pack("=IIII", 0, 32, 4, 1000) + struct.pack("=IIII", 0, 16, 4, 1000)),
        "an element that is not within",
    ),
    "bucket of two bytes": (base(leaf_page(3, [(1, b"k", b"ab")])), "a bucket of 2 bytes"),
    "inline page cut off": (base(leaf_page(3, [(1, b"k", bytes(16) + b"abc")])), "inline page is not a leaf"),
    "inline branch": (
        base(leaf_page(3, [(1, b"k", bytes(16) + branch_page(0, [(b"a", 3)]))])),
        "inline page is not a leaf",
    ),
    "bucket in itself": (base(leaf_page(3, [(1, b"k", struct.pack("=QQ", 3, 0))])), "page 3 belongs to two buckets"),
    "one key, two buckets, one page": (
        base(leaf_page(3, [(1, b"a", struct.pack("=QQ", 4, 0)), (1, b"a", struct.pack("=QQ", 4, 0))]), LEAF),
        "page 3 has a key out of order",
    ),
    "two buckets, one page": (
        base(leaf_page(3, [(1, b"a", struct.pack("=QQ", 4, 0)), (1, b"b", struct.pack("=QQ", 4, 0))]), LEAF),
        "page 4 belongs to two buckets",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_one_sentence_that_names_the_page(tmp_path: Path, name: str) -> None:
    data, message = DAMAGED[name]
    path = written(tmp_path / "db", data)
    start_s = time.monotonic()
    with pytest.raises(DamagedError, match=message) as caught:
        read(path)
    assert caught.value.message.startswith("meta.db")
    assert time.monotonic() - start_s < 2


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_changed_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    tree = {b"v1": {b"%d" % n: {b"k%d" % m: b"v" * m for m in range(30)} for n in range(10)}, b"big": b"x" * 9000}
    whole = bytearray(bolt_file(tree, fanout=4))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(3 * 4096, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    path = written(tmp_path_factory.mktemp("bolt") / "db", bytes(whole))
    with suppress(DamagedError):
        read(path)


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read(tmp_path / "absent")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreachableError, match="named pipe"):
        read(tmp_path / "pipe")


def changing(path: Path, times: int) -> tuple[Callable[[Bucket], list[tuple[bytes, Any]]], list[int]]:
    """A reader under which the database is changed, so many times."""
    calls: list[int] = []

    def look(top: Bucket) -> list[tuple[bytes, Any]]:
        found = everything(top)
        calls.append(len(calls))
        if len(calls) <= times:
            with path.open("r+b") as file:  # in place, as a daemon does
                file.write(bolt_file({b"n": b"%d" % len(calls)}, transaction=100 + len(calls)))
        return found

    return look, calls


def test_a_database_that_changes_meanwhile_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "db", bolt_file({b"n": b"0"}))
    look, calls = changing(path, 2)
    assert read_bolt(FileBlob.open(path, "db"), look) == [(b"n", b"2")]
    assert len(calls) == 3


def test_damage_that_a_change_explains_is_read_again(tmp_path: Path) -> None:
    data = bytearray(bolt_file({b"n": b"0"}))
    data[3 * 4096] ^= 1
    path = written(tmp_path / "db", bytes(data))

    def look(top: Bucket) -> list[tuple[bytes, Any]]:
        try:
            return everything(top)
        except DamagedError:
            with path.open("r+b") as file:
                file.write(bolt_file({b"n": b"1"}, transaction=9))
            raise

    assert read_bolt(FileBlob.open(path, "db"), look) == [(b"n", b"1")]


def test_a_database_that_never_rests_is_copied_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "db", bolt_file({b"n": b"0"}))
    look, _ = changing(path, 1000)
    assert read_bolt(FileBlob.open(path, "db"), look) == [(b"n", b"3")]
    monkeypatch.setattr(bolt, "_COPY_BYTES", 0)
    with pytest.raises(UnreachableError, match="is changed faster than it can be read"):
        read_bolt(FileBlob.open(path, "db"), look)


def test_nothing_is_written_and_no_lock_is_needed(tmp_path: Path) -> None:
    path = written(tmp_path / "db", bolt_file({b"n": b"0"}))
    path.chmod(0o444)
    before = path.stat()
    read(path)
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ctime_ns, before.st_size) == (
        after.st_mtime_ns,
        after.st_ctime_ns,
        after.st_size,
    )
    assert os.listdir(tmp_path) == ["db"]


def test_a_file_with_holes_cannot_ask_for_endless_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_BOLT_BYTES", "100000")
    path = written(tmp_path / "db", bolt_file({b"%05d" % number: {b"k": b"v" * 2000} for number in range(50)}))
    with pytest.raises(DamagedError, match="exceeds the bound") as caught:
        read(path)
    assert "LAYERTUI_MAX_BOLT_BYTES" in caught.value.hint
