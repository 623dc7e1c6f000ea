"""Second opinions on a tar: GNU tar's own listing, and Python's tarfile."""

import io
import os
import re
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from layertui.image.blob import BytesBlob
from layertui.layer.columns import Columns, Kind
from layertui.layer.names import path_of
from layertui.layer.read import read_layer
from layertui.layer.tar import Damage, scan
from layertui.layer.tree import Entry, LayerTree
from layertui.layer.window import BlobWindow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """One member as a reader of tars lists it."""

    path: bytes
    """Cleaned."""
    kind: Kind
    size_bytes: int
    """0 for all but files."""
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    link: bytes | None


def read(data: bytes) -> LayerTree:
    """The tree of a layer's blob."""
    return read_layer(BytesBlob(data, "layer.tar"))


def scan_bytes(data: bytes) -> tuple[Columns, Damage | None]:
    """A plain tar's columns, without the tree over them."""
    columns = Columns()
    return columns, scan(BlobWindow(BytesBlob(data, "layer.tar"), None), columns)


def listed(tree: LayerTree) -> list[Listed]:
    """What we list; a hard link has no size of its own in a tar."""
    return [_ours(entry) for entry in tree.entries()]


def _ours(entry: Entry) -> Listed:
    size = entry.size_bytes if entry.kind is Kind.FILE else 0
    assert size is not None
    return Listed(entry.path, entry.kind, size, entry.mode, entry.uid, entry.gid, entry.mtime_ns, entry.link_target)


_LINE = re.compile(
    rb"(?P<type>.)(?P<mode>\S{9})\S? (?P<uid>-?\d+)/(?P<gid>-?\d+) +(?P<size>\d+(?:,\d+)?) "
    rb"(?P<time>\S+ \S+) +(?P<name>(?:\\.|[^ \\])*)(?: (?:->|link to) (?P<link>.*)| unknown file type .*)?"
)
_KINDS = {
    b"-": Kind.FILE,
    b"C": Kind.FILE,
    b"?": Kind.FILE,
    b"d": Kind.DIRECTORY,
    b"l": Kind.SYMLINK,
    b"h": Kind.HARDLINK,
    b"c": Kind.CHAR,
    b"b": Kind.BLOCK,
    b"p": Kind.FIFO,
}
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"a": b"\a", b"?": b"\x7f"}


def gnu_list(archive: Path, *options: str) -> tuple[list[Listed], int]:
    """What `tar -tv` lists, and its exit status."""
    command = ["tar", "-tv", "-f", str(archive), "--numeric-owner", "--full-time", "--quoting-style=escape"]
    command += ["--quote-chars= ", "--force-local", *options]
    environment = os.environ | {"TZ": "UTC", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=60)
    return [_gnu(line) for line in done.stdout.splitlines()], done.returncode


def _gnu(line: bytes) -> Listed:
    found = _LINE.fullmatch(line)
    assert found, line
    kind = _KINDS[found["type"]]
    link = found["link"]
    return Listed(
        clean_path(_unescaped(found["name"])),
        kind,
        int(found["size"]) if kind is Kind.FILE else 0,
        _mode(found["mode"].decode()),
        int(found["uid"]),
        int(found["gid"]),
        _time_ns(found["time"].decode()),
        None if link is None else _unescaped(link),
    )


def _unescaped(text: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if len(code) == 3:
            return bytes([int(code, 8)])
        return _ESCAPES.get(code, code)

    return re.sub(rb"\\([0-7]{3}|.)", one, text, flags=re.DOTALL)


def _mode(text: str) -> int:
    mode = 0
    for at, letter in enumerate(text):
        if letter in "rwxst":
            mode |= 1 << (8 - at)
    return mode | (text[2] in "sS") << 11 | (text[5] in "sS") << 10 | (text[8] in "tT") << 9


def _time_ns(text: str) -> int:
    whole, _, fraction = text.partition(".")
    moment = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(seconds=1) * 10**9 + int(fraction.ljust(9, "0") or 0)


def clean_path(name: bytes) -> bytes:
    """A member's name as we show it, worked out apart from layertui's own cleaning."""
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts) or b"."


_TYPES = {
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.LNKTYPE: Kind.HARDLINK,
    tarfile.CHRTYPE: Kind.CHAR,
    tarfile.BLKTYPE: Kind.BLOCK,
    tarfile.FIFOTYPE: Kind.FIFO,
}


def tarfile_list(data: bytes) -> list[Listed]:
    """What Python's tarfile lists."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape", encoding="utf-8") as archive:
        for member in archive:
            kind = _TYPES.get(member.type, Kind.FILE)
            link = os.fsencode(member.linkname) if kind in (Kind.SYMLINK, Kind.HARDLINK) else None
            size = member.size if kind is Kind.FILE else 0
            # tarfile keeps times as floats: nanoseconds are out of its reach.
            time_ns = round(member.mtime * 1000) * 10**6
            path = clean_path(os.fsencode(member.name))
            found.append(Listed(path, kind, size, member.mode & 0o7777, member.uid, member.gid, time_ns, link))
    return found


def contents(data: bytes, tree: LayerTree, row: int) -> bytes:
    """A file's content, holes filled with zeros."""
    columns = tree.columns
    offset, size = columns.offsets[row], columns.sizes[row]
    segments = columns.sparse.get(row)
    if segments is None:
        return data[offset : offset + size]
    whole = bytearray(size)
    for start, length in segments:
        whole[start : start + length] = data[offset : offset + length]
        offset += length
    return bytes(whole)


def row_of(tree: LayerTree, path: bytes) -> int:
    """The last row of a path."""
    return max(row for row, key in enumerate(tree.columns.keys) if path_of(key) == path)


class Hung(BaseException):
    """Not an Exception, so that nothing catches it by accident."""


@contextmanager
def at_most_seconds(seconds: float) -> Iterator[None]:
    """Fail where the work does not end: damage must never hang a reader."""

    def stop(*_: object) -> None:
        raise Hung(f"still at it after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
