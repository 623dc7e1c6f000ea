"""The rare shapes of a member, out of the scanner's hot loop: odd names, extended fields, markers."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

from layertui.layer import sparse
from layertui.layer.columns import LARGEST_SIZE_BYTES, Columns, Kind
from layertui.layer.extension import Extensions
from layertui.layer.header import number, pax_number, pax_time_ns
from layertui.layer.names import COMPONENT_LIMIT, PATH_LIMIT_BYTES, clean, parent_of
from layertui.layer.whiteout import CONTROL_PREFIX, PREFIX, Marker, marker_of

Fields = tuple[bytes, bytes | None, int, int, int, int, int]
"""Name, link target, owner index, mtime, size, data offset, offset of the next header."""

_SCHILY = b"SCHILY.xattr."
_LIBARCHIVE = b"LIBARCHIVE.xattr."


def shown(name: bytes) -> str:
    """A name for a message; bytes that are not UTF-8 as `\\xNN`. Whoever prints it escapes the rest."""
    return name.replace(b"\0", b"/").decode("utf-8", "backslashreplace")


def owner_of(columns: Columns, field: bytes) -> int:
    """Read mode, uid and gid (24 bytes of the header) and return the owner's index."""
    values = []
    for what, part in (("mode", field[:8]), ("uid", field[8:16]), ("gid", field[16:24])):
        try:
            values.append(number(part))
        except ValueError:
            columns.warn(f"a {what} is not a number ({shown(part)}); shown as 0.")
            values.append(0)
    return columns.intern((values[0] & 0o7777, values[1], values[2]))


def fields_from_extensions(
    columns: Columns,
    header: bytes,
    extensions: Extensions,
    name: bytes,
    link: bytes | None,
    owner: int,
    mtime_ns: int,
    stored_size: int,
    data_offset: int,
    take: sparse.Take,
) -> Fields:
    """Apply extension headers to a member's fields; raises ValueError where they do not make sense.

    A PAX size counts only for members that have data, and never for an extension header in between
    (CVE-2025-62518); the last record of a keyword wins.
    """
    row = len(columns.keys)
    fields = extensions.fields()
    if extensions.long_name is not None:
        name = extensions.long_name
    name = fields.get(b"GNU.sparse.name", fields.get(b"path", name))
    if link is not None:
        link = fields.get(b"linkpath", extensions.long_link if extensions.long_link is not None else link)
    if header[156] not in b"123456" and b"size" in fields:
        stored_size = pax_number(fields[b"size"])
        if stored_size >= LARGEST_SIZE_BYTES:
            raise ValueError("a PAX size is out of range")
    if b"mtime" in fields:
        try:
            mtime_ns = max(-(1 << 63), min(pax_time_ns(fields[b"mtime"]), (1 << 63) - 1))
        except ValueError as error:
            columns.warn(f"{shown(name)}: {error}; the header's time is shown.")
    if b"uid" in fields or b"gid" in fields:
        mode, uid, gid = columns.owner_table[owner]
        uid = pax_number(fields[b"uid"]) if b"uid" in fields else uid
        gid = pax_number(fields[b"gid"]) if b"gid" in fields else gid
        owner = columns.intern((mode, uid, gid))
    xattrs = _xattrs(fields)
    if xattrs:
        columns.xattrs[row] = tuple(sorted(xattrs.items()))
    size = stored_size
    next_offset = data_offset + (stored_size + 511 & -512)
    mapped = None
    if header[156] == 0x53:
        mapped = sparse.old_gnu(header, data_offset, take)
        next_offset = mapped[2] + (stored_size + 511 & -512)
    elif fields and any(keyword.startswith(b"GNU.sparse.") for keyword in fields):
        try:
            mapped = sparse.pax(extensions.records or [], stored_size, data_offset, take)
        except ValueError as error:  # its own stored size is sound, so the members after it can be read
            columns.refuse(f"{shown(name)}: {error}; the size of its stored form is shown.")
    if mapped is not None:
        columns.sparse[row], size, data_offset = mapped
        if size >= LARGEST_SIZE_BYTES:
            raise ValueError("a sparse file's size is out of range")
    return name, link, owner, mtime_ns, size, data_offset, next_offset


def _xattrs(fields: dict[bytes, bytes]) -> dict[bytes, bytes]:
    xattrs: dict[bytes, bytes] = {}
    for keyword, value in fields.items():
        if keyword.startswith(_LIBARCHIVE):
            name = unquote_to_bytes(keyword[len(_LIBARCHIVE) :])
            try:
                xattrs.setdefault(name, base64.b64decode(value + b"=" * (-len(value) % 4)))
            except binascii.Error:
                continue
        elif keyword.startswith(_SCHILY):
            xattrs[keyword[len(_SCHILY) :]] = value
    return xattrs


def is_odd(name: bytes) -> bool:
    """Whether a name from an extension header may break a bound; a header's own name cannot."""
    return len(name) > 255 or b"\0" in name


def forget_row(columns: Columns) -> None:
    """Take back what was kept for a member that does not become a row."""
    row = len(columns.keys)
    columns.xattrs.pop(row, None)
    columns.sparse.pop(row, None)


def clean_odd_name(columns: Columns, name: bytes, kind: int, position: int | None) -> tuple[bytes, int] | None:
    """Clean a name that is not plain; None where no entry comes of it: a marker of a directory, or refused.

    `position` is where its header stands in the tar, None in a listing that is no tar.
    """
    where = "" if position is None else f"byte {position:,}: "
    if b"\0" in name:
        columns.refuse(f"{where}a name holds a NUL byte and is refused: {shown(name)}")
        return None
    if len(name) > PATH_LIMIT_BYTES:
        columns.refuse(f"{where}a path of {len(name):,} bytes is over the bound of {PATH_LIMIT_BYTES:,}.")
        return None
    key, escaped = clean(name)
    if key.count(b"\0") >= COMPONENT_LIMIT:
        columns.refuse(f"{where}a path has more components than the bound of {COMPONENT_LIMIT:,}.")
        return None
    if escaped:
        columns.warn(f"{shown(name)}: leads out of the root with '..'; it is shown inside it.")
    if not key and kind != Kind.DIRECTORY:
        columns.refuse(f"{where}a {Kind(kind).name.lower()} without a name is passed over.")
        return None
    parent = parent_of(key)
    base = key[len(parent) + 1 :] if parent else key
    marker = Marker.CONTROL if any(part.startswith(CONTROL_PREFIX) for part in parent.split(b"\0")) else marker_of(base)
    if marker is None:
        if parent and any(part.startswith(PREFIX) for part in parent.split(b"\0")):
            columns.refuse(f"{shown(key)}: lies inside a whiteout marker and is passed over.")
            return None
        return key, kind
    if marker is Marker.OPAQUE:
        if kind != Kind.FILE:
            columns.warn(f"{shown(key)}: an opaque marker that is not a plain file still counts.")
        columns.opaque[parent] = None
        return None
    if marker is Marker.CONTROL:
        columns.warn(f"{shown(key)}: a control entry of aufs, neither a file nor a whiteout.")
        return None
    if marker is Marker.NAMELESS:
        columns.refuse(f"{shown(key)}: a whiteout that names nothing is passed over.")
        return None
    if kind != Kind.FILE:
        columns.warn(f"{shown(key)}: a whiteout that is stored as a {Kind(kind).name.lower()} still counts.")
    target = base[len(PREFIX) :]
    return (parent + b"\0" + target if parent else target), Kind.WHITEOUT
