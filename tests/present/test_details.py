"""The detail pane and the tables about one path, as the text that a person reads."""

from pathlib import Path

import pytest

from layertui.present.details import (
    UNKNOWN_COMMAND,
    Line,
    chain_line,
    command_text,
    detail_lines,
    history_table,
    metadata_line,
    metadata_table,
    outcome_sentence,
    removed_with,
)
from layertui.present.marks import Style
from layertui.present.safetext import is_safe
from layertui.sources.resolve import open_reference
from layertui.stack.load import Loaded, load
from layertui.stack.squash import Squash
from tests.kit.docker import docker_archive
from tests.kit.entries import Layer, char, directory, file, hardlink, opaque, sparse, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.present.test_rows import squash_of


def text(line: Line) -> str:
    return "".join(run for _, run in line)


LAYERS: list[Layer] = [
    [file("app/models.bin", "1" * 22_000_000, mode=0o644), directory("gone"), file("gone/f", "1")],
    [],
    [file("app/models.bin", "2" * 21_000_000, mode=0o600), whiteout("gone"), symlink("l", "target")],
]


@pytest.fixture(scope="module")
def squash() -> Squash:
    return squash_of(LAYERS)


def test_metadata_line(squash: Squash) -> None:
    assert text(metadata_line(squash, squash.run(b"app/models.bin")[0])) == (
        "app/models.bin  rw-r--r-- 0:0  22,000,000 B"
    )
    assert text(metadata_line(squash, squash.run(b"gone")[1])) == "gone  removed by a whiteout"
    assert text(metadata_line(squash, squash.run(b"l")[0])) == "l -> target  rwxrwxrwx 0:0"
    assert text(metadata_line(squash, squash.run(b"app")[0])) == ("app/  implied: no entry of its own in this layer")
    odd = squash_of([[char("dev/null", 1, 3), file("f", "12"), hardlink("h", "f"), hardlink("broken", "absent")]])
    assert text(metadata_line(odd, odd.run(b"dev/null")[0])).endswith("0:0  char device 1,3")
    assert text(metadata_line(odd, odd.run(b"h")[0])) == "h -> f  rw-r--r-- 0:0  2 B  hard link"
    assert text(metadata_line(odd, odd.run(b"broken")[0])) == "broken -> absent  rw-r--r-- 0:0  ?  hard link"


def test_chain_line(squash: Squash) -> None:
    at = squash.run(b"app/models.bin")[0]
    assert text(chain_line(squash, at)) == "Chain: L0 + 22.0 MB >2  [L2 ~ 21.0 MB wins]"
    assert text(chain_line(squash, at)) == text(chain_line(squash, at + 1)), "the same from every version"
    assert text(chain_line(squash, squash.run(b"gone")[0])) == "Chain: L0 + directory x2  L2 -"
    assert text(chain_line(squash, squash.run(b"l")[0])) == "Chain: [L2 + symlink wins]"
    assert text(chain_line(squash, squash.run(b"app")[0])) == "Chain: no layer holds this directory itself"


def test_chain_line_while_layers_are_unread() -> None:
    below = squash_of([[file("f", "1")]], layer_count=2)
    assert text(chain_line(below, below.run(b"f")[0])) == "Chain: L0 + 1 B ."
    above = squash_of([[file("f", "1")]], first=1)
    assert text(chain_line(above, above.run(b"f")[0])) == "Chain: [L1 . 1 B wins]"


def test_history_table(squash: Squash) -> None:
    table = [(at, text(line)) for at, line in history_table(squash, b"app/models.bin")]
    first = squash.run(b"app/models.bin")[0]
    assert table == [
        (first, "L0 +   22.0 MB   shadowed by L2"),
        (first + 1, "L2 ~   21.0 MB * wins"),
    ]
    assert [text(line) for _, line in history_table(squash, b"gone")] == [
        "L0 + directory   deleted by L2",
        "L2 -  whiteout   ",
    ]
    assert history_table(squash, b"absent") == []
    wins = history_table(squash, b"app/models.bin")[1][1]
    assert {style for style, _ in wins} == {Style.WIN, Style.CHANGED, Style.PLAIN}


@pytest.mark.parametrize(
    ("layers", "path", "sentence"),
    [
        ([[file("f", "1")]], b"f", "visible, the only copy"),
        ([[file("f", "1"), file("f", "2")]], b"f", "replaced later in its own layer"),
        ([[file("d/f", "1"), file("d", "2")]], b"d/f", "removed later in its own layer"),
        ([[file("f", "1")], [file("f", "2")]], b"f", "shadowed by L1"),
        ([[file("f", "1")], [whiteout("f")]], b"f", "deleted by L1"),
    ],
)
def test_outcome_in_words(layers: list[Layer], path: bytes, sentence: str) -> None:
    squash = squash_of(layers)
    assert outcome_sentence(squash, squash.run(path)[0]) == sentence


def test_metadata_table() -> None:
    lines = [
        sparse("s", 10_000, [(0, b"1")], form="gnu"),
        file("f", "12", mode=0o4755, uid=1, gid=2, mtime_ns=1_500_000_000, xattrs=((b"user.x", b"v\x1b"),)),
        symlink("l", b"t\n"),
        char("c", 5, 6),
        directory("op"),
        opaque("op"),
    ]
    squash = squash_of([lines])

    def table(path: bytes) -> list[str]:
        return [text(line) for line in metadata_table(squash, squash.run(path)[0])]

    assert table(b"f") == [
        "path      f",
        "layer     L0",
        "kind      file",
        "state     added",
        "outcome   visible, the only copy",
        "size      2 B",
        "mode      4755  rwsr-xr-x",
        "owner     1:2",
        "modified  1970-01-01T00:00:01.5Z",
        "xattr     user.x = v\\x1b",
    ]
    assert "stored    sparse: holes are not stored" in table(b"s")
    assert "links to  t\\n" in table(b"l")
    assert "device    5,6" in table(b"c")
    assert "kind      directory, opaque" in table(b"op")


@pytest.mark.parametrize(
    ("layers", "path", "expected"),
    [
        ([[file("a/b/c", "1")], [whiteout("a")]], b"a/b/c", (1, b"a")),
        ([[file("a/b/c", "1")], [whiteout("a/b")]], b"a/b/c", (1, b"a/b")),
        ([[file("a/b/c", "1")], [opaque("a")]], b"a/b/c", (1, b"a")),
        ([[file("a/b/c", "1")], [directory("a"), opaque("a")]], b"a/b/c", (1, b"a")),
        ([[file("a/b/c", "1")], [file("a", "in its place")]], b"a/b/c", (1, b"a")),
        ([[file("a/b/c", "1")], [symlink("a/b", "x")], [whiteout("a")]], b"a/b/c", (1, b"a/b")),
        ([[file("a", "1")], [opaque("")]], b"a", (1, b".")),
        ([[file("a/b/c", "1")], [whiteout("a"), directory("a"), file("a/b/d", "new")]], b"a/b/c", (1, b"a")),
        ([[file("a/b/c", "1")], [whiteout("a"), directory("a"), directory("a/b")]], b"a/b/c", (1, b"a")),
        ([[file("a/b/c", "1")], [whiteout("a/b/c")]], b"a/b/c", None),
        ([[file("a/b/c", "1")]], b"a/b/c", None),
        ([[file("a/b/c", "1")], [whiteout("a")], [file("a/b/c", "back")]], b"a/b/c", None),
        ([[]], b"absent", None),
    ],
)
def test_removed_with_names_the_parent(layers: list[Layer], path: bytes, expected: tuple[int, bytes] | None) -> None:
    assert removed_with(squash_of(layers), path) == expected


def load_spec(directory_path: Path, spec: ImageSpec) -> Loaded:
    """An image, written, opened and read."""
    path = directory_path / "image.tar"
    path.write_bytes(docker_archive([spec]))
    chosen = open_reference(str(path)).chosen
    assert chosen is not None
    return load(chosen.open())


def test_the_three_lines_of_the_detail_pane(tmp_path: Path) -> None:
    history = [{"created_by": "COPY f /f\x1b[2J # buildkit"}]
    loaded = load_spec(tmp_path, ImageSpec(layers=[[file("f", "123")]], history=history))
    lines = detail_lines(loaded.squash, loaded.squash.run(b"f")[0], loaded.image)
    assert [text(line) for line in lines] == [
        "f  rw-r--r-- 0:0  3 B",
        "Chain: [L0 + 3 B wins]",
        "L0 COPY f /f\\x1b[2J",
    ]
    assert all(is_safe(text(line)) for line in lines)


def test_a_command_that_is_not_recorded(tmp_path: Path) -> None:
    loaded = load_spec(tmp_path, ImageSpec(layers=[[file("f", "1")]], history=[]))
    assert command_text(loaded.image, 0) == UNKNOWN_COMMAND


def test_a_long_chain_keeps_the_winner_the_version_at_hand_and_the_first() -> None:
    layers = [[file("f", "x" * (number + 1))] for number in range(12)]
    squash = squash_of(layers)
    history = squash.history(b"f")
    text = "".join(part for _, part in chain_line(squash, history[5], 70))
    assert len(text) <= 70
    assert text.startswith("Chain: L0 + 1 B >1  ...")
    assert "L5 ~ 6 B >6" in text
    assert text.endswith("[L11 ~ 12 B wins]")
    whole = "".join(part for _, part in chain_line(squash, history[5]))
    assert whole.count("L") == 12
    assert "..." not in whole


@pytest.mark.parametrize("width", range(20, 200, 7))
def test_a_chain_fits_its_width(width: int) -> None:
    squash = squash_of([[file("f", "x" * (number + 1))] for number in range(12)])
    for at in squash.history(b"f"):
        text = "".join(part for _, part in chain_line(squash, at, width))
        assert len(text) <= max(width, len("Chain:   ...  [L11 ~ 12 B wins]"))
        assert "[L11 ~ 12 B wins]" in text
