"""Searching contents: the same as looking through each file by itself, wherever chunks end, however it is kept."""

import gzip
import random
import re
import subprocess
import time
from pathlib import Path

import pytest

from layertui.errors import Cancelled, DamagedError, UsageError
from layertui.image.blob import BytesBlob, Content, FileBlob
from layertui.layer.dialect import Dialect
from layertui.layer.read import read_layer
from layertui.layer.walk import WalkedLayer
from layertui.stack import search_content, search_file, search_pattern
from layertui.stack.search_content import search_layer
from layertui.stack.search_file import HIT_LIMIT, FileHit
from layertui.stack.search_pattern import compile_needle
from tests.kit.entries import Entry, directory, file, sparse
from tests.kit.tar import tar_bytes
from tests.layer.helpers import at_most_seconds


def search(content: Content, text: str, *, regex: bool = False, ignore_case: bool = False) -> dict[str, FileHit]:
    tree = read_layer(content)
    needle = compile_needle(text, regex=regex, ignore_case=ignore_case)
    hits = search_layer(content, tree, needle, range(len(tree)))
    return {tree.entry(hit.row).path.decode(): hit for hit in hits}


def plain(*entries: Entry) -> BytesBlob:
    return BytesBlob(tar_bytes(entries), "layer.tar")


def test_a_hit_has_its_line_its_offset_and_how_many_there_are() -> None:
    text = b"first\nthe pass" + b"word=hunter2 here\nnext password\n"
    found = search(plain(directory("d"), file("d/a", text), file("b", b"nothing")), "password")
    assert found == {"d/a": FileHit(1, 2, 10, 2, b"the password=hunter2 here", (4, 12))}


def test_a_binary_file_has_an_offset_and_no_line() -> None:
    found = search(plain(file("bin", b"\x7fELF\0\0\npassword\n")), "password")
    assert found["bin"] == FileHit(0, 1, 7, None, b"password", (0, 8))


def test_what_is_no_content_is_not_found() -> None:
    # the header holds the name, the padding is NULs, and the last two reach over the end of a file
    layer = plain(file("needle", b"x"), file("nee", b"...nee"), file("dle", b"dle..."), file("z", b"end\0"))
    assert search(layer, "needle") == {}
    assert search(layer, "\0\0") == {}
    assert search(layer, r"nee\x00", regex=True) == {}


@pytest.mark.parametrize(
    ("text", "ignore_case", "found"),
    [
        (r"^key = \d+$", False, True),
        (r"^= 1", False, False),
        (r"KEY", False, False),
        (r"KEY", True, True),
        (r"first.*key", False, False),
        (r"\bke", False, True),
        (r"^first", False, True),
        (r"last$", False, True),
    ],
)
def test_a_regular_expression_matches_within_lines(text: str, ignore_case: bool, found: bool) -> None:
    layer = plain(file("before", b"x"), file("f", b"first\nkey = 12\nlast"), file("after", b"more"))
    assert bool(search(layer, text, regex=True, ignore_case=ignore_case)) is found


def test_a_text_is_no_regular_expression_and_case_is_passed_over_where_asked() -> None:
    layer = plain(file("f", b"a.c ABC"))
    assert search(layer, "a.c")["f"].hits == 1
    assert search(layer, "A.C", ignore_case=True)["f"].hits == 1
    assert search(layer, "abc") == {}


@pytest.mark.parametrize("text", ["", "x" * 5000])
def test_nothing_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        compile_needle(text)


def test_a_malformed_expression_is_a_sentence() -> None:
    with pytest.raises(UsageError, match=r"'a\(' is not a regular expression"):
        compile_needle("a(", regex=True)


def naive(data: bytes, pattern: re.Pattern[bytes]) -> tuple[int, int | None, int] | None:
    """Hits, line and offset of the first, by looking through one file as a whole."""
    matches = [match for match in pattern.finditer(data) if match.group()]
    if not matches:
        return None
    at = matches[0].start()
    return len(matches), None if b"\0" in data[:8192] else data.count(b"\n", 0, at) + 1, at


def test_the_line_is_right_where_a_chunk_ends_within_the_match(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_content, "CHUNK_BYTES", 4096)
    for size in range(4085, 4100):
        assert search(plain(file("f", b"\n" * size + b"b\n\na")), "b\n\na")["f"].line == size + 1


@pytest.mark.parametrize("keep", ["plain", "gzip", "directory"])
def test_equal_to_looking_through_each_file(keep: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_content, "CHUNK_BYTES", 700)
    monkeypatch.setattr(search_content, "CONTEXT_BYTES", 8)
    monkeypatch.setattr(search_file, "CONTEXT_BYTES", 8)
    monkeypatch.setattr(search_pattern, "OVERLAP_BYTES", 40)
    monkeypatch.setattr(search_pattern, "PIECE_BYTES", 200)
    generator = random.Random(7)
    for _ in range(40):
        alphabet = generator.choice([b"ab\n", b"abc\n", b"ab\n\0"])
        files = {
            f"f{number:02}": bytes(generator.choices(alphabet, k=generator.choice([0, 1, 3, 100, 511, 513, 3000])))
            for number in range(12)
        }
        content: Content = plain(*(file(name, data) for name, data in files.items()))
        if keep == "gzip":
            content = BytesBlob(gzip.compress(content.read_at(0, 1 << 30)), "layer.tar.gz")
        if keep == "directory":
            for name, data in files.items():
                (tmp_path / name).write_bytes(data)
            content = WalkedLayer(tmp_path, "upper", Dialect.OVERLAY)
        for text, regex in [
            ("abba", False),
            ("bbabb", False),
            ("b\na", False),
            ("^ab", True),
            ("b[ac]a$", True),
            ("ac?b+a", True),
        ]:
            pattern = re.compile(text.encode(), re.MULTILINE)
            expected = {name: found for name, data in files.items() if (found := naive(data, pattern)) is not None}
            hits = search(content, text, regex=regex)
            found = {name: (hit.hits, hit.line, hit.offset_bytes) for name, hit in hits.items()}
            assert found == expected
            for name, hit in hits.items():
                start = hit.match[0]
                assert hit.text[start : hit.match[1]] == files[name][hit.offset_bytes :][: hit.match[1] - start]


def test_sparse_files_are_searched_where_they_hold_something() -> None:
    layer = plain(sparse("s", 10_000_000, [(3, b"needle"), (9_000_000, b"needle\n")], form="1.0"), file("t", b"needle"))
    found = search(layer, "needle")
    assert (found["s"].hits, found["s"].offset_bytes, found["s"].line) == (2, 3, None)
    assert found["t"].hits == 1


def test_ten_gigabytes_of_hole_take_no_time() -> None:
    layer = plain(sparse("s", 10 << 30, [(10, b"x"), ((10 << 30) - 9, b"needle")], form="1.0"))
    with at_most_seconds(1):
        assert search(layer, "needle")["s"].offset_bytes == (10 << 30) - 9


def test_a_line_of_a_megabyte_does_not_take_the_square_of_its_length() -> None:
    layer = plain(file("minified.js", b"x" * 1_000_000 + b"needle"))
    with at_most_seconds(20):  # 10 GB/s at best, and half an hour by the square
        assert search(layer, ".*needle", regex=True)["minified.js"].hits == 1


def test_an_expression_that_takes_long_can_be_cancelled() -> None:
    content = plain(file("minified.js", b"x" * 3_000_000))
    tree = read_layer(content)
    begun = time.monotonic()

    def tick(_: int) -> None:
        if time.monotonic() - begun > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(search_layer(content, tree, compile_needle("(x|y)*z", regex=True), [0], tick))
    assert time.monotonic() - begun < 5


def test_matches_are_counted_up_to_a_bound() -> None:
    assert search(plain(file("f", b"ab" * 300_000)), "ab")["f"].hits == HIT_LIMIT
    assert search(plain(file("f", b"ab" * 300_000)), "a[b]", regex=True)["f"].hits == HIT_LIMIT


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    path = tmp_path / "layer.tar"
    path.write_bytes(tar_bytes([file("a", b"needle" + bytes(5_000_000)), file("b", b"needle")]))

    class Counting(BytesBlob):
        read = 0

        def read_at(self, offset: int, length: int) -> bytes:
            data = super().read_at(offset, length)
            self.read += len(data)
            return data

    content = Counting(path.read_bytes(), "layer.tar")
    tree = read_layer(content)
    content.read = 0
    assert [hit.row for hit in search_layer(content, tree, compile_needle("needle"), [1])] == [1]
    assert content.read < 100_000


@pytest.mark.parametrize("pack", [bytes, lambda data: gzip.compress(data, 1)], ids=["plain", "gzip"])
def test_it_can_be_cancelled_at_every_mebibyte(pack: "type[bytes]") -> None:
    content = BytesBlob(pack(tar_bytes([file("big", random.Random(1).randbytes(8 << 20))])), "layer.tar")
    tree = read_layer(content)
    seen: list[int] = []

    def tick(done: int) -> None:
        seen.append(done)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(search_layer(content, tree, compile_needle("needle"), [0], tick))
    assert seen == sorted(seen)
    assert seen[-1] < 4 << 20


def test_a_layer_that_ends_early_gives_what_it_has_first() -> None:
    data = tar_bytes([file("a", b"needle"), file("b", bytes(100_000) + b"needle")])
    tree = read_layer(BytesBlob(data, "layer.tar"))
    hits = search_layer(BytesBlob(data[:60_000], "layer.tar"), tree, compile_needle("needle"), range(2))
    assert next(hits).row == 0
    with pytest.raises(DamagedError):
        next(hits)


def test_real_files_as_grep_finds_them(tmp_path: Path) -> None:
    source = Path(search_content.__file__).parents[1]
    subprocess.run(["tar", "-cf", tmp_path / "layer.tar", "-C", source, "."], check=True)
    content = FileBlob.open(tmp_path / "layer.tar", "layer.tar")
    for text, regex in (("Cancelled", False), ("^def [a-z]*(", True), ("PARAM", False)):
        options = ["-rnI", "--include=*.py", "-m1", "-e" if regex else "-F"]
        told = subprocess.run(["grep", *options, text, "."], cwd=source, capture_output=True, text=True).stdout
        expected = {tuple(line.removeprefix("./").split(":", 2)[:2]) for line in told.splitlines()}
        hits = search(content, text.replace("(", r"\(") if regex else text, regex=regex)
        assert {(path, str(hit.line)) for path, hit in hits.items() if path.endswith(".py")} == expected


def test_a_hit_in_the_file_that_is_cut_is_given_before_the_damage_is_said() -> None:
    data = tar_bytes([file("a", b"needle" + bytes(100_000))])
    tree = read_layer(BytesBlob(data, "layer.tar"))
    hits = search_layer(BytesBlob(data[:60_000], "layer.tar"), tree, compile_needle("needle"), range(1))
    assert next(hits).row == 0
    with pytest.raises(DamagedError):
        next(hits)
