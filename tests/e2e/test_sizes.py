"""Every screen at every size, and names of every script: nothing is out of its place."""

from pathlib import Path
from unicodedata import category, normalize

import pytest

from tests.e2e.terminal import Terminal, layertui
from tests.kit.docker import docker_archive
from tests.kit.entries import Entry, file, whiteout
from tests.kit.images import ImageSpec

SIZES = ((60, 20), (300, 100), (100, 30), (80, 24))

SCREENS: tuple[tuple[list[str], str], ...] = (
    (["g", "c"], "identical hidden"),
    (["=", "n", "enter"], "README.md"),
    (["escape", "escape", "2", "/", "m", "o", "t", "d", "enter", "j", "enter"], "Welcome to Demo Linux"),
    (["escape", "escape", "f", "r", "u", "n"], "FIND"),
    (["escape", "?"], "KEYS in"),
    (["escape", "i"], "History of this path"),
    (["q", ":"], "Find an action"),
)
"""Keys that lead from one screen to the next, and what it shows."""


FEET = ("q quit", "find fuzzy")
"""What the last line has: keys, or what is asked for; only the palette may lie over it."""


def test_every_screen_fits_whatever_size_the_terminal_gets() -> None:
    with Terminal(layertui("demo")) as terminal:
        terminal.wait_until_read()
        for keys, seen in SCREENS:
            terminal.press(*keys)
            terminal.wait_for(seen)
            terminal.settle()
            before = terminal.text
            for columns, rows in SIZES:
                terminal.resize(columns, rows)
                terminal.wait_until(lambda text=seen: text in terminal.text and whole(terminal), 5, f"all of {seen}")
            terminal.wait_until(lambda text=before: terminal.text == text, 5, f"the same as before: {before}")
        terminal.press("escape")
        terminal.wait_until(lambda: "Find an action" not in terminal.text)
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0


def whole(terminal: Terminal) -> bool:
    """Whether the screen is drawn from the first line to the last."""
    lines = terminal.lines()
    foot = "Find an action" in terminal.text or any(foot in lines[-1] for foot in FEET)
    return foot and lines[0].strip() != ""


NAMES = {
    "日本語の名前": "日本語の名前",
    "ｗide": "ｗide",
    "de\u0301composed": "de\u0301composed",
    "שלום-עולם": "שלום-עולם",
    "مرحبا": "مرحبا",
    "zero\u200bwidth": r"zero\u200bwidth",
    "override\u202egnp": r"override\u202egnp",
    "warning-\u26a0\ufe0f": "warning-\u26a0",
    "thumb-\U0001f44d\U0001f3fd": "thumb-\U0001f44d" + r"\U0001f3fd",
    "flag-\U0001f1e9\U0001f1ea": r"flag-\U0001f1e9\U0001f1ea",
    "jamo-\u1112\u1161\u11ab": "jamo-\u1112" + r"\u1161\u11ab",
}
"""Names, and how each is shown; none of Thai or Hindi, as the emulator drops what follows a vowel of those."""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    low: list[Entry] = [file(name.encode(), b"1") for name in NAMES]
    high: list[Entry] = [whiteout(name.encode()) for name in list(NAMES)[::2]]
    high += [file(name.encode(), b"22") for name in list(NAMES)[1::2]]
    history = [{"created_by": f"RUN {' '.join(NAMES)}"}, {"created_by": f"RUN {' '.join(reversed(NAMES))}"}]
    path = tmp_path_factory.mktemp("scripts") / "image.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=(low, high), history=history)]))
    return path


def rails(terminal: Terminal, row: int) -> list[int]:
    """The columns where a line has a rail."""
    cells = terminal.screen.buffer[row]
    return [column for column in range(terminal.screen.columns) if cells[column].data in "│║■█" and cells[column].data]


def letters(text: str) -> str:
    """A text without combining characters: the emulator drops some."""
    return "".join(one for one in normalize("NFD", text) if not category(one).startswith("M"))


def test_names_of_every_script_shift_no_column(scripts: Path) -> None:
    with Terminal(layertui(scripts), (200, 50)) as terminal:
        terminal.wait_until_read()
        terminal.press("2")
        for name in NAMES.values():
            assert letters(name) in letters(terminal.text), f"{name!r} is not as it should be"
        first = rails(terminal, 2)
        assert len(first) == 2
        for row in range(2, 40):
            assert rails(terminal, row) == first, terminal.lines()[row]
        terminal.press("1", "G", "c")
        terminal.wait_for("diff 1/")
        rows = [row for row, line in enumerate(terminal.lines()) if " != " in line or " T " in line]
        assert len(rows) == len(NAMES)
        assert {signs(terminal, row) for row in rows} <= {(84, "!="), (84, "T ")}
        assert {tuple(rails(terminal, row)) for row in rows} == {(199,)}


def signs(terminal: Terminal, row: int) -> tuple[int, str]:
    """Where the sign between the two sides stands, and which it is."""
    cells = terminal.screen.buffer[row]
    at = next(column for column in range(terminal.screen.columns) if cells[column].data in ("!", "T"))
    return at, cells[at].data + cells[at + 1].data
