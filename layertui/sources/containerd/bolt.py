"""bolt databases (go.etcd.io/bbolt), read page by page while a daemon writes to them.

A file is a row of pages of one size. Pages 0 and 1 are metas, written in turn: the valid one with the higher
transaction tells where the root bucket is. A bucket is a tree of branch and leaf pages; a large page takes its
followers too (*overflow*); a small bucket lies within its leaf (*inline*). A transaction writes to free pages only and
then writes its meta, so whatever was read between two looks at one and the same newest meta belongs together, and no
lock is needed: the daemon holds the only one.
"""

import os
import struct
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from layertui.errors import DamagedError, UnreachableError
from layertui.image.blob import Blob, BytesBlob, FileBlob
from layertui.image.bounds import Bound

PAGE_BYTES = Bound("LAYERTUI_MAX_BOLT_PAGE_BYTES", 64 << 20, "bytes")
"""One page with its followers: the largest value that containerd keeps, a container's spec, has some hundred KiB."""

READ_BYTES = Bound("LAYERTUI_MAX_BOLT_BYTES", 4 << 30, "bytes")
"""What is read of a database for one answer, each page as often as it is looked into: the busiest nodes need some
hundred MiB, and a file with holes can claim to be of any size."""

_MAGIC, _VERSION = 0xED0CDAED, 2
_BRANCH, _LEAF = 1, 2
_BUCKET = 1
"""The flag of a leaf's element that holds a bucket."""

# Written as they lie in memory there, so in the byte order of the machine.
_PAGE = struct.Struct("=QHHI")  # page id, flags, count, overflow
_META = struct.Struct(
    "=IIIIQQQQQQ"
)  # magic, version, page size, flags, root, sequence, freelist, pages, txid, checksum
_BRANCH_ELEMENT = struct.Struct("=IIQ")  # position from the element, key size, page id
_LEAF_ELEMENT = struct.Struct("=IIII")  # flags, position from the element, key size, value size
_BUCKET_HEADER = struct.Struct("=QQ")  # root page, or 0 for an inline page behind this; sequence

_PAGE_SIZES = tuple(1 << power for power in range(9, 17))
"""Of the machines that bolt runs on, and some to spare."""

_LAZY_TRIES = 3
"""How often a database is read page by page, as few as are asked for, before it is copied to memory to be read."""
_COPY_TRIES = 20
_PAUSE_S = 0.02
"""Between two of them: a transaction takes some milliseconds, most of it waiting for the disk."""
_COPY_BYTES = 256 << 20
"""Larger ones are not copied: of the busiest nodes they have some tens of MiB."""

_HINT = "It is damaged, or no bolt database of containerd. The images' blobs may still be whole."

T = TypeVar("T")


def read_bolt(file: FileBlob, read: Callable[["Bucket"], T]) -> T:
    """What `read` makes of the root bucket, all of it of one transaction; nothing is written, and no lock is taken.

    `read` must not return anything that reads later; it is called again when the database has changed meanwhile.
    Raises DamagedError naming the page, and UnreachableError, also where the changes never pause.
    """
    for _ in range(_LAZY_TRIES):
        meta = _newest_meta(file)
        try:
            result = read(Bucket(_Pages(_as_it_is(file), meta), (), meta.root))
        except DamagedError:
            if _newest_meta(file).transaction == meta.transaction:
                raise
        else:
            if _newest_meta(file).transaction == meta.transaction:
                return result
    return read(_copied(file))


def _as_it_is(file: FileBlob) -> FileBlob:
    """The file with the length that it has now; taken after the meta, which may name pages that are newer."""
    return FileBlob.adopt(os.dup(file.fileno()), file.label)


def _copied(file: FileBlob) -> "Bucket":
    """The root bucket of a copy in memory: it is made quickly enough to fall between two transactions."""
    for _ in range(_COPY_TRIES):
        meta, now = _newest_meta(file), _as_it_is(file)
        if now.size_bytes > _COPY_BYTES:
            break
        copy = BytesBlob(now.read_at(0, now.size_bytes), file.label)
        if _newest_meta(file).transaction == meta.transaction:
            return Bucket(_Pages(copy, meta), (), meta.root)
        time.sleep(_PAUSE_S)
    raise UnreachableError(f"{file.label} is changed faster than it can be read.", "Try again in a moment.")


@dataclass(frozen=True, slots=True)
class _Meta:
    page_size: int
    root: int
    page_count: int
    transaction: int


def _newest_meta(file: FileBlob) -> _Meta:
    first = _meta(file, 0)
    # Where the first is damaged, only a look can tell how long its page is.
    sizes = (first.page_size,) if first is not None else _PAGE_SIZES
    second = next((meta for size in sizes if (meta := _meta(file, size)) is not None and meta.page_size == size), None)
    found = [meta for meta in (first, second) if meta is not None]
    if not found:
        raise DamagedError(f"{file.label} has no valid meta page.", _HINT)
    return max(found, key=lambda meta: meta.transaction)


def _meta(file: FileBlob, offset: int) -> _Meta | None:
    data = file.read_at(offset + _PAGE.size, _META.size)
    if len(data) < _META.size:
        return None
    magic, version, page_size, _, root, _, _, page_count, transaction, checksum = _META.unpack(data)
    if (magic, version) != (_MAGIC, _VERSION) or page_size not in _PAGE_SIZES or checksum != _fnv64a(data[:-8]):
        return None
    return _Meta(page_size, root, page_count, transaction)


def _fnv64a(data: bytes) -> int:
    result = 0xCBF29CE484222325
    for byte in data:
        result = (result ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return result


class _Pages:
    """The pages of one transaction."""

    def __init__(self, file: Blob, meta: _Meta) -> None:
        self._file = file
        self._meta = meta
        self._owners: dict[int, tuple[bytes, ...]] = {}
        self._read_bytes = 0
        self.label = file.label

    def read(self, page_id: int, owner: tuple[bytes, ...]) -> bytes:
        """A page with its followers. One that belongs to two buckets would let a small file ask for endless work."""
        if self._owners.setdefault(page_id, owner) != owner:
            raise self.damaged(page_id, "belongs to two buckets")
        size = self._meta.page_size
        header = self._file.read_at(page_id * size, _PAGE.size)
        if not 2 <= page_id < self._meta.page_count or len(header) < _PAGE.size:
            raise self.damaged(page_id, f"is named, but there are {self._file.size_bytes // size:,} pages")
        own_id, _, _, overflow = _PAGE.unpack(header)
        if own_id != page_id:
            raise self.damaged(page_id, f"calls itself page {own_id:,}")
        length = (1 + overflow) * size
        if page_id + overflow >= self._meta.page_count or page_id * size + length > self._file.size_bytes:
            raise self.damaged(page_id, "reaches beyond the end of the file")
        if length > PAGE_BYTES.value:
            raise PAGE_BYTES.exceeded(f"{self.label}: page {page_id:,}")
        self._read_bytes += length
        if self._read_bytes > READ_BYTES.value:
            raise READ_BYTES.exceeded(f"{self.label}: what its pages take")
        return self._file.read_at(page_id * size, length)

    def damaged(self, page_id: int, what: str) -> DamagedError:
        """The error for what is wrong with a page."""
        where = f"page {page_id:,}" if page_id else "an inline page"
        return DamagedError(f"{self.label}: {where} {what}.", _HINT)


class Bucket:
    """A bucket: keys in order, each with a value or another bucket."""

    def __init__(self, pages: _Pages, names: tuple[bytes, ...], root: int, inline: bytes = b"") -> None:
        self._pages = pages
        self._names = names
        self._root = root
        self._inline = inline

    def items(self) -> Iterator[tuple[bytes, "bytes | Bucket"]]:
        """Keys in order with what they hold; raises DamagedError, also where a key stands twice.

        Were it allowed, its buckets could share pages, and a small file could ask for endless work.
        """
        last = None
        for page_id, page in self._leaves(None):
            for flags, key, value in self._elements(page_id, page):
                if last is not None and key <= last:
                    raise self._pages.damaged(page_id, "has a key out of order")
                last = key
                yield key, self._nested(page_id, key, value) if flags & _BUCKET else value

    def buckets(self) -> Iterator[tuple[bytes, "Bucket"]]:
        """The buckets among them."""
        return ((key, held) for key, held in self.items() if isinstance(held, Bucket))

    def bucket(self, *names: bytes) -> "Bucket | None":
        """A bucket within buckets; None when there is none. Raises DamagedError."""
        found = self
        for name in names:
            held = found._get(name)
            if not isinstance(held, Bucket):
                return None
            found = held
        return found

    def value(self, key: bytes) -> bytes:
        """What a key holds; empty when there is no such key. Raises DamagedError."""
        held = self._get(key)
        return held if isinstance(held, bytes) else b""

    def _get(self, wanted: bytes) -> "bytes | Bucket | None":
        for page_id, page in self._leaves(wanted):
            for flags, key, value in self._elements(page_id, page):
                if key == wanted:
                    return self._nested(page_id, key, value) if flags & _BUCKET else value
        return None

    def _nested(self, page_id: int, key: bytes, value: bytes) -> "Bucket":
        if len(value) < _BUCKET_HEADER.size:
            raise self._pages.damaged(page_id, f"holds a bucket of {len(value)} bytes")
        root, _ = _BUCKET_HEADER.unpack_from(value)
        return Bucket(self._pages, (*self._names, key), root, value[_BUCKET_HEADER.size :])

    def _leaves(self, wanted: bytes | None) -> Iterator[tuple[int, bytes]]:
        """Leaf pages in order, or the only one that can hold a key."""
        if self._root == 0:
            yield 0, self._inline
            return
        ahead, seen = [self._root], set[int]()
        while ahead:
            page_id = ahead.pop()
            if page_id in seen:
                raise self._pages.damaged(page_id, "is reached twice")
            seen.add(page_id)
            page = self._pages.read(page_id, self._names)
            _, flags, _, _ = _PAGE.unpack_from(page)
            if flags & _BRANCH:
                children = list(self._children(page_id, page))
                if wanted is not None:
                    at = max(0, bisect_right(children, wanted, key=lambda child: child[0]) - 1)
                    children = children[at : at + 1]
                ahead.extend(child for _, child in reversed(children))
            else:
                yield page_id, page

    def _children(self, page_id: int, page: bytes) -> Iterator[tuple[bytes, int]]:
        count, end = self._counted(page_id, page, _BRANCH_ELEMENT.size)
        for number in range(count):
            start = _PAGE.size + number * _BRANCH_ELEMENT.size
            position, key_size, child = _BRANCH_ELEMENT.unpack_from(page, start)
            begin, end = start + position, self._within(page_id, page, start + position, key_size, end)
            yield page[begin:end], child

    def _elements(self, page_id: int, page: bytes) -> Iterator[tuple[int, bytes, bytes]]:
        """Flags, key and value of a leaf's elements."""
        if len(page) < _PAGE.size or not _PAGE.unpack_from(page)[1] & _LEAF:
            raise self._pages.damaged(page_id, "is not a leaf, where one belongs")
        count, end = self._counted(page_id, page, _LEAF_ELEMENT.size)
        for number in range(count):
            start = _PAGE.size + number * _LEAF_ELEMENT.size
            flags, position, key_size, value_size = _LEAF_ELEMENT.unpack_from(page, start)
            begin = start + position
            end = self._within(page_id, page, begin, key_size + value_size, end)
            yield flags, page[begin : begin + key_size], page[begin + key_size : end]

    def _counted(self, page_id: int, page: bytes, element_size: int) -> tuple[int, int]:
        """How many elements there are, and where their keys can begin."""
        count = _PAGE.unpack_from(page)[2]
        end = _PAGE.size + count * element_size
        if end > len(page):
            raise self._pages.damaged(page_id, f"has room for fewer than its {count:,} elements")
        return count, end

    def _within(self, page_id: int, page: bytes, begin: int, size: int, least: int) -> int:
        """The end of what an element points to, which lies behind what the one before it points to.

        bolt writes them so; were they to overlap, a page of them could ask for the square of its size.
        """
        if begin < least or begin + size > len(page):
            raise self._pages.damaged(page_id, "has an element that is not within it")
        return begin + size
