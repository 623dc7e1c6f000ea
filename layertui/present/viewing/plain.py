"""A content as plain lines, for a pager: text as `cat` gives it to a terminal, bytes as hex, an archive's members."""

import codecs
from collections.abc import Iterator

from layertui.image.blob import Blob
from layertui.present.safetext import safe
from layertui.present.viewing.archive import Members, member_lines
from layertui.present.viewing.document import Document
from layertui.present.viewing.encoding import UTF_8, Encoding
from layertui.present.viewing.hexdump import hex_lines, row_count
from layertui.present.viewing.kind import Form

CHUNK_BYTES = 256 * 1024
"""How much is read at once: whoever reads may stop after the first page."""

PER_ROW = 16
"""Bytes in a line of hex, as `hexdump -C` has it."""

LINES = 1000
"""Lines that are made at once."""


def plain_chunks(document: Document) -> Iterator[bytes]:
    """Yield the content as lines that no terminal acts on; nothing is read before it is asked for.

    Raises what the blob raises.
    """
    form = document.look.form
    if form is Form.ARCHIVE and document.members is not None:
        yield from _members(document.members)
    elif form is Form.BINARY:
        yield from _hex(document.blob)
    else:
        yield from _text(document.blob, document.look.encoding or UTF_8)


def _text(blob: Blob, encoding: Encoding) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding.codec)("backslashreplace")
    kept = ""
    for offset in range(encoding.mark_bytes, blob.size_bytes, CHUNK_BYTES):
        text = kept + decoder.decode(blob.read_at(offset, CHUNK_BYTES))
        kept = "\r" if text.endswith("\r") else ""  # the line's end may be in the next chunk
        yield _safe(text.removesuffix("\r"))
    yield _safe(kept + decoder.decode(b"", final=True))


def _safe(text: str) -> bytes:
    return safe(text.replace("\r\n", "\n"), keep="\n\t").encode()


def _hex(blob: Blob) -> Iterator[bytes]:
    for first in range(0, row_count(blob.size_bytes, PER_ROW), LINES):
        yield "".join(f"{line}\n" for line in hex_lines(blob, first, LINES, PER_ROW)).encode()


def _members(members: Members) -> Iterator[bytes]:
    for first in range(0, len(members.members), LINES):
        yield "".join(f"{line}\n" for line in member_lines(members, first, LINES)).encode()
    if members.problem:
        yield f"{safe(members.problem)}\n".encode()
