"""What one line shows in its columns."""

from layertui.present.row import strip_text
from layertui.present.rows import FileRows
from layertui.present.view import Folds, View
from tests.kit.entries import Layer, directory, file, hardlink, opaque, symlink, whiteout
from tests.present.test_rows import names, squash_of


def test_what_a_row_shows() -> None:
    layers: list[Layer] = [
        [directory("d"), file("d/f", "1" * 1_500, mode=0o4755, uid=5, gid=6), hardlink("d/g", "d/f")],
        [directory("d"), file("d/f", "2" * 1_500), opaque("e"), whiteout("d/g"), hardlink("broken", "absent")],
    ]
    squash = squash_of(layers)
    row = FileRows(squash, View(0), Folds()).row(1)
    assert (row.mark, row.out, row.size_bytes, row.size_text) == ("+", ">1", 1_500, "1.5 kB")
    assert (row.mode_text, row.owner_text, row.mtime_text) == ("rwsr-xr-x", "5:6", "2023-11-14T22:13:20Z")
    assert (row.path, row.name, row.link_text, row.is_directory) == ("d/f", "f", "", False)
    row = FileRows(squash, View(0), Folds()).row(2)
    assert (row.out, row.size_bytes, row.link_text, row.share) == ("x1", 1_500, " -> d/f", 1.0)
    row = FileRows(squash, View(0), Folds()).row(0)
    assert (row.size_bytes, row.share, row.folded) == (1_500, 1.0, False)
    rows = {row.path: row for row in map(FileRows(squash, View(1), Folds()).row, range(5))}
    assert (rows["broken"].size_bytes, rows["broken"].size_text) == (None, "?")
    assert (rows["d/g"].mark, rows["d/g"].size_text, rows["d/g"].mode_text) == ("-", "", "")
    assert (rows["d/f"].mark, rows["d/f"].out) == ("?", "*")
    assert (rows["d"].mark, rows["d"].out) == (" ", "*")


def test_names_are_safe_to_draw() -> None:
    squash = squash_of([[file(b"a/\x1b[31m\n\xff", "1"), symlink("l", b"\x1b]0;x\x07")]])
    rows = FileRows(squash, View(0), Folds())
    assert names(rows) == ["a/", "\\x1b[31m\\n\\xff", "l"]
    assert rows.row(2).link_text == " -> \\x1b]0;x\\x07"


def test_what_is_not_known_yet_is_a_dot() -> None:
    squash = squash_of([[file("f", "1")]], layer_count=3)
    assert FileRows(squash, View(0), Folds()).row(0).out == "."
    squash = squash_of([[file("f", "1")]], first=2)
    row = FileRows(squash, View(2), Folds()).row(0)
    assert (row.mark, row.state, row.out) == (".", None, "")


def test_the_strip_has_a_cell_for_each_layer() -> None:
    squash = squash_of([[file("f", "1")], [], [file("f", "22")], [whiteout("f")], [file("f", "3")]])
    rows = FileRows(squash, View(4), Folds())
    assert strip_text(rows.selection, rows.position(0)) == "+.~-*"
    base = [directory("d"), file("d/a", "1")]
    squash = squash_of([base, [directory("d"), file("d/b", "1")], [directory("d", mode=0o700)]])
    rows = FileRows(squash, View(2), Folds())
    assert strip_text(rows.selection, rows.position(0)) == "+,*"
