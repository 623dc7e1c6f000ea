"""UTF-16: whether bytes are text in it, told by their beginning."""

import codecs
from typing import Final

MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""What Python calls the encoding that a byte order mark tells of."""

MARK_BYTES: Final = 2

HEAD_BYTES: Final = 4
"""How much of a beginning `may_be_wide` has to see."""

_MANY_ZEROS = 0.7
"""The share of every second byte that is NUL in text that is mostly of Latin letters."""

_FEW = 0.02
"""The share of other NULs, and of control characters, up to which it is text nevertheless."""


def may_be_wide(head: bytes) -> bool:
    """Whether it is worth a look at more than the first `HEAD_BYTES`: next to no file that is not UTF-16 has that."""
    return 0 in head or head[:MARK_BYTES] in MARKS


def wide_codec(sample: bytes) -> str | None:
    """The encoding of UTF-16 text that begins with `sample`, as Python calls it; None where it is something else.

    A byte order mark decides; it is part of what is to be decoded.
    """
    codec = MARKS.get(sample[:MARK_BYTES])
    if codec is not None:
        return None if sample.startswith(codecs.BOM_UTF32_LE) else codec
    return unmarked_codec(sample)


def unmarked_codec(sample: bytes) -> str | None:
    """The same without a byte order mark: nearly every second byte is NUL, and hardly any of the others."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > _MANY_ZEROS * half and others <= _FEW * half and half > 1:
            text = sample[: half * 2].decode(codec, "replace")
            if sum(character < " " and character not in "\t\n\r\f" for character in text) <= _FEW * len(text):
                return codec
    return None
