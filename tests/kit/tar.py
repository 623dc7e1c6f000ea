"""A tar writer that also writes what no proper writer would: any name, any field, any order, any dialect."""

from collections.abc import Iterable, Sequence

from tests.kit.entries import Entry

FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "chksum": (148, 8),
    "type": (156, 1),
    "link": (157, 100),
    "magic": (257, 8),
    "uname": (265, 32),
    "gname": (297, 32),
    "major": (329, 8),
    "minor": (337, 8),
    "prefix": (345, 155),
    "atime": (345, 12),
    "sparse": (386, 96),
    "extended": (482, 1),
    "realsize": (483, 12),
}
"""Offset and length of every header field; GNU's lie over ustar's prefix."""

_MAGIC = {"v7": bytes(8), "ustar": b"ustar\x0000", "pax": b"ustar\x0000", "gnu": b"ustar  \0"}


def tar_bytes(entries: Iterable[Entry], dialect: str = "pax", *, end: bool = True, blocking: int = 512) -> bytes:
    """A tar of these entries in this order.

    `dialect` is `pax` (extension headers only where an entry needs one), `gnu` (long names, base-256 numbers), `ustar`
    (name prefixes) or `v7`. Without `end` the two zero blocks are missing; `blocking` is the record size to fill up.
    """
    written = bytearray()
    for entry in entries:
        written += entry.before
        written += entry_bytes(entry, dialect)
    if end:
        written += bytes(1024)
        written += bytes(-len(written) % blocking)
    return bytes(written)


def entry_bytes(entry: Entry, dialect: str = "pax") -> bytes:
    """One entry: the headers that extend it, its own header, and its data in whole blocks."""
    if entry.type == b"g":
        return _with_data(_header(Entry(name=entry.name, type=b"g"), "ustar"), entry.pax)
    extension = b""
    if dialect == "gnu":
        extension = _gnu_extension(b"L", entry.name) + _gnu_extension(b"K", entry.link)
    records = pax_records(entry) if dialect == "pax" else [*_xattr_records(entry), *entry.pax]
    if records:
        name = b"PaxHeaders.0/" + entry.name.rpartition(b"/")[2][:80]
        extension += _with_data(_header(Entry(name=name, type=b"x"), "ustar"), records)
    return extension + _header(entry, dialect) + _padded(entry.data)


def pax_records(entry: Entry) -> list[tuple[bytes, bytes]]:
    """The records that an entry needs because a ustar header cannot say it, then its xattrs and its own records."""
    records: list[tuple[bytes, bytes]] = []
    if _ustar_name(entry.name) is None or not entry.name.isascii():
        records.append((b"path", entry.name))
    if len(entry.link) > 100 or not entry.link.isascii():
        records.append((b"linkpath", entry.link))
    size = _size(entry)
    if size >= 8**11:
        records.append((b"size", b"%d" % size))
    for key, number in ((b"uid", entry.uid), (b"gid", entry.gid)):
        if not 0 <= number < 8**7:
            records.append((key, b"%d" % number))
    seconds, fraction = divmod(entry.mtime_ns, 10**9)
    if fraction or not 0 <= seconds < 8**11:
        sign, whole, part = b"", seconds, fraction
        if seconds < 0 and fraction:
            sign, whole, part = b"-", -seconds - 1, 10**9 - fraction
        text = b"%s%d" % (sign, whole)
        records.append((b"mtime", text + (b".%09d" % part).rstrip(b"0") if part else text))
    given = {key for key, _ in entry.pax}
    return [record for record in records if record[0] not in given] + _xattr_records(entry) + list(entry.pax)


def pax_body(records: Sequence[tuple[bytes, bytes]]) -> bytes:
    """PAX records as they stand in an extension header: each says its own length first."""
    body = b""
    for key, value in records:
        rest = b" %s=%s\n" % (key, value)
        length = len(rest) + len(b"%d" % len(rest))
        if len(b"%d" % length) + len(rest) != length:
            length += 1
        body += b"%d%s" % (length, rest)
    return body


def _xattr_records(entry: Entry) -> list[tuple[bytes, bytes]]:
    return [(b"SCHILY.xattr." + key, value) for key, value in entry.xattrs]


def _size(entry: Entry) -> int:
    return len(entry.data) if entry.size is None else entry.size


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def _with_data(header: bytes, records: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A PAX extension header whose size field is what its records take."""
    body = pax_body(records)
    block = bytearray(header)
    block[124:136] = b"%011o\0" % len(body)
    return _checked(block) + _padded(body)


def _gnu_extension(kind: bytes, text: bytes) -> bytes:
    if len(text) <= 100:
        return b""
    longlink = Entry(name=b"././@LongLink", type=kind, data=text + b"\0", mtime_ns=0, mode=0)
    return _header(longlink, "gnu") + _padded(longlink.data)


def _ustar_name(name: bytes) -> tuple[bytes, bytes] | None:
    """Name and prefix of a ustar header, or None where they cannot hold it."""
    if len(name) <= 100:
        return name, b""
    cut = name.rfind(b"/", 0, min(156, len(name) - 1))
    if cut <= 0 or len(name) - cut - 1 > 100:
        return None
    return name[cut + 1 :], name[:cut]


def _number(value: int, width: int, dialect: str) -> bytes:
    """Octal digits and a NUL; in GNU's dialect base-256 where they do not fit; in PAX the last digits."""
    if 0 <= value < 1 << 3 * (width - 1):
        return b"%0*o\0" % (width - 1, value)
    if dialect == "gnu":
        if value < 0:
            return b"\xff" + value.to_bytes(width - 1, "big", signed=True)
        return b"\x80" + value.to_bytes(width - 1, "big")
    if dialect == "pax":
        return b"%0*o\0" % (width - 1, 0)
    raise ValueError(f"{dialect} has no room for {value}")


def _header(entry: Entry, dialect: str) -> bytes:
    name, prefix = entry.name[:100], b""
    if dialect in ("ustar", "pax"):
        split = _ustar_name(entry.name)
        if split is not None:
            name, prefix = split
        elif dialect == "ustar":
            raise ValueError(f"ustar has no room for {entry.name!r}")
    values = {
        "name": name,
        "mode": _number(entry.mode, 8, dialect),
        "uid": _number(entry.uid, 8, dialect),
        "gid": _number(entry.gid, 8, dialect),
        "size": _number(_size(entry), 12, dialect),
        "mtime": _number(entry.mtime_ns // 10**9, 12, dialect),
        "type": entry.type,
        "link": entry.link[:100],
        "magic": _MAGIC[dialect],
    }
    if dialect != "v7":
        values |= {"uname": entry.uname, "gname": entry.gname}
        if entry.type in (b"3", b"4"):
            values["major"] = _number(entry.device[0], 8, dialect)
            values["minor"] = _number(entry.device[1], 8, dialect)
        if prefix:
            values["prefix"] = prefix
    block = bytearray(512)
    for key, value in {**values, **entry.raw}.items():
        offset, length = FIELDS[key]
        if len(value) > length:
            raise ValueError(f"{key} has {length} bytes, not {len(value)}")
        block[offset : offset + length] = value.ljust(length, b"\0")
    return bytes(block) if "chksum" in entry.raw else _checked(block)


def _checked(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)
