"""The layers of a generated image of any size: headers written fast, small files, some of them written again.

Paths are about 60 bytes long. Layers above the base add directories of their own, write about 15 % of their files over
those of lower layers (half of these with another size), name every parent directory, and remove a few paths.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from zlib import adler32

LAYERS = 20
"""How many layers, base to top."""

OVERLAP = 0.15
"""The part of a layer's files that lower layers hold too."""

FILES_A_DIRECTORY = 12
"""On average, as in real packages."""

FILES_PART = 0.86
"""The part of a layer's members that are files; the rest are the directories above them, and whiteouts."""

FIRST_MTIME_S = 1_735_689_600
"""2025-01-01; each layer is a day later, and its files within an hour."""

_WORDS = [
    "internal",
    "modules",
    "resources",
    "templates",
    "handlers",
    "services",
    "adapters",
    "providers",
    "schema",
    "runtime",
    "compiler",
    "parser",
    "protocol",
    "transport",
    "storage",
    "network",
    "security",
    "session",
    "pipeline",
    "workers",
    "metrics",
    "tracing",
    "exporters",
    "fixtures",
]

_EXTENSIONS = ("py", "js", "json", "h", "md", "so", "txt", "html", "yaml", "c")

_PREFIXES = ("usr/lib/python3/dist-packages", "usr/share", "opt/service/node_modules", "var/lib", "srv/app/vendor")


def header(name: bytes, size: int, mtime_s: int, flag: bytes) -> bytes:
    """A ustar header; long names are cut at a slash into prefix and name."""
    prefix = b""
    if len(name) > 100:
        cut = name.rindex(b"/", 0, len(name) - 1)
        prefix, name = name[:cut], name[cut + 1 :]
    mode = b"0000755" if flag == b"5" else b"0000644"
    block = b"%b\0%b\0000000000\0000000000\0%011o\0%011o\0        %b%bustar\00000%b%b" % (
        name.ljust(99, b"\0") if len(name) < 100 else name[:99],
        mode,
        size,
        mtime_s,
        flag,
        bytes(100),
        bytes(80),
        prefix.ljust(167, b"\0"),
    )
    total = (adler32(block) - 1) & 0xFFFF  # a header's bytes add up to less than 65,521
    return block[:148] + b"%06o\0 " % total + block[156:]


def _directories(source: random.Random, layer: int, files: int) -> Iterator[tuple[str, int]]:
    """New directories of a layer and how many files each gets."""
    made = number = 0
    while made < files:
        number += 1
        package, module = source.choice(_WORDS), source.choice(_WORDS)
        path = f"{_PREFIXES[number % len(_PREFIXES)]}/{package}-{layer}{number // 40:x}/{module}-{number % 40:x}"
        count = min(source.randint(1, 2 * FILES_A_DIRECTORY - 1), files - made)
        made += count
        yield path, count


def _file_size(source: random.Random) -> int:
    """1.4 kB on average: as small as sources are, so that an archive of millions stays within a few gigabytes."""
    return source.choice((0, 200, 400, 500, 700, 1_000, 1_400, 2_000, 3_000, 5_000))


def build_layers(layers: Path, entries: int) -> list[str]:
    """Write LAYERS tars into `layers` as NN.tar, about `entries` members in all; returns their commands."""
    layers.mkdir(parents=True, exist_ok=True)
    source = random.Random(20250101)
    below: list[str] = []
    for number in range(LAYERS):
        files = int(entries / LAYERS * FILES_PART)
        again = int(files * OVERLAP) if number else 0
        paths: dict[str, int] = {}
        for path, count in _directories(source, number, files - again):
            for _ in range(count):
                words = f"{source.choice(_WORDS)}_{source.choice(_WORDS)}"
                paths[f"{path}/{words}_{source.getrandbits(20):05x}.{source.choice(_EXTENSIONS)}"] = 0
        added = list(paths)
        removed: set[str] = set()
        if below:
            # Most in runs, as an upgrade rewrites whole directories; a few anywhere.
            scattered = again // 20
            while len(paths) < files - scattered:
                start = source.randrange(len(below))
                paths.update(dict.fromkeys(below[start : start + min(1_000, files - scattered - len(paths))], 0))
            paths.update(dict.fromkeys(source.sample(below, scattered), 0))
            removed = {path for path in source.sample(below, files // 500) if path not in paths}
        # Sizes follow from the path, so what is written again has its old size, and half of it another one.
        is_new = set(added)
        for path in paths:
            paths[path] = _file_size(random.Random(path)) + (path not in is_new and source.random() < 0.5)
        _write(layers / f"{number:02}.tar", paths, removed, FIRST_MTIME_S + 86_400 * number)
        below += added
        print(f"  layer {number}", file=sys.stderr, flush=True)
    return [f"make layer-{number}" for number in range(LAYERS)]


def _write(target: Path, paths: dict[str, int], removed: set[str], mtime_s: int) -> None:
    markers = {f"{path.rpartition('/')[0]}/.wh.{path.rpartition('/')[2]}": 0 for path in removed}
    files = {**paths, **markers}
    parents: set[str] = set()
    for path in files:
        parent = path.rpartition("/")[0]
        while parent and parent not in parents:
            parents.add(parent)
            parent = parent.rpartition("/")[0]
    everything = sorted([*files, *parents], key=lambda path: path.split("/"))
    content = b"The quick brown fox jumps over the lazy dog. " * 120
    partial = target.with_suffix(".partial")
    with partial.open("wb", buffering=1 << 20) as out:
        for number, path in enumerate(everything):
            size = files.get(path)
            moment = mtime_s + number % 3600
            if size is None:
                out.write(header(path.encode() + b"/", 0, moment, b"5"))
                continue
            out.write(header(path.encode(), size, moment, b"0"))
            if size:
                out.write(content[:size] + bytes(-size % 512))
        out.write(bytes(1024))
    partial.rename(target)
