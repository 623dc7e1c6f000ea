"""Archives that keep a program busy: very many entries, and layers that take seconds to read."""

import gzip
import hashlib
import io
import random
import tarfile
from collections.abc import Iterable
from pathlib import Path

from tests.kit.entries import directory, file
from tests.kit.images import CREATED, to_json
from tests.kit.tar import entry_bytes

END = bytes(1024)
"""The end of a tar."""


def many_entries(count: int, per_directory: int = 100) -> bytes:
    """A layer's tar with `count` small files, `per_directory` in each directory; its names have one length."""
    block = bytearray(entry_bytes(file("d0000/f0000000", "1")))
    place = block.index(b"d0000/f0000000")
    pieces = []
    for number in range(count):
        if number % per_directory == 0:
            pieces.append(entry_bytes(directory(b"d%04d" % (number // per_directory))))
        block[place : place + 14] = b"d%04d/f%07d" % (number // per_directory, number)
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block[:512])
        pieces.append(bytes(block))
    return b"".join(pieces) + END


class SlowLayer:
    """A layer of one huge file, small as it is stored: gzip members that say the same again and again."""

    def __init__(self, name: str, size_mb: int) -> None:
        """A file of so many megabytes; a reader inflates and hashes some hundred of them in a second."""
        # Some of it does not compress: what expands a thousand times is refused as a bomb.
        piece = (random.Random(name).randbytes(1 << 15) + bytes((1 << 20) - (1 << 15))) * 4
        member, count = gzip.compress(piece, 1, mtime=0), size_mb // 4
        head = entry_bytes(file(name, size=count * len(piece)))
        self.blob = gzip.compress(head, 1, mtime=0) + member * count + gzip.compress(END, 1, mtime=0)
        """What is stored."""
        self.diff_id = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
        """No digest of the content, which would take as long as reading it: whoever reads it to its end says so."""


def write_docker_archive(path: Path, layers: Iterable[tuple[str, bytes]], tag: str = "busy:1") -> Path:
    """A docker-archive of layers, each with its diff ID and what is stored of it; manifest and config come first."""
    given = list(layers)
    config = to_json(
        {
            "created": CREATED,
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [diff_id for diff_id, _ in given]},
            "history": [{"created": CREATED, "created_by": f"RUN step {number}"} for number in range(len(given))],
        }
    )
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    names = [f"{number}/layer.tar" for number in range(len(given))]
    manifest = to_json([{"Config": config_name, "RepoTags": [tag], "Layers": names}])
    files = [("manifest.json", manifest), (config_name, config)]
    files += [(name, blob) for name, (_, blob) in zip(names, given, strict=True)]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def diff_id(tar: bytes) -> str:
    """The diff ID of a tar."""
    return "sha256:" + hashlib.sha256(tar).hexdigest()


def busy_archive(path: Path, entries: int = 100_000, size_mb: int = 6_000) -> Path:
    """An image whose base, of many entries, is read at once, and whose other two layers take many seconds."""
    base = many_entries(entries)
    slow = [SlowLayer(f"huge{number}", size_mb) for number in range(2)]
    return write_docker_archive(path, [(diff_id(base), base), *((layer.diff_id, layer.blob) for layer in slow)])
