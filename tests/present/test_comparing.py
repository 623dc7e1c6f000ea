"""A comparison as text: marks, letters, patches, and the rows of the screen."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layertui.present import comparing
from layertui.present.comparing_lines import differing_blocks
from layertui.present.comparing_patch import SYMLINK_MODE, Text, is_binary, note_of, patch_of, quoted
from layertui.present.comparing_patchset import LeftOut, patch_parts, patch_rows, patch_spots
from layertui.present.comparing_rows import (
    CompareView,
    choose,
    difference_number,
    next_difference,
    row_cells,
    strip_cells,
    visible_rows,
)
from layertui.present.view import Folds
from layertui.stack.compare import Change, Comparison, compare
from layertui.stack.compare_reading import Contents
from layertui.stack.comparing_content import kept_in
from tests.kit.entries import Layer, directory, file, symlink, whiteout
from tests.stack.comparing import diff_of, image_of, settled, whole

lines = st.lists(st.sampled_from("abcdefg"), max_size=14)


@settings(max_examples=500, deadline=None, database=None)
@given(lines, lines)
def test_what_lies_between_blocks_is_equal(a: list[str], b: list[str]) -> None:
    at_a = at_b = 0
    for block in differing_blocks(a, b):
        assert a[at_a : block.a_start] == b[at_b : block.b_start]
        assert block.a_start > at_a or block.b_start > at_b or (at_a, at_b) == (0, 0), "blocks do not touch"
        assert block.a_stop > block.a_start or block.b_stop > block.b_start
        at_a, at_b = block.a_stop, block.b_stop
    assert a[at_a:] == b[at_b:]


def test_without_unique_lines_the_script_is_a_shortest_one() -> None:
    blocks = differing_blocks("abcabba", "cbabac")  # the example of Myers' paper
    assert sum(block.a_stop - block.a_start + block.b_stop - block.b_start for block in blocks) == 5


def test_texts_that_share_nothing_cost_little() -> None:
    a, b = [f"{number % 50}" for number in range(40_000)], [f"{number % 49}" for number in range(40_000)]
    assert differing_blocks(a, b), "a block that is not looked into further is right all the same"


NAMES = [
    b"plain",
    b"dir/na me",
    b"dir/ ta\tb ",
    b'quo"te',
    b"back\\slash",
    b"new\nline",
    b"\xff\xfe",
    "ümlaut".encode(),
    b"-dash",
    b"esc\x1b[31m",
]


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
needs_patch = pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")


@needs_git
@pytest.mark.parametrize("name", NAMES)
def test_names_are_quoted_as_git_does(name: bytes, tmp_path: Path) -> None:
    path = bytes(tmp_path) + b"/" + name
    Path(tmp_path / "dir").mkdir()
    with open(path, "wb") as written:
        written.write(b"x\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run([b"git", b"-C", bytes(tmp_path), b"add", b"--", name], check=True)
    said = subprocess.run(
        ["git", "-C", str(tmp_path), "diff", "--cached", "--full-index"], check=True, capture_output=True
    ).stdout
    assert patch_of(name, None, Text(0o100644, b"x\n")) == said
    assert quoted(b"b/" + name) in said


TWENTY = b"".join(b"%d\n" % number for number in range(20))

CASES: list[tuple[Text | None, Text | None]] = [
    (Text(0o100644, b"a\nb\nc\n"), Text(0o100644, b"a\nB\nc\n")),
    (Text(0o100644, b"a"), Text(0o100644, b"a\n")),
    (Text(0o100644, b"a\n"), Text(0o100644, b"a")),
    (Text(0o100644, b"a"), Text(0o100644, b"b")),
    (None, Text(0o100755, b"a\n")),
    (Text(0o100644, b"a\n"), None),
    (None, Text(0o100644, b"")),
    (Text(0o100644, b""), None),
    (Text(0o100644, b""), Text(0o100644, b"a\n")),
    (Text(0o100644, b"a\n"), Text(0o100755, b"a\n")),
    (Text(0o100644, b"a\n"), Text(0o100755, b"b\r\n\r\n")),
    (Text(0o100644, TWENTY), Text(0o100644, TWENTY.replace(b"3\n", b"x\n", 1).replace(b"8\n", b"y\n", 1))),
    (None, Text(SYMLINK_MODE, b"target")),
    (Text(SYMLINK_MODE, b"target"), Text(SYMLINK_MODE, b"else")),
    (Text(SYMLINK_MODE, b"target"), Text(0o100644, b"target\n")),
    (Text(0o100644, b"a\n" * 30), Text(0o100644, b"a\n" * 10 + b"b\n" + b"a\n" * 15 + b"c\n")),
]


def place(root: Path, text: Text | None) -> None:
    path = root / "f"
    if text is None:
        return
    if text.mode == SYMLINK_MODE:
        path.symlink_to(text.data.decode())
    else:
        path.write_bytes(text.data)
        path.chmod(text.mode & 0o777)


def found(root: Path) -> Text | None:
    path = root / "f"
    if path.is_symlink():
        return Text(SYMLINK_MODE, str(path.readlink()).encode())
    return Text(0o100000 | path.stat().st_mode & 0o777, path.read_bytes()) if path.exists() else None


OUTSIDE = {"PATH": "/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": "/"}
"""So that git does not take a directory above for the repository."""


def apply(command: list[str], a: Text | None, b: Text | None, context: int, root: Path) -> None:
    place(root, a)
    patch = patch_of(b"f", a, b, context)
    ran = subprocess.run(command, input=patch, cwd=root, capture_output=True, env=OUTSIDE)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, b""), patch
    assert found(root) == b


@needs_git
@pytest.mark.parametrize("context", [3, 0, 100])
@pytest.mark.parametrize(("a", "b"), CASES)
def test_git_applies_a_patch(a: Text | None, b: Text | None, context: int, tmp_path: Path) -> None:
    zero = [] if context else ["--unidiff-zero"]
    apply(["git", "apply", "--whitespace=nowarn", *zero], a, b, context, tmp_path)


@needs_patch
@pytest.mark.parametrize("context", [3, 100])
@pytest.mark.parametrize(
    ("a", "b"), [case for case in CASES if all(text is None or text.mode != SYMLINK_MODE for text in case)]
)
def test_patch_applies_a_patch(a: Text | None, b: Text | None, context: int, tmp_path: Path) -> None:
    apply(["patch", "-sp1"], a, b, context, tmp_path)


@needs_git
def test_notes_are_passed_over(tmp_path: Path) -> None:
    place(tmp_path, Text(0o100644, b"a\n"))
    patch = (
        note_of(b"x", b"Binary files", in_a=True, in_b=True)
        + patch_of(b"f", Text(0o100644, b"a\n"), Text(0o100755, b"a\n"))
        + note_of(b"z\n", b"Binary files", in_a=False, in_b=True)
        + patch_of(b"g", None, Text(0o100644, b"b\n"))
        + note_of(b"z", b"Large files", b": above", in_a=True, in_b=False)
    )
    assert b"\nBinary files a/x and b/x differ\n" in patch
    assert b'\nBinary files /dev/null and "b/z\\n" differ\n' in patch
    subprocess.run(["git", "apply"], input=patch, cwd=tmp_path, check=True, env=OUTSIDE)
    assert found(tmp_path) == Text(0o100755, b"a\n")
    assert (tmp_path / "g").read_bytes() == b"b\n"
    assert is_binary(b"a\0")
    assert not is_binary(b"\xff\r\n")


def of(tmp_path: Path, a: Layer, b: Layer) -> Comparison:
    return settled(whole(image_of(tmp_path, [a])), whole(image_of(tmp_path, [b])))


@needs_git
def test_a_directory_that_becomes_a_file_is_emptied_first(tmp_path: Path) -> None:
    a: Layer = [directory("d"), file("d/x", "x\n"), file("e", "e\n")]
    comparison = of(tmp_path, a, [file("d", "d\n"), file("e", "E\n")])
    rows = patch_rows(comparison)
    assert [comparison.path(row) for row in rows] == [b"d/x", b"d", b"e"]
    contents = Contents(kept_in(comparison), patch_spots(comparison, rows))
    patch = b"".join(patch_parts(comparison, rows, contents.read, LeftOut()))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("x\n")
    (tmp_path / "e").write_text("e\n")
    subprocess.run(["git", "apply"], input=patch, cwd=tmp_path, check=True, env=OUTSIDE)
    assert ((tmp_path / "d").read_bytes(), (tmp_path / "e").read_bytes()) == (b"d\n", b"E\n")


def test_contents_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    comparison = of(tmp_path, [file("f", "x\n")], [file("f", "y\n")])
    left_out = LeftOut()
    assert list(patch_parts(comparison, patch_rows(comparison), lambda spot: None, left_out)) == []
    assert left_out.unread == 1


A: Layer = [
    directory("app"),
    file("app/same", "x"),
    file("app/content", "aaa"),
    file("app/mode", "m"),
    file("gone\x1b[31m", "12"),
    directory("was"),
    file("was/here", "123456"),
    symlink("link", "x"),
]
B: Layer = [
    directory("app"),
    file("app/same", "x"),
    file("app/content", "bb"),
    file("app/mode", "m", mode=0o755),
    file("new\tname", "1234"),
    symlink("link", "y"),
    file("was", "1"),
]


def test_name_status(tmp_path: Path) -> None:
    comparison = of(tmp_path, A, B)
    rows = comparing.reported_rows(comparison)
    assert list(comparing.name_status_lines(comparison, rows)) == [
        "M\tapp/content",
        "m\tapp/mode",
        "D\tgone\\x1b[31m",
        "M\tlink",
        "A\tnew\\tname",
        "T\twas",
        "D\twas/here",
    ]
    everything = comparing.reported_rows(comparison, identical=True)
    assert "=\tapp/same" in list(comparing.name_status_lines(comparison, everything))


def test_stat(tmp_path: Path) -> None:
    comparison = of(tmp_path, A, B)
    assert list(comparing.stat_lines(comparison, comparing.reported_rows(comparison))) == [
        "M  -1  app/content",
        "m   0  app/mode",
        "D  -2  gone\\x1b[31m",
        "M   0  link",
        "A  +4  new\\tname",
        "T  +1  was",
        "D  -6  was/here",
        "7 paths, +5 B, -9 B; 13 B to 9 B",
    ]


def test_whiteouts_of_layers_say_so(tmp_path: Path) -> None:
    image = image_of(tmp_path, [[file("f", "x")], [whiteout("f")]])
    comparison = compare(diff_of(image, 0), diff_of(image, 1))
    assert list(comparing.name_status_lines(comparison, comparing.reported_rows(comparison))) == ["T\tf\twhiteout"]
    nothing = compare(diff_of(image_of(tmp_path, [[file("f", "x")], []]), 1), diff_of(image, 1))
    assert list(comparing.name_status_lines(nothing, comparing.reported_rows(nothing))) == ["A\tf\twhiteout"]


def test_every_change_has_a_mark_and_words() -> None:
    assert set(comparing.COMPARE_MARKS) == set(Change)
    assert set(comparing.LETTERS) == set(Change) - {Change.ASIDE}
    assert comparing.change_name(Change.ONLY_A) == "only-a"
    assert comparing.change_name(Change.UNKNOWN) is None


def drawn(tmp_path: Path, view: CompareView, *closed: bytes) -> list[str]:
    comparison = of(tmp_path, A, B)
    folds = Folds()
    for key in closed:
        folds.choose(key, False)
    rows = visible_rows(comparison, choose(comparison, view), folds)
    drawn = []
    for row in rows:
        cells = row_cells(comparison, row)
        sizes = f"{cells.size_a or '----'} {cells.mark.text} {cells.size_b or '----'}"
        drawn.append(f"{' ' * cells.depth}{cells.name} {sizes} {cells.remark}".rstrip())
    return drawn


def test_rows_of_the_screen(tmp_path: Path) -> None:
    assert drawn(tmp_path, CompareView()) == [
        "app/ 5 B != 4 B -1 B",
        " content 3 B != 2 B -1 B",
        " mode 1 B m 1 B mode",
        "gone\\x1b[31m 2 B < ---- -2 B",
        "link 0 B != 0 B link_target",
        "new\\tname ---- > 4 B +4 B",
        "was 6 B T 1 B directory, file",
        " here 6 B < ---- -6 B",
    ]


def test_filters_and_folds(tmp_path: Path) -> None:
    assert drawn(tmp_path, CompareView(), b"app", b"was")[:2] == [
        "app/ 5 B != 4 B -1 B",
        "gone\\x1b[31m 2 B < ---- -2 B",
    ]
    assert drawn(tmp_path, CompareView(hidden=frozenset(Change) - {Change.METADATA})) == [
        "app/ 5 B != 4 B -1 B",
        " mode 1 B m 1 B mode",
    ]
    assert drawn(tmp_path, CompareView(query="^app content")) == ["app/ 5 B != 4 B -1 B", " content 3 B != 2 B -1 B"]
    assert " same 1 B = 1 B" in drawn(tmp_path, CompareView(hidden=frozenset()))
    assert drawn(tmp_path, CompareView(query="absent")) == []


def test_next_and_previous_difference(tmp_path: Path) -> None:
    comparison = of(tmp_path, A, B)
    chosen = choose(comparison, CompareView())
    walked, row = [], -1
    while (at := next_difference(comparison, chosen, row)) is not None:
        walked.append(comparison.path(at))
        assert difference_number(comparison, chosen, at) == (len(walked), 7)
        row = at
    assert walked == [b"app/content", b"app/mode", b"gone\x1b[31m", b"link", b"new\tname", b"was", b"was/here"]
    back = next_difference(comparison, chosen, row, forward=False)
    assert back is not None
    assert comparison.path(back) == b"was"
    assert next_difference(comparison, chosen, 0, forward=False) is None


def test_where_the_differences_lie(tmp_path: Path) -> None:
    a: Layer = [directory("d"), file("d/x", "1"), *(file(f"f{number}", "x") for number in range(8))]
    b: Layer = [directory("d"), file("d/x", "2"), *(file(f"f{number}", "x") for number in range(7)), file("f7", "y")]
    comparison = of(tmp_path, a, b)
    chosen = choose(comparison, CompareView(hidden=frozenset()))
    rows = visible_rows(comparison, chosen, Folds())
    assert len(rows) == 10
    assert strip_cells(comparison, rows, 10) == bytes((0, 1, 0, 0, 0, 0, 0, 0, 0, 1))
    assert strip_cells(comparison, rows, 5) == bytes((1, 0, 0, 0, 1))
    assert strip_cells(comparison, rows, 20).count(1) == 4
    folds = Folds()
    folds.choose(b"d", False)
    assert strip_cells(comparison, visible_rows(comparison, chosen, folds), 9) == bytes((1, 0, 0, 0, 0, 0, 0, 0, 1))
    assert strip_cells(
        comparison, visible_rows(comparison, choose(comparison, CompareView(query="no")), folds), 3
    ) == bytes(3)
