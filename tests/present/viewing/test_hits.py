"""Search in one content: the same hits as in the whole, forwards and backwards, in every encoding."""

import random
import re

import pytest

from layertui.errors import Cancelled, UsageError
from layertui.image.blob import BytesBlob
from layertui.present.viewing import hits as hits_module
from layertui.present.viewing.encoding import LATIN_1, UTF_8, Encoding
from layertui.present.viewing.hits import ContentSearch
from layertui.stack import search_pattern


def all_hits(search: ContentSearch, blob: BytesBlob) -> list[tuple[int, int]]:
    found, offset = [], 0
    while (hit := search.next(blob, offset)) is not None:
        found.append(hit)
        offset = hit[1]
    return found


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_every_hit_of_a_text_wherever_parts_end(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hits_module, "CHUNK_BYTES", 10)
    generator = random.Random(3)
    for _ in range(100):
        whole = "".join(generator.choices("abä\n", k=200))
        blob = BytesBlob(whole.encode(codec), "text")
        expected = []
        for match in re.finditer("abä", whole):
            start = len(whole[: match.start()].encode(codec))
            expected.append((start, start + len("abä".encode(codec))))
        search = ContentSearch("abä", Encoding(codec, codec))
        assert all_hits(search, blob) == expected
        before = blob.size_bytes
        backwards = []
        while (hit := search.previous(blob, before)) is not None:
            backwards.append(hit)
            before = hit[0]
        assert backwards[::-1] == expected


def test_bytes_of_two_characters_are_no_hit() -> None:
    blob = BytesBlob("\u6142\u4200 a".encode("utf-16-le"), "text")  # 42 61 00 42: an `a` between the two
    assert all_hits(ContentSearch("a", Encoding("utf-16-le", "UTF-16 LE")), blob) == [(6, 8)]


def test_a_regular_expression_finds_within_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hits_module, "CHUNK_BYTES", 16)
    monkeypatch.setattr(search_pattern, "OVERLAP_BYTES", 8)
    whole = b"key = 1\nnot key = 2\nkey = 3\n" * 5
    search = ContentSearch("^key = [0-9]", UTF_8, regex=True)
    expected = [match.span() for match in re.finditer(b"(?m)^key = [0-9]", whole)]
    assert all_hits(search, BytesBlob(whole, "text")) == expected


def test_smart_case_and_places_in_a_drawn_line() -> None:
    blob = BytesBlob("Größe GRÖSSE größe".encode("latin-1"), "text")
    assert [hit[0] for hit in all_hits(ContentSearch("gr", LATIN_1), blob)] == [0, 6, 13]
    assert [hit[0] for hit in all_hits(ContentSearch("GR", LATIN_1), blob)] == [6]
    assert ContentSearch("b.", UTF_8).in_line("a B. b. bx") == [(2, 4), (5, 7)]
    assert ContentSearch("b*", UTF_8, regex=True).in_line("abb") == [(1, 3)]


@pytest.mark.parametrize(
    ("query", "encoding", "regex"),
    [("", UTF_8, False), ("(", UTF_8, True), ("漢", LATIN_1, False), ("a", Encoding("utf-16-le", "UTF-16 LE"), True)],
)
def test_what_cannot_be_looked_for_is_a_sentence(query: str, encoding: Encoding, regex: bool) -> None:
    with pytest.raises(UsageError):
        ContentSearch(query, encoding, regex=regex)


def test_it_can_be_cancelled() -> None:
    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        ContentSearch("x", UTF_8).next(BytesBlob(b"abc", "text"), 0, check)
