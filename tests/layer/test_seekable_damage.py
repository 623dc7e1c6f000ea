"""A table of contents that is damaged or lies gives an error in a sentence, never wrong bytes and never a traceback."""

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import BytesBlob
from layertui.layer.columns import Kind
from layertui.layer.read import read_layer
from layertui.layer.seekable import SeekableLayer, seekable
from layertui.layer.seekable.toc import time_ns
from layertui.layer.tree import LayerTree
from layertui.layer.version import open_version
from layertui.stack.content import content_chunks
from tests.kit.entries import directory, file, hardlink
from tests.kit.estargz import TOC_DIGEST, Members, SeekableBlob, Toc, digest_of, estargz, estargz_of, stargz_members
from tests.kit.images import to_json
from tests.kit.tar import tar_bytes
from tests.kit.zstdchunked import PREFIX, chunked_members, chunked_of, zstd_chunked
from tests.layer.helpers import at_most_seconds, read
from tests.layer.test_batch import THOROUGH
from tests.layer.test_seekable import Requests, layer_of

ENTRIES = [file("a", b"0123456789" * 100), file("b", "bee"), directory("d"), file("d/c", "sea"), hardlink("e", "b")]
FORMS: dict[str, tuple[Members, Callable[..., SeekableBlob]]] = {
    "eStargz": (stargz_members(ENTRIES, 400), estargz_of),
    "zstd:chunked": (chunked_members(ENTRIES, 400), chunked_of),
}
"""Entries of both: a and two chunks of it, b, d, d/c, e."""


def lying(form: str, change: Callable[[list[Toc]], object]) -> SeekableLayer:
    """A layer whose table says something else than is there, and whose digest in the descriptor is that of the lie."""
    members, finish = FORMS[form]
    toc = copy.deepcopy(members.toc)
    change(toc["entries"])
    return layer_of(finish(members, to_json(toc)))


def said(form: str, toc: bytes) -> str:
    """What is said of a layer with this table of contents."""
    members, finish = FORMS[form]
    with pytest.raises(DamagedError) as error, at_most_seconds(10):
        read_layer(layer_of(finish(members, toc)))
    return error.value.message


def set_in(number: int, **fields: object) -> Callable[[list[Toc]], object]:
    return lambda entries: entries[number].update(fields)


LIES: dict[str, tuple[Callable[[list[Any]], object], str]] = {
    "content beyond the end": (set_in(3, offset=1 << 40), "should be at byte 1,099,511,627,776"),
    "content nowhere": (lambda entries: entries[3].pop("offset"), "should be at byte 0"),
    "a negative size": (set_in(3, size=-1), "is not as its specification says"),
    "a size beyond any disk": (set_in(3, size=1 << 62), "is not as its specification says"),
    "sizes beyond any disk together": (
        lambda entries: entries.extend(
            {"type": "reg", "name": f"{n}", "size": 1 << 61, "offset": n + 1} for n in range(9)
        ),
        "more than any disk holds",
    ),
    "a file that is smaller than its chunks": (set_in(0, size=700), "at byte 400"),
    "a chunk is missing": (lambda entries: entries.pop(1), "at byte 400"),
    "the last chunk is missing": (lambda entries: entries.pop(2), "have"),
    "chunks overlap": (set_in(1, chunkOffset=399), "at byte 400"),
    "chunks in another order": (lambda entries: entries.insert(1, entries.pop(2)), "at byte 400"),
    "a chunk without a file": (
        lambda entries: entries.insert(4, {"type": "chunk", "offset": 9, "name": "d/"}),
        "follows no",
    ),
    "a chunk of another file": (set_in(1, name="b"), "follows no file"),
    "one content twice": (
        lambda entries: entries[5].update(offset=entries[3]["offset"]),
        "two contents are the same bytes",
    ),
    "no digest": (set_in(3, digest="sha256:../../etc/passwd"), "is not a digest"),
    "a digest of another kind": (set_in(1, chunkDigest="md5:" + "0" * 32), "is not a digest"),
    "a name that is none": (set_in(3, name=7), "is not as its specification says"),
    "xattrs that are no bytes": (set_in(3, xattrs={"user.a": "%"}), "is not as its specification says"),
    "an entry that is none": (lambda entries: entries.append([]), "is not as its specification says"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", LIES)
def test_a_table_that_contradicts_itself_is_refused(name: str, form: str) -> None:
    change, message = LIES[name]
    with pytest.raises(DamagedError, match=message):
        read_layer(lying(form, change))


HIDDEN_LIES: dict[str, Callable[[list[Toc]], object]] = {
    "another digest": set_in(3, digest=digest_of(b"x"), chunkDigest=digest_of(b"x")),
    "a file that is shorter": set_in(3, size=2),
    "a file that is longer": set_in(3, size=4000),
    "a file that is enormous": set_in(3, size=1 << 61),
    "another file's content": lambda entries: [
        entries[3].update(offset=entries[5]["offset"]),
        entries[5].update(offset=entries[0]["offset"]),
        entries[0].update(offset=entries[3]["offset"] + 1),
    ],
    "the middle of a stream": lambda entries: entries[3].update(offset=entries[3]["offset"] + 3),
    "the beginning": set_in(3, offset=1),
    "far into a stream": set_in(3, innerOffset=1 << 60),
    "within a stream": set_in(3, innerOffset=1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", HIDDEN_LIES)
def test_a_lie_that_only_the_content_shows_gives_no_bytes(name: str, form: str) -> None:
    layer = lying(form, HIDDEN_LIES[name])
    tree = read_layer(layer)
    opened = open_version(layer, tree, 1)
    with pytest.raises(DamagedError), at_most_seconds(10):
        opened.read_at(0, 3)


def test_without_digests_of_chunks_all_of_a_file_is_verified_before_any_of_it_is_shown() -> None:
    toc = copy.deepcopy(FORMS["eStargz"][0].toc)
    for entry in toc["entries"]:
        entry.pop("chunkDigest", None)
    toc["entries"][0]["digest"] = digest_of(b"another")
    layer = layer_of(estargz_of(FORMS["eStargz"][0], to_json(toc)))
    with pytest.raises(DamagedError, match="not those of their digest"):
        open_version(layer, read_layer(layer), 0).read_at(0, 1)


def test_a_hole_that_is_none_gives_no_bytes() -> None:
    layer = lying("zstd:chunked", set_in(1, chunkType="zeros"))
    with pytest.raises(DamagedError, match="not those of their digest"):
        open_version(layer, read_layer(layer), 0).read_at(500, 1)


@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_chunk_leaves_the_others_readable(form: str) -> None:
    members, _ = FORMS[form]
    built = FORMS[form][1](members)
    at = members.toc["entries"][1]["offset"]
    blob = built.blob[: at + 12] + bytes([built.blob[at + 12] ^ 0xFF]) + built.blob[at + 13 :]
    layer = layer_of(built, BytesBlob(blob, "layer"))
    opened = open_version(layer, read_layer(layer), 0)
    assert opened.read_at(0, 400) == ENTRIES[0].data[:400]
    with pytest.raises(DamagedError):
        opened.read_at(400, 400)
    assert opened.read_at(800, 200) == ENTRIES[0].data[800:]


NO_TABLES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty"),
    "a page": (b"<html>", "is not JSON"),
    "cut": (b'{"version":1,"entries":[{"type":"reg","name":"a"}', "is damaged JSON"),
    "another version": (b'{"version":2,"entries":[]}', "version 2"),
    "no version": (b'{"entries":[]}', "is not as its specification says"),
    "entries of another kind": (b'{"version":1,"entries":{}}', "is not as its specification says"),
    "deep": (b'{"version":1,"entries":[{"type":' + b"[" * 10**5 + b"]" * 10**5 + b"}]}", "nested too deeply"),
    "deep and cut": (b'{"version":1,"entries":' + b"[" * 10**5, "damaged JSON|nested too deeply"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NO_TABLES)
def test_what_is_no_table_is_refused(name: str, form: str) -> None:
    toc, message = NO_TABLES[name]
    assert re.search(message, said(form, toc))


def test_a_table_with_another_digest_than_promised_is_refused() -> None:
    built = estargz(ENTRIES)
    wrong = {TOC_DIGEST: digest_of(b"another")}
    layer = seekable(BytesBlob(built.blob, "layer"), wrong)
    assert layer is not None
    with pytest.raises(DamagedError, match="does not match its digest"):
        read_layer(layer)
    built = zstd_chunked(ENTRIES)
    layer = seekable(
        BytesBlob(built.blob, "layer"), built.annotations | {PREFIX + "manifest-checksum": wrong[TOC_DIGEST]}
    )
    assert layer is not None
    blob = layer
    with pytest.raises(DamagedError, match="does not match its digest"):
        read_layer(blob)


@pytest.mark.parametrize("position", ["0:0:0:1", "999999999:10:10:1", "1:999999999999999:1:1", "20:30:40:1"])
def test_an_annotation_that_lies_about_the_place_is_refused(position: str) -> None:
    built = zstd_chunked(ENTRIES)
    blob = Requests(built.blob)
    with pytest.raises(DamagedError):
        read_layer(
            layer_of(SeekableBlob(built.blob, built.annotations | {PREFIX + "manifest-position": position}, 0), blob)
        )
    assert sum(length for _, length in blob.asked) <= len(built.blob)


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (0, "is not JSON|holds no"),
        (1, "stream is damaged"),
        (1 << 20, "should stand at"),
        ((1 << 64) - 1, "should stand"),
    ],
)
def test_a_footer_that_lies_is_refused(offset: int, message: str) -> None:
    blob = bytearray(estargz(ENTRIES).blob)
    blob[-35:-19] = b"%016x" % offset
    layer = seekable(BytesBlob(bytes(blob), "layer"), {})
    assert layer is not None
    with pytest.raises(DamagedError, match=message):
        read_layer(layer)


def test_a_table_that_expands_beyond_its_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_TOC_BYTES", "1000000")
    for form in FORMS:
        assert ", inflated, exceeds the bound of 1,000,000 bytes" in said(form, b" " * 1_000_001)


def test_a_member_of_another_name_is_no_table() -> None:
    members, _ = FORMS["eStargz"]
    wrong = Members(members.stored + tar_bytes([file("x")]), members.toc)
    layer = seekable(BytesBlob(estargz_of(wrong).blob.replace(b"%016x" % len(wrong.stored), b"%016x" % 0), "l"), {})
    assert layer is not None
    with pytest.raises(DamagedError, match=r"holds no stargz\.index\.json"):
        read_layer(layer)


def test_names_that_break_a_bound_are_passed_over_as_in_a_tar() -> None:
    names = ["n\0ul", "p/" * 3000, "d/" * 1030 + "x", "", ".wh."]
    layer = lying("eStargz", lambda entries: entries.extend({"type": "symlink", "name": name} for name in names))
    tree = read_layer(layer)
    assert tree.columns.refused_count == len(names)
    assert not any("byte" in warning and ":" in warning[:12] for warning in tree.columns.warnings)
    assert len(list(tree.entries())) == len(ENTRIES)


def test_an_unknown_type_is_passed_over() -> None:
    tree = read_layer(lying("eStargz", lambda entries: entries.append({"type": "socket", "name": "s"})))
    assert any("unknown type 'socket'" in warning for warning in tree.columns.warnings)
    assert len(list(tree.entries())) == len(ENTRIES)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("", 0),
        ("0001-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01Z", 10**9),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
        ("2017-07-14T02:40:00.123456789Z", 1_500_000_000_123_456_789),
        ("2017-07-14T04:40:00+02:00", 1_500_000_000 * 10**9),
        ("2017-07-13T21:10:00-05:30", 1_500_000_000 * 10**9),
        ("9999-12-31T23:59:59Z", (1 << 63) - 1),
    ],
)
def test_times(text: str, time: int) -> None:
    assert time_ns(text) == time


@pytest.mark.parametrize(
    "text", ["now", "2017-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "2017-01-00T00:00:00Z", "2017-01-01"]
)
def test_what_is_no_time_is_told(text: str) -> None:
    tree = read_layer(lying("eStargz", set_in(3, modtime=text)))
    assert any("modification time" in warning for warning in tree.columns.warnings)
    assert tree.columns.mtimes[1] == 0


def outcome(layer: SeekableLayer, tree: LayerTree) -> list[bytes | None]:
    """Contents by row, None where there is an error in a sentence."""
    window = layer.window(tree)
    found: list[bytes | None] = []
    for row, kind in enumerate(tree.columns.kinds):
        if kind == Kind.FILE:
            try:
                found.append(b"".join(content_chunks(window, tree, row)))
            except LayertuiError:
                found.append(None)
    return found


BUILT = {"eStargz": estargz(ENTRIES, 400), "zstd:chunked": zstd_chunked(ENTRIES, 400)}
CONTENTS = [entry.data for entry in ENTRIES if entry.type == b"0"]


@settings(THOROUGH, max_examples=150)
@given(st.sampled_from(sorted(BUILT)), st.integers(0), st.binary(min_size=1, max_size=8), st.booleans())
def test_a_blob_with_other_bytes_somewhere_gives_right_bytes_or_none(form: str, at: int, new: bytes, cut: bool) -> None:
    built = BUILT[form]
    at %= len(built.blob)
    data = built.blob[:at] if cut else built.blob[:at] + new + built.blob[at + len(new) :]
    try:
        layer = seekable(BytesBlob(data, "layer"), built.annotations)
        if layer is None:
            return
        tree = read_layer(layer)
    except DamagedError:
        return
    assert list(tree.entries()) == list(read(tar_bytes(ENTRIES)).entries())
    for found, expected in zip(outcome(layer, tree), CONTENTS, strict=True):
        assert found in (expected, None)


VALUES = st.one_of(
    st.none(), st.integers(-1, 1 << 63), st.sampled_from([0, 1, 400, 1000]), st.text(max_size=9), st.just({})
)
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(
            [*("type", "name", "size", "offset", "chunkOffset", "chunkSize", "innerOffset", "endOffset", "digest"),
             *("chunkDigest", "chunkType", "linkName", "modtime", "mode", "uid", "xattrs", "devMajor")]
        ),
        VALUES,
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(THOROUGH, max_examples=200)
@given(st.sampled_from(sorted(FORMS)), CHANGES)
def test_any_table_ends_in_a_listing_or_a_sentence(form: str, changes: list[tuple[int, str, Any]]) -> None:
    def change(entries: list[Toc]) -> None:
        for number, key, value in changes:
            entries[number][key] = value

    try:
        layer = lying(form, change)
        tree = read_layer(layer)
    except DamagedError:
        return
    sizes = [size for size, kind in zip(tree.columns.sizes, tree.columns.kinds, strict=True) if kind == Kind.FILE]
    if max(sizes, default=0) <= 1 << 20:
        outcome(layer, tree)
