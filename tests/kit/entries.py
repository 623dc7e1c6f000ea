"""What a tar holds, as plain data: one `Entry` for each member, odd ones included."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

MTIME = 1_700_000_000
"""The mtime of every entry that is not given another, in seconds: builders never look at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member of a tar, as its header says it."""

    name: bytes
    """Exactly what stands in the header; a directory's name gets its slash from `directory`."""
    type: bytes = b"0"
    """The type flag, one byte."""
    data: bytes = b""
    link: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    uname: bytes = b""
    gname: bytes = b""
    mtime_ns: int = MTIME * 10**9
    device: tuple[int, int] = (0, 0)
    size: int | None = None
    """What the size field says; None means the length of `data`."""
    xattrs: tuple[tuple[bytes, bytes], ...] = ()
    pax: tuple[tuple[bytes, bytes], ...] = ()
    """Further PAX records, in order, repeated keys included."""
    raw: dict[str, bytes] = field(default_factory=dict)
    """Header fields by name that are written as they are, after everything else; `chksum` too."""
    before: bytes = b""
    """Bytes that stand before this entry's headers."""


Layer = Sequence[Entry]
"""The entries of one layer, in the order of the tar."""


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


class Fields(TypedDict, total=False):
    """What every builder takes besides the names: the fields of `Entry` that are not particular to a kind."""

    mode: int
    uid: int
    gid: int
    uname: bytes
    gname: bytes
    mtime_ns: int
    size: int | None
    xattrs: tuple[tuple[bytes, bytes], ...]
    pax: tuple[tuple[bytes, bytes], ...]
    raw: dict[str, bytes]
    before: bytes


def file(name: str | bytes, data: str | bytes = b"", **fields: Unpack[Fields]) -> Entry:
    """A regular file."""
    return Entry(name=_bytes(name), data=_bytes(data), **fields)


def directory(name: str | bytes, **fields: Unpack[Fields]) -> Entry:
    """A directory, 0755 unless said; its name is written with a slash at the end."""
    raw = _bytes(name)
    fields.setdefault("mode", 0o755)
    return Entry(name=raw if raw.endswith(b"/") else raw + b"/", type=b"5", **fields)


def symlink(name: str | bytes, target: str | bytes, **fields: Unpack[Fields]) -> Entry:
    """A symbolic link."""
    fields.setdefault("mode", 0o777)
    return Entry(name=_bytes(name), type=b"2", link=_bytes(target), **fields)


def hardlink(name: str | bytes, target: str | bytes, **fields: Unpack[Fields]) -> Entry:
    """Another name for an entry of the same tar."""
    return Entry(name=_bytes(name), type=b"1", link=_bytes(target), **fields)


def char(name: str | bytes, major: int, minor: int, **fields: Unpack[Fields]) -> Entry:
    """A character device."""
    return Entry(name=_bytes(name), type=b"3", device=(major, minor), **fields)


def block(name: str | bytes, major: int, minor: int, **fields: Unpack[Fields]) -> Entry:
    """A block device."""
    return Entry(name=_bytes(name), type=b"4", device=(major, minor), **fields)


def fifo(name: str | bytes, **fields: Unpack[Fields]) -> Entry:
    """A named pipe."""
    return Entry(name=_bytes(name), type=b"6", **fields)


def whiteout(path: str | bytes, **fields: Unpack[Fields]) -> Entry:
    """The marker that removes `path`."""
    parent, slash, name = _bytes(path).rpartition(b"/")
    fields.setdefault("mode", 0)
    return Entry(name=parent + slash + b".wh." + name, **fields)


def opaque(path: str | bytes, **fields: Unpack[Fields]) -> Entry:
    """The marker that makes the directory `path` opaque; an empty path is the layer's root."""
    raw = _bytes(path)
    fields.setdefault("mode", 0)
    return Entry(name=(raw + b"/" if raw else b"") + b".wh..wh..opq", **fields)


def gnu_long(name: str | bytes, *, link: bool = False) -> Entry:
    """GNU's extension that gives the next entry its name, or its link's target, whatever the dialect of the rest."""
    return Entry(name=b"././@LongLink", type=b"K" if link else b"L", data=_bytes(name) + b"\0", mode=0, mtime_ns=0)


def pax_global(*records: tuple[bytes, bytes]) -> Entry:
    """A PAX header that speaks of all that follows."""
    return Entry(name=b"pax_global_header", type=b"g", pax=records)


def sparse(name: str | bytes, size: int, chunks: Sequence[tuple[int, bytes]], *, form: str) -> Entry:
    """A sparse file of `size` bytes: what stands at each offset, holes between.

    `form` is `gnu` (type S), or the PAX form `0.0`, `0.1` or `1.0` (GNU tar's manual, *Sparse Formats*).
    """
    raw = _bytes(name)
    pieces = [(offset, len(data)) for offset, data in chunks]
    if not pieces or sum(pieces[-1]) < size:
        pieces.append((size, 0))
    data = b"".join(piece for _, piece in chunks)
    if form == "gnu":
        return _sparse_gnu(raw, size, pieces, data)
    count = (b"GNU.sparse.numblocks", b"%d" % len(pieces))
    hidden = b"GNUSparseFile.0/" + raw
    if form == "0.0":
        records = [(b"GNU.sparse.size", b"%d" % size), count]
        for offset, length in pieces:
            records += [(b"GNU.sparse.offset", b"%d" % offset), (b"GNU.sparse.numbytes", b"%d" % length)]
        return Entry(name=raw, data=data, pax=tuple(records))
    if form == "0.1":
        joined = b",".join(b"%d,%d" % piece for piece in pieces)
        size_record = (b"GNU.sparse.size", b"%d" % size)
        records = [(b"GNU.sparse.name", raw), size_record, count, (b"GNU.sparse.map", joined)]
        return Entry(name=hidden, data=data, pax=tuple(records))
    if form == "1.0":
        listing = b"%d\n" % len(pieces) + b"".join(b"%d\n%d\n" % piece for piece in pieces)
        records = [
            (b"GNU.sparse.major", b"1"),
            (b"GNU.sparse.minor", b"0"),
            (b"GNU.sparse.name", raw),
            (b"GNU.sparse.realsize", b"%d" % size),
        ]
        return Entry(name=hidden, data=listing + bytes(-len(listing) % 512) + data, pax=tuple(records))
    raise ValueError(f"no sparse form {form}")


def _sparse_gnu(name: bytes, size: int, pieces: list[tuple[int, int]], data: bytes) -> Entry:
    """Four pieces stand in the header, 21 in each block that follows it and is not counted in the size field."""
    parts = [b"%011o\0%011o\0" % piece for piece in pieces]
    tail = parts[4:]
    extension = b""
    while tail:
        now, tail = tail[:21], tail[21:]
        extension += b"".join(now).ljust(504, b"\0") + (b"\1" if tail else b"\0") + bytes(7)
    raw = {
        "sparse": b"".join(parts[:4]).ljust(96, b"\0"),
        "extended": b"\1" if extension else b"\0",
        "realsize": b"%011o\0" % size,
        "magic": b"ustar  \0",
    }
    return Entry(name=name, type=b"S", data=extension + data, size=len(data), raw=raw)
