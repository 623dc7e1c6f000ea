"""What a hit in a content says in a narrow line, and the ways to look."""

import pytest

from layertui.errors import UsageError
from layertui.present.found import hit_line, hit_more, hit_place
from layertui.present.safetext import cell_width, crop_start
from layertui.present.ways import Way, contents_needle, names_matcher
from layertui.stack.search_file import HIT_LIMIT, FileHit


def hit(before: bytes, match: bytes, after: bytes, *, line: int | None = 7, hits: int = 1) -> FileHit:
    return FileHit(0, hits, 1234, line, before + match + after, (len(before), len(before) + len(match)))


@pytest.mark.parametrize(
    ("before", "match", "after", "width", "expected"),
    [
        (b"\t\tkey = ", b"value", b"  # why\r", 80, ("key = ", "value", "  # why")),
        (b"a" * 50, b"KEY", b"b" * 50, 30, ("…" + "a" * 8, "KEY", "b" * 17 + "…")),
        (b"a" * 50, b"KEY", b"", 20, ("…" + "a" * 16, "KEY", "")),
        (b"", b"KEY", b"b" * 50, 20, ("", "KEY", "b" * 16 + "…")),
        (b"x", b"K" * 50, b"y", 10, ("", "KKKKKKKKK…", "")),
        (b"\x1b[2J", b"\x07", b"\xe2\x80\xae", 80, ("\\x1b[2J", "\\x07", "\\u202e")),
        ("日本語日本語".encode(), b"K", "日本語日本語".encode(), 12, ("…語", "K", "日本語…")),
        (b"  ", b"  ", b"  ", 80, ("", "  ", "")),
        (b"a", b"b", b"c", 0, ("", "", "")),
    ],
)
def test_a_line_is_cut_around_its_match(
    before: bytes, match: bytes, after: bytes, width: int, expected: tuple[str, str, str]
) -> None:
    parts = hit_line(hit(before, match, after), width)
    assert parts == expected
    assert cell_width("".join(parts)) <= width


def test_where_a_match_is_and_how_many_more_there_are() -> None:
    assert hit_place(hit(b"", b"x", b"")) == ":7: "
    assert hit_place(hit(b"", b"x", b"", line=None)) == ": byte 1,234: "
    assert hit_more(hit(b"", b"x", b"")) == ""
    assert hit_more(hit(b"", b"x", b"", hits=4)) == "+3"
    assert hit_more(hit(b"", b"x", b"", hits=HIT_LIMIT + 1)) == "+10,000 or more"


def test_a_text_is_cut_at_its_beginning() -> None:
    assert crop_start("etc/passwd", 20) == "etc/passwd"
    assert crop_start("etc/passwd", 7) == "…passwd"
    assert crop_start("日本語", 4) == "…語"
    assert crop_start("etc", 1) == "…"
    assert crop_start("etc", 0) == ""


def test_the_ways_follow_each_other_and_say_what_comes_next() -> None:
    assert [way.others() for way in Way] == [
        "glob, regex, contents",
        "regex, contents, fuzzy",
        "contents, fuzzy, glob",
        "regex, names",
        "names, text",
    ]
    assert Way.FUZZY.step(-1) is Way.EXPRESSION
    assert Way.EXPRESSION.step(1) is Way.FUZZY


@pytest.mark.parametrize(
    ("way", "query", "path", "expected"),
    [
        (Way.GLOB, "*.PEM", b"etc/key.pem", False),
        (Way.GLOB, "*.pem", b"etc/key.PEM", True),
        (Way.GLOB, "etc/*", b"etc/ssl/key.pem", False),
        (Way.REGEX, r"etc/.*\.pem$", b"etc/ssl/key.pem", True),
        (Way.REGEX, "Key", b"etc/ssl/key.pem", False),
    ],
)
def test_names_match_by_the_way_and_with_smart_case(way: Way, query: str, path: bytes, expected: bool) -> None:
    assert names_matcher(way, query)(path.replace(b"/", b"\0")) is expected


@pytest.mark.parametrize(("way", "query"), [(Way.REGEX, "a("), (Way.GLOB, "[z-a]"), (Way.EXPRESSION, "a(")])
def test_what_is_malformed_is_refused(way: Way, query: str) -> None:
    make = contents_needle if way.in_contents else names_matcher
    with pytest.raises(UsageError, match="is not a"):
        make(way, query)
