"""Layers with a table of contents: eStargz and the older stargz (stargz-snapshotter, docs/estargz.md; google/crfs).

Written after the specification, not after our reader. What both kinds of table share with zstd:chunked is here too.
"""

import base64
import gzip
import hashlib
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.kit.entries import Entry, file
from tests.kit.images import to_json
from tests.kit.tar import entry_bytes, tar_bytes

Toc = dict[str, Any]
"""A table of contents, as its JSON is."""

TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
"""The annotation of an eStargz."""

LANDMARK = file(".no.prefetch.landmark", b"\x0f", mtime_ns=0)
"""What an eStargz has where nothing is to be read ahead."""

_TYPES = {
    b"0": "reg",
    b"\0": "reg",
    b"1": "hardlink",
    b"2": "symlink",
    b"3": "char",
    b"4": "block",
    b"5": "dir",
    b"6": "fifo",
}


@dataclass(frozen=True, slots=True)
class SeekableBlob:
    """A layer with a table of contents, as it lies in a registry."""

    blob: bytes
    annotations: dict[str, str]
    """Of its descriptor."""
    toc_bytes: int
    """What its table of contents takes as stored, without the footer."""


@dataclass(frozen=True, slots=True)
class Members:
    """The first part of such a blob, and what a table of contents says of it."""

    stored: bytes
    toc: Toc


def digest_of(data: bytes) -> str:
    """A digest as documents write it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def gzip_member(data: bytes) -> bytes:
    """One gzip member, the same each time."""
    return gzip.compress(data, 1, mtime=0)


def write_members(
    entries: Sequence[Entry],
    compress: Callable[[bytes], bytes],
    cut: Callable[[bytes], list[bytes]],
    *,
    share_bytes: int = 0,
    close: bool = False,
) -> Members:
    """Compress a tar so that each chunk of a content stands alone; `cut` says what the chunks of a content are.

    With `share_bytes`, a stream takes contents in until it has so many bytes (estargz, `innerOffset`). With `close` it
    ends with each content, and the table says where, and the tar's end is among the members.
    """
    stored, stream = bytearray(), b""
    listed: list[Toc] = []
    for entry in entries:
        whole = entry_bytes(entry)
        data = entry.data if entry.type in b"0\0" else b""
        padding = -len(data) % 512
        stream += whole[: len(whole) - len(data) - padding]
        member = described = toc_entry(entry)
        listed.append(described)
        at = 0
        for chunk in cut(data):
            if at:
                described = {"type": "chunk", "name": member["name"]}
                listed.append(described)
            if at or len(stream) >= share_bytes:
                stored += compress(stream)
                stream = b""
            described |= {"offset": len(stored), "innerOffset": len(stream)}
            described |= {"chunkOffset": at, "chunkSize": len(chunk), "chunkDigest": digest_of(chunk)}
            stream += chunk
            at += len(chunk)
        if data and close:
            stored += compress(stream)
            stream = b""
            member["endOffset"] = len(stored)
        stream += bytes(padding)
    stream += bytes(1024) if close else b""
    stored += compress(stream) if stream else b""
    return Members(bytes(stored), {"version": 1, "entries": [_without_zeros(entry) for entry in listed]})


def _without_zeros(entry: Toc) -> Toc:
    """As Go writes it: what is zero is left out."""
    return {key: value for key, value in entry.items() if value not in (0, "", {})}


def is_last_chunk(listed: Sequence[Toc], number: int) -> bool:
    """Whether no further chunk of the same file follows an entry."""
    return number + 1 == len(listed) or listed[number + 1]["type"] != "chunk"


def toc_entry(entry: Entry) -> Toc:
    """A member as a table of contents has it, without the place of its content."""
    kind = _TYPES[entry.type]
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=entry.mtime_ns // 10**9)
    return {
        "name": entry.name.decode(),
        "type": kind,
        "size": len(entry.data) if kind == "reg" else 0,
        "modtime": moment.strftime("%Y-%m-%dT%H:%M:%SZ") if entry.mtime_ns else "",
        "linkName": entry.link.decode() if kind in ("hardlink", "symlink") else "",
        "mode": entry.mode,
        "uid": entry.uid,
        "gid": entry.gid,
        "devMajor": entry.device[0],
        "devMinor": entry.device[1],
        "xattrs": {key.decode(): base64.b64encode(value).decode() for key, value in entry.xattrs},
        "digest": digest_of(entry.data) if kind == "reg" and entry.data else "",
    }


def cut_evenly(chunk_bytes: int) -> Callable[[bytes], list[bytes]]:
    """Chunks of one size, the last one shorter."""
    return lambda data: [data[at : at + chunk_bytes] for at in range(0, len(data), chunk_bytes)]


def stargz_members(
    entries: Sequence[Entry],
    chunk_bytes: int = 4 << 20,
    share_bytes: int = 0,
    compress: Callable[[bytes], bytes] = gzip_member,
) -> Members:
    """Members and table of an eStargz; the last chunk of a file has no size in it."""
    members = write_members(entries, compress, cut_evenly(chunk_bytes), share_bytes=share_bytes)
    listed = members.toc["entries"]
    for number, entry in enumerate(listed):
        if is_last_chunk(listed, number):
            entry.pop("chunkSize", None)
    return members


def estargz_of(members: Members, toc: bytes | None = None, *, legacy: bool = False) -> SeekableBlob:
    """The blob of these members with their table, or with any other JSON; `legacy` is stargz."""
    table = toc if toc is not None else to_json(members.toc)
    stored = gzip_member(tar_bytes([file("stargz.index.json", table, mtime_ns=0)]))
    place = b"%016xSTARGZ" % len(members.stored)
    extra = place if legacy else b"SG" + struct.pack("<H", len(place)) + place
    footer = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff" + struct.pack("<H", len(extra)) + extra
    footer += b"\x01\0\0\xff\xff" + struct.pack("<II", zlib.crc32(b""), 0)
    assert len(footer) == (47 if legacy else 51)
    annotations = {} if legacy else {TOC_DIGEST: digest_of(table)}
    return SeekableBlob(members.stored + stored + footer, annotations, len(stored))


def estargz(entries: Sequence[Entry], chunk_bytes: int = 4 << 20, *, share_bytes: int = 0) -> SeekableBlob:
    """An eStargz of these entries, with the landmark that says that nothing is to be read ahead."""
    return estargz_of(stargz_members([LANDMARK, *entries], chunk_bytes, share_bytes))


def stargz(entries: Sequence[Entry], chunk_bytes: int = 4 << 20) -> SeekableBlob:
    """The older form: another footer, no landmark, digests of files and none of chunks."""
    members = stargz_members(entries, chunk_bytes)
    for entry in members.toc["entries"]:
        entry.pop("chunkDigest", None)
        if entry["type"] == "chunk":
            del entry["name"]
    return estargz_of(members, legacy=True)
