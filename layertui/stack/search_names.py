"""Looking for names among all versions and markers of all paths, hidden and deleted ones too."""

import re
from collections.abc import Callable, Container, Iterator

from layertui.errors import Cancelled, UsageError
from layertui.layer.columns import Kind
from layertui.stack.squash import Squash
from layertui.stack.state import State

Matcher = Callable[[bytes], bool]
"""Tells whether a path, given as a key (NUL for `/`, see names.py), is one that is looked for."""

BATCH = 5_000
"""Positions looked at between two questions whether to go on."""

Cancel = Callable[[], bool]


def find_names(
    squash: Squash, matcher: Matcher, *, layers: Container[int] | None = None, cancelled: Cancel | None = None
) -> Iterator[int]:
    """Yield the positions whose path matches: in tree order, and of one path base to top.

    Whiteouts and opaque markers are among them; directories that a layer merely repeats or leads through are not.
    `layers` leaves out what all others hold. Raises Cancelled.
    """
    trees, first, numbers, rows = squash.trees, squash.first, squash.layers, squash.rows
    last_key: bytes | None = None
    matches = False
    for position in range(len(squash)):
        if position % BATCH == 0 and cancelled is not None and cancelled():
            raise Cancelled
        number = numbers[position]
        key = trees[number - first].columns.keys[rows[position]]
        if key != last_key:
            last_key, matches = key, matcher(key)
        if matches and (layers is None or number in layers) and _is_told(squash, position):
            yield position


def _is_told(squash: Squash, position: int) -> bool:
    """Whether a position is more than a directory that leads to something."""
    return squash.states[position] != State.UNCHANGED or squash.kind(position) is not Kind.DIRECTORY


def glob_matcher(glob: str, *, ignore_case: bool = False) -> Matcher:
    """Match names by a glob: `*` and `?` stay within a name, `[a-z]` and `[!a-z]` are a byte, `**` is any directories.

    Without a slash it is the last name of a path that has to match, as with `find -name`; with one, the whole path.
    """
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    pattern = re.compile(_glob_pattern(glob.strip("/")), flags)
    if "/" in glob:
        return lambda key: pattern.fullmatch(key) is not None
    return lambda key: pattern.fullmatch(key, key.rfind(b"\0") + 1) is not None


def _glob_pattern(glob: str) -> bytes:
    text = glob.encode("utf-8", "surrogateescape").replace(b"/", b"\0")
    parts, at = [], 0
    while at < len(text):
        rest = text[at:]
        bracket = re.match(rb"\[(!?)(\]?[^\]]*)\]", rest, re.DOTALL)
        if rest.startswith(b"**\0"):
            parts.append(rb"(?:[^\0]*\0)*")
            at += 3
        elif rest.startswith(b"**"):
            parts.append(b".*")
            at += 2
        elif rest.startswith(b"*"):
            parts.append(rb"[^\0]*")
            at += 1
        elif rest.startswith(b"?"):
            parts.append(rb"[^\0]")
            at += 1
        elif bracket and bracket[2]:
            inside = re.sub(rb"([\\\[\]^&~|])", rb"\\\1", bracket[2])
            parts.append(b"[" + (b"^\\0" if bracket[1] else b"") + inside + b"]")
            at += bracket.end()
        else:
            parts.append(re.escape(text[at : at + 1]))
            at += 1
    try:
        re.compile(b"".join(parts))
    except re.error as problem:
        raise UsageError(f"'{glob}' is not a glob: {problem}.", "A bracket is written as [[].") from problem
    return b"".join(parts)


def regex_matcher(text: str, *, ignore_case: bool = False) -> Matcher:
    """Match paths, written without a leading slash, that a regular expression is found in; raises UsageError."""
    try:
        pattern = re.compile(text.encode("utf-8", "surrogateescape"), re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as problem:
        raise UsageError(f"'{text}' is not a regular expression: {problem}.", "Leave --regex out.") from problem
    return lambda key: pattern.search(key.replace(b"\0", b"/")) is not None
