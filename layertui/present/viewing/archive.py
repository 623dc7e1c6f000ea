"""What an archive holds: its members, read from headers and directories alone; nothing is unpacked for it."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from layertui.errors import DamagedError
from layertui.image.blob import Blob
from layertui.layer.columns import Columns, Kind
from layertui.layer.compression import MAGIC_BYTES, Compression, decompress, sniff
from layertui.layer.header import BLOCK_BYTES
from layertui.layer.read import ticking
from layertui.layer.tar import scan
from layertui.layer.whiteout import PREFIX
from layertui.layer.window import BlobWindow, StreamWindow
from layertui.present.safetext import safe
from layertui.present.units import mode_text, mtime_text

MEMBER_LIMIT = 100_000
"""How many members are listed: more than anyone looks through, and what a hostile directory may make us keep."""

_DIRECTORY_BYTES = 32 << 20
"""How large a zip's directory may be: that of 100,000 members has some 10 MiB."""

_TAIL_BYTES = 22 + 65_535
"""Where a zip's end record lies: 22 bytes, and a comment of at most 65,535 (APPNOTE.TXT 4.3.16)."""

_TYPE_LETTERS = {Kind.DIRECTORY: "d", Kind.SYMLINK: "l", Kind.CHAR: "c", Kind.BLOCK: "b", Kind.FIFO: "p"}

_LONG_NAMES = b"//"
"""The member of a GNU ar archive that holds names that are too long for a header."""

Tick = Callable[[int], None]
"""Called now and then with stored bytes that are done; raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive."""

    path: bytes
    kind: Kind
    size_bytes: int
    """Of its content, unpacked, as the archive says."""
    mode: int | None
    """Permission bits; None where the archive does not tell."""
    mtime_ns: int | None
    """Nanoseconds since 1970; None where the archive does not tell."""
    link_target: bytes | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """What an archive holds, in its own order."""

    members: tuple[Member, ...]
    problem: str = ""
    """Why there may be more than is listed; empty where all are. Not made safe for a terminal."""

    @property
    def content_bytes(self) -> int:
        """What all members have together, unpacked."""
        return sum(member.size_bytes for member in self.members)


class _Enough(Exception):
    """The bound on members is reached."""


_ENOUGH = f"Only the first {MEMBER_LIMIT:,} members are listed."


def archive_form(blob: Blob) -> str | None:
    """`tar`, `tar, gzip`, `zip` or `ar`, told by the first bytes (of what is compressed, inflated); else None."""
    head = blob.read_at(0, BLOCK_BYTES)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if head.startswith(b"!<arch>\n"):
        return "ar"
    if _is_tar(head):
        return "tar"
    compression = sniff(head[:MAGIC_BYTES])
    if compression is Compression.PLAIN:
        return None
    try:
        inflated = next(decompress(blob, compression), b"")
    except DamagedError:
        return None
    return f"tar, {compression.value}" if _is_tar(inflated[:BLOCK_BYTES]) else None


def _is_tar(head: bytes) -> bool:
    """Whether a header's checksum is right: of 512 bytes of anything else it is not, even without ustar's magic."""
    field = head[148:156].strip(b" \0")
    if len(head) < BLOCK_BYTES or not field or field.strip(b"01234567"):
        return False
    return int(field, 8) == sum(head[:148]) + sum(head[156:]) + 8 * ord(" ")


def list_members(blob: Blob, form: str, tick: Tick | None = None) -> Members:
    """The members of an archive of the form that `archive_form` told.

    A compressed tar is inflated for it, and nothing of it is kept; of a zip only its directory is read. Damage and
    bounds are said in `problem`. Raises what `tick` and the blob raise.
    """
    if form == "zip":
        return _collected(_zip(blob))
    if form == "ar":
        return _collected(_ar(blob, tick))
    return _tar(blob, tick)


def member_lines(members: Members, first: int, count: int) -> list[str]:
    """Lines for some members, as `ls -l` draws them: type and mode, size, time and path; safe."""
    return [_member_line(member) for member in members.members[first : first + count]]


def _member_line(member: Member) -> str:
    mode = "?" * 9 if member.mode is None else mode_text(member.mode)
    time = "" if member.mtime_ns is None else mtime_text(member.mtime_ns)
    size = f"{member.size_bytes:,}" if member.kind is Kind.FILE else ""
    path = safe(member.path) + ("/" if member.kind is Kind.DIRECTORY else "")
    if member.link_target is not None:
        path += (" link to " if member.kind is Kind.HARDLINK else " -> ") + safe(member.link_target)
    return f"{_TYPE_LETTERS.get(member.kind, '-')}{mode}  {size:>13}  {time:20}  {path}"


def _collected(members: Iterator[Member]) -> Members:
    found: list[Member] = []
    try:
        for member in members:
            if len(found) == MEMBER_LIMIT:
                return Members(tuple(found), _ENOUGH)
            found.append(member)
    except DamagedError as damage:
        return Members(tuple(found), damage.message)
    except (struct.error, ValueError):
        return Members(tuple(found), "Its directory is damaged.")
    return Members(tuple(found))


def _tar(blob: Blob, tick: Tick | None) -> Members:
    columns = Columns()

    def bounded(done: int) -> None:
        if tick is not None:
            tick(done)
        if len(columns.keys) > MEMBER_LIMIT:
            raise _Enough

    compression = sniff(blob.read_at(0, MAGIC_BYTES))
    is_plain = compression is Compression.PLAIN
    window = BlobWindow(blob, bounded) if is_plain else StreamWindow(ticking(blob, compression, bounded))
    problem = ""
    try:
        damage = scan(window, columns)
        if damage is not None:
            problem = f"It is {damage.where}: {damage.message.rstrip('.')}."
    except _Enough:
        problem = _ENOUGH
    count = min(len(columns.offsets), MEMBER_LIMIT)
    return Members(tuple(_tar_member(columns, row) for row in range(count)), problem)


def _tar_member(columns: Columns, row: int) -> Member:
    kind, key = Kind(columns.kinds[row]), columns.keys[row]
    if kind is Kind.WHITEOUT:  # the archive may be a layer; here it is a file with a name like any other
        parent, between, name = key.rpartition(b"\0")
        kind, key = Kind.FILE, parent + between + PREFIX + name
    mode = columns.owner_table[columns.owners[row]][0]
    path = key.replace(b"\0", b"/") or b"."
    return Member(path, kind, columns.sizes[row], mode, columns.mtimes[row], columns.links.get(row))


def _zip(blob: Blob) -> Iterator[Member]:
    """APPNOTE.TXT 4.3.12 (directory), 4.3.14 and 4.3.15 (zip64), 4.5.3 (sizes beyond 4 GiB)."""
    tail_at = max(0, blob.size_bytes - _TAIL_BYTES)
    tail = blob.read_at(tail_at, _TAIL_BYTES)
    end = _end_record(tail)
    count, size, offset = struct.unpack_from("<HII", tail, end + 10)
    end_at = tail_at + end
    if tail[end - 20 : end - 16] == b"PK\x06\x07" and end >= 20:
        (record_at,) = struct.unpack_from("<Q", tail, end - 12)
        record = blob.read_at(record_at, 56)
        if record.startswith(b"PK\x06\x06"):
            count, size, offset = struct.unpack_from("<QQQ", record, 32)
            end_at = record_at
    if size > _DIRECTORY_BYTES:
        raise DamagedError(f"Its directory has {size:,} bytes, more than the {_DIRECTORY_BYTES:,} that are looked at.")
    # Offsets count from where the zip begins, which is behind the program in one that unpacks itself.
    start = end_at - size if offset + size <= end_at else offset
    directory = blob.read_at(start, size)
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != b"PK\x01\x02":
            raise DamagedError("Its directory is damaged.")
        made_by, flags = struct.unpack_from("<H2xH", directory, at + 4)
        time, date = struct.unpack_from("<HH", directory, at + 12)
        unpacked, name_size, extra_size, comment_size = struct.unpack_from("<IHHH", directory, at + 24)
        (attributes,) = struct.unpack_from("<I", directory, at + 38)
        name = directory[at + 46 : at + 46 + name_size]
        if not flags & 0x800 and not name.isascii():
            name = name.decode("cp437").encode()
        if unpacked == 0xFFFFFFFF:
            extra = directory[at + 46 + name_size : at + 46 + name_size + extra_size]
            unpacked = _zip64_size(extra, unpacked)
        unix = attributes >> 16 if made_by >> 8 == 3 else 0
        kind = Kind.DIRECTORY if name.endswith(b"/") else Kind.SYMLINK if unix >> 12 == 0o12 else Kind.FILE
        yield Member(name.rstrip(b"/") or name, kind, unpacked, unix & 0o7777 if unix else None, _dos_time(date, time))
        at += 46 + name_size + extra_size + comment_size


def _end_record(tail: bytes) -> int:
    """Where the end record begins: its comment ends where the archive does; a comment may look like one."""
    end = len(tail)
    while (end := tail.rfind(b"PK\x05\x06", 0, end)) >= 0:
        if end + 22 <= len(tail) and end + 22 + int.from_bytes(tail[end + 20 : end + 22], "little") == len(tail):
            return end
    raise DamagedError("Its directory is missing: the archive is cut short, or something stands behind it.")


def _zip64_size(extra: bytes, otherwise: int) -> int:
    at = 0
    while at + 12 <= len(extra):
        tag, size = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            (unpacked,) = struct.unpack_from("<Q", extra, at + 4)
            return int(unpacked)
        at += 4 + size
    return otherwise


def _dos_time(date: int, time: int) -> int | None:
    """A time without a zone, taken as UTC; None where it is none."""
    try:
        moment = datetime(
            (date >> 9) + 1980, date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2, tzinfo=UTC
        )
    except ValueError:
        return None
    return int(moment.timestamp()) * 10**9


def _ar(blob: Blob, tick: Tick | None) -> Iterator[Member]:
    """Debian packages and static libraries (ar(5)), with the long names of GNU and of BSD."""
    at, long_names = 8, b""
    while len(header := blob.read_at(at, 60)) == 60:
        if tick is not None:
            tick(at)
        if header[58:] != b"`\n":
            raise DamagedError(f"It is damaged at byte {at:,}.")
        name = header[:16].rstrip()
        size = int(header[48:58])
        if size < 0:
            raise ValueError("a negative size")
        skipped = 0
        if name == _LONG_NAMES:
            long_names = blob.read_at(at + 60, min(size, _DIRECTORY_BYTES))
        elif name.startswith(b"#1/"):
            skipped = int(name[3:])
            name = blob.read_at(at + 60, min(skipped, 4096)).rstrip(b"\0")
        elif name[:1] == b"/" and name[1:].isdigit():
            name = long_names[int(name[1:]) :].partition(b"\n")[0]
        if name not in (b"/", b"/SYM64/", _LONG_NAMES):
            mtime, mode = header[16:28].strip(), header[40:48].strip()
            yield Member(
                name.rstrip(b"/"),
                Kind.FILE,
                size - skipped,
                int(mode, 8) & 0o7777 if mode else None,
                int(mtime) * 10**9 if mtime else None,
            )
        at += 60 + size + size % 2
