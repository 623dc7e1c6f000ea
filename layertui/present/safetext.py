"""The one sanitiser: what came out of an image becomes text that no terminal acts on."""

import re
import unicodedata
from functools import lru_cache

_UNSAFE = (
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: the terminal's own commands
    "\u00ad\u034f\u061c\u180e"  # soft hyphen, grapheme joiner, Arabic letter mark, Mongolian vowel separator
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers: letters that are drawn as nothing
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line and paragraph separators, every bidi control
    "\ud800-\udfff"  # lone surrogates: they cannot be encoded for output
    "\ufeff\ufff9-\ufffb"  # byte order mark, interlinear annotation
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # hieroglyph, shorthand, musical controls
    "\U000e0000-\U000e007f"  # tag characters: an invisible copy of ASCII
)
"""The inside of a character class: what acts on a terminal, reorders or hides text."""

_UNSAFE_PATTERN = re.compile(f"[{_UNSAFE}]")

_DRAWN_AS_NOTHING = re.compile("[\u034f\u115f\u1160\u3164\uffa0]")
"""The part of `_UNSAFE` that `str.isprintable` takes for printable."""

_VARIATIONS = "\ufe0e\ufe0f"
"""What asks for one form or the other of the character before, and makes it narrow or wide, or not."""

_UNSETTLED = _VARIATIONS + "\u1161-\u11ff\ud7b0-\ud7fb\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff"
"""What one terminal draws together with the character before and another beside it, so that columns would shift:
variations, the second and third part of a Hangul syllable, letters of flags, colours of skin."""

_BEYOND_ASCII = "\x80-\U0010ffff"

_on_screen = [""]
"""What the screen of this process has no place for, besides what is unsafe; the inside of a character class."""

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

CROP_MARK = "…"
"""Stands for what was cut out of a text; one cell."""


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _VARIATIONS:
        return ""  # it is seen nowhere else either
    named = _NAMED.get(character)
    if named is not None:
        return named
    code = ord(character)
    if code < 0x100 and _UNSAFE_PATTERN.match(character):  # a letter is not to look like a byte that is no text
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(maxsize=16)
def _pattern(keep: str, more: str = "") -> re.Pattern[str]:
    """The class of characters that do not stay: unsafe ones and `more`, without those in `keep`."""
    return re.compile((f"(?![{re.escape(keep)}])" if keep else "") + f"[{_UNSAFE}{more}]")


def begin_screen(*, ascii_only: bool) -> None:
    """From now on let `safe` escape what a screen has no place for: what would shift its columns, or all but ASCII."""
    _on_screen[0] = _BEYOND_ASCII if ascii_only else _UNSETTLED


def end_screen() -> None:
    """From now on text goes where columns are not drawn."""
    _on_screen[0] = ""


def safe(text: bytes | str, *, keep: str = "", exact: bool = False) -> str:
    r"""Text as it can be printed, logged or drawn: nothing left in it acts on a terminal or hides itself.

    Bytes are read as UTF-8, and each byte that is not part of it becomes `\xNN`. Control characters, bidi controls,
    zero-width characters, line separators and lone surrogates become `\x1b`, `\u202e`, `\n` and the like; `keep` names
    characters that stay nevertheless (`"\n\t"` for a file's lines). A backslash stays single: commands and paths hold
    many, and a person copies them as they stand. So an escape cannot be told from a name that spells one; where that
    matters, the bytes themselves are given beside it. On a screen more is escaped (`begin_screen`), but not with
    `exact`: for what is not to be seen but to be used.

    Rule: terminal escapes in names, history, labels, contents and error texts (CVE-2003-0063, CVE-2021-25743).
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    more = "" if exact else _on_screen[0]
    if text.isprintable() and (text.isascii() or not (more or _DRAWN_AS_NOTHING.search(text))):
        return text
    return _pattern(keep, more).sub(_escape, text)


def is_safe(text: str, *, keep: str = "") -> bool:
    """Whether `safe` would leave the text as it is."""
    return _pattern(keep).search(text) is None


def _character_cells(character: str) -> int:
    """Cells of one safe character: 0, 1 or 2."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mc", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cell_width(text: str) -> int:
    """Terminal cells that a safe text takes: wide characters count 2, combining ones 0."""
    if text.isascii():
        return len(text)
    return sum(map(_character_cells, text))


def first_cells(text: str, width: int) -> str:
    """The longest beginning of `text` that fits `width` cells."""
    if text.isascii():
        return text[:width]
    used = 0
    for index, character in enumerate(text):
        used += _character_cells(character)
        if used > width:
            return text[:index]
    return text


def _suffix(text: str, width: int) -> str:
    """The longest end of `text` that fits `width` cells and does not begin inside a character."""
    if text.isascii():
        return text[len(text) - width :] if width < len(text) else text
    used = 0
    start = len(text)
    for index in range(len(text) - 1, -1, -1):
        cells = _character_cells(text[index])
        used += cells
        if used > width:
            break
        if cells:
            start = index
    return text[start:]


def crop_end(text: str, width: int, *, mark: str = CROP_MARK) -> str:
    """At most `width` cells of a safe text, with `mark` at its end where something was cut."""
    if width <= 0:
        return ""
    if cell_width(text) <= width:
        return text
    room = width - cell_width(mark)
    return first_cells(text, room) + mark if room > 0 else first_cells(mark, width)


def crop_start(text: str, width: int, *, mark: str = CROP_MARK) -> str:
    """At most `width` cells of a safe text, with `mark` at its beginning where something was cut."""
    if width <= 0:
        return ""
    if cell_width(text) <= width:
        return text
    room = width - cell_width(mark)
    return mark + _suffix(text, room) if room > 0 else first_cells(mark, width)


def crop_middle(text: str, width: int, *, mark: str = CROP_MARK) -> str:
    """At most `width` cells of a safe text, cut in its middle: of a path, the first and the last names tell most.

    The end keeps the larger half.
    """
    if width <= 0:
        return ""
    if cell_width(text) <= width:
        return text
    room = width - cell_width(mark)
    if room <= 0:
        return first_cells(mark, width)
    head = first_cells(text, room // 2)
    return head + mark + _suffix(text, room - cell_width(head))


def safe_json(text: str) -> str:
    r"""JSON as it can be printed: what `safe` escapes stands as `\uXXXX`, which reads back as the same text."""

    def escape(match: re.Match[str]) -> str:
        units = match[0].encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

    return _UNSAFE_PATTERN.sub(escape, text)
