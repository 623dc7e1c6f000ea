"""The details of one row of a comparison: everything that differs, and nothing else."""

from pathlib import Path

import pytest

from layertui.present.comparing_details import Digests, row_details
from layertui.stack.compare import Comparison, compare
from layertui.stack.comparing_content import ContentComparer
from layertui.stack.renames import renames
from tests.kit.entries import Entry, char, directory, fifo, file, symlink, whiteout
from tests.stack.comparing import diff_of, image_of, settled, whole

SECOND = 10**9


def said(
    comparison: Comparison,
    path: str,
    width: int = 200,
    renamed: dict[int, int] | None = None,
    digest: Digests | None = None,
) -> list[str]:
    """The three lines about a path."""
    row = comparison.row_of(path.encode().replace(b"/", b"\0"))
    assert row is not None
    return ["".join(text for _, text in line) for line in row_details(comparison, row, width, renamed, digest)]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (file("f", "1", mode=0o755), file("f", "1"), "mode 0755 -> 0644"),
        (file("f", "1", uid=1), file("f", "1", gid=7), "owner 1:0 -> 0:7"),
        (file("f", "1"), file("f", "22"), "size 1 B -> 2 B (+1 B)"),
        (symlink("f", "x\x1b"), symlink("f", "y"), "target x\\x1b -> y"),
        (char("f", 1, 2), char("f", 1, 3), "device 1,2 -> 1,3"),
        (file("f", "1"), directory("f"), "type file -> directory   "),
        (file("f", xattrs=((b"user.a", b"1"),)), file("f", xattrs=((b"user.b", b"2"),)), "xattr user.a 1 -> ----"),
        (file("f", mtime_ns=0), file("f", mtime_ns=90 * SECOND), "mtime 1970-01-01 00:00 -> 1970-01-01 00:01"),
        (file("f", mtime_ns=0), file("f", mtime_ns=9 * SECOND), "mtime 1970-01-01 00:00:00 -> 1970-01-01 00:00:09"),
        (file("f", mtime_ns=0), file("f", mtime_ns=5), "mtime 1970-01-01T00:00:00Z -> 1970-01-01T00:00:00.000000005Z"),
    ],
    ids=["mode", "owner", "size", "target", "device", "type", "xattr", "minutes", "seconds", "nanoseconds"],
)
def test_what_differs(tmp_path: Path, a: Entry, b: Entry, expected: str) -> None:
    kinds = {entry.type for entry in (a, b)}
    comparison = settled(whole(image_of(tmp_path, [[a]])), whole(image_of(tmp_path, [[b]])))
    differing = said(comparison, "f")[1]
    assert differing.startswith(expected) if len(kinds) > 1 or "xattr" in expected else differing == expected


def test_one_side_says_what_it_holds(tmp_path: Path) -> None:
    a = image_of(tmp_path, [[file("f", "abc", mtime_ns=0), symlink("l", "x"), fifo("p", mtime_ns=0), directory("d")]])
    comparison = settled(whole(a), whole(image_of(tmp_path, [[file("g")]])))
    assert said(comparison, "f")[:2] == ["f  only in A", "only A: file  rw-r--r-- 0:0  3 B  1970-01-01T00:00:00Z"]
    assert said(comparison, "p")[1] == "only A: fifo  rw-r--r-- 0:0  1970-01-01T00:00:00Z"
    assert "-> x" in said(comparison, "l")[1]
    assert said(comparison, "d")[0] == "d/  only in A"
    assert said(comparison, "g")[0] == "g  only in B"


def test_whiteouts_and_directories_without_an_entry(tmp_path: Path) -> None:
    image = image_of(tmp_path, [[file("f")], [whiteout("f")], [file("d/x")]])
    comparison = compare(diff_of(image, 1), diff_of(image, 2))
    assert said(comparison, "f")[1] == "only A: a whiteout, which removes the path from the layers below"
    assert said(comparison, "d")[1] == "only B: directory, with no entry of its own in its layer"
    assert said(comparison, "d")[0].endswith("1 differs below")


def test_contents_that_are_not_known_say_so(tmp_path: Path) -> None:
    images = [image_of(tmp_path, [[file("f", text)]]) for text in ("one", "two")]
    comparison = compare(*map(whole, images))
    assert "not compared yet" in said(comparison, "f")[0]


def test_digests_are_shown_where_they_are_known(tmp_path: Path) -> None:
    images = [image_of(tmp_path, [[file("f", text)]]) for text in ("one", "two")]
    comparison = settled(*map(whole, images))
    assert "sha256" not in said(comparison, "f", digest=lambda spot: None)[1]
    told = said(comparison, "f", digest=lambda spot: bytes([spot[0] is comparison.side_b.squash.trees[0]]) * 32)[1]
    assert told == "sha256 000000000000 -> 010101010101"


def test_renames_lead_both_ways(tmp_path: Path) -> None:
    a = image_of(tmp_path, [[file("old", "content"), file("same")]])
    comparison = settled(whole(a), whole(image_of(tmp_path, [[file("new\x1b", "content"), file("same")]])))
    ((one, other),) = renames(comparison, ContentComparer())
    both = {one: other, other: one}
    assert said(comparison, "old", renamed=both)[0] == "old  renamed to new\\x1b  same content"
    assert said(comparison, "new\x1b", renamed=both)[0] == "new\\x1b  renamed from old  same content"


def test_layers_and_commands_fit_the_width(tmp_path: Path) -> None:
    history = ({"created_by": "RUN " + "long " * 40},)
    a = image_of(tmp_path, [[file("f", "1")]], history=history)
    b = image_of(tmp_path, [[file("f", "22")]])
    comparison = settled(whole(a), whole(b))
    line = said(comparison, "f", 60)[2]
    assert len(line) <= 60
    assert line.startswith("A L0 RUN long")
    assert "B L0 RUN step" in line
    same = settled(whole(a), whole(image_of(tmp_path, [[file("f", "22")]], history=history)))
    assert said(same, "f", 60)[2].startswith("A L0    B L0 RUN long")
    assert len(said(same, "f", 60)[2]) <= 60
