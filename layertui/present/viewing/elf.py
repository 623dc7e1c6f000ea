"""What an ELF file says about itself (System V ABI, chapters 4 and 5), in a line or two."""

import struct
from dataclasses import dataclass

from layertui.image.blob import Blob
from layertui.present.safetext import safe

MAGIC = b"\x7fELF"

_TYPES = {1: "relocatable", 2: "executable", 3: "shared object", 4: "core dump"}
_MACHINES = {
    3: "x86", 8: "MIPS", 20: "PowerPC", 21: "PowerPC64", 22: "s390", 40: "ARM", 62: "x86-64", 183: "AArch64",
    243: "RISC-V", 247: "BPF", 258: "LoongArch",
}  # fmt: skip
_LOAD, _DYNAMIC, _INTERPRETER, _NOTE = 1, 2, 3, 4
_NEEDED, _STRTAB, _STRSZ, _SONAME, _FLAGS_1 = 1, 5, 10, 14, 0x6FFFFFFB
_PIE = 0x08000000
_BUILD_ID = 3

_PART_BYTES = 64 * 1024
"""How much of a table, a note or the strings is looked at: real ones are far smaller, and sizes in headers may lie."""

_LIBRARIES = 64
"""How many needed libraries are named."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A program header."""

    type: int
    offset: int
    address: int
    size: int


class _Elf:
    def __init__(self, blob: Blob) -> None:
        head = blob.read_at(0, 64)
        self.blob = blob
        self.is_64 = head[4] == 2
        self.order = ">" if head[5] == 2 else "<"
        self.type, self.machine = self.unpack("HH", head[16:20])
        at = 32 if self.is_64 else 28
        (table,) = self.unpack("Q" if self.is_64 else "I", head[at : at + (8 if self.is_64 else 4)])
        at = 54 if self.is_64 else 42
        size, count = self.unpack("HH", head[at : at + 4])
        self.segments = list(self._segments(table, size, count))

    def unpack(self, layout: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self.order + layout, data)

    def _segments(self, table: int, size: int, count: int) -> "list[_Segment]":
        data = self.blob.read_at(table, min(size * count, _PART_BYTES))
        found = []
        for at in range(0, len(data) - size + 1, size or len(data) + 1):
            if self.is_64:
                kind, _, offset, address, _, stored = self.unpack("IIQQQQ", data[at : at + 40])
            else:
                kind, offset, address, _, stored = self.unpack("IIIII", data[at : at + 20])
            found.append(_Segment(kind, offset, address, stored))
        return found

    def part(self, segment: _Segment) -> bytes:
        return self.blob.read_at(segment.offset, min(segment.size, _PART_BYTES))

    def first(self, kind: int) -> _Segment | None:
        return next((segment for segment in self.segments if segment.type == kind), None)

    def dynamic(self) -> list[tuple[int, int]]:
        """Tags and values of the dynamic section."""
        segment = self.first(_DYNAMIC)
        if segment is None:
            return []
        data = self.part(segment)
        width = 16 if self.is_64 else 8
        data = data[: len(data) // width * width]
        pairs = [self.unpack("QQ" if self.is_64 else "II", data[at : at + width]) for at in range(0, len(data), width)]
        return [(pair[0], pair[1]) for pair in pairs]

    def strings(self, dynamic: list[tuple[int, int]]) -> tuple[list[str], str]:
        """The libraries that are needed, and the name that a library gives itself."""
        values = dict(dynamic)
        address = values.get(_STRTAB, 0)
        for segment in self.segments:
            if segment.type == _LOAD and segment.address <= address < segment.address + segment.size:
                start = segment.offset + address - segment.address
                break
        else:
            return [], ""
        size = min(values.get(_STRSZ, 0), 16 * _PART_BYTES)

        def text(at: int) -> str:
            if at >= size:
                return ""
            return safe(self.blob.read_at(start + at, min(256, size - at)).partition(b"\0")[0])

        needed = [text(value) for tag, value in dynamic if tag == _NEEDED][:_LIBRARIES]
        return [name for name in needed if name], text(values[_SONAME]) if _SONAME in values else ""

    def build_id(self) -> str:
        for segment in self.segments:
            if segment.type != _NOTE:
                continue
            data, at = self.part(segment), 0
            while at + 12 <= len(data):
                name_size, size, kind = self.unpack("III", data[at : at + 12])
                start = at + 12 + (name_size + 3 & -4)
                if kind == _BUILD_ID and data[at + 12 : at + 16] == b"GNU\0":
                    return data[start : start + min(size, 64)].hex()
                at = start + (size + 3 & -4)
        return ""


def elf_facts(blob: Blob) -> list[str]:
    """An ELF file's class, machine, type, interpreter, needed libraries and build ID; safe lines, none of them long.

    Whatever does not hold together is left out. Raises what the blob raises.
    """
    try:
        elf = _Elf(blob)
        dynamic = elf.dynamic()
        needed, soname = elf.strings(dynamic)
        build_id = elf.build_id()
        interpreter = elf.first(_INTERPRETER)
    except (struct.error, IndexError):
        return ["ELF, cut short"]
    kind = _TYPES.get(elf.type, f"type {elf.type}")
    if elf.type == 3 and (interpreter is not None or dict(dynamic).get(_FLAGS_1, 0) & _PIE):
        kind = "position-independent executable"
    first = [
        f"ELF {64 if elf.is_64 else 32}-bit {'big-endian' if elf.order == '>' else 'little-endian'}",
        _MACHINES.get(elf.machine, f"machine {elf.machine}"),
        kind,
    ]
    if elf.type in (2, 3) and not dynamic:
        first.append("statically linked")
    if soname:
        first.append(soname)
    lines = [", ".join(first)]
    second = []
    if interpreter is not None:
        second.append(f"interpreter {safe(elf.part(interpreter)[:4096].rstrip(bytes(1)))}")
    if needed:
        second.append(f"needs {', '.join(needed)}")
    if build_id:
        second.append(f"build ID {build_id}")
    return [*lines, "; ".join(second)] if second else lines
