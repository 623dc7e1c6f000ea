"""The libraries that uncompress: one member of a stream at a time, all with one interface."""

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import Final, Protocol, cast

from layertui.layer.compression import OUTPUT_CHUNK_BYTES, Compression

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

try:
    from isal import igzip_lib

    _GZIP_ERROR = cast("type[Exception]", igzip_lib.IsalError)
    HAS_ISAL = True
    """Whether gzip is read by isal; the standard library reads the same bytes at less than half the speed."""
except ImportError:  # no wheel for this machine
    _GZIP_ERROR = zlib.error
    HAS_ISAL = False

XZ_MEMORY_LIMIT_BYTES = 256 << 20
"""What an xz stream may ask for: `xz -9` needs 65 MiB, and a header of 13 bytes can ask for 4 GiB."""


class Decompressor(Protocol):
    """What bz2, lzma, zstd and isal have in common: one member of a stream."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _ZlibMember:
    """A gzip member by the standard library, with the interface that bz2's decompressor has."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = OUTPUT_CHUNK_BYTES) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)


def _gzip_member() -> Decompressor:
    if not HAS_ISAL:
        return _ZlibMember()
    member: Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    return member


def _zstd_frame() -> Decompressor:
    return zstd.ZstdDecompressor()


MEMBERS: Final[dict[Compression, Callable[[], Decompressor]]] = {
    Compression.GZIP: _gzip_member,
    Compression.ZSTD: _zstd_frame,
    Compression.XZ: lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY_LIMIT_BYTES),
    Compression.BZIP2: bz2.BZ2Decompressor,
}
"""What uncompresses one member, by compression; what is missing here is not supported."""

FAILURES: Final = (_GZIP_ERROR, zlib.error, lzma.LZMAError, zstd.ZstdError, EOFError, OSError, ValueError)
"""What these raise where a stream is damaged."""
