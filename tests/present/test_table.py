"""Tables: columns that line up, and marks that say the same as the screen's."""

from pathlib import Path

from layertui.present.safetext import is_safe
from layertui.present.table import columns, files_table, layers_table, which_table
from layertui.present.view import View
from layertui.stack.load import load
from layertui.stack.squash import Squash
from tests.kit.entries import block, char, directory, fifo, file, hardlink, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.kit.odd import odd_image
from tests.present.test_details import load_spec
from tests.present.test_rows import squash_of


def files(squash: Squash, layer: int) -> list[str]:
    mask = squash.diff_mask(layer)
    positions = [at for at in range(len(squash)) if mask[at] and not squash.is_implied(at)]
    return list(files_table(squash, View(layer), positions))


def test_columns_line_up() -> None:
    rows = [["A", "N", "LAST"], ["long", "1", "x"], ["b", "1000", ""]]
    assert list(columns(rows, right=frozenset({1}))) == ["A        N  LAST", "long     1  x", "b     1000"]
    assert list(columns([])) == []


def test_types_and_modes_as_ls_draws_them() -> None:
    squash = squash_of(
        [
            [
                block("b", 1, 2),
                char("c", 1, 2),
                directory("d", mode=0o1777),
                file("f", "12", mode=0o4755),
                hardlink("h", "f"),
                symlink("l", "f"),
                fifo("p"),
                whiteout("w"),
                hardlink("x", "absent"),
            ]
        ]
    )
    header = files(squash, 0)[0]
    assert (header.index("Mode"), header.index("Path")) == (14, 51)
    picked = [(line[14:24].strip(), line[37:49].strip(), line[51:]) for line in files(squash, 0)[1:]]
    assert picked == [
        ("brw-r--r--", "", "b"),
        ("crw-r--r--", "", "c"),
        ("drwxrwxrwt", "", "d/"),
        ("-rwsr-xr-x", "2", "f"),
        ("-rw-r--r--", "2", "h link to f"),
        ("lrwxrwxrwx", "", "l -> f"),
        ("prw-r--r--", "", "p"),
        ("", "", "w"),
        ("-rw-r--r--", "?", "x link to absent"),
    ]


def test_out_is_as_wide_as_the_highest_layer() -> None:
    layers = [[file("f", str(number))] for number in range(12)]
    lines = files(squash_of(layers), 10)
    assert lines[1].startswith("~ >11  L10    -rw-r--r--")
    assert lines[0].index("Layer") == lines[1].index("L10")
    few = files(squash_of(layers[:2]), 0)
    assert few[0].index("Layer") == few[1].index("L0")


def test_what_is_not_known_is_a_dot() -> None:
    assert files(squash_of([[file("f", "1")]], layer_count=2), 0)[1].startswith("+ .  ")
    assert files(squash_of([[file("f", "1")]], first=1), 1)[1].startswith(".    ")


def test_a_layer_that_could_not_be_read_has_no_numbers(tmp_path: Path) -> None:
    loaded = load_spec(tmp_path, ImageSpec(layers=[[file("f", "1")], [file("g", "2")]]))
    assert list(layers_table(loaded))[-1] == "total 2 B, reclaimable 0 B"
    part = load(loaded.image, range(1))
    assert [line[:2] for line in layers_table(part)][2:-1] == ["L0"]


def test_everything_in_the_odd_image_is_one_safe_line(tmp_path: Path) -> None:
    loaded = load_spec(tmp_path, odd_image())
    squash = loaded.squash
    for layer in range(2):
        lines = files(squash, layer)
        assert all(map(is_safe, lines))
    for at in range(len(squash)):
        lines = list(which_table(loaded, squash.path(at)))
        assert all(map(is_safe, lines))
        assert len(lines) == 3 + len(squash.history(squash.path(at)))
