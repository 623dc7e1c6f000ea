"""Two contents that are no texts: sizes, digests, where they first differ, and the bytes around it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from layertui.image.blob import Blob

CHUNK_BYTES = 1 << 20

APART_BYTES = 16
"""So many equal bytes end a run of differing ones."""

Check = Callable[[], None]
"""Called before each chunk; raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class BinaryDiff:
    """How two contents differ as bytes."""

    size_a: int
    size_b: int
    digest_a: str
    """`sha256:` and 64 hexadecimal digits; empty while it is not known."""
    digest_b: str
    first: int | None
    """The offset of the first byte that differs, or that one side lacks; None where they are equal."""


def compare_bytes(
    a: Blob, b: Blob, check: Check | None = None, found: Callable[[int], None] | None = None
) -> BinaryDiff:
    """Compare two contents by reading both to their ends; raises what `check` and the blobs raise.

    `found` is called with the offset of the first difference as soon as that is known, long before the digests are.
    """
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
            if found is not None:
                found(first)
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


def next_run(a: Blob, b: Blob, offset: int, check: Check | None = None) -> int | None:
    """Where the next run of differing bytes begins, behind the one that goes on at `offset`; None behind the last.

    Runs are apart where `APART_BYTES` are equal. Raises what `check` and the blobs raise.
    """
    end = max(a.size_bytes, b.size_bytes)
    equal = bytes(APART_BYTES)
    while offset < end:
        if check is not None:
            check()
        at = _unlike(a, b, offset, CHUNK_BYTES + APART_BYTES).find(equal)
        if at >= 0:
            return next_difference(a, b, offset + at, check)
        offset += CHUNK_BYTES
    return None


def previous_run(a: Blob, b: Blob, offset: int, check: Check | None = None) -> int | None:
    """Where the last run of differing bytes begins that begins before `offset`; None before the first.

    Raises what `check` and the blobs raise.
    """
    last = _previous_difference(a, b, offset, check)
    if last is None:
        return None
    equal = bytes(APART_BYTES)
    stop = last + 1
    while stop > 0:
        if check is not None:
            check()
        start = max(0, stop - CHUNK_BYTES)
        at = _unlike(a, b, start, stop - start).rfind(equal)
        if at >= 0:
            return start + at + APART_BYTES
        if not start:
            break
        stop = start + APART_BYTES - 1
    return next_difference(a, b, 0, check)


def _previous_difference(a: Blob, b: Blob, offset: int, check: Check | None) -> int | None:
    """The offset of the last byte before `offset` that differs."""
    for stop in range(min(offset, max(a.size_bytes, b.size_bytes)), 0, -CHUNK_BYTES):
        if check is not None:
            check()
        start = max(0, stop - CHUNK_BYTES)
        unlike = _unlike(a, b, start, stop - start).rstrip(b"\0")
        if unlike:
            return start + len(unlike) - 1
    return None


def _unlike(a: Blob, b: Blob, offset: int, length: int) -> bytes:
    """A byte for each of a part: 0 where both sides have the same one, any other where not."""
    one, other = a.read_at(offset, length), b.read_at(offset, length)
    shorter = min(len(one), len(other))
    unlike = int.from_bytes(one[:shorter]) ^ int.from_bytes(other[:shorter])
    return unlike.to_bytes(shorter) + b"\1" * (max(len(one), len(other)) - shorter)


def where_text(diff: BinaryDiff) -> str:
    """Where two contents differ, in a sentence."""
    if diff.first is None:
        return "Equal, byte for byte."
    if diff.first < min(diff.size_a, diff.size_b):
        return f"First difference at byte {diff.first:,} (0x{diff.first:x})."
    shorter, longer = ("A", "B") if diff.size_a < diff.size_b else ("B", "A")
    extra = abs(diff.size_a - diff.size_b)
    return f"{longer} begins with all of {shorter}, and has {extra:,} bytes more."
