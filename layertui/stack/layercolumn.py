"""Columns of layer numbers, and masks over them in C speed.

A layer number is a byte up to 254 layers and a word beyond; a mask is one byte, 0 or 1, for each position.
"""

from array import array
from typing import TypeAlias

LayerColumn: TypeAlias = "bytes | bytearray | array[int]"
"""Layer numbers by position."""

NO_END_BYTE, NO_END_WORD = 255, 65_535
"""The end of a version that is visible from the top."""


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


def but_not(one: bytes, other: bytes) -> bytes:
    """The positions that are in the first mask and not in the second."""
    first = int.from_bytes(one, "little")
    return (first & ~int.from_bytes(other, "little")).to_bytes(len(one), "little")
