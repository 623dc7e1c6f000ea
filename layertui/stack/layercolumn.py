"""Columns of layer numbers, and masks over them in C speed.

A layer number is a byte up to 254 layers and a word beyond; a mask is one byte, 0 or 1, for each position.
"""

from array import array
from typing import TypeAlias

LayerColumn: TypeAlias = "bytes | bytearray | array[int]"
"""Layer numbers by position."""

NO_END_BYTE, NO_END_WORD = 255, 65_535
"""The end of a version that is visible from the top."""


NARROW_LAYERS = 254
"""Up to this many layers a layer number is a byte; the last value means "no end"."""


def is_equal(column: LayerColumn, layer: int) -> bytes:
    """Mask of the positions where the column holds a layer."""
    if isinstance(column, array):
        return bytes(map(layer.__eq__, column))
    return bytes(column.translate(bytes(number == layer for number in range(256))))


def at_most(column: LayerColumn, layer: int) -> bytes:
    """Mask of the positions where the column holds a layer or one below it."""
    if isinstance(column, array):
        return bytes(map(layer.__ge__, column))
    return bytes(column.translate(bytes(number <= layer for number in range(256))))


def both(one: bytes, other: bytes) -> bytes:
    """The positions that are in two masks."""
    return (int.from_bytes(one, "little") & int.from_bytes(other, "little")).to_bytes(len(one), "little")


def either(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    """Two columns of bytes, bit by bit: the positions that are in one of two masks."""
    return (int.from_bytes(one, "little") | int.from_bytes(other, "little")).to_bytes(len(one), "little")


def unless(column: LayerColumn, mask: bytes, value: int) -> LayerColumn:
    """A column of layers with another value, of all bits set, where a mask holds."""
    if isinstance(column, array):
        return array("H", [value if masked else layer for layer, masked in zip(column, mask, strict=True)])
    return either(bytes(column), mask.translate(bytes((0, value)) + bytes(254)))


def next_in(column: LayerColumn, layer: int, start: int, stop: int) -> int:
    """The first position from `start` and before `stop` where the column holds a layer, or -1."""
    if not isinstance(column, array):
        return column.find(layer, start, stop)
    try:
        return column.index(layer, start, stop)
    except ValueError:
        return -1


def but_not(one: bytes, other: bytes) -> bytes:
    """The positions that are in the first mask and not in the second."""
    first = int.from_bytes(one, "little")
    return (first & ~int.from_bytes(other, "little")).to_bytes(len(one), "little")
