"""Colours for source code: a file's lines as runs of a style and a text, as far as someone looked."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layertui.present.viewing.kind import interpreter_of
from layertui.present.viewing.lines import TextLines, drawn

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

FILE_BYTES = 256 * 1024
"""Larger files are shown plain: a lexer takes a second for some 500 kB."""

LINE_CHARACTERS = 2_000
"""Files with longer lines are shown plain: they are not made for reading, and lexers may take the square of it."""

STEP_S = 0.05
"""How long one call may take; the lines that it did not reach are plain until the next."""

Runs = list[tuple[str, str]]
"""One line: a style's name (of `STYLES`, or empty for plain text) and a text that is safe to draw."""

STYLES = {
    "Comment": "comment",
    "Keyword": "keyword",
    "Literal.String": "string",
    "Literal.Number": "number",
    "Name.Function": "name",
    "Name.Class": "name",
    "Name.Tag": "keyword",
    "Name.Attribute": "name",
    "Name.Builtin": "builtin",
    "Name.Decorator": "builtin",
    "Name.Variable": "variable",
    "Operator.Word": "keyword",
    "Generic.Heading": "keyword",
    "Generic.Subheading": "keyword",
    "Generic.Deleted": "removed",
    "Generic.Inserted": "added",
}
"""Kinds of tokens, as pygments calls them, and the names of our styles; what stands under none of them is plain."""

_INTERPRETERS = {b"sh": "bash", b"dash": "bash", b"ash": "bash", b"node": "javascript"}
"""Programs that scripts name and lexers do not."""


class Highlighter:
    """The lines of one text in colours; drawn as `TextLines` draws them, so places of characters are the same."""

    def __init__(self, lines: TextLines, lexer: "Lexer") -> None:
        data = lines.blob.read_at(lines.encoding.mark_bytes, FILE_BYTES)
        text = lines.encoding.decode(data).replace("\r\n", "\n")
        self._is_plain = any(len(line) > LINE_CHARACTERS for line in text.split("\n"))
        self._tokens: Iterator[tuple[int, _TokenType, str]] = iter(lexer.get_tokens_unprocessed(text))
        self._done: list[list[tuple[str, str]]] = [[]]
        """Raw runs of every line that was reached; the last one may go on."""
        self._ended = self._is_plain

    def runs(self, first: int, count: int) -> list[Runs | None]:
        """Lines from `first` on in colours; None for one that is to be shown plain, now or for good."""
        if self._is_plain:
            return [None] * count
        self._reach(first + count)
        stop = len(self._done) - (not self._ended)
        return [_line(self._done[number]) if number < stop else None for number in range(first, first + count)]

    def reaches(self, line: int) -> bool:
        """Whether a line's colours are as they will be; where not, asking again brings them."""
        return self._ended or line < len(self._done) - 1

    def _reach(self, line: int) -> None:
        """Take tokens until a line is complete, or time is up."""
        until = time.monotonic() + STEP_S
        while not self._ended and len(self._done) <= line:
            for _ in range(100):
                token = next(self._tokens, None)
                if token is None:
                    self._ended = True
                    return
                style = style_of(token[1])
                head, *more = token[2].split("\n")
                self._done[-1].append((style, head))
                self._done.extend([(style, text)] for text in more)
            if time.monotonic() > until:
                return


def highlighter(lines: TextLines, name: bytes) -> Highlighter | None:
    """Colours for a text by its file's name, or by the interpreter that a script names; None where there are none.

    Raises what the text's blob raises.
    """
    if lines.blob.size_bytes > FILE_BYTES:
        return None
    from pygments.lexers import find_lexer_class_for_filename, get_lexer_by_name
    from pygments.util import ClassNotFound

    base = name.rpartition(b"/")[2].decode("utf-8", "replace")
    found = find_lexer_class_for_filename(base) if base else None
    if found is not None:
        return Highlighter(lines, found(stripnl=False, ensurenl=False))
    interpreter = interpreter_of(lines.blob.read_at(0, 256)).rstrip(b"0123456789.")
    if not interpreter:
        return None
    try:
        alias = _INTERPRETERS.get(interpreter, interpreter.decode("ascii", "replace"))
        return Highlighter(lines, get_lexer_by_name(alias, stripnl=False, ensurenl=False))
    except ClassNotFound:
        return None


def style_of(token: "_TokenType") -> str:
    """The name of the style of a kind of token: that of the nearest kind above it that has one."""
    kinds: list[str] = list(token)
    while kinds:
        style = STYLES.get(".".join(kinds))
        if style is not None:
            return style
        kinds.pop()
    return ""


def _line(raw: list[tuple[str, str]]) -> Runs:
    """A line's runs as they are drawn; tabs reach to the next stop of the whole line."""
    whole, runs, column = "", [], 0
    for style, text in raw:
        whole += text
        line = drawn(whole)
        if len(line) > column:
            runs.append((style, line[column:]))
        column = len(line)
    return runs
