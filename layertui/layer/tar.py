"""The tar header scanner: one pass over the headers of an uncompressed tar, into columns.

ustar, V7, old GNU, GNU long names, PAX local and global headers, sparse files, base-256 numbers and star, read as GNU
tar reads them. Offsets only advance, checksums are checked, and damage is reported with its offset.
"""

from dataclasses import dataclass
from struct import Struct
from zlib import adler32

from layertui.errors import DamagedError
from layertui.layer.columns import LARGEST_SIZE_BYTES, Columns, Kind
from layertui.layer.extension import Extensions
from layertui.layer.header import ZERO_BLOCK, adler_when_right, checksum_is_right, number, pax_records, text, ustar_name
from layertui.layer.member import clean_odd_name, fields_from_extensions, forget_row, is_odd, owner_of
from layertui.layer.window import Window

_FILE, _DIRECTORY, _CHAR, _BLOCK, _WHITEOUT = (
    int(kind) for kind in (Kind.FILE, Kind.DIRECTORY, Kind.CHAR, Kind.BLOCK, Kind.WHITEOUT)
)  # looking a member up in an enum takes longer than all that is done with it here
_DEVICES = (_CHAR, _BLOCK)
_KINDS = {
    0x00: _FILE,
    0x30: _FILE,
    0x31: int(Kind.HARDLINK),
    0x32: int(Kind.SYMLINK),
    0x33: _CHAR,
    0x34: _BLOCK,
    0x35: _DIRECTORY,
    0x36: int(Kind.FIFO),
    0x37: _FILE,
    0x44: _DIRECTORY,
    0x53: _FILE,
}
"""Type flags to kinds: contiguous files (`7`) are files, GNU's dump directories (`D`) directories that have data."""

_EXTENSIONS = frozenset(b"LKxgXN")
"""Type flags of headers that describe the next member, not one themselves."""

_NO_DATA = frozenset(b"123456")
"""Type flags whose size field says nothing about the tar: no data follows them (POSIX; Go's archive/tar agrees)."""

_HEADER = Struct("100s 24s 11s B 12s 8s B 188x B 166x")
"""Name, owner, size and its last byte, mtime, checksum, type flag, first byte of the prefix."""

_NAME_FIELDS = frozenset({b"path", b"linkpath", b"atime", b"ctime", b"hdrcharset", b"comment"})
"""PAX keywords that the hot loop can apply itself: names that are too long for the header, and what is not shown."""

_RIGHT_SUMS: dict[bytes, int] = {}
"""What the Adler-32 of a header is for its checksum field, if that is right: at most some 100,000 fields make sense."""

SUM_LIMIT = 200_000
"""When to forget them all: fields that make no sense were among them."""

MEMO_LIMIT = 16_384
"""How many raw fields the scanner remembers the meaning of: fields repeat, and a hostile tar must not fill memory."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Where a tar stopped making sense; what was read before it is kept."""

    message: str
    """One clause, without the file's name: "the header's checksum is wrong"."""
    offset_bytes: int
    """Offset in the uncompressed tar."""


def scan(window: Window, columns: Columns) -> Damage | None:
    """Read all headers of a tar into `columns`; returns the damage that ended the reading early, if any.

    A tar ends at its first block of zeros, or where its bytes end between two members. DamagedError raised by the
    window (a damaged compressed stream) ends it as damage too.
    """
    scanner = _Scanner(window, columns)
    try:
        scanner.run()
    except _Stop as stop:
        return Damage(str(stop), stop.offset)
    except DamagedError as error:
        return Damage(error.message, scanner.position)
    return None


class _Stop(Exception):
    """Reading cannot go on."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class _Scanner:
    def __init__(self, window: Window, columns: Columns) -> None:
        self._window = window
        self._columns = columns
        self._buffer = b""
        self._start = 0
        self.position = 0

    def take(self, offset: int, length: int) -> bytes:
        """Bytes of the tar at an offset, fewer only where it ends; for what is not a member's header."""
        at = offset - self._start
        data = self._buffer[at : at + length] if at >= 0 else b""
        if len(data) < length:
            self._buffer, self._start = self._window.fetch(offset, length), offset
            data = self._buffer[:length]
        return data

    def run(self) -> None:
        """The hot loop: what is rare leaves it, through extension.py or member.py."""
        columns = self._columns
        add_key, add_kind, add_owner = columns.keys.append, columns.kinds.append, columns.owners.append
        add_mtime, add_size, add_offset = columns.mtimes.append, columns.sizes.append, columns.offsets.append
        owners: dict[bytes, int] = {}
        mtimes: dict[bytes, int] = {}
        right_sums, unpack = _RIGHT_SUMS, _HEADER.unpack_from
        extensions = Extensions()
        extended, only_local = False, True
        buffer, start, limit, position, members = b"", 0, -1, 0, 0
        while True:
            if position > limit:
                self.position, columns.member_count = position, members
                buffer = self._buffer = self._window.fetch(position, 512)
                start = self._start = position
                limit = start + len(buffer) - 512
                if position > limit:
                    self._end(buffer, position)
                    self._check_pending(extensions, position)
                    return
            at = position - start
            header = buffer[at : at + 512]
            name, owner_field, size_field, size_end, mtime_field, sum_field, flag, prefix = unpack(header)
            if right_sums.get(sum_field) != adler32(header) & 0xFFFF:
                if header == ZERO_BLOCK:
                    columns.member_count = members
                    self._check_pending(extensions, position)
                    return
                _check_sum(header, sum_field, position)
            if size_end <= 32 and size_field.isdigit():
                size = int(size_field, 8)
            else:
                size = _size(header[124:136], position)
            data_offset = position + 512
            if flag > 0x44 and flag in _EXTENSIONS:
                try:
                    if flag == 0x78 and at + 512 + size <= len(buffer):
                        extensions.records = pax_records(buffer[at + 512 : at + 512 + size])
                    else:
                        extensions.read(flag, size, data_offset, self.take)
                        only_local = extensions.only_local
                except ValueError as error:
                    raise _Stop(f"{error}", position) from None
                if self._start != start:
                    buffer, start = self._buffer, self._start
                    limit = start + len(buffer) - 512
                extended = True
                position = data_offset + (size + 511 & -512)
                continue

            name = name.rstrip(b"\0")
            if b"\0" in name:
                name = text(name)
            if prefix:
                name = ustar_name(header, name)
            link = None
            if flag == 0x30:
                kind = _FILE
            else:
                kind = _kind(flag, columns, position)
                if flag in _NO_DATA:
                    size = 0
                    if flag <= 0x32:
                        link = text(header[157:257])
            owner = owners.get(owner_field, -1)
            if owner < 0:
                owner = owners[owner_field] = owner_of(columns, owner_field)
                if len(owners) > MEMO_LIMIT:
                    owners.clear()
            mtime = mtimes.get(mtime_field)
            if mtime is None:
                mtime = mtimes[mtime_field] = _mtime_ns(columns, mtime_field)
                if len(mtimes) > MEMO_LIMIT:
                    mtimes.clear()
            next_position = data_offset + (size + 511 & -512)
            odd = False
            if extended or flag == 0x53:
                odd = True
                fields = dict(extensions.records) if only_local and extensions.records else {}
                if fields and flag != 0x53 and fields.keys() <= _NAME_FIELDS:
                    name = fields.get(b"path") or name
                    if link is not None:
                        link = fields.get(b"linkpath") or link
                else:
                    try:
                        name, link, owner, mtime, size, data_offset, next_position = fields_from_extensions(
                            columns, header, extensions, name, link, owner, mtime, size, data_offset, self.take
                        )
                    except ValueError as error:
                        raise _Stop(f"{error}", position) from None
                    if self._start != start:
                        buffer, start = self._buffer, self._start
                        limit = start + len(buffer) - 512
                extensions.records = None
                if not only_local:
                    extensions.clear()
                    only_local = not extensions.standing
                extended = not only_local

            members += 1
            if name[:2] == b"./":
                name = name[2:]
            if name[-1:] == b"/":
                if kind == _FILE:
                    kind = _DIRECTORY
                name = name.rstrip(b"/")
            if kind:
                size = 0
            if b"/." in name or name[:1] in b"./" or b"//" in name or (odd and is_odd(name)):
                found = clean_odd_name(columns, name, kind, position)
                if found is None:
                    forget_row(columns)
                    position = next_position
                    continue
                key, kind = found
                if kind == _WHITEOUT:
                    size, link = 0, None
                    columns.xattrs.pop(len(columns.keys), None)
            else:
                key = name.replace(b"/", b"\0")
            if link is not None:
                columns.links[len(columns.keys)] = link
            elif kind in _DEVICES:
                columns.devices[len(columns.keys)] = _device(header)
            add_key(key)
            add_kind(kind)
            add_owner(owner)
            add_mtime(mtime)
            add_size(size)
            add_offset(data_offset)
            position = next_position

    def _check_pending(self, extensions: Extensions, position: int) -> None:
        """Extension headers without the member that they describe: something is missing."""
        if extensions.pending:
            raise _Stop("the tar ends after an extension header", position)

    def _end(self, rest: bytes, position: int) -> None:
        """The bytes end here: fine between two members, damage inside one."""
        missing = self._window.missing(position)
        if missing:
            raise _Stop(f"the tar ends early: {missing:,} bytes of the last member are missing", position - missing)
        if rest.strip(b"\0"):
            raise _Stop("the tar ends inside a header", position)


def _kind(flag: int, columns: Columns, position: int) -> int:
    kind = _KINDS.get(flag)
    if kind is None:
        columns.warn(f"byte {position:,}: unknown type {chr(flag)!r} is listed as a file (POSIX).")
        return _FILE
    return kind


def _check_sum(header: bytes, field: bytes, position: int) -> None:
    """Check a header's sum the slow way, and remember what is right for its field."""
    if not checksum_is_right(header):
        raise _Stop("the header's checksum is wrong", position)
    if len(_RIGHT_SUMS) > SUM_LIMIT:
        _RIGHT_SUMS.clear()
    _RIGHT_SUMS[field] = adler_when_right(field)


def _size(field: bytes, position: int) -> int:
    try:
        size = number(field)
    except ValueError:
        raise _Stop("the header's size is not a number", position) from None
    if not 0 <= size < LARGEST_SIZE_BYTES:
        raise _Stop("the header's size is out of range", position)
    return size


def _mtime_ns(columns: Columns, field: bytes) -> int:
    try:
        return max(-(1 << 63), min(number(field) * 1_000_000_000, (1 << 63) - 1))
    except ValueError:
        columns.warn("a modification time is not a number; shown as 1970.")
        return 0


def _device(header: bytes) -> tuple[int, int]:
    try:
        return number(header[329:337]), number(header[337:345])
    except ValueError:
        return 0, 0
