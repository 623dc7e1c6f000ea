"""A table of contents as JSON: members of a tar, and where their contents are stored, into columns and chunks.

stargz-snapshotter, docs/estargz.md, "TOC and TOCEntries"; containers/storage, pkg/chunked/internal, has the same with a
few fields more. What a name means (markers, odd names) is told by the same rules as in a tar.
"""

import re
from calendar import timegm
from typing import Annotated

import msgspec

from layertui.errors import DamagedError
from layertui.image.bounds import TOC_BYTES
from layertui.image.digest import Digest
from layertui.image.document import decode
from layertui.layer.columns import LARGEST_SIZE_BYTES, Columns, Kind
from layertui.layer.member import clean_odd_name, shown
from layertui.layer.seekable.chunks import LIES, Chunks
from layertui.layer.single import MEMO_LIMIT
from layertui.layer.window import Tick

KINDS = {
    "dir": int(Kind.DIRECTORY),
    "reg": int(Kind.FILE),
    "symlink": int(Kind.SYMLINK),
    "hardlink": int(Kind.HARDLINK),
    "char": int(Kind.CHAR),
    "block": int(Kind.BLOCK),
    "fifo": int(Kind.FIFO),
}
"""Types of entries to kinds; `chunk` is no member."""

LANDMARKS = (b".prefetch.landmark", b".no.prefetch.landmark")
"""What the builder of an eStargz puts in to say how far to read ahead: no author of an image wrote it."""
_LANDMARK_DIGEST = bytes.fromhex(Digest.of(b"\x0f").hex)
"""Of what stands in them; a file of that name with another content is an author's."""

TICK_ENTRIES = 4096
"""How many entries are read between two calls of tick: some milliseconds."""

LOST = "\ufffd".encode()
"""What writers of JSON put for bytes of a name that are no Unicode."""

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_NO_TIME = "0001-01-01T00:00:00Z"
"""What Go writes where there is none."""

_FILE, _DIRECTORY = int(Kind.FILE), int(Kind.DIRECTORY)
_LINKS = (int(Kind.SYMLINK), int(Kind.HARDLINK))
_DEVICES = (int(Kind.CHAR), int(Kind.BLOCK))
_WHITEOUT = int(Kind.WHITEOUT)

Size = Annotated[int, msgspec.Meta(ge=0, lt=LARGEST_SIZE_BYTES)]


class RawToc(msgspec.Struct):
    """The whole of it; entries are decoded one by one, since a million at once would fill memory."""

    version: int
    entries: list[msgspec.Raw] | None = None


class RawEntry(msgspec.Struct, gc=False, rename="camel"):
    """A member, or a further chunk of the file before it."""

    type: str
    name: str = ""
    size: Size = 0
    modtime: str | None = None
    link_name: str = ""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    dev_major: int = 0
    dev_minor: int = 0
    xattrs: dict[str, bytes] | None = None
    digest: str = ""
    offset: Size = 0
    end_offset: Size = 0
    inner_offset: Size = 0
    chunk_offset: Size = 0
    chunk_size: Size = 0
    chunk_digest: str = ""
    chunk_type: str = ""


_DECODER = msgspec.json.Decoder(RawEntry)


def read_toc(data: bytes, columns: Columns, chunks: Chunks, label: str, tick: Tick) -> None:
    """Fill `columns` and `chunks` from the JSON; `tick` is called with 0 now and then.

    Raises DamagedError, beginning with `label`, where it is no table of contents, or contradicts itself.
    """
    where = f"{label}: its table of contents"
    toc = decode(data, RawToc, where, TOC_BYTES)
    if toc.version != 1:
        raise DamagedError(f"{where} has version {toc.version}; only 1 is known.")
    reader = _Reader(columns, chunks, where)
    for at, raw in enumerate(toc.entries or ()):
        if not at % TICK_ENTRIES:
            tick(0)
        try:
            entry = _DECODER.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            entry = decode(bytes(raw), RawEntry, f"{where}, entry {at:,},")
        reader.add(entry)
    reader.finish()


class _Reader:
    """Takes entries in their order, which is the tar's."""

    def __init__(self, columns: Columns, chunks: Chunks, where: str) -> None:
        self._columns = columns
        self._chunks = chunks
        self._where = where
        self._file: RawEntry | None = None
        """The file that a chunk would belong to."""
        self._row = -1
        """Its row; -1 where its content is not listed."""
        self._first = 0
        """Its first chunk."""
        self._ends: set[int] = set()
        self._times: dict[str, int] = {}

    def add(self, entry: RawEntry) -> None:
        """Take the next entry in."""
        if entry.type == "chunk":
            file = self._file
            if file is None or entry.name not in ("", file.name):
                raise DamagedError(f"{self._where} has a chunk of '{entry.name}' that follows no file.", LIES)
            self._add_chunk(entry)
            return
        self._end_file()
        row = self._add_member(entry)
        if entry.type == "reg":
            self._file, self._row, self._first = entry, row, len(self._chunks.rows)
            if entry.size:
                self._add_chunk(entry)
            if entry.end_offset and entry.offset < entry.end_offset <= self._chunks.end:
                self._ends.add(entry.end_offset)

    def finish(self) -> None:
        """Check what can be told only now. Raises DamagedError."""
        self._end_file()
        try:
            self._chunks.settle(len(self._columns.keys), self._ends)
        except DamagedError as problem:
            raise DamagedError(f"{self._where} says that {problem.message}", problem.hint) from problem

    def _end_file(self) -> None:
        file, self._file = self._file, None
        if file is None or self._row < 0:
            return
        what = f"{self._where}: {file.name}"
        digest = self._digest(file.digest)
        if digest:
            self._columns.checksums[self._row] = digest
        self._chunks.end_file(self._first, file.size, digest, what)

    def _add_chunk(self, entry: RawEntry) -> None:
        if self._row >= 0:
            self._chunks.add(
                self._row,
                entry.chunk_offset,
                entry.chunk_size,
                entry.offset,
                entry.inner_offset,
                self._digest(entry.chunk_digest),
                zeros=entry.chunk_type == "zeros",
            )

    def _add_member(self, entry: RawEntry) -> int:
        """Make a row of a member; returns it where it has content, else -1. What is done is what single.py does."""
        columns = self._columns
        name = entry.name.encode()
        if LOST in name:
            columns.warn(f"{shown(name)}: bytes of its name that are no text are lost in the table of contents.")
        kind = KINDS.get(entry.type, -1)
        if kind < 0:
            columns.member_count += 1
            columns.refuse(f"{shown(name)}: is of the unknown type '{entry.type}', and is passed over.")
            return -1
        name = name.removeprefix(b"./")
        if name[-1:] == b"/":
            if kind == _FILE:
                kind = _DIRECTORY
            name = name.rstrip(b"/")
        if kind == _FILE and name in LANDMARKS and self._is_landmark(entry):
            return -1
        columns.member_count += 1
        key = name.replace(b"/", b"\0")
        if b"\0" in name or b"/." in name or name[:1] in b"./" or b"//" in name or len(name) > 255:
            found = clean_odd_name(columns, name, kind, None)
            if found is None:
                return -1
            key, kind = found
        row = len(columns.keys)
        if kind in _LINKS:
            columns.links[row] = entry.link_name.encode()
        elif kind in _DEVICES:
            columns.devices[row] = entry.dev_major, entry.dev_minor
        if entry.xattrs and kind != _WHITEOUT:
            columns.xattrs[row] = tuple(sorted((key.encode(), value) for key, value in entry.xattrs.items()))
        columns.keys.append(key)
        columns.prefixes.add(key[: key.rfind(b"\0") + 1])
        columns.kinds.append(kind)
        columns.owners.append(columns.intern((entry.mode & 0o7777, entry.uid, entry.gid)))
        columns.mtimes.append(self._mtime_ns(entry.modtime or ""))
        columns.sizes.append(entry.size if kind == _FILE else 0)
        columns.offsets.append(0)
        return row if kind == _FILE else -1

    def _is_landmark(self, entry: RawEntry) -> bool:
        return entry.size == 1 and _LANDMARK_DIGEST in (self._digest(entry.digest), self._digest(entry.chunk_digest))

    def _digest(self, text: str) -> bytes:
        if not text:
            return b""
        try:
            return bytes.fromhex(Digest(text).hex)
        except DamagedError as problem:
            raise DamagedError(f"{self._where}: {problem.message}", problem.hint) from problem

    def _mtime_ns(self, text: str) -> int:
        known = self._times.get(text)
        if known is None:
            if len(self._times) >= MEMO_LIMIT:
                self._times.clear()
            try:
                known = time_ns(text)
            except ValueError:
                self._columns.warn(f"a modification time is none ({text[:40]}); shown as 1970.")
                known = 0
            self._times[text] = known
        return known


def time_ns(text: str) -> int:
    """A time of RFC 3339 as nanoseconds since 1970, 0 where there is none; raises ValueError for anything else."""
    if text in ("", _NO_TIME):
        return 0
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no time")
    year, month, day, hours, minutes, seconds = (int(part) for part in found.groups()[:6])
    if not 1 <= day <= 31 or hours > 24 or minutes > 59 or seconds > 60:
        raise ValueError(f"'{text}' is no time")
    whole = timegm((year, month, day, hours, minutes, seconds))
    if found[8]:
        shift = int(found[9]) * 3600 + int(found[10]) * 60
        whole -= shift if found[8] == "+" else -shift
    nanoseconds = whole * 10**9 + int((found[7] or "").ljust(9, "0"))
    return max(-(1 << 63), min(nanoseconds, (1 << 63) - 1))
