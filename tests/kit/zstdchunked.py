"""Layers as zstd:chunked (containers/storage, pkg/chunked; stargz-snapshotter, estargz/zstdchunked)."""

import re
import struct
from collections.abc import Sequence

from layertui.layer.inflating import zstd
from tests.kit.entries import Entry
from tests.kit.estargz import (
    LANDMARK,
    TOC_DIGEST,
    Members,
    SeekableBlob,
    digest_of,
    is_last_chunk,
    stargz_members,
    write_members,
)
from tests.kit.images import to_json
from tests.kit.tar import tar_bytes
from tests.kit.tarsplit import tar_split

HOLE_BYTES = 1024
"""Zeros from which on a run is a chunk of its own."""

PREFIX = "io.github.containers.zstd-chunked."
"""What its annotations begin with."""


def frame(data: bytes) -> bytes:
    """One zstd frame."""
    return zstd.compress(data, 3)


def skippable(data: bytes) -> bytes:
    """A frame that every reader of zstd passes over."""
    return b"\x50\x2a\x4d\x18" + struct.pack("<I", len(data)) + data


def chunked_members(entries: Sequence[Entry], chunk_bytes: int = 64 << 10) -> Members:
    """Members and table as containers/storage makes them: a file of one chunk has only its own digest."""

    def cut(data: bytes) -> list[bytes]:
        pieces = []
        for part in re.split(rb"(\0{%d,})" % HOLE_BYTES, data):
            size = chunk_bytes if part.strip(b"\0") else max(len(part), 1)
            pieces += [part[at : at + size] for at in range(0, len(part), size)]
        return pieces

    members = write_members(entries, frame, cut, close=True)
    listed = members.toc["entries"]
    for number, entry in enumerate(listed):
        size = entry.get("chunkSize", 0)
        if size and entry["type"] == "reg" and is_last_chunk(listed, number):
            del entry["chunkSize"], entry["chunkDigest"]
        elif size and entry["chunkDigest"] == digest_of(bytes(size)):
            entry["chunkType"] = "zeros"
    return members


def chunked_of(members: Members, toc: bytes | None = None, split: bytes = b"{}\n") -> SeekableBlob:
    """The blob of these members with their table, or with any other JSON, and the tar-split file `split`."""
    table = to_json(members.toc) if toc is None else toc
    stored, stored_split = frame(table), frame(split)
    offset = len(members.stored) + 8
    offset_split = offset + len(stored) + 8
    numbers = (offset, len(stored), len(table), 1, offset_split, len(stored_split), len(split))
    footer = struct.pack("<7Q", *numbers) + b"GNUlInUx"
    annotations = {
        PREFIX + "manifest-checksum": digest_of(stored),
        PREFIX + "manifest-position": f"{offset}:{len(stored)}:{len(table)}:1",
        PREFIX + "tarsplit-position": f"{offset_split}:{len(stored_split)}:{len(split)}",
    }
    blob = members.stored + skippable(stored) + skippable(stored_split) + skippable(footer)
    return SeekableBlob(blob, annotations, len(stored))


def zstd_chunked(entries: Sequence[Entry], chunk_bytes: int = 64 << 10) -> SeekableBlob:
    """A zstd:chunked layer as containers/storage makes it, its tar-split file included."""
    return chunked_of(chunked_members(entries, chunk_bytes), split=tar_split(tar_bytes(entries), checksums=False))


def zstd_stargz(entries: Sequence[Entry], chunk_bytes: int = 4 << 20) -> SeekableBlob:
    """The same as stargz-snapshotter makes it: the table and the landmark of an eStargz, and the shorter footer."""
    members = stargz_members([LANDMARK, *entries], chunk_bytes, compress=frame)
    table = to_json(members.toc)
    stored = frame(table)
    footer = struct.pack("<4Q", len(members.stored) + 8, len(stored), len(table), 1) + b"GnUlInUx"
    blob = members.stored + skippable(stored) + skippable(footer)
    return SeekableBlob(blob, {TOC_DIGEST: digest_of(table)}, len(stored))
