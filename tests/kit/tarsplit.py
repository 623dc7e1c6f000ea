"""A tar-split file of any tar, as engines write one while they unpack a layer (vbatts/tar-split, `asm/disassemble.go`).

It is written after that reader, not after ours: what goes before, into and after a content is its judgement.
"""

import base64
import json
from collections.abc import Iterator

HEADER_ONLY = b"123456"
"""Types that have no data, whatever their size says."""

_POLYNOMIAL = 0xD800000000000000
"""CRC-64 of ISO 3309, reflected: what Go's `crc64.ISO` is."""


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ _POLYNOMIAL if value & 1 else value >> 1
        table.append(value)
    return table


_TABLE = _table()


def crc64(data: bytes) -> bytes:
    """The checksum that a record carries."""
    value = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return (value ^ 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")


def tar_split(tar: bytes, *, checksums: bool = True) -> bytes:
    """The lines of a tar's tar-split file, not compressed; checksums take long, and may be left out."""
    lines = []
    for position, record in enumerate(_records(tar, checksums)):
        lines.append(json.dumps({**record, "position": position}, separators=(",", ":")))
    return "\n".join(lines).encode() + b"\n"


def _segment(data: bytes) -> dict[str, object]:
    return {"type": 2, "payload": base64.b64encode(data).decode()}


def _content(name: bytes, size: int, data: bytes | None) -> dict[str, object]:
    record: dict[str, object] = {"type": 1}
    try:
        record["name"] = name.decode()
    except UnicodeDecodeError:
        record["name_raw"] = base64.b64encode(name).decode()
    if size:
        record["size"] = size
    record["payload"] = None if data is None else base64.b64encode(crc64(data)).decode()
    return record


def _records(tar: bytes, checksums: bool) -> Iterator[dict[str, object]]:
    at = 0
    raw = b""
    pax: dict[bytes, bytes] = {}
    name = b""
    while len(header := tar[at : at + 512]) == 512 and header.strip(b"\0"):
        at += 512
        if header[156:157] == b"X":
            raise ValueError("Go takes Solaris' extension header for a file, and engines refuse to unpack it")
        flag, size = header[156:157], _number(header[124:136])
        raw += header
        if flag in (b"x", b"g", b"L", b"K"):
            end = at + size + -size % 512
            body = tar[at : at + size]
            raw += tar[at:end]
            at = end
            if flag == b"g":
                yield _segment(raw)
                yield _content(b"pax_global_header", 0, None)
                raw = b""
            elif flag == b"x":
                pax = _pax(body)
            elif flag == b"L":
                name = body.rstrip(b"\0")
            continue
        name = name or pax.get(b"path") or header[:100].rstrip(b"\0")
        stored = 0 if flag in HEADER_ONLY else int(pax.get(b"size", size))
        real = int(pax.get(b"size", size))
        segments = None
        if flag == b"S":
            segments, real = _old_map(header), _number(header[483:495])
            more = header[482]
            while more:
                block = tar[at : at + 512]
                raw += block
                at += 512
                segments += [(_number(block[n : n + 12]), _number(block[n + 12 : n + 24])) for n in range(0, 504, 24)]
                more = block[504]
        elif b"GNU.sparse.realsize" in pax or b"GNU.sparse.size" in pax:
            real = int(pax.get(b"GNU.sparse.size") or pax[b"GNU.sparse.realsize"])
            segments = _pairs(pax.get(b"GNU.sparse.map", b"").split(b","))
        data = tar[at : at + stored]
        if pax.get(b"GNU.sparse.major") == b"1":  # the map is read as data, and stands nowhere in the records
            lines = data.split(b"\n")
            count = int(lines[0])
            segments = _pairs(lines[1 : 2 * count + 1])
            map_bytes = len(b"\n".join(lines[: 2 * count + 1])) + 1
            data = data[map_bytes + -map_bytes % 512 :]
        yield _segment(raw)
        if not real or not checksums:
            yield _content(name, real, None)
        else:
            yield _content(name, real, data if segments is None else _expanded(data, segments, real))
        at += stored
        padding = -stored % 512
        raw = tar[at : at + padding]
        at += padding
        pax, name = {}, b""
    yield _segment(raw + tar[at : at + 1024])
    yield _segment(tar[at + 1024 :])


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(field, "big") & (1 << 8 * len(field) - 1) - 1
    return int(field.strip(b"\0 ") or b"0", 8)


def _pax(body: bytes) -> dict[bytes, bytes]:
    records: dict[bytes, bytes] = {}
    old_map = []
    while body.strip(b"\0"):
        length, _, _ = body.partition(b" ")
        keyword, _, value = body[len(length) + 1 : int(length) - 1].partition(b"=")
        if keyword in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            old_map.append(value)
        records[keyword] = value
        body = body[int(length) :]
    if old_map:
        records[b"GNU.sparse.map"] = b",".join(old_map)
    return records


def _pairs(numbers: list[bytes]) -> list[tuple[int, int]]:
    values = [int(number) for number in numbers if number]
    return list(zip(values[::2], values[1::2], strict=True))


def _old_map(header: bytes) -> list[tuple[int, int]]:
    fields = [header[at : at + 24] for at in range(386, 482, 24)]
    return [(_number(field[:12]), _number(field[12:])) for field in fields if field[0]]


def _expanded(data: bytes, segments: list[tuple[int, int]], size: int) -> bytes:
    whole, at = bytearray(size), 0
    for offset, length in segments:
        whole[offset : offset + length] = data[at : at + length]
        at += length
    return bytes(whole)
