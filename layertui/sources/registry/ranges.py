"""What an answer with a part of a blob says of itself, checked before its bytes are believed (RFC 9110, section 14)."""

import re
from collections.abc import Callable

from layertui.errors import DamagedError

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", re.ASCII | re.IGNORECASE)
_HINT = "It is not trusted: the registry, or something in front of it, is broken. Tell who runs it."

Header = Callable[[str], str]
"""Gives a header by its name; empty where it is not there."""


def check_partial(header: Header, offset: int, end: int, size_bytes: int, where: str) -> None:
    """Raise DamagedError where a 206 is not about the bytes from `offset` up to `end`, of a blob of `size_bytes`."""
    text = header("Content-Range")
    found = _CONTENT_RANGE.fullmatch(text)
    if found is None:
        raise DamagedError(f"{where}: bytes {offset:,} to {end:,} were asked for; it is not said which came.", _HINT)
    first, last = int(found[1]), int(found[2])
    if (first, last) != (offset, end - 1):
        raise DamagedError(
            f"{where}: bytes {offset:,} to {end:,} were asked for; {first:,} to {last + 1:,} came.", _HINT
        )
    if found[3] != "*" and int(found[3]) != size_bytes:
        raise wrong_size(where, int(found[3]), size_bytes)
    length = content_length(header)
    if length is not None and length != end - offset:
        raise DamagedError(f"{where}: {end - offset:,} bytes were asked for; {length:,} are announced.", _HINT)


def check_whole(header: Header, size_bytes: int, where: str) -> None:
    """Raise DamagedError where a 200 announces another length than `size_bytes`."""
    length = content_length(header)
    if length is not None and length != size_bytes:
        raise wrong_size(where, length, size_bytes)


def content_length(header: Header) -> int | None:
    """What is announced; None where nothing is, or nothing that makes sense."""
    text = header("Content-Length")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def wrong_size(where: str, actual_bytes: int, promised_bytes: int) -> DamagedError:
    """The sentence for a blob that is not as long as its descriptor says."""
    return DamagedError(
        f"{where} does not match its descriptor: {promised_bytes:,} bytes were promised, it has {actual_bytes:,}.",
        _HINT,
    )


def too_long(where: str, promised_bytes: int) -> DamagedError:
    """The sentence for an answer that goes on behind its end."""
    return DamagedError(f"{where} is longer than the {promised_bytes:,} bytes that were promised.", _HINT)
