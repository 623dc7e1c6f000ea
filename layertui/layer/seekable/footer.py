"""Where a layer's table of contents stands: what its descriptor's annotations say of it, or its last bytes.

stargz-snapshotter, docs/estargz.md, "Footer"; google/crfs for the older stargz; containers/storage, pkg/chunked, and
stargz-snapshotter's zstdchunked, for the two kinds of zstd:chunked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from struct import Struct

from layertui.image.digest import Digest

TAIL_BYTES = 72
"""The end of a blob that holds a footer of any kind: zstd:chunked's longest, in its frame."""

_TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
"""Annotation: the digest of the JSON."""

_CHUNKED_PREFIXES = ("io.github.containers.zstd-chunked.", "io.containers.zstd-chunked.")
"""What annotations of zstd:chunked begin with; the second is what tools wrote up to 2022, and some still do."""

_POSITION = re.compile(r"([0-9]{1,18}):([0-9]{1,18}):([0-9]{1,18}):1")
"""Offset, stored bytes, bytes of JSON, and 1 for the only type that there is."""

_STARGZ = re.compile(
    rb"\x1f\x8b\x08\x04.{6}(?:\x1a\0SG\x16\0|\x16\0)([0-9a-f]{16})STARGZ\x01\0\0\xff\xff\0{8}", re.DOTALL
)
"""An empty gzip member with the offset in its extra field; the older stargz has it there without a subfield."""

_FRAME = Struct("<4sI")
"""Head of a skippable zstd frame: magic and length (RFC 8878, section 3.1.2)."""
_FRAME_MAGIC = b"\x50\x2a\x4d\x18"
_CHUNKED_MAGICS = (b"GNUlInUx", b"GnUlInUx")
"""What ends the footer of zstd:chunked: of containers/storage, and of stargz-snapshotter and older tools."""
_CHUNKED_LENGTHS = (64, 56, 40)
"""How long that footer may be: it grew when more was put into the blob; how it begins is the same."""
_CHUNKED_FOOTER = Struct("<QQQQ")
"""Offset, stored bytes, bytes of JSON, type."""


class Form(Enum):
    """How such a layer is made; the value is the name that messages use."""

    ESTARGZ = "eStargz"
    ZSTD_CHUNKED = "zstd:chunked"


@dataclass(frozen=True, slots=True)
class TocPlace:
    """Where a table of contents stands in a blob; nothing of it is checked yet."""

    form: Form
    offset: int
    """Where it begins, and the contents end."""
    stored_bytes: int
    """As stored; not positive, or more than there is, where the footer lies."""
    stored_digest: Digest | None
    """Of it as stored, where the descriptor says one."""
    json_digest: Digest | None
    """Of its JSON, where the descriptor says one."""


def annotated_place(annotations: Mapping[str, str]) -> TocPlace | None:
    """What a descriptor says; None where it does not tell the place. Raises DamagedError for what is no digest."""
    found = _POSITION.fullmatch(_chunked(annotations, "manifest-position"))
    return _chunked_place(annotations, int(found[1]), int(found[2])) if found else None


def is_told(annotations: Mapping[str, str]) -> bool:
    """Whether a descriptor says that its layer has a table of contents; nothing is raised."""
    return _TOC_DIGEST in annotations or bool(_chunked(annotations, "manifest-position"))


def footer_place(tail: bytes, size_bytes: int, annotations: Mapping[str, str]) -> TocPlace | None:
    """What the last TAIL_BYTES of a blob of `size_bytes` say; None where they are no footer.

    Raises DamagedError for annotations that are no digest.
    """
    if tail[-8:] in _CHUNKED_MAGICS:
        for length in _CHUNKED_LENGTHS:
            frame, footer = tail[-length - _FRAME.size : -length], tail[-length:]
            if frame == _FRAME.pack(_FRAME_MAGIC, length):
                offset, stored_bytes, _, kind = _CHUNKED_FOOTER.unpack_from(footer)
                return _chunked_place(annotations, offset, stored_bytes) if kind == 1 else None
        return None
    for found in _STARGZ.finditer(tail):
        if found.end() == len(tail):
            offset, end = int(found[1], 16), size_bytes - len(found[0])
            return TocPlace(Form.ESTARGZ, offset, end - offset, None, _digest(annotations.get(_TOC_DIGEST, "")))
    return None


def _chunked_place(annotations: Mapping[str, str], offset: int, stored_bytes: int) -> TocPlace:
    stored_digest = _digest(_chunked(annotations, "manifest-checksum"))
    json_digest = _digest(annotations.get(_TOC_DIGEST, ""))
    return TocPlace(Form.ZSTD_CHUNKED, offset, stored_bytes, stored_digest, json_digest)


def _chunked(annotations: Mapping[str, str], key: str) -> str:
    return next((annotations[prefix + key] for prefix in _CHUNKED_PREFIXES if prefix + key in annotations), "")


def _digest(text: str) -> Digest | None:
    return Digest(text) if text else None
