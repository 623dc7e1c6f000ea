"""A layer with a table of contents lists what its tar holds, and fetches only what is asked for."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layertui.errors import Cancelled, DamagedError
from layertui.image.blob import BytesBlob
from layertui.layer.columns import Kind
from layertui.layer.read import read_layer
from layertui.layer.seekable import SeekableLayer, seekable
from layertui.layer.tree import LayerTree
from layertui.layer.version import open_version
from layertui.stack.content import content_chunks
from tests.kit.docker import docker_archive
from tests.kit.entries import Entry, Layer, block, char, directory, fifo, file, hardlink, opaque, symlink, whiteout
from tests.kit.estargz import SeekableBlob, digest_of, estargz, stargz
from tests.kit.images import ImageSpec
from tests.kit.odd import ODD_CASES
from tests.kit.polite import polite_layers
from tests.kit.tar import tar_bytes
from tests.kit.zstdchunked import zstd_chunked, zstd_stargz
from tests.layer.helpers import read, row_of
from tests.layer.test_batch import THOROUGH

FORMS: dict[str, Callable[[Sequence[Entry], int], SeekableBlob]] = {
    "eStargz": lambda entries, chunk: estargz(entries, chunk),
    "eStargz, streams shared": lambda entries, chunk: estargz(entries, chunk, share_bytes=2000),
    "stargz": stargz,
    "zstd:chunked": zstd_chunked,
    "zstd:chunked of stargz-snapshotter": zstd_stargz,
}

NOISE = bytes(range(256)) * 40
FILES = [
    directory("d"),
    file("d/empty"),
    file("d/small", "small"),
    *(directory(f"d/{number}") for number in range(50)),
    file("d/large", b"".join(digest_of(b"%d" % number).encode() for number in range(3000))),
    file("d/holes", NOISE + bytes(5000) + NOISE + bytes(1500)),
    file("d/zeros", bytes(70_000)),
    hardlink("d/again", "d/small"),
    file("last", "the end"),
]


def is_told(layer: Layer) -> bool:
    """Whether a table of contents can say all of a layer: no other types, no bytes that are no text."""
    return all(entry.type in b"0123456" and not entry.pax and entry.name.isascii() for entry in layer)


LAYERS: dict[str, Layer] = {
    "polite": [entry for layer in polite_layers() for entry in layer],
    "contents": FILES,
    "empty": [],
    "kinds": [char("c", 1, 3), block("b", 8, 1), fifo("p"), symlink("l", "../x"), hardlink("h", "b")],
    "links": [hardlink("early", "late"), file("late", "l"), hardlink("below", "not/here"), hardlink("x", "x")],
    "owners": [
        file("f", uid=1000, gid=70_000, mode=0o4755),
        file("g", xattrs=((b"user.b", b"\xff\0"), (b"user.a", b"a"))),
    ],
    "times": [file("epoch", mtime_ns=0), file("before", mtime_ns=-5 * 10**9), file("late", mtime_ns=10**10 * 10**9)],
    "twice": [file("a", "first"), file("a", "second"), directory("b"), file("b/c", "c"), file("b", "no directory")],
    "markers": [whiteout("a/b"), opaque("a"), file("a/.wh.", "x"), file(".wh..wh.plnk/1", "x"), file("a/.wh.c/d", "e")],
    "odd names": [
        file("./a", "a"),
        file("/b", "b"),
        file("c//d", "d"),
        file("../e", "e"),
        file("f/../../g"),
        directory("."),
    ],
    "long": [file("n" * 300, "l"), file("p/" * 3000 + "q", "too long"), file("d/" * 1030 + "e", "too deep")],
    "unicode": [file("größe/\U0001f600", "é"), symlink("ü", "ö")],
    **{case.name: [*case.lower, *case.upper] for case in ODD_CASES if is_told([*case.lower, *case.upper])},
}


class Requests(BytesBlob):
    """A blob that remembers what was asked for."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data, "layer")
        self.asked: list[tuple[int, int]] = []

    def read_at(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return super().read_at(offset, length)


def layer_of(built: SeekableBlob, blob: BytesBlob | None = None) -> SeekableLayer:
    layer = seekable(blob or BytesBlob(built.blob, "layer"), built.annotations)
    assert layer is not None
    return layer


def assert_same(tree: LayerTree, tar: LayerTree) -> None:
    """Everything but where contents stand, and checksums that only a table of contents has."""
    ours, theirs = tree.columns, tar.columns
    assert list(tree.entries()) == list(tar.entries())
    assert ours.keys == theirs.keys
    assert (tree.flags, tree.order) == (tar.flags, tar.order)
    assert (tree.link_rows, tree.lower_links) == (tar.link_rows, tar.lower_links)
    assert (ours.opaque, ours.member_count, ours.content_bytes) == (
        theirs.opaque,
        theirs.member_count,
        theirs.content_bytes,
    )
    assert ours.refused_count == theirs.refused_count
    assert tree.damage is None


def assert_same_contents(layer: SeekableLayer, tree: LayerTree, tar: bytes) -> None:
    plain, window = read(tar), layer.window(tree)
    for row, kind in enumerate(plain.columns.kinds):
        if kind == Kind.FILE:
            offset, size = plain.columns.offsets[row], plain.columns.sizes[row]
            assert b"".join(content_chunks(window, tree, row)) == tar[offset : offset + size]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", LAYERS)
def test_the_listing_and_the_contents_are_those_of_the_tar(name: str, form: str) -> None:
    tar = tar_bytes(LAYERS[name])
    layer = layer_of(FORMS[form](LAYERS[name], 4096))
    tree = read_layer(layer)
    assert_same(tree, read(tar))
    assert tree.verified == (() if form == "stargz" else ("table of contents",))
    assert any("could not be verified" in warning for warning in tree.columns.warnings) == (form == "stargz")
    assert_same_contents(layer, tree, tar)


NAMES = st.one_of(
    st.sampled_from(["a", "a/b", "a/b/c", "./a", "./d/", "d/.wh.a", "d/.wh..wh..opq", ".wh.d", "../up", "a//b", "d/e"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd"), min_size=1, max_size=20),
)
TIMES = st.integers(-(10**9), 10**10).map(lambda seconds: seconds * 10**9)
MEMBERS = st.one_of(
    st.builds(lambda name, data, mode, uid: file(name, data, mode=mode, uid=uid), NAMES, st.binary(max_size=3000),
              st.integers(0, 0o7777), st.integers(0, 1 << 30)),
    st.builds(lambda name, time: directory(name, mtime_ns=time), NAMES, TIMES),
    st.builds(symlink, NAMES, NAMES),
    st.builds(hardlink, NAMES, NAMES),
    st.builds(lambda name, value: file(name, "x", xattrs=((b"user.a", value),)), NAMES, st.binary(min_size=1)),
    st.builds(char, NAMES, st.integers(0, 255), st.integers(0, 255)),
    st.builds(fifo, NAMES),
)  # fmt: skip


@settings(THOROUGH, max_examples=100)
@given(st.lists(MEMBERS, max_size=15), st.sampled_from(sorted(FORMS)), st.sampled_from([700, 1 << 20]))
def test_any_members(members: list[Entry], form: str, chunk_bytes: int) -> None:
    tar = tar_bytes(members)
    layer = layer_of(FORMS[form](members, chunk_bytes))
    tree = read_layer(layer)
    assert_same(tree, read(tar))
    assert_same_contents(layer, tree, tar)


def test_a_listing_reads_the_table_and_nothing_else() -> None:
    for form, footers in (
        ("eStargz", 1),
        ("stargz", 1),
        ("zstd:chunked", 0),
        ("zstd:chunked of stargz-snapshotter", 1),
    ):
        built = FORMS[form](FILES, 4096)
        blob = Requests(built.blob)
        read_layer(layer_of(built, blob))
        assert blob.asked[:footers] == [(len(built.blob) - 72, 72)] * footers, form
        assert [length for _, length in blob.asked[footers:]] == [built.toc_bytes], form


def test_where_no_annotation_says_it_the_footer_tells_the_place() -> None:
    built = zstd_chunked(FILES, 4096)
    blob = Requests(built.blob)
    layer = seekable(blob, {})
    assert layer is not None
    assert_same(read_layer(layer), read(tar_bytes(FILES)))
    assert [length for _, length in blob.asked] == [72, built.toc_bytes]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_read_by_its_chunks_alone(form: str) -> None:
    built = FORMS[form](FILES, 4096)
    blob = Requests(built.blob)
    layer = layer_of(built, blob)
    tree = read_layer(layer)
    large = FILES[-5].data
    blob.asked.clear()
    opened = open_version(layer, tree, row_of(tree, b"d/large"))
    assert blob.asked == []
    assert opened.read_at(0, len(large)) == large
    assert len(blob.asked) == 1
    if form == "stargz":  # it has no digests of chunks, so that only all of a file can be verified
        return
    whole = blob.asked[0][1]
    assert whole <= len(large)
    blob.asked.clear()
    opened = open_version(layer, tree, row_of(tree, b"d/large"))
    assert opened.read_at(100_001, 100) == large[100_001:100_101]
    assert opened.read_at(100_201, 100) == large[100_201:100_301]
    assert len(blob.asked) == 1
    assert blob.asked[0][1] < whole / 10


def test_many_files_one_after_the_other_take_few_requests() -> None:
    entries = [file(f"{number:04}", digest_of(b"%d" % number)) for number in range(2000)]
    built = estargz(entries)
    blob = Requests(built.blob)
    layer = layer_of(built, blob)
    tree = read_layer(layer)
    blob.asked.clear()
    assert_same_contents(layer, tree, tar_bytes(entries))
    assert len(blob.asked) < 20
    assert sum(length for _, length in blob.asked) <= len(built.blob)


@pytest.mark.parametrize("form", ["eStargz", "zstd:chunked"])
def test_a_chunk_that_is_large_is_read_in_pieces_and_kept_on_disk(form: str) -> None:
    data = b"".join(digest_of(b"%d" % number).encode() for number in range(150_000))
    entries = [file("large", data), file("next", "n")]
    built = FORMS[form](entries, 1 << 30)
    blob = Requests(built.blob)
    layer = layer_of(built, blob)
    tree = read_layer(layer)
    blob.asked.clear()
    assert open_version(layer, tree, 0).read_at(5_000_000, 1000) == data[5_000_000:5_001_000]
    assert max(length for _, length in blob.asked) <= 4 << 20


def test_contents_far_into_a_shared_stream() -> None:
    entries = [file(f"{number}", b"%07d" % number * 100_000) for number in range(5)]
    layer = layer_of(estargz(entries, share_bytes=4 << 20))
    assert_same_contents(layer, read_layer(layer), tar_bytes(entries))


def test_a_hole_is_never_fetched() -> None:
    entries = [file("sparse", NOISE + bytes(50 << 20) + NOISE)]
    built = zstd_chunked(entries)
    blob = Requests(built.blob)
    layer = layer_of(built, blob)
    tree = read_layer(layer)
    blob.asked.clear()
    opened = open_version(layer, tree, 0)
    assert opened.read_at(1 << 20, 4096) == bytes(4096)
    assert blob.asked == []
    assert opened.read_at(opened.size_bytes - len(NOISE) - 4, 10) == bytes(4) + NOISE[:6]


def test_digests_prove_what_differs_between_layers() -> None:
    tree = read_layer(layer_of(zstd_chunked([file("a", "one"), file("b", "two"), file("c")])))
    assert [tree.columns.checksums.get(row, b"").hex() for row in range(3)] == [
        digest_of(b"one")[7:],
        digest_of(b"two")[7:],
        "",
    ]


def test_landmarks_are_no_files_of_the_image_but_an_author_may_use_the_name() -> None:
    tree = read_layer(layer_of(estargz([file("a", "a")])))
    assert [entry.path for entry in tree.entries()] == [b"a"]
    tree = read_layer(layer_of(estargz([file(".prefetch.landmark", "mine"), file("d/.prefetch.landmark", b"\x0f")])))
    assert [entry.path for entry in tree.entries()] == [b".prefetch.landmark", b"d/.prefetch.landmark"]


@pytest.mark.parametrize("data", [b"", b"short", tar_bytes(FILES), bytes(100), b"STARGZ" * 20, b"x" * 64 + b"GNUlInUx"])
def test_other_blobs_have_no_table(data: bytes) -> None:
    assert seekable(BytesBlob(data, "layer"), {}) is None


def test_a_tree_of_the_same_layer_serves_one_that_was_not_listed() -> None:
    built = estargz(FILES)
    tree = read_layer(layer_of(built))
    other = layer_of(built)
    assert open_version(other, tree, row_of(tree, b"last")).read_at(0, 100) == b"the end"


def test_a_tree_of_another_layer_does_not() -> None:
    tree = read_layer(layer_of(estargz([file("a", "1"), file("b", "2")])))
    for entries in ([file("b", "1"), file("a", "2")], [file("a"), file("b", "2")]):
        with pytest.raises(DamagedError, match="other files than were listed"):
            open_version(layer_of(estargz(entries)), tree, 0).read_at(0, 1)


def test_names_that_the_table_cannot_say_are_told() -> None:
    layer = layer_of(zstd_chunked([file("lost\ufffd", "x")]))
    assert any("are lost" in warning for warning in read_layer(layer).columns.warnings)
    assert layer.loses_names


def test_a_listing_says_how_far_it_is_and_can_be_cancelled_at_any_time() -> None:
    built = estargz(FILES)
    told: list[int] = []
    read_layer(layer_of(built), progress=told.append)
    assert told == [0, built.toc_bytes, built.toc_bytes]
    for calls in range(len(told)):
        answers = iter([False] * calls)
        with pytest.raises(Cancelled):
            read_layer(layer_of(built), cancelled=lambda answers=answers: next(answers, True))


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_what_skopeo_makes_is_read(tmp_path: Path) -> None:
    layers = (*(layer for layer in polite_layers() if layer), FILES, LAYERS["owners"], LAYERS["times"][:2])
    (tmp_path / "a.tar").write_bytes(docker_archive([ImageSpec(layers=layers, tags=("a:1",))]))
    command = ["skopeo", "copy", "-q", "--dest-compress-format", "zstd:chunked"]
    subprocess.run([*command, f"docker-archive:{tmp_path}/a.tar", f"oci:{tmp_path}/oci:a"], check=True, timeout=60)
    blobs = tmp_path / "oci" / "blobs" / "sha256"
    index = json.loads((tmp_path / "oci" / "index.json").read_bytes())
    manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_bytes())
    for entries, described in zip(layers, manifest["layers"], strict=True):
        blob = Requests((blobs / described["digest"][7:]).read_bytes())
        layer = seekable(blob, described["annotations"])
        assert layer is not None
        tree = read_layer(layer)
        assert len(blob.asked) == 1
        assert_same(tree, read(tar_bytes(entries)))
        assert tree.verified == ("table of contents",)
        assert_same_contents(layer, tree, tar_bytes(entries))
