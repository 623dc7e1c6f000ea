"""Whether bytes are text, and in which encoding: told by their beginning."""

import codecs
import re
from dataclasses import dataclass

from layertui.stack.wide import unmarked_codec

SAMPLE_BYTES = 64 * 1024
"""How much of a content's beginning decides what it is."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text's bytes are read."""

    codec: str
    """What Python calls it."""
    title: str
    """What a person calls it."""
    mark_bytes: int = 0
    """How many bytes the byte order mark takes at the beginning."""

    @property
    def unit_bytes(self) -> int:
        """Bytes of one code unit."""
        return 2 if self.codec.startswith("utf-16") else 1

    @property
    def newline(self) -> bytes:
        """What ends a line."""
        return "\n".encode(self.codec)

    def decode(self, data: bytes) -> str:
        r"""Text, every byte that is not part of it as `\xNN`; not made safe."""
        return data.decode(self.codec, "backslashreplace")


UTF_8 = Encoding("utf-8", "UTF-8")
LATIN_1 = Encoding("latin-1", "Latin-1")
"""Every byte is a character of it: what text is read as that is nothing else."""

_MARKS = (
    (codecs.BOM_UTF8, Encoding("utf-8", "UTF-8 with a byte order mark", 3)),
    (codecs.BOM_UTF16_LE, Encoding("utf-16-le", "UTF-16 LE", 2)),
    (codecs.BOM_UTF16_BE, Encoding("utf-16-be", "UTF-16 BE", 2)),
)

_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\b\x1b"))
"""What text has next to none of; terminals' recordings have ESC and backspace."""

_MANY = 0.02
"""The share of control characters above which bytes are no text; latin-1 takes any bytes at all."""

_LOST = re.compile("[\udc80-\udcff]")


def detect(sample: bytes) -> Encoding | None:
    """The encoding of a text that begins with `sample`, or None where it is no text."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark) and not sample.startswith(codecs.BOM_UTF32_LE):
            return encoding
    if b"\0" in sample:
        return _wide(sample)
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > _MANY * len(sample):
        return None
    text = sample.decode("utf-8", "surrogateescape")
    lost = len(_LOST.findall(text[:-3])) + len(_LOST.findall(text[-3:])) * (len(sample) < SAMPLE_BYTES)
    if not lost or len(sample) - len(text) > 4 * lost:  # a few damaged characters do not make UTF-8 something else
        return UTF_8
    rare = sum(map(sample.count, (bytes([code]) for code in range(0x80, 0xA0))))
    return LATIN_1 if rare <= 5 * _MANY * len(sample) else None


def _wide(sample: bytes) -> Encoding | None:
    """UTF-16 without a byte order mark."""
    codec = unmarked_codec(sample)
    return None if codec is None else Encoding(codec, "UTF-16 LE" if codec == "utf-16-le" else "UTF-16 BE")
