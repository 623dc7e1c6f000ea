"""The tar header scanner: one pass over the headers of an uncompressed tar, into columns.

ustar, V7, old GNU, GNU long names, PAX local and global headers, sparse files, base-256 numbers and star, read as GNU
tar reads them. Offsets only advance, checksums are checked, and damage is reported with its offset.
"""

from dataclasses import dataclass
from zlib import adler32

from layertui.errors import DamagedError
from layertui.layer.columns import LARGEST_SIZE_BYTES, Columns, Kind
from layertui.layer.extension import Extension, read_extension
from layertui.layer.header import ZERO_BLOCK, adler_when_right, checksum_is_right, number, text, ustar_name
from layertui.layer.member import add_odd_name, fields_from_extension, owner_of
from layertui.layer.window import Window

_KINDS = {
    0x00: Kind.FILE,
    0x30: Kind.FILE,
    0x31: Kind.HARDLINK,
    0x32: Kind.SYMLINK,
    0x33: Kind.CHAR,
    0x34: Kind.BLOCK,
    0x35: Kind.DIRECTORY,
    0x36: Kind.FIFO,
    0x37: Kind.FILE,
    0x44: Kind.DIRECTORY,
    0x53: Kind.FILE,
}
"""Type flags to kinds: contiguous files (`7`) are files, GNU's dump directories (`D`) directories that have data."""

_EXTENSIONS = frozenset(b"LKxgXN")
"""Type flags of headers that describe the next member, not one themselves."""

_NO_DATA = frozenset(b"123456")
"""Type flags whose size field says nothing about the tar: no data follows them (POSIX; Go's archive/tar agrees)."""

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
        """The hot loop: what is rare leaves it, through `extension` or through member.py."""
        columns = self._columns
        add_key, add_kind, add_owner = columns.keys.append, columns.kinds.append, columns.owners.append
        add_mtime, add_size, add_offset = columns.mtimes.append, columns.sizes.append, columns.offsets.append
        owners: dict[bytes, int] = {}
        mtimes: dict[bytes, int] = {}
        sizes: dict[bytes, int] = {}
        right_sums: dict[bytes, int] = {}
        extension: Extension | None = None
        standing: Extension | None = None
        buffer, start, position = self._buffer, self._start, 0
        while True:
            at = position - start
            header = buffer[at : at + 512]
            if len(header) != 512:
                self.position = position
                buffer = self._buffer = self._window.fetch(position, 512)
                start = self._start = position
                header = buffer[:512]
                if len(header) != 512:
                    self._end(header, position)
                    self._check_pending(extension, standing, position)
                    return
            sum_field = header[148:156]
            if right_sums.get(sum_field) != adler32(header) & 0xFFFF:
                if header == ZERO_BLOCK:
                    self._check_pending(extension, standing, position)
                    return
                if not checksum_is_right(header):
                    raise _Stop("the header's checksum is wrong", position)
                right_sums[sum_field] = adler_when_right(sum_field)
                if len(right_sums) > MEMO_LIMIT:
                    right_sums.clear()
            flag = header[156]
            size_field = header[124:136]
            size = sizes.get(size_field, -1)
            if size < 0:
                size = sizes[size_field] = _size(size_field, position)
                if len(sizes) > MEMO_LIMIT:
                    sizes.clear()
            data_offset = position + 512
            if flag in _EXTENSIONS:
                try:
                    found = read_extension(flag, header, size, data_offset, self.take)
                except ValueError as error:
                    raise _Stop(f"{error}", position) from None
                buffer, start = self._buffer, self._start
                if flag == 0x67:
                    standing = found.over(standing)
                    extension = extension or standing
                else:
                    extension = found.over(extension or standing)
                position = data_offset + (size + 511 & -512)
                continue

            kind = _KINDS.get(flag, Kind.FILE)
            if flag not in _KINDS:
                columns.warn(f"byte {position:,}: unknown type {chr(flag)!r} is listed as a file (POSIX).")
            end = header.find(0, 0, 100)
            name = header[:100] if end < 0 else header[:end]
            if header[345]:
                name = ustar_name(header, name)
            stored_size = 0 if flag in _NO_DATA else size
            owner_field = header[100:124]
            owner = owners.get(owner_field, -1)
            if owner < 0:
                owner = owners[owner_field] = owner_of(columns, owner_field)
                if len(owners) > MEMO_LIMIT:
                    owners.clear()
            mtime_field = header[136:148]
            mtime = mtimes.get(mtime_field)
            if mtime is None:
                mtime = mtimes[mtime_field] = _mtime_ns(columns, mtime_field)
                if len(mtimes) > MEMO_LIMIT:
                    mtimes.clear()
            link = text(header[157:257]) if flag == 0x31 or flag == 0x32 else None
            row = len(columns.keys)
            size = stored_size
            if extension is not None or flag == 0x53:
                try:
                    fields = fields_from_extension(
                        columns, row, header, extension, name, link, owner, mtime, stored_size, data_offset, self.take
                    )
                except ValueError as error:
                    raise _Stop(f"{error}", position) from None
                buffer, start = self._buffer, self._start
                name, link, owner, mtime, size, stored_size, data_offset, next_position = fields
                extension = standing
            else:
                next_position = data_offset + (stored_size + 511 & -512)

            columns.member_count += 1
            if name[:2] == b"./":
                name = name[2:]
            if name[-1:] == b"/":
                if kind == 0:
                    kind = Kind.DIRECTORY
                name = name[:-1]
            if kind:
                size = 0
            if b"/." in name or name[:1] in b"./" or b"//" in name or len(name) > 255 or b"\0" in name:
                odd = add_odd_name(columns, name, kind, position)
                if odd is None:
                    columns.xattrs.pop(row, None)
                    columns.sparse.pop(row, None)
                    position = next_position
                    continue
                key, kind = odd
                if kind == 7:
                    size, link = 0, None
                    columns.xattrs.pop(row, None)
            else:
                key = name.replace(b"/", b"\0")
            if link is not None:
                columns.links[row] = link
            elif kind == 4 or kind == 5:
                columns.devices[row] = _device(header)
            add_key(key)
            add_kind(kind)
            add_owner(owner)
            add_mtime(mtime)
            add_size(size)
            add_offset(data_offset)
            position = next_position

    def _check_pending(self, extension: Extension | None, standing: Extension | None, position: int) -> None:
        """Extension headers without the member that they describe: something is missing."""
        if extension is not None and extension is not standing:
            raise _Stop("the tar ends after an extension header", position)

    def _end(self, rest: bytes, position: int) -> None:
        """The bytes end here: fine between two members, damage inside one."""
        missing = self._window.missing(position)
        if missing:
            raise _Stop(f"the tar ends early: {missing:,} bytes of the last member are missing", position - missing)
        if rest.strip(b"\0"):
            raise _Stop("the tar ends inside a header", position)


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
