"""Lines of text as lines of the screen: wrapped, with numbers before them."""

from layertui.present.safetext import CROP_MARK, cell_width, first_cells
from layertui.present.viewing.lines import LINE_BYTES

CUT_NOTE = f"{CROP_MARK} [only the first {LINE_BYTES // 1024} KiB of this line are shown]"
"""Behind a line that is longer than what is shown of it."""


def wrapped(text: str, width: int) -> list[str]:
    """A safe text in pieces of at most `width` cells each; at least one."""
    if width <= 0 or (len(text) <= width and cell_width(text) <= width):
        return [text]
    pieces = []
    while text:
        head = first_cells(text, width) or text[:1]  # a wide character in a single cell
        pieces.append(head)
        text = text[len(head) :]
    return pieces


def number_width(highest: int) -> int:
    """Cells of the column of line numbers, the blank behind them too; `highest` is the last line's, from 0."""
    return len(str(highest + 1)) + 1


def numbered(number: int | None, width: int) -> str:
    """A line number as its column shows it, counted from 1; blank where a wrapped line goes on."""
    return f"{'' if number is None else number + 1:>{width - 1}} "
