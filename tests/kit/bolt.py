"""bolt databases, written page by page as go.etcd.io/bbolt lays them out, and damaged ones."""

import struct
from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Tree: TypeAlias = Mapping[bytes, "bytes | Tree"]
"""A bucket: keys with values, or with buckets."""

PAGE = struct.Struct("=QHHI")
"""Page id, flags, count, overflow."""
META = struct.Struct("=IIIIQQQQQ")
"""Magic, version, page size, flags, root page, sequence, freelist page, pages, transaction; a checksum follows."""

BRANCH, LEAF, META_FLAG, FREELIST = 1, 2, 4, 16


def fnv64a(data: bytes) -> int:
    """The checksum of a meta (FNV-1a, 64 bits)."""
    result = 0xCBF29CE484222325
    for byte in data:
        result = ((result ^ byte) * 0x100000001B3) & ((1 << 64) - 1)
    return result


def meta_page(number: int, *, root: int, pages: int, transaction: int, page_size: int = 4096) -> bytes:
    """A meta page, padded to a page."""
    body = META.pack(0xED0CDAED, 2, page_size, 0, root, 0, 2, pages, transaction)
    data = PAGE.pack(number, META_FLAG, 0, 0) + body + struct.pack("=Q", fnv64a(body))
    return data.ljust(page_size, b"\0")


def leaf_page(page_id: int, items: list[tuple[int, bytes, bytes]], overflow: int = 0) -> bytes:
    """A leaf of flags, keys and values, not padded."""
    elements, data = b"", b""
    for number, (flags, key, value) in enumerate(items):
        position = 16 * (len(items) - number) + len(data)
        elements += struct.pack("=IIII", flags, position, len(key), len(value))
        data += key + value
    return PAGE.pack(page_id, LEAF, len(items), overflow) + elements + data


def branch_page(page_id: int, children: list[tuple[bytes, int]], overflow: int = 0) -> bytes:
    """A branch of first keys and page ids, not padded."""
    elements, data = b"", b""
    for number, (key, child) in enumerate(children):
        position = 16 * (len(children) - number) + len(data)
        elements += struct.pack("=IIQ", position, len(key), child)
        data += key
    return PAGE.pack(page_id, BRANCH, len(children), overflow) + elements + data


class _Writer:
    def __init__(self, page_size: int, fanout: int) -> None:
        self.page_size = page_size
        self.fanout = fanout
        self.pages: dict[int, bytes] = {}
        self.next_id = 3

    def bucket(self, tree: Tree) -> int:
        """Write a bucket's pages; returns its root."""
        items = [self._item(key, tree[key]) for key in sorted(tree)]
        level = []
        for at in range(0, max(len(items), 1), self.fanout):
            part = items[at : at + self.fanout]
            level.append((part[0][1] if part else b"", self._add(leaf_page, part)))
        while len(level) > 1:
            parts = [level[at : at + self.fanout] for at in range(0, len(level), self.fanout)]
            level = [(part[0][0], self._add(branch_page, part)) for part in parts]
        return level[0][1]

    def _item(self, key: bytes, held: "bytes | Tree") -> tuple[int, bytes, bytes]:
        if isinstance(held, bytes):
            return 0, key, held
        flat = [(0, name, value) for name, value in sorted(held.items()) if isinstance(value, bytes)]
        inline = leaf_page(0, flat)
        if len(flat) == len(held) and len(inline) <= self.page_size // 4:
            return 1, key, struct.pack("=QQ", 0, 0) + inline
        return 1, key, struct.pack("=QQ", self.bucket(held), 0)

    def _add(self, make: Callable[[int, list[T], int], bytes], content: list[T]) -> int:
        overflow = (len(make(0, content, 0)) - 1) // self.page_size
        page_id = self.next_id
        self.next_id += 1 + overflow
        self.pages[page_id] = make(page_id, content, overflow).ljust((1 + overflow) * self.page_size, b"\0")
        return page_id


def bolt_file(tree: Tree, *, page_size: int = 4096, fanout: int = 20, transaction: int = 8) -> bytes:
    """A database of one transaction: two metas, an empty freelist, the buckets; small ones lie within their leaf.

    `fanout` is how many elements a page takes. The older meta names the same pages.
    """
    writer = _Writer(page_size, fanout)
    root = writer.bucket(tree)
    metas = [
        meta_page(number, root=root, pages=writer.next_id, transaction=transaction - number, page_size=page_size)
        for number in (0, 1)
    ]
    freelist = PAGE.pack(2, FREELIST, 0, 0).ljust(page_size, b"\0")
    return b"".join([*metas, freelist, *(writer.pages[page_id] for page_id in sorted(writer.pages))])
