"""JSON that came from anyone: read into typed structures, or refused in one sentence."""

import json
import re
from typing import TypeVar

import msgspec

from layertui.errors import DamagedError
from layertui.image.bounds import DOCUMENT_BYTES, Bound

T = TypeVar("T")

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_AGAIN = "Fetch or save the image again."
_REPLACEMENT = "�"


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
    try:
        loose = json.loads(data.decode("utf-8-sig", "replace"))
        text = _LONE_SURROGATE.sub(_REPLACEMENT, json.dumps(loose, ensure_ascii=False))
        return msgspec.json.decode(text.encode(), type=shape)
    except msgspec.ValidationError as problem:
        raise DamagedError(f"{where} is not as its specification says: {problem}.", _AGAIN) from problem
    except (ValueError, RecursionError) as problem:
        raise DamagedError(f"{where} is {_looks(data)}.", _AGAIN) from problem


def _looks(data: bytes) -> str:
    text = data.strip()
    if not text:
        return "empty"
    return "damaged JSON" if text[:1] in (b"{", b"[") else f"not JSON: it begins with {text[:16]!r}"
