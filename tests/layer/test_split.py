"""A layer listed from an engine's tar-split file is the layer that its tar gives, and contents come from the disk."""

import base64
import gzip
import json
import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layertui.errors import Cancelled, DamagedError, NotFoundError, UnreachableError
from layertui.image.blob import BytesBlob
from layertui.layer import segments
from layertui.layer.columns import Kind
from layertui.layer.compression import decompress, sniff
from layertui.layer.read import read_layer
from layertui.layer.split import SplitLayer
from layertui.layer.tree import LayerTree
from layertui.stack.content import content_chunks
from tests.kit.entries import Entry, directory, file, hardlink, pax_global, sparse, symlink
from tests.kit.odd import ODD_CASES, odd_layers
from tests.kit.polite import polite_layers
from tests.kit.tar import tar_bytes
from tests.kit.tarsplit import crc64, tar_split
from tests.kit.trees import write_files
from tests.layer.helpers import contents, read, row_of
from tests.layer.test_batch import ENTRIES, THOROUGH
from tests.layer.test_corpus import CORPUS, ROWS

HOLES = [(4096, b"here"), (50_000, b"there" * 300)]
MANY_HOLES = [(8192 * number, b"%d" % number) for number in range(40)]
SPARSE = [
    *(sparse(f"s/{form}", 100_000, HOLES, form=form) for form in ("gnu", "0.0", "0.1", "1.0")),
    *(sparse(f"m/{form}", 400_000, MANY_HOLES, form=form) for form in ("gnu", "0.0", "0.1", "1.0")),
    *(sparse(f"n/{form}", 70_000, [], form=form) for form in ("gnu", "0.0", "0.1", "1.0")),
    file("after", "it goes on"),
]

LAYERS = {
    "polite": [entry for layer in polite_layers() for entry in layer],
    "odd lower": odd_layers()[0],
    "odd upper": odd_layers()[1],
    "sparse": SPARSE,
    "empty": [],
    "a directory with a size": [directory("d", size=1000), symlink("l", "d", size=77), file("f", "content")],
    "global": [pax_global((b"comment", b"c" * 700)), file("f", "1"), pax_global((b"uid", b"7")), file("g", "22")],
    "many": [file(f"d{n % 7}/{n}", b"x" * (n % 1100)) for n in range(2000)],
    "many without content": [directory(f"d{n}/") for n in range(2000)],
    **{case.name: [*case.lower, *case.upper] for case in ODD_CASES},
}


def split_layer(tar: bytes, root: Path | None = None, *, packed: bool = True) -> SplitLayer:
    """A layer of this tar as an engine keeps it."""
    lines = tar_split(tar, checksums=root is not None)
    return SplitLayer(lambda: BytesBlob(gzip.compress(lines, 1) if packed else lines, "books"), root, "layer")


def split_of(lines: bytes) -> LayerTree:
    return read_layer(SplitLayer(lambda: BytesBlob(lines, "books"), None, "layer"))


def assert_same(split: LayerTree, tar: LayerTree) -> None:
    """Everything but where contents stand, and what came only with the tar-split file."""
    ours, theirs = split.columns, tar.columns
    assert ours.keys == theirs.keys
    assert (ours.kinds, ours.sizes, ours.mtimes) == (theirs.kinds, theirs.sizes, theirs.mtimes)
    assert list(split.entries()) == list(tar.entries())
    assert (split.flags, split.order) == (tar.flags, tar.order)
    assert (split.link_rows, split.lower_links) == (tar.link_rows, tar.lower_links)
    assert ours.sparse.keys() == theirs.sparse.keys()
    assert (ours.opaque, ours.warnings, ours.member_count) == (theirs.opaque, theirs.warnings, theirs.member_count)
    assert (split.damage, ours.refused_count) == (tar.damage, theirs.refused_count)
    assert list(ours.offsets) == sorted(ours.offsets[: len(ours.keys) - _implied(split)]) + [0] * _implied(split)


def _implied(tree: LayerTree) -> int:
    return sum(flag & 1 for flag in tree.flags)


def assert_same_contents(tar: bytes, root: Path) -> None:
    """Every living file's content as the tar holds it, and its checksum."""
    plain = read(tar)
    rows = {row: contents(tar, plain, row) for row, kind in enumerate(plain.columns.kinds) if kind == Kind.FILE}
    write_files(root, plain, rows)
    layer = split_layer(tar, root)
    tree = read_layer(layer)
    window = layer.window(tree)
    for row, data in rows.items():
        if not tree.flags[row]:
            assert b"".join(content_chunks(window, tree, row, None)) == data
        assert tree.columns.checksums.get(row, b"") == (crc64(data) if data else b"")


@pytest.mark.parametrize("dialect", ["pax", "gnu"])
@pytest.mark.parametrize("name", LAYERS)
def test_the_listing_is_that_of_the_tar(name: str, dialect: str) -> None:
    tar = tar_bytes(LAYERS[name], dialect, blocking=10_240)
    split = read_layer(split_layer(tar))
    assert_same(split, read(tar))
    if not split.columns.sparse:
        assert split.tar_bytes == len(tar)


@pytest.mark.parametrize("name", LAYERS)
def test_contents_come_from_the_directory(name: str, tmp_path: Path) -> None:
    assert_same_contents(tar_bytes(LAYERS[name]), tmp_path)


@THOROUGH
@given(st.lists(ENTRIES, max_size=30), st.sampled_from([1, 700, segments.RUN_BYTES]))
def test_any_tar_is_listed_alike(entries: list[Entry], run_bytes: int) -> None:
    tar = tar_bytes(entries)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "RUN_BYTES", run_bytes)
        assert_same(read_layer(split_layer(tar, packed=False)), read(tar))


@pytest.mark.skipif(not ROWS, reason="no corpus")
def test_real_tars_are_listed_alike() -> None:
    """Those that a writer of tar-split files can read: it stops where ours stops, or at what Go refuses."""
    done = 0
    for path in ROWS:
        blob = BytesBlob((CORPUS / path).read_bytes(), path)
        if blob.size_bytes > 2_000_000:
            continue
        try:
            tar = b"".join(decompress(blob, sniff(blob.read_at(0, 16))))
            expected = read(tar)
            lines = tar_split(tar, checksums=False)
        except (DamagedError, ValueError, IndexError, KeyError):
            continue
        if expected.damage is None:
            assert_same(split_of(lines), expected)
            done += 1
    assert done > 60


def lines_of(entries: list[Entry]) -> list[bytes]:
    return tar_split(tar_bytes(entries), checksums=False).splitlines(keepends=True)


THREE = [file("a", "aaa"), directory("d"), file("d/b", "bbbb"), file("c", "ccccc")]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda lines: [*lines[:5], b'{"type":2,"payl\n', *lines[6:]], "a line of its tar-split file is damaged"),
        (lambda lines: [*lines[:5], b'{"type":1,"size":-4}\n', *lines[6:]], "damaged"),
        (lambda lines: [*lines[:5], b'{"type":1,"size":"4"}\n', *lines[6:]], "damaged"),
        (lambda lines: [*lines[:5], b'{"type":2,"payload":"%%%"}\n', *lines[6:]], "damaged"),
        (lambda lines: [*lines[:5], b"[" * 100_000 + b"\n", *lines[6:]], "damaged"),
        (lambda lines: [*lines[:5], lines[5].replace(b'"size":4', b'"size":4000'), *lines[6:]], "says 4,000 bytes"),
        (lambda lines: [*lines[:5], lines[5].replace(b'"size":4', b'"size":5'), *lines[6:]], "checksum is wrong"),
        (lambda lines: [*lines[:7], lines[7].replace(b'"size":5', b'"size":6'), lines[8]], "6 bytes of content"),
        (lambda lines: lines[:6], "ends early"),
        (lambda lines: [*lines[:6], lines[6][:700]], "damaged"),
    ],
)
def test_a_broken_file_keeps_what_stands_before(broken: object, reason: str) -> None:
    assert callable(broken)
    tree = split_of(b"".join(broken(lines_of(THREE))))
    assert tree.damage is not None
    assert reason in tree.damage.message
    assert [entry.path for entry in tree.entries()][:2] == [b"a", b"d"]


def test_a_header_is_not_passed_over_as_the_content_of_another() -> None:
    lines = lines_of([file("big", b"x" * 512), file("hidden"), file("c", "c")])
    tree = split_of(b"".join([lines[0], lines[1].replace(b',"size":512', b""), *lines[2:]]))
    assert tree.damage is not None
    assert "says 0 bytes of content, the header before them 512" in tree.damage.message


def test_damage_behind_the_last_member_is_told() -> None:
    lines = lines_of(THREE)
    tree = split_of(b"".join([*lines, b"{rubbish\n"]))
    assert tree.damage is not None
    assert tree.entry_count == 4


@THOROUGH
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(max_size=3)), min_size=1, max_size=4), st.booleans())
def test_any_damage_is_a_sentence_and_never_a_traceback(changes: list[tuple[int, bytes]], packed: bool) -> None:
    lines = b"".join(lines_of([*THREE, *SPARSE]))
    stored = bytearray(gzip.compress(lines) if packed else lines)
    for at, data in changes:
        stored[at % len(stored) : at % len(stored) + len(data)] = data
    with suppress(DamagedError):
        assert len(split_of(bytes(stored))) <= 100


def test_a_stream_cut_short_keeps_what_came_before() -> None:
    packed = gzip.compress(b"".join(lines_of([file(f"{n}", os.urandom(3)) for n in range(3000)])))
    tree = split_of(packed[: len(packed) // 2])
    assert tree.damage is not None
    assert "ends early" in tree.damage.message
    assert 500 < tree.entry_count < 3000


@pytest.mark.parametrize("lines", [b"", gzip.compress(b""), b"{rubbish", b"\x1f\x8b\x08rubbish", b"null\n"])
def test_nothing_to_read_is_one_sentence(lines: bytes) -> None:
    with pytest.raises(DamagedError, match="nothing can be read from its tar-split file"):
        split_of(lines)


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_SPLIT_LINE_BYTES", "100000")
    with pytest.raises(DamagedError, match="nothing can be read") as raised:
        split_of(b'{"type":2,"payload":"' + b"A" * 3_000_000 + b'"}\n')
    assert "exceeds the bound of 100,000 bytes" in raised.value.message
    assert "LAYERTUI_MAX_SPLIT_LINE_BYTES" in raised.value.hint


def test_a_file_of_a_size_that_no_layer_has_is_refused_unread(tmp_path: Path) -> None:
    """It may have holes, and then takes no space; gzip passes over NULs behind its end, be they terabytes."""
    path = tmp_path / "tar-split.json.gz"
    path.write_bytes(gzip.compress(tar_split(tar_bytes(THREE))))
    os.truncate(path, 1 << 40)
    with pytest.raises(DamagedError, match="exceeds the bound") as raised:
        read_layer(SplitLayer(path, None, "layer"))
    assert "LAYERTUI_MAX_SPLIT_BYTES" in raised.value.hint


def test_books_that_are_not_there(tmp_path: Path) -> None:
    layer = SplitLayer(tmp_path / "tar-split.json.gz", tmp_path, "layer")
    assert layer.size_bytes == 0
    with pytest.raises(DamagedError):
        read_layer(layer)


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    books = tmp_path / "tar-split.json.gz"
    books.write_bytes(gzip.compress(tar_split(tar_bytes([file(f"{n}", os.urandom(9)) for n in range(9000)]))))
    layer = SplitLayer(books, None, "layer")
    done: list[int] = []
    read_layer(layer, progress=done.append)
    assert done == sorted(done)
    assert done[-1] == layer.size_bytes == books.stat().st_size
    with pytest.raises(Cancelled):
        read_layer(layer, cancelled=lambda: True)


def test_a_file_that_changed_on_disk_is_refused(tmp_path: Path) -> None:
    layer = split_layer(tar_bytes(THREE), tmp_path)
    tree = read_layer(layer)
    window = layer.window(tree)
    offset = tree.columns.offsets[row_of(tree, b"a")]
    with pytest.raises(DamagedError, match="layer: a is not there"):
        window.fetch(offset, 3)
    (tmp_path / "a").write_bytes(b"aaaa")
    with pytest.raises(DamagedError, match="4 bytes on disk, but 3 were listed"):
        window.fetch(offset, 3)
    (tmp_path / "a").unlink()
    (tmp_path / "secret").write_bytes(b"sss")
    (tmp_path / "a").symlink_to(tmp_path / "secret")
    with pytest.raises(DamagedError, match="symlink"):
        window.fetch(offset, 3)


def test_without_a_directory_contents_are_out_of_reach(tmp_path: Path) -> None:
    layer = split_layer(tar_bytes(THREE))
    tree = read_layer(layer)
    with pytest.raises(UnreachableError, match="the directory that holds its files cannot be read"):
        layer.window(tree).fetch(0, 1)
    layer = split_layer(tar_bytes(THREE), tmp_path / "absent")
    with pytest.raises(UnreachableError, match="absent"):
        layer.window(tree).fetch(0, 1)


def test_the_earlier_of_two_entries_is_not_taken_for_the_later(tmp_path: Path) -> None:
    layer = split_layer(tar_bytes([file("a", "one"), file("a", "two"), hardlink("l", "a")]), tmp_path)
    (tmp_path / "a").write_bytes(b"two")
    tree = read_layer(layer)
    window = layer.window(tree)
    assert window.fetch(tree.columns.offsets[1], 3) == b"two"
    assert tree.data_row(row_of(tree, b"l")) == 1
    with pytest.raises(NotFoundError, match="later entry"):
        window.fetch(tree.columns.offsets[0], 3)


def test_a_large_layer_is_listed_in_the_time_of_its_headers() -> None:
    """20,000 entries take some 0.1 s here; what reads a content, or all lines at once, takes far longer."""
    header = tar_bytes([file("usr/share/doc/package/a-file", b"x")], end=False)[:512]
    segment = {"type": 2, "payload": base64.b64encode(bytes(511) + header).decode()}
    content = {"type": 1, "name": "usr/share/doc/package/a-file", "size": 1, "payload": "AAAAAAAAAAA="}
    first = {"type": 2, "payload": base64.b64encode(header).decode()}
    pair = f"{json.dumps(content)}\n{json.dumps(segment)}\n"
    lines = f"{json.dumps(first)}\n" + pair * 20_000 + f"{json.dumps(content)}\n"
    end = json.dumps({"type": 2, "payload": base64.b64encode(bytes(511 + 1024)).decode()})
    packed = gzip.compress((lines + end).encode(), 1)
    before = time.process_time()
    tree = split_of(packed)
    assert tree.entry_count == 20_001
    assert time.process_time() - before < 2
