"""How runs of text become segments."""

from rich.style import Style

from layertui.tui.widgets.looks import merged

PLAIN, DIM, BOLD = Style(), Style(dim=True), Style(bold=True, color="cyan")
LINED, BLOCK = Style(underline=True), Style(bgcolor="blue")


def test_spaces_take_the_style_beside_them() -> None:
    segments = merged([("    ", DIM), ("   ", PLAIN), (" 0 B", DIM), ("  ", PLAIN), ("x", BOLD), ("   ", PLAIN)])
    assert [(segment.text, segment.style) for segment in segments] == [("        0 B  ", DIM), ("x   ", BOLD)]


def test_spaces_at_the_start_take_the_style_that_follows() -> None:
    segments = merged([("  ", PLAIN), ("x", BOLD)])
    assert [(segment.text, segment.style) for segment in segments] == [("  x", BOLD)]


def test_spaces_that_show_a_line_or_a_block_keep_their_style() -> None:
    runs = [("x", LINED), (" ", PLAIN), ("  ", BLOCK), ("  ", PLAIN), ("  ", LINED)]
    segments = merged(runs)
    assert [(segment.text, segment.style) for segment in segments] == runs
