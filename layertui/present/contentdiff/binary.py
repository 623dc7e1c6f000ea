"""Two contents that are no texts: sizes, digests, where they first differ, and the bytes around it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from layertui.image.blob import Blob
from layertui.present.viewing.hexdump import hex_line

CHUNK_BYTES = 1 << 20

Check = Callable[[], None]
"""Called before each chunk; raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class BinaryDiff:
    """How two contents differ as bytes."""

    size_a: int
    size_b: int
    digest_a: str
    """`sha256:` and 64 hexadecimal digits."""
    digest_b: str
    first: int | None
    """The offset of the first byte that differs, or that one side lacks; None where they are equal."""


def compare_bytes(a: Blob, b: Blob, check: Check | None = None) -> BinaryDiff:
    """Compare two contents by reading both to their ends; raises what `check` and the blobs raise."""
    first: int | None = None
    hashes = hashlib.sha256(), hashlib.sha256()
    for at in range(0, max(a.size_bytes, b.size_bytes), CHUNK_BYTES):
        if check is not None:
            check()
        one, other = a.read_at(at, CHUNK_BYTES), b.read_at(at, CHUNK_BYTES)
        hashes[0].update(one)
        hashes[1].update(other)
        if first is None and one != other:
            first = at + _first_difference(one, other)
    digests = [f"sha256:{each.hexdigest()}" for each in hashes]
    return BinaryDiff(a.size_bytes, b.size_bytes, digests[0], digests[1], first)


def next_difference(a: Blob, b: Blob, offset: int, check: Check | None = None) -> int | None:
    """The offset of the first byte from `offset` on that differs; None where there is none."""
    for at in range(offset, max(a.size_bytes, b.size_bytes), CHUNK_BYTES):
        if check is not None:
            check()
        one, other = a.read_at(at, CHUNK_BYTES), b.read_at(at, CHUNK_BYTES)
        if one != other:
            return at + _first_difference(one, other)
    return None


def _first_difference(a: bytes, b: bytes) -> int:
    """Where two different strings begin to differ; by halves, as comparing slices is much faster than looking."""
    low, high = 0, max(len(a), len(b))
    while high - low > 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True, slots=True)
class HexRow:
    """The same bytes of both contents, a line each; empty where a side has ended."""

    a: str
    b: str
    differs: bool


def hex_rows(a: Blob, b: Blob, first: int, count: int, per_row: int) -> list[HexRow]:
    """Up to `count` rows from row `first` on, as far as the longer side reaches; raises what the blobs raise."""
    start, size = first * per_row, count * per_row
    one, other = a.read_at(start, size), b.read_at(start, size)
    digits = max(8, len(f"{max(a.size_bytes, b.size_bytes):x}"))
    rows = []
    for at in range(0, max(len(one), len(other)), per_row):
        left, right = one[at : at + per_row], other[at : at + per_row]
        texts = [hex_line(start + at, data, per_row, digits) if data else "" for data in (left, right)]
        rows.append(HexRow(texts[0], texts[1], left != right))
    return rows


def binary_lines(diff: BinaryDiff, facts_a: str, facts_b: str) -> list[str]:
    """What there is to say about two contents: what each is, its size and digest, then where they differ."""
    if diff.first is None:
        where = "Equal, byte for byte."
    elif diff.first >= min(diff.size_a, diff.size_b):
        shorter, longer = ("A", "B") if diff.size_a < diff.size_b else ("B", "A")
        extra = abs(diff.size_a - diff.size_b)
        where = f"{longer} begins with all of {shorter}, and has {extra:,} bytes more."
    else:
        where = f"First difference at byte {diff.first:,} (0x{diff.first:x})."
    return [
        f"A  {facts_a}  {diff.size_a:,} B  {diff.digest_a}",
        f"B  {facts_b}  {diff.size_b:,} B  {diff.digest_b}",
        where,
    ]
