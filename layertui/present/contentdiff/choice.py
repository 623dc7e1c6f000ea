"""How two contents are compared: as texts where both are and it is not too much, else as bytes, with the reason."""

from collections.abc import Callable

from layertui.image.blob import Blob
from layertui.present.contentdiff.text import TEXT_BYTES, TextDiff, read_lines
from layertui.present.viewing.encoding import UTF_8
from layertui.present.viewing.kind import Form, Look

LINE_LIMIT = 200_000
"""Texts of more lines are compared as bytes: each takes memory on its own."""

INCOMPLETE = "They differ too much to be lined up: some lines are shown as replaced that may only have moved."
"""Said of a comparison that reached its bound."""


def why_bytes(a: Blob, look_a: Look, b: Blob, look_b: Look) -> str | None:
    """Why two contents are compared as bytes, in a sentence; None where they are compared as texts.

    Raises what the blobs raise.
    """
    textual = (Form.TEXT, Form.EMPTY, Form.LINK)
    if look_a.form not in textual or look_b.form not in textual:
        sides = [name for name, look in (("A", look_a), ("B", look_b)) if look.form not in textual]
        return f"{' and '.join(sides)} {'is' if len(sides) == 1 else 'are'} no text: compared as bytes."
    if max(a.size_bytes, b.size_bytes) > TEXT_BYTES:
        return f"Texts above {TEXT_BYTES >> 20} MiB are not compared line by line: compared as bytes."
    for blob, look in ((a, look_a), (b, look_b)):
        newline = (look.encoding or UTF_8).newline
        if blob.read_at(0, TEXT_BYTES).count(newline) > LINE_LIMIT:
            return f"Texts of more than {LINE_LIMIT:,} lines are not compared line by line: compared as bytes."
    return None


def compare_texts(
    a: Blob,
    look_a: Look,
    b: Blob,
    look_b: Look,
    *,
    ignore_space: bool = False,
    check: Callable[[], None] | None = None,
) -> TextDiff:
    """Compare two contents line by line, each in its own encoding; raises what `check` and the blobs raise."""
    lines_a = read_lines(a, look_a.encoding or UTF_8)
    lines_b = read_lines(b, look_b.encoding or UTF_8)
    return TextDiff(lines_a, lines_b, ignore_space=ignore_space, check=check)
