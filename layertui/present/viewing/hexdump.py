"""Bytes as lines: the offset, the bytes in hexadecimal, and what of them is ASCII."""

from layertui.image.blob import Blob

_ASCII = bytes(code if 0x20 <= code < 0x7F else ord(".") for code in range(256)).decode()
_GROUP = 8


def row_bytes(width: int, size_bytes: int) -> int:
    """How many bytes a line of so many cells holds: 16, or 8 where 16 do not fit."""
    return 16 if digits(size_bytes) + 2 + 16 * 3 + 2 + 2 + 16 <= width else 8


def row_count(size_bytes: int, per_row: int) -> int:
    """How many lines a content has."""
    return -(-size_bytes // per_row)


def hex_lines(blob: Blob, first: int, count: int, per_row: int) -> list[str]:
    """Up to `count` lines from line `first` on, as hexdump -C draws them; raises what the blob raises."""
    data = blob.read_at(first * per_row, count * per_row)
    width = digits(blob.size_bytes)
    return [
        hex_line(first * per_row + at, data[at : at + per_row], per_row, width) for at in range(0, len(data), per_row)
    ]


def hex_line(offset: int, data: bytes, per_row: int, offset_digits: int = 8) -> str:
    """One line: `00000010  7f 45 4c 46 ...  |.ELF...|`."""
    groups = [data[at : at + _GROUP].hex(" ") for at in range(0, len(data), _GROUP)]
    cells = per_row * 3 - 1 + (per_row - 1) // _GROUP
    return f"{offset:0{offset_digits}x}  {'  '.join(groups):<{cells}}  |{data.decode('latin-1').translate(_ASCII)}|"


def cells_of(byte: int, per_row: int, offset_digits: int) -> tuple[int, int]:
    """Where in a line a byte of it stands: its two digits, and its character."""
    start = offset_digits + 2
    characters = start + per_row * 3 - 1 + (per_row - 1) // _GROUP + 3
    return start + byte * 3 + byte // _GROUP, characters + byte


def digits(size_bytes: int) -> int:
    """Digits of an offset: eight, more only where eight do not reach."""
    return max(8, len(f"{max(size_bytes - 1, 0):x}"))
