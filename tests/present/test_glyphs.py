"""Glyphs have one home, and keep their width whatever a terminal gets in their place."""

import ast
from pathlib import Path

import pytest

import layertui
from layertui.present import glyphs
from layertui.present.glyphs import for_console, in_ascii
from layertui.present.safetext import CROP_MARK, cell_width

OURS = [value for name, value in vars(glyphs).items() if name.isupper() and isinstance(value, str)]


@pytest.mark.parametrize("text", [*OURS, "▔▁▎▊▇🔎", "a│b…c", "plain", "日本", "e\u0301", ""])
def test_every_glyph_has_a_twin_of_the_same_width(text: str) -> None:
    assert in_ascii(text).isascii()
    assert len(in_ascii(text)) == cell_width(text)
    assert cell_width(for_console(text)) == cell_width(text)


def test_glyphs_that_mean_something_else_stay_apart() -> None:
    twins = {in_ascii(glyph) for glyph in (glyphs.LINE, glyphs.BRANCH, glyphs.LAST, glyphs.STROKE)}
    assert len(twins) == 4
    assert len({in_ascii(glyph) for glyph in (glyphs.LINE, glyphs.THUMB, glyphs.DIFFERENCE, glyphs.FULL)}) == 4
    assert "?" not in "".join(map(in_ascii, OURS))


def test_a_console_keeps_what_its_fonts_have_and_the_letters_of_names() -> None:
    for glyph in OURS:
        if glyph != CROP_MARK:
            assert for_console(glyph) == glyph == glyph.encode("cp437").decode("cp437")
    assert for_console(f"größe{CROP_MARK}") == "größe*"


def test_nothing_beyond_ascii_is_drawn_that_has_another_home() -> None:
    package = Path(layertui.__file__).parent
    found = set()
    for path in (*(package / "present").rglob("*.py"), *(package / "tui").rglob("*.py")):
        tree = ast.parse(path.read_text())
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                drawn = [letter for letter in node.value if not letter.isascii() and letter.isprintable()]
                if drawn and path.name not in ("glyphs.py", "safetext.py"):
                    found.add(f"{path.relative_to(package)}:{node.lineno}: {''.join(drawn)}")
    assert found == set()
