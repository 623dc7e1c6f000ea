"""Which compression a blob has, told by its first bytes, and its bytes uncompressed, a chunk at a time."""

from collections.abc import Callable, Iterator
from enum import Enum

from layertui.errors import DamagedError
from layertui.image.blob import Blob

INPUT_CHUNK_BYTES = 128 * 1024
"""How many stored bytes are read at once: large enough that the call does not count, small enough to cancel at once."""

MAGIC_BYTES = 16
"""Enough of a blob to tell its compression."""

OUTPUT_CHUNK_BYTES = 1024 * 1024
"""How many bytes one step may produce: what bounds memory when a small input expands without end."""

EXPANSION_LIMIT = 1000
"""How many bytes may come out for each byte that went in, once `EXPANSION_FLOOR_BYTES` have come out."""

EXPANSION_FLOOR_BYTES = 1 << 30
"""Below this many bytes no expansion is refused: a layer of zeros is legal and compresses a thousandfold."""


class Compression(Enum):
    """How a blob is stored; the value is the name that messages use."""

    PLAIN = "plain"
    GZIP = "gzip"
    ZSTD = "zstd"
    XZ = "xz"
    BZIP2 = "bzip2"
    LZ4 = "lz4"
    COMPRESS = "compress (.Z)"
    LZIP = "lzip"


_MAGIC: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b", Compression.GZIP),
    (b"\x28\xb5\x2f\xfd", Compression.ZSTD),
    (b"\xfd7zXZ\x00", Compression.XZ),
    (b"BZh", Compression.BZIP2),
    (b"\x04\x22\x4d\x18", Compression.LZ4),
    (b"\x1f\x9d", Compression.COMPRESS),
    (b"LZIP", Compression.LZIP),
)


def sniff(head: bytes) -> Compression:
    """Tell the compression of a blob from its first eight bytes or more; what has no known magic is plain.

    zstd's skippable frames (magic 0x184D2A50 to 0x184D2A5F, RFC 8878 section 3.1.2) may come first.
    """
    if head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5:
        return Compression.ZSTD
    if head.startswith(b"]\0\0") and head[3:5] != b"\0\0":  # .lzma; a file named "]" has only NULs there
        return Compression.XZ
    for magic, compression in _MAGIC:
        if head.startswith(magic):
            # "BZh" and "LZIP" can begin a file's name, and so a plain tar: bzip2's digit and lzip's version decide.
            if compression is Compression.BZIP2 and head[3:4] not in b"123456789":
                continue
            if compression is Compression.LZIP and head[4:5] not in (b"\x00", b"\x01"):
                continue
            return compression
    return Compression.PLAIN


def decompress(
    blob: Blob,
    compression: Compression,
    *,
    on_input: Callable[[bytes], None] | None = None,
    on_trailing: Callable[[str], None] | None = None,
) -> Iterator[bytes]:
    """Yield a blob's uncompressed bytes in chunks of at most a mebibyte.

    `on_input` sees every stored byte once, in order (for the digest and for progress). `on_trailing` is told of bytes
    after the end of the compressed stream, which are passed over as gzip(1) does. A stream may have several members
    (RFC 1952 section 2.2, RFC 8878 section 3.1).

    Raises DamagedError, with the stored offset, for a stream that is damaged, ends early or expands beyond its bound,
    and for a compression that is not supported.
    """
    if compression is Compression.PLAIN:
        yield from _plain(blob, on_input)
        return
    from layertui.layer.inflating import FAILURES, MEMBERS  # four libraries, of which a plain layer needs none

    make_member = MEMBERS.get(compression)
    if make_member is None:
        raise DamagedError(
            f"{blob.label}: is compressed with {compression.value}, which is not supported.",
            "Recompress it with gzip or zstd.",
        )
    stored = _Stored(blob, on_input)
    produced = 0
    rest = stored.read()
    while rest:
        member, data = make_member(), rest
        while not member.eof:
            try:
                chunk = member.decompress(data, OUTPUT_CHUNK_BYTES)
            except FAILURES as error:
                near = f"near byte {stored.offset - len(data):,}"
                raise DamagedError(
                    f"{blob.label}: the {compression.value} stream is damaged {near}: {error}.",
                    "Copy or download it again.",
                ) from error
            produced += len(chunk)
            if produced > EXPANSION_FLOOR_BYTES and produced > EXPANSION_LIMIT * stored.offset:
                raise DamagedError(
                    f"{blob.label}: expands more than {EXPANSION_LIMIT:,} times, stopped after {produced:,} bytes.",
                    "It looks like a decompression bomb. Uncompress it by other means if you trust it.",
                )
            if chunk:
                yield chunk
            data = b""
            if not member.eof and member.needs_input:
                data = stored.read()
                if not data:
                    raise DamagedError(
                        f"{blob.label}: the {compression.value} stream ends early, at byte {stored.offset:,}.",
                        "The file is incomplete: copy or download it again.",
                    )
        rest = stored.after_member(member.unused_data)
        if rest and sniff(rest[:MAGIC_BYTES]) is not compression:
            if on_trailing is not None:
                on_trailing(f"{blob.label}: bytes after the end of the {compression.value} stream are ignored.")
            while stored.read():
                pass
            return


class _Stored:
    """A blob's stored bytes, each seen once and in order."""

    def __init__(self, blob: Blob, on_input: Callable[[bytes], None] | None) -> None:
        self._blob = blob
        self._on_input = on_input
        self.offset = 0

    def read(self) -> bytes:
        """The next bytes, none at the end."""
        data = self._blob.read_at(self.offset, INPUT_CHUNK_BYTES)
        self.offset += len(data)
        if data and self._on_input is not None:
            self._on_input(data)
        return data

    def after_member(self, rest: bytes) -> bytes:
        """What follows a member of which `rest` is read already: enough to sniff, the padding of NULs left out."""
        rest = rest.lstrip(b"\0")
        while len(rest) < MAGIC_BYTES:
            data = self.read()
            if not data:
                break
            rest = (rest + data).lstrip(b"\0")
        return rest


def _plain(blob: Blob, on_input: Callable[[bytes], None] | None) -> Iterator[bytes]:
    offset = 0
    while chunk := blob.read_at(offset, OUTPUT_CHUNK_BYTES):
        offset += len(chunk)
        if on_input is not None:
            on_input(chunk)
        yield chunk
