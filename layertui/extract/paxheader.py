"""Headers of a tar in POSIX's PAX form (POSIX.1-2017, pax(1)): raw bytes stand as they are, as GNU tar writes them."""

from struct import Struct

from layertui.layer.columns import Kind
from layertui.layer.tree import Entry

BLOCK_BYTES = 512
"""A tar is made of blocks of this size."""

_USTAR = Struct("100s 8s 8s 8s 12s 12s 8s c 100s 6s 2s 64x 8s 8s 155x 12x")
"""Name, mode, uid, gid, size, mtime, checksum, type, link, magic, version, device; no owners' names, no prefix."""

_TYPES = {
    Kind.FILE: b"0",
    Kind.HARDLINK: b"1",
    Kind.SYMLINK: b"2",
    Kind.CHAR: b"3",
    Kind.BLOCK: b"4",
    Kind.DIRECTORY: b"5",
    Kind.FIFO: b"6",
}

_NAME_BYTES = 100


def header(entry: Entry, size_bytes: int) -> bytes:
    """The header of an entry, behind a PAX header for what does not fit it; raises ValueError where nothing would fit.

    `size_bytes` is what follows. A whiteout is for the caller to turn into the file that it is in a tar.
    """
    name = entry.path + b"/" if entry.kind is Kind.DIRECTORY else entry.path
    link = entry.link_target or b""
    records: list[tuple[bytes, bytes]] = []
    if len(name) > _NAME_BYTES or not name.isascii():
        records.append((b"path", name))
    if len(link) > _NAME_BYTES or not link.isascii():
        records.append((b"linkpath", link))
    numbers = {b"uid": (entry.uid, 7), b"gid": (entry.gid, 7), b"size": (size_bytes, 11)}
    records += [(key, b"%d" % value) for key, (value, digits) in numbers.items() if not _fits(value, digits)]
    seconds, fraction = divmod(entry.mtime_ns, 10**9)
    if fraction or not _fits(seconds, 11):
        records.append((b"mtime", _decimal(entry.mtime_ns)))
    records += [(b"SCHILY.xattr." + attribute, value) for attribute, value in entry.xattrs]
    block = _block(
        _TYPES[entry.kind], name, link, entry.mode, entry.uid, entry.gid, size_bytes, seconds, entry.device or (0, 0)
    )
    if not records:
        return block
    body = b"".join(_record(key, value) for key, value in records)
    base = name.rstrip(b"/").rpartition(b"/")[2]
    extension = _block(b"x", b"PaxHeaders/" + base[:80], b"", 0o644, 0, 0, len(body), 0, (0, 0))
    return extension + body + bytes(-len(body) % BLOCK_BYTES) + block


def _block(
    kind: bytes,
    name: bytes,
    link: bytes,
    mode: int,
    uid: int,
    gid: int,
    size_bytes: int,
    seconds: int,
    device: tuple[int, int],
) -> bytes:
    major, minor = device
    if not (_fits(major, 7) and _fits(minor, 7)):
        raise ValueError(f"device number {major}:{minor} does not fit a tar")
    fields = (
        name[:_NAME_BYTES],
        *(_octal(value, 7) for value in (mode, uid, gid)),
        *(_octal(value, 11) for value in (size_bytes, seconds)),
    )
    rest = (kind, link[:_NAME_BYTES], b"ustar\0", b"00", _octal(major, 7), _octal(minor, 7))
    total = sum(_USTAR.pack(*fields, b" " * 8, *rest))
    return _USTAR.pack(*fields, b"%06o\0 " % total, *rest)


def _fits(value: int, digits: int) -> bool:
    return 0 <= value < 1 << 3 * digits


def _octal(value: int, digits: int) -> bytes:
    """An octal field; what does not fit stands as 0, and is in the PAX header."""
    return b"%0*o\0" % (digits, value if _fits(value, digits) else 0)


def _decimal(nanoseconds: int) -> bytes:
    """A time as PAX has it: decimal seconds, no zeros at the end."""
    seconds, fraction = divmod(abs(nanoseconds), 10**9)
    text = b"%s%d.%09d" % (b"-" if nanoseconds < 0 else b"", seconds, fraction)
    return text.rstrip(b"0").rstrip(b".")


def _record(key: bytes, value: bytes) -> bytes:
    """A record, which begins with its own length."""
    rest = b" %s=%s\n" % (key, value)
    length = len(rest) + len(str(len(rest)))
    length = len(rest) + len(str(length))
    return b"%d%s" % (length, rest)
