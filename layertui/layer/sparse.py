"""Maps of sparse files: which parts of a file a tar holds, in GNU tar's four formats.

GNU tar manual, appendix "Sparse Formats": old GNU (type `S`), PAX 0.0, 0.1 and 1.0.
"""

from collections.abc import Callable

from layertui.layer.header import BLOCK_BYTES, number, pax_number

Segment = tuple[int, int]
"""A part that the tar holds: its offset in the file and its length, in bytes. What lies between reads as zeros."""

SEGMENT_LIMIT = 65_536
"""The most parts of one file: bounds what a small map can make us keep."""

Take = Callable[[int, int], bytes]
"""Reads bytes of the uncompressed tar: offset and length; fewer come only where the tar ends."""


def _checked(segments: list[Segment], real_size: int) -> tuple[Segment, ...]:
    reach = 0
    for offset, length in segments:
        if length < 0 or offset < reach or offset + length > real_size:
            raise ValueError("the sparse map does not fit the file")
        reach = offset + length
    return tuple(segments)


def old_gnu(header: bytes, data_offset: int, take: Take) -> tuple[tuple[Segment, ...], int, int]:
    """Read the map of a type `S` entry: returns its segments, the file's real size, and where the data begins."""
    segments: list[Segment] = []
    block, at, more = header, 386, header[482]
    count = 4
    while True:
        for index in range(count):
            field = block[at + 24 * index : at + 24 * index + 24]
            if not field[0]:
                break
            segments.append((number(field[:12]), number(field[12:])))
        if not more:
            break
        block = take(data_offset, BLOCK_BYTES)
        if len(block) < BLOCK_BYTES or len(segments) > SEGMENT_LIMIT:
            raise ValueError("the sparse map is cut short or too long")
        data_offset += BLOCK_BYTES
        at, count, more = 0, 21, block[504]
    real_size = number(header[483:495])
    return _checked(segments, real_size), real_size, data_offset


def pax(
    records: list[tuple[bytes, bytes]], stored_size: int, data_offset: int, take: Take
) -> tuple[tuple[Segment, ...], int, int] | None:
    """Read the map of a PAX entry: as `old_gnu`, or None where the records describe no sparse file.

    Raises ValueError for a map that is malformed.
    """
    fields = dict(records)
    size = fields.get(b"GNU.sparse.realsize", fields.get(b"GNU.sparse.size"))
    if size is None:
        return None
    real_size = pax_number(size)
    if fields.get(b"GNU.sparse.major") == b"1":
        segments, map_bytes = _leading_map(data_offset, stored_size, take)
        return _checked(segments, real_size), real_size, data_offset + map_bytes
    if b"GNU.sparse.map" in fields:
        numbers = [pax_number(part) for part in fields[b"GNU.sparse.map"].split(b",") if part]
        if len(numbers) % 2:
            raise ValueError("the sparse map has an odd count of numbers")
        return _checked(list(zip(numbers[::2], numbers[1::2], strict=True)), real_size), real_size, data_offset
    offsets = [pax_number(value) for keyword, value in records if keyword == b"GNU.sparse.offset"]
    lengths = [pax_number(value) for keyword, value in records if keyword == b"GNU.sparse.numbytes"]
    if len(offsets) != len(lengths):
        raise ValueError("the sparse map has more offsets than lengths")
    return _checked(list(zip(offsets, lengths, strict=True)), real_size), real_size, data_offset


def _leading_map(data_offset: int, stored_size: int, take: Take) -> tuple[list[Segment], int]:
    """Format 1.0: decimal numbers, one a line, in blocks before the data: a count, then offsets and lengths."""
    blocks, at = b"", 0

    def line() -> int:
        nonlocal blocks, at
        while (end := blocks.find(b"\n", at)) < 0:
            block = take(data_offset + len(blocks), BLOCK_BYTES)
            if len(block) < BLOCK_BYTES or len(blocks) >= stored_size:
                raise ValueError("the sparse map is cut short")
            blocks += block
        value = pax_number(blocks[at:end])
        at = end + 1
        return value

    count = line()
    if count > SEGMENT_LIMIT:
        raise ValueError(f"the sparse map has more than {SEGMENT_LIMIT:,} parts")
    segments = [(line(), line()) for _ in range(count)]
    return segments, len(blocks)
