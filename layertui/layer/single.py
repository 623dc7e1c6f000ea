"""One member at a time: what every kind of header means, and the one home of these rules.

ustar, V7, old GNU, GNU long names, PAX local and global headers, sparse files, base-256 numbers and star, read as GNU
tar reads them. Plain members take the faster way of batch.py, which hands over here whatever is not plain.
"""

from collections.abc import Callable
from struct import Struct
from zlib import adler32

from layertui.layer.columns import LARGEST_SIZE_BYTES, Columns, Kind
from layertui.layer.extension import Extensions
from layertui.layer.header import adler_when_right, checksum_is_right, number, text, ustar_name
from layertui.layer.member import clean_odd_name, fields_from_extensions, forget_row, is_odd, owner_of
from layertui.layer.sparse import Take

FILE, DIRECTORY = int(Kind.FILE), int(Kind.DIRECTORY)
_CHAR, _BLOCK, _WHITEOUT = int(Kind.CHAR), int(Kind.BLOCK), int(Kind.WHITEOUT)
"""Numbers of kinds: looking a member up in an enum takes longer than all that is done with it here."""

KINDS = {
    0x00: FILE,
    0x30: FILE,
    0x31: int(Kind.HARDLINK),
    0x32: int(Kind.SYMLINK),
    0x33: _CHAR,
    0x34: _BLOCK,
    0x35: DIRECTORY,
    0x36: int(Kind.FIFO),
    0x37: FILE,
    0x44: DIRECTORY,
    0x53: FILE,
}
"""Type flags to kinds: contiguous files (`7`) are files, GNU's dump directories (`D`) directories that have data."""

_SPARSE = 0x53
"""The type flag of an old GNU sparse file."""

_NO_DATA = frozenset(b"123456")
"""Type flags whose size field says nothing about the tar: no data follows them (POSIX; Go's archive/tar agrees)."""

_HEADER = Struct("100s 24s 12x 12s 8x B 188x B 166x")
"""Name, owner, mtime, type flag, first byte of the prefix."""

_NAME_FIELDS = frozenset({b"path", b"linkpath", b"atime", b"ctime", b"hdrcharset", b"comment"})
"""PAX keywords that need no work: names that are too long for the header, and what is not shown."""

MEMO_LIMIT = 16_384
"""How many raw fields are remembered with their meaning: fields repeat, and a hostile tar must not fill memory."""


class Stop(Exception):
    """Reading cannot go on; what stands before `offset` is sound."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Memo(dict[bytes, int]):
    """What raw fields mean: a field that is met again is looked up in C."""

    def __init__(self, read: Callable[[bytes], int]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, field: bytes) -> int:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        value = self[field] = self._read(field)
        return value


ADLERS = Memo(adler_when_right)
"""What the Adler-32 of a header is for its checksum field, if that is right; ValueError where the field is no number.
For all tars together: most headers have one of some thousand sums."""


class SingleLane:
    """Makes rows of headers, each on its own, with what extension headers said before it."""

    def __init__(self, columns: Columns, take: Take) -> None:
        self.columns = columns
        self.extensions = Extensions()
        self.owners = Memo(self._owner)
        self.mtimes = Memo(self._mtime_ns)
        self._take = take

    def add(self, header: bytes, position: int, size: int) -> int:
        """Make a row of the header at `position`, if it becomes one; returns where the next header stands.

        `size` is the header's size field. Raises Stop where the member makes no sense.
        """
        columns, extensions = self.columns, self.extensions
        name, owner_field, mtime_field, flag, prefix = _HEADER.unpack(header)
        name = text(name)
        if prefix:
            name = ustar_name(header, name)
        kind = KINDS.get(flag, -1)
        if kind < 0:
            columns.warn(f"byte {position:,}: unknown type {chr(flag)!r} is listed as a file (POSIX).")
            kind = FILE
        link = None
        if flag in _NO_DATA:
            size = 0
            if flag <= 0x32:
                link = text(header[157:257])
        owner, mtime = self.owners[owner_field], self.mtimes[mtime_field]
        data_offset = position + 512
        next_position = data_offset + (size + 511 & -512)
        extended = flag == _SPARSE or not extensions.is_idle
        if extended:
            fields = dict(extensions.records) if extensions.records and extensions.only_local else {}
            if fields and flag != _SPARSE and fields.keys() <= _NAME_FIELDS:
                name = fields.get(b"path") or name
                if link is not None:
                    link = fields.get(b"linkpath") or link
            else:
                try:
                    name, link, owner, mtime, size, data_offset, next_position = fields_from_extensions(
                        columns, header, extensions, name, link, owner, mtime, size, data_offset, self._take
                    )
                except ValueError as error:
                    raise Stop(f"{error}", position) from None
            extensions.clear()

        columns.member_count += 1
        if name[:2] == b"./":
            name = name[2:]
        if name[-1:] == b"/":
            if kind == FILE:
                kind = DIRECTORY
            name = name.rstrip(b"/")
        if kind:
            size = 0
        row = len(columns.keys)
        if b"/." in name or name[:1] in b"./" or b"//" in name or (extended and is_odd(name)):
            found = clean_odd_name(columns, name, kind, position)
            if found is None:
                forget_row(columns)
                return next_position
            key, kind = found
            if kind == _WHITEOUT:
                size, link = 0, None
                columns.xattrs.pop(row, None)
        else:
            key = name.replace(b"/", b"\0")
        if link is not None:
            columns.links[row] = link
        elif kind in (_CHAR, _BLOCK):
            columns.devices[row] = _device(header)
        columns.keys.append(key)
        columns.prefixes.add(key[: key.rfind(b"\0") + 1])
        columns.kinds.append(kind)
        columns.owners.append(owner)
        columns.mtimes.append(mtime)
        columns.sizes.append(size)
        columns.offsets.append(data_offset)
        return next_position

    def _owner(self, field: bytes) -> int:
        return owner_of(self.columns, field)

    def _mtime_ns(self, field: bytes) -> int:
        try:
            if field[11] == 0 and field[:11].isdigit():  # nearly always
                return int(field[:11], 8) * 1_000_000_000
            return max(-(1 << 63), min(number(field) * 1_000_000_000, (1 << 63) - 1))
        except ValueError:
            self.columns.warn("a modification time is not a number; shown as 1970.")
            return 0


def check_sum(header: bytes, position: int) -> None:
    """Raise Stop where a header's checksum is wrong."""
    try:
        if ADLERS[header[148:156]] == adler32(header) & 0xFFFF:
            return
    except ValueError:
        pass
    if not checksum_is_right(header):
        raise Stop("the header's checksum is wrong", position)


def size_of(header: bytes, position: int) -> int:
    """A header's size field in bytes; raises Stop where it is none."""
    try:
        size = number(header[124:136])
    except ValueError:
        raise Stop("the header's size is not a number", position) from None
    if not 0 <= size < LARGEST_SIZE_BYTES:
        raise Stop("the header's size is out of range", position)
    return size


def _device(header: bytes) -> tuple[int, int]:
    try:
        return number(header[329:337]), number(header[337:345])
    except ValueError:
        return 0, 0
