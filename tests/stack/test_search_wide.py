"""Searching contents in UTF-16: found as if it were UTF-8, by a byte order mark or by its look, wherever chunks end."""

import codecs
import gzip
import random

import pytest

from layertui.image.blob import BytesBlob
from layertui.layer.read import read_layer
from layertui.stack import search_content, search_file
from layertui.stack.search_content import search_layer
from layertui.stack.search_file import FileHit
from layertui.stack.search_pattern import compile_needle
from layertui.stack.wide import wide_codec
from tests.kit.entries import file, sparse
from tests.kit.tar import tar_bytes

MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def search(data: bytes, text: str, *, regex: bool = False, ignore_case: bool = False) -> dict[str, FileHit]:
    content = BytesBlob(data, "layer.tar")
    tree = read_layer(content)
    hits = search_layer(content, tree, compile_needle(text, regex=regex, ignore_case=ignore_case), range(len(tree)))
    return {tree.entry(hit.row).path.decode(): hit for hit in hits}


@pytest.mark.parametrize("codec", MARKS)
@pytest.mark.parametrize("marked", [True, False])
def test_a_text_is_found_with_its_line_and_its_place_in_the_file(codec: str, marked: bool) -> None:
    text = "[settings]\r\nname = käse\r\npass" + "word=hunter2 \U0001f600\r\npassword=x\r\n"
    mark = MARKS[codec] if marked else b""
    layer = tar_bytes([file("low", b"password"), file("a.reg", mark + text.encode(codec)), file("z", b"password")])
    found = search(layer, "password")
    assert list(found) == ["low", "a.reg", "z"]
    at = len(mark + text[: text.index("password")].encode(codec))
    assert found["a.reg"] == FileHit(1, 2, at, 3, "password=hunter2 \U0001f600\r".encode(), (0, 8))


@pytest.mark.parametrize(
    ("text", "regex", "ignore_case", "found"),
    [
        ("^settings", True, False, True),
        (r"name\s+= \w+$", True, False, True),
        ("NAME", False, True, True),
        ("NAME", False, False, False),
        ("käse", False, False, True),
        ("s\0e", False, False, False),
    ],
)
def test_expressions_and_case_mean_the_same_as_in_other_text(
    text: str, regex: bool, ignore_case: bool, found: bool
) -> None:
    data = codecs.BOM_UTF16_LE + "settings\nname  = kaese\nkäse\n".encode("utf-16-le")
    assert bool(search(tar_bytes([file("f", data)]), text, regex=regex, ignore_case=ignore_case)) is found


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF32_LE + "password".encode("utf-32-le"),
        bytes(100) + "password".encode("utf-16-le"),
        b"MZ\x90\0\x03\0\0\0" + "password".encode("utf-16-le"),
    ],
)
def test_what_is_not_utf_16_as_a_whole_stays_bytes(data: bytes) -> None:
    assert wide_codec(data) is None
    assert search(tar_bytes([file("f", data)]), "password") == {}
    assert search(tar_bytes([file("f", data)]), r"p\x00+a\x00+s", regex=True)


def test_damaged_and_sparse_files_end_nothing() -> None:
    cut = codecs.BOM_UTF16_LE + "a\ud83dkey".encode("utf-16-le", "surrogatepass") + b"\x00"
    layer = tar_bytes(
        [file("cut", cut), sparse("holes", 9_000, [(0, b"\xff\xfea\0"), (8_000, b"key")], form="gnu"), file("z", "key")]
    )
    found = search(layer, "key")
    assert found["cut"].offset_bytes == 6
    assert (found["cut"].line, found["cut"].text) == (1, "a\ufffdkey\ufffd".encode())
    assert set(found) == {"cut", "holes", "z"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_equal_to_looking_through_the_same_text_in_utf_8(pack: "type[bytes]", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_content, "CHUNK_BYTES", 701)
    for module in (search_content, search_file):
        monkeypatch.setattr(module, "CONTEXT_BYTES", 16)
    generator = random.Random(3)
    for _ in range(25):
        texts = [
            "".join(generator.choices("abä\n\U0001f600", (8, 8, 1, 3, 1), k=generator.choice([2, 60, 900, 2000])))
            for _ in range(8)
        ]
        codecs_of = [generator.choice(list(MARKS)) for _ in texts]
        wide = [
            file(f"f{number}", MARKS[codec] + text.encode(codec))
            for number, (text, codec) in enumerate(zip(texts, codecs_of, strict=True))
        ]
        narrow = [file(f"f{number}", text) for number, text in enumerate(texts)]
        for text, regex in (("abba", False), ("b\na", False), ("ä", False), ("^ab+", True), ("ba$", True)):
            expected = search(tar_bytes(narrow), text, regex=regex)
            found = search(pack(tar_bytes(wide)), text, regex=regex)
            assert {name: (hit.hits, hit.line) for name, hit in found.items()} == {
                name: (hit.hits, hit.line) for name, hit in expected.items()
            }
            for name, hit in found.items():
                number = int(name[1:])
                before = texts[number].encode()[: expected[name].offset_bytes].decode()
                assert hit.offset_bytes == 2 + len(before.encode(codecs_of[number]))
                assert hit.text[hit.match[0] : hit.match[1]] == expected[name].text[slice(*expected[name].match)]
                assert hit.text.decode()


def test_a_file_is_judged_by_all_of_its_beginning_where_a_chunk_ends_in_that() -> None:
    fill = bytes(search_content.CHUNK_BYTES - 1024)  # the next header is 1,024 bytes before the chunk's end
    found = search(tar_bytes([file("a", fill), file("binary", b"key" + b"x" * 5000 + b"\0")]), "key")
    assert found["binary"].line is None
    text = ("x" + "\u3042" * 300 + "x" * 5000 + "key").encode("utf-16-le")
    assert search(tar_bytes([file("a", fill), file("wide", text)]), "key")["wide"].line == 1
