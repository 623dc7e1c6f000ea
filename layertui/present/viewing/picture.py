"""The dimensions of a picture, out of its header: PNG, JPEG, GIF, WebP."""

import struct

from layertui.image.blob import Blob

_SEGMENTS = 1000
"""How many JPEG segments are looked through: each costs a read, and a file may hold nothing else."""

_NO_FRAME = (0xC4, 0xC8, 0xCC)
"""Codes among those of JPEG's frames that are none (ITU T.81, table B.1)."""


def picture_fact(blob: Blob) -> str | None:
    """`PNG image, 640 x 480`; without dimensions where its header is cut short; None for what is no picture."""
    head = blob.read_at(0, 32)
    for title, looks, measure in _FORMATS:
        if looks(head):
            try:
                width, height = measure(blob, head)
            except (struct.error, ValueError):
                return f"{title} image"
            return f"{title} image, {width:,} x {height:,}"
    return None


def _png(blob: Blob, head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _gif(blob: Blob, head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _webp(blob: Blob, head: bytes) -> tuple[int, int]:
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    raise ValueError("no frame that is known")


def _jpeg(blob: Blob, head: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(_SEGMENTS):
        marker, code, size = struct.unpack(">BBH", blob.read_at(at, 4))
        if marker != 0xFF or size < 2:
            break
        if 0xC0 <= code <= 0xCF and code not in _NO_FRAME:
            height, width = struct.unpack(">HH", blob.read_at(at + 5, 4))
            return width, height
        at += 2 + size
    raise ValueError("no frame")


_FORMATS = (
    ("PNG", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    ("GIF", lambda head: head[:6] in (b"GIF87a", b"GIF89a"), _gif),
    ("JPEG", lambda head: head.startswith(b"\xff\xd8\xff"), _jpeg),
    ("WebP", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", _webp),
)
