"""What a registry says that it wants: the WWW-Authenticate header taken apart (RFC 9110, section 11)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PIECE = re.compile(
    rf"[\s,]*(?:(?P<name>{_TOKEN})[ \t]*=[ \t]*(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<plain>[^\s,\"]*))"
    rf"|(?P<scheme>{_TOKEN})(?:[ \t]+(?P<blob>[A-Za-z0-9._~+/-]+=*)(?=[ \t]*(?:,|$)))?)",
    re.ASCII,
)
"""A parameter, or a scheme with perhaps one token behind it, which no scheme that is known here has."""

_LONGEST = 16 << 10
"""Characters of all such headers together that are looked at; real ones have some hundred."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in."""

    scheme: str
    """In small letters: `bearer`, `basic`."""
    parameters: Mapping[str, str]
    """By name in small letters; of two alike the first."""


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """All challenges in their order; several may stand in one header. What makes no sense is passed over."""
    found: list[Challenge] = []
    left = _LONGEST
    for header in headers:
        text = header[:left]
        left -= len(text)
        parameters: dict[str, str] | None = None
        position = 0
        while position < len(text):
            piece = _PIECE.match(text, position)
            if piece is None or piece.end() == position:
                position += 1
                continue
            position = piece.end()
            if piece["scheme"] is not None:
                parameters = {}
                found.append(Challenge(piece["scheme"].lower(), parameters))
            elif parameters is not None:
                quoted = piece["quoted"]
                value = piece["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                parameters.setdefault(piece["name"].lower(), value)
    return tuple(found)
