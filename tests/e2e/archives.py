"""Archives that keep a program busy: very many entries, and layers that take a minute to read."""

import bz2
import hashlib
import io
import os
import random
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.kit.entries import directory, file, whiteout
from tests.kit.images import CREATED, to_json
from tests.kit.tar import entry_bytes, tar_bytes

END = bytes(1024)
"""The end of a tar."""


def many_entries(count: int, per_directory: int = 100) -> bytes:
    """A layer's tar with `count` empty files, `per_directory` in each directory; much faster than `tar_bytes`."""
    first = b"d0000/f000000"
    block = bytearray(entry_bytes(file(first)))
    pieces = []
    for number in range(count):
        if number % per_directory == 0:
            pieces.append(entry_bytes(directory(b"d%04d" % (number // per_directory))))
        block[: len(first)] = b"d%04d/f%06d" % (number // per_directory, number)
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        pieces.append(bytes(block))
    return b"".join(pieces) + END


def slow_layer(seconds: int) -> bytes:
    """A layer of one file that takes about so many seconds to read: bzip2 streams that all say the same.

    Small as it is stored, and still no bomb: it expands a hundredfold.
    """
    words = random.Random(1).choices([b"abcdefghijklmnop", b"ponmlkjihgfedcba"], k=(9 << 16) // 16)
    piece = b"".join(words)
    stream, count = bz2.compress(piece, 9), seconds * 70  # measured: 43 MB/s
    head = entry_bytes(file("huge", size=count * len(piece)))
    return bz2.compress(head) + stream * count + bz2.compress(END)


def write_docker_archive(path: Path, layers: Iterable[tuple[str, str]], files: Mapping[str, bytes]) -> Path:
    """A docker-archive: each layer by its diff ID and the file that holds it; manifest and config come first."""
    layers = list(layers)
    config = to_json(
        {
            "created": CREATED,
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [diff_id for diff_id, _ in layers]},
            "history": [{"created": CREATED, "created_by": f"RUN step {number}"} for number in range(len(layers))],
        }
    )
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = to_json([{"Config": config_name, "RepoTags": ["busy:1"], "Layers": [name for _, name in layers]}])
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in {"manifest.json": manifest, config_name: config, **files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def busy_archive(path: Path) -> Path:
    """An image whose lower two layers, with 100,000 entries, are read at once, and the other two take a minute.

    Whoever reads the slow ones to their end finds that their diff IDs are wrong: hashing them would take a minute too.
    """
    base = many_entries(100_000)
    change = tar_bytes([file("d0000/f000001", "changed"), whiteout("d0000/f000002"), file("z/new", "new")])
    layers = [(_digest(base), "0/layer.tar"), (_digest(change), "1/layer.tar")]
    layers += [(_digest(b"%d" % number), "slow/layer.tar") for number in range(2)]
    return write_docker_archive(
        path, layers, {"0/layer.tar": base, "1/layer.tar": change, "slow/layer.tar": slow_layer(60)}
    )


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def huge_archive(path: Path, modified_s: int = 0) -> Path:
    """An image of one layer with four files of 4 GB, all zeros: listed at once, but its contents keep one busy.

    The archive takes next to nothing on the disk, as most of it is a hole.
    """
    size_bytes, names = 4 << 30, ("huge/a", "huge/b", "huge/c", "huge/d")
    config = to_json(
        {
            "created": CREATED,
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [_digest(path.name.encode())]},
            "history": [{"created": CREATED, "created_by": "RUN fallocate"}],
        }
    )
    manifest = to_json([{"Config": "config.json", "RepoTags": ["huge:1"], "Layers": ["layer.tar"]}])
    layer_bytes = len(names) * (512 + size_bytes) + len(END)
    with path.open("wb") as archive:
        for name, data in {"manifest.json": manifest, "config.json": config}.items():
            archive.write(_header(name, len(data)) + data + bytes(-len(data) % 512))
        archive.write(_header("layer.tar", layer_bytes))
        for name in names:
            archive.write(_header(name, size_bytes, modified_s))
            archive.seek(size_bytes, os.SEEK_CUR)
        archive.write(END + END)
    return path


def _header(name: str, size_bytes: int, modified_s: int = 0) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = size_bytes, modified_s
    return member.tobuf(tarfile.GNU_FORMAT)
