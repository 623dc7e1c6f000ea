"""JSON that came from anyone: read into typed structures, or refused in one sentence."""

import re
from typing import TypeVar

import msgspec

from layertui.errors import DamagedError
from layertui.image.bounds import DOCUMENT_BYTES, Bound

T = TypeVar("T")

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_UP_TO_LONE = re.compile(
    rb"((?:[^\\]++|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?!u[dD][89a-fA-F]).)*+)"
    rb"(\\u[dD][89a-fA-F][0-9a-fA-F]{2})?",
    re.DOTALL,
)
"""Sound text, with pairs of surrogates and any other escape, and the lone surrogate that ends it."""
_AGAIN = "Fetch or save the image again."
_REPLACEMENT = rb"\ufffd"


def decode(data: bytes, shape: type[T], where: str, bound: Bound = DOCUMENT_BYTES) -> T:
    """Read JSON into `shape`.

    Raises DamagedError, beginning with `where`, when it is larger than `bound`, no JSON, or not of that shape.
    """
    if len(data) > bound.value:
        raise bound.exceeded(f"{where} has {len(data):,} bytes and")
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as problem:
        raise DamagedError(f"{where} is not as its specification says: {problem}.", _AGAIN) from problem
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_replacing(data, shape, where)
    except RecursionError as problem:
        raise DamagedError(f"{where} is nested too deeply to be the work of a container tool.", _AGAIN) from problem


def _decode_replacing(data: bytes, shape: type[T], where: str) -> T:
    """Read what is JSON except for text that is not Unicode, which Go's decoder, and so every engine, replaces."""
    sound = _with_sound_escapes(data.decode("utf-8-sig", "replace").encode())
    try:
        if sound == data:
            raise DamagedError(f"{where} is {_looks(data)}.", _AGAIN)
        return msgspec.json.decode(sound, type=shape)
    except msgspec.ValidationError as problem:
        raise DamagedError(f"{where} is not as its specification says: {problem}.", _AGAIN) from problem
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise DamagedError(f"{where} is {_looks(data)}.", _AGAIN) from problem


def _with_sound_escapes(data: bytes) -> bytes:
    """The same with escapes of lone surrogates replaced; it may be large, so nothing is built of what is in it."""
    if not _SURROGATE.search(data):
        return data
    parts: list[bytes] = []
    for found in _UP_TO_LONE.finditer(data):
        parts += found[1], _REPLACEMENT if found[2] else b""
    return b"".join(parts)


def _looks(data: bytes) -> str:
    text = data.strip()
    if not text:
        return "empty"
    return "damaged JSON" if text[:1] in (b"{", b"[") else f"not JSON: it begins with {text[:16]!r}"
