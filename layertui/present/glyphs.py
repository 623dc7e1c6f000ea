"""Glyphs: all that is drawn beyond ASCII, and what stands for it on terminals that have less.

Who draws takes the glyph from here and knows nothing of terminals: each glyph is put in the place of another of the
same width on its way out.
"""

from functools import lru_cache
from typing import Final

from layertui.present.safetext import CROP_MARK, cell_width

LINE: Final = "│"
"""Between panes, and along a branch of a tree."""

BRANCH: Final = "├"
"""Where a branch of a tree begins that others follow."""

LAST: Final = "└"
"""Where the last one begins."""

STROKE: Final = "─"
"""From there to what stands on it."""

THUMB: Final = "║"
"""The rail where the window is: light beside text."""

FULL: Final = "█"
"""A full cell of a bar."""

HALF: Final = "▌"
"""Half a cell of a bar; and the mark at the left of a line."""

DIFFERENCE: Final = "■"
"""The rail where differences lie; within the window it is FULL."""

_ASCII: Final = {
    LINE: "|",
    BRANCH: "+",
    LAST: "`",
    STROKE: "-",
    THUMB: ":",
    FULL: "#",
    HALF: "|",
    DIFFERENCE: "=",
    "▄": "_",
}

_IN_FEW_FONTS: Final = {
    CROP_MARK: "*",  # as in a pattern: any letters
    # What Textual draws of its own accord: the palette's sign, its frame and its scrollbar.
    "🔎": "  ",
    "▔": "-",
    **dict.fromkeys("▁▂▃▅▆▇", "_"),
    **dict.fromkeys("▉▊▋▍▎▏", "|"),
}
"""What a console font may lack that has all of the above."""


def for_console(text: str) -> str:
    """A text as each font of the Linux console has it; names keep their letters, as fonts differ in these."""
    return text if text.isascii() else text.translate(_CONSOLE)


@lru_cache(maxsize=2000)
def in_ascii(text: str) -> str:
    """A text in ASCII alone; what has no twin there is `?`, as wide as it was."""
    if text.isascii():
        return text
    text = text.translate(_WHOLE)
    return text if text.isascii() else "".join(one if one.isascii() else "?" * cell_width(one) for one in text)


_CONSOLE: Final = str.maketrans(_IN_FEW_FONTS)
_WHOLE: Final = str.maketrans(_ASCII | _IN_FEW_FONTS)
