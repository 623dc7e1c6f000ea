"""Real tars from other projects' tests: listed as GNU tar lists them, and as the corpus says a right reader must."""

import csv
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import DamagedError
from layertui.image.blob import FileBlob
from layertui.layer.columns import Kind
from layertui.layer.compression import Compression, sniff
from layertui.layer.names import path_of
from layertui.layer.read import read_layer
from layertui.layer.tree import DEAD, IMPLIED, LayerTree
from tests.layer.helpers import Listed, at_most_seconds, clean_path, gnu_list, listed

CORPUS = Path(os.environ.get("LAYERTUI_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus")
INDEX = CORPUS / "INDEX.tsv"

if INDEX.is_file():
    with INDEX.open(encoding="utf-8", newline="") as _lines:
        ROWS = {
            row["path"]: row
            for row in csv.DictReader(_lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["kind"] == "tar"
        }
else:
    ROWS = {}

pytestmark = pytest.mark.skipif(not ROWS, reason=f"no corpus: {INDEX} is not there; set LAYERTUI_CORPUS")

UNSUPPORTED = {Compression.LZ4, Compression.COMPRESS, Compression.LZIP}

INDEX_IS_WRONG = {
    "COMPRESS-417.tar": "two sound members and no damage: GNU tar lists both; only tarfile stumbles",
    "diff-014-unterminated-pax.tar": "a PAX record must end with its newline; GNU tar calls it malformed too",
    "test_compat_tar_directory_1.tar": "GNU tar lists one member, as the second has no header of its own",
}
"""Where the index's verdict is not what is right: by the end of the path, the reason."""

GNU_DIFFERS = {
    "synthetic/long-name/gnu.tar": "a path of 32,767 bytes is over the bound, so it is refused with a warning",
    "links-invalid.tar": "GNU tar shows an empty link target as '.'",
    "path-missing.tar": "a member without a name is refused; GNU tar shows it as '.'",
    "test_read_format_tar_empty_with_gnulabel.tar": "GNU tar shows a volume's label as type V; POSIX: a file",
    "test_read_format_tar_timestamp_overflow.tar": "NULs before a size's digits: GNU tar reads 0, Go the digits",
    "pax-bad-mtime-file.tar": "a PAX time that is no number: GNU tar takes its first digits, here the header's counts",
    "test_compat_solaris_tar_acl.tar": "an unknown type whose name ends in a slash is a directory, as a file's is",
    "pax-nul-path.tar": "a NUL inside a PAX path is refused; GNU tar cuts the path there",
}
"""Where GNU tar's listing is not ours: by the end of the path, the reason."""


def _reason(path: str, reasons: dict[str, str]) -> str:
    return next((why for end, why in reasons.items() if path.endswith("/" + end)), "")


def read(path: Path) -> LayerTree | None:
    """The tree, or None where the file is refused as a whole."""
    with at_most_seconds(60):
        try:
            return read_layer(FileBlob.open(path, path.name))
        except DamagedError:
            return None


@pytest.mark.parametrize("path", ROWS)
def test_what_the_index_asks_for(path: str) -> None:
    must = ROWS[path]["correct_reader_must"]
    if reason := _reason(path, INDEX_IS_WRONG):
        pytest.skip(reason)
    tree = read(CORPUS / path)
    broken = tree is None or tree.damage is not None
    if must.startswith(("REJECT", "error or damaged")):
        refused = tree is not None and tree.columns.refused_count > 0
        if must.startswith("REJECT"):
            assert broken or refused
    elif (head := sniff((CORPUS / path).read_bytes()[:16])) in UNSUPPORTED:
        assert broken, f"{head} is not supported and must be refused"
    elif count := re.search(r"as a layer: list (\d+) entr", must):
        assert tree is not None
        assert tree.damage is None
        assert tree.entry_count == int(count[1])
    else:
        assert tree is not None
        assert tree.damage is None


def _without_markers(entries: list[Listed]) -> list[Listed]:
    return [entry for entry in entries if not entry.path.rpartition(b"/")[2].startswith(b".wh.")]


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs GNU tar")
@pytest.mark.parametrize("path", ROWS)
def test_listed_as_gnu_tar_lists_it(path: str) -> None:
    if reason := _reason(path, GNU_DIFFERS):
        pytest.skip(reason)
    if sniff((CORPUS / path).read_bytes()[:16]) in UNSUPPORTED:
        pytest.skip("a compression that is not supported")
    theirs, status = gnu_list(CORPUS / path)
    tree = read(CORPUS / path)
    if status:
        # GNU tar stopped or complained too: what it listed before that is listed here.
        if tree is not None and tree.damage is not None:
            ours = [entry.path for entry in listed(tree)]
            assert ours[: len(theirs)] == [entry.path for entry in theirs][: len(ours)]
        return
    assert tree is not None
    ours = [entry for entry in listed(tree) if entry.kind is not Kind.WHITEOUT]
    expected = _without_markers(theirs)
    assert [entry.path for entry in ours] == [clean_path(entry.path) for entry in expected]
    for mine, other in zip(ours, expected, strict=True):
        if mine.kind is Kind.HARDLINK:  # GNU tar lists a link's target without the slash that it begins with
            mine, other = _with_clean_link(mine), _with_clean_link(other)
        assert mine == other


def _with_clean_link(entry: Listed) -> Listed:
    assert entry.link is not None
    return replace(entry, link=clean_path(entry.link))


@pytest.mark.parametrize(
    ("end", "living"),
    [
        ("updated-file-with-folder.tar", [(b"foo", Kind.DIRECTORY), (b"foo/fighter", Kind.FILE)]),
        ("updated-folder-with-file.tar", [(b"foo", Kind.FILE)]),
    ],
)
def test_the_last_member_of_a_tar_wins(end: str, living: list[tuple[bytes, Kind]]) -> None:
    (path,) = (path for path in ROWS if path.endswith("/" + end))
    tree = read(CORPUS / path)
    assert tree is not None
    rows = [row for row, flag in enumerate(tree.flags) if not flag & (DEAD | IMPLIED)]
    assert [(path_of(tree.columns.keys[row]), Kind(tree.columns.kinds[row])) for row in rows] == living


def test_the_exceptions_are_of_files_that_are_there() -> None:
    for end in (*INDEX_IS_WRONG, *GNU_DIFFERS):
        assert sum(path.endswith("/" + end) for path in ROWS) == 1, end
