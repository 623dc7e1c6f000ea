"""The layers of a generated image of any size: headers written fast, small files, a seventh of them written again.

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

FILES_A_DIRECTORY = 9
"""On average, as in real packages."""

FIRST_MTIME_S = 1_735_689_600
"""2025-01-01; each layer is a day later, and its files within an hour."""

_WORDS = (
    "internal modules resources templates handlers services adapters providers schema runtime compiler parser"
    " protocol transport storage network security session pipeline workers metrics tracing exporters fixtures"
).split()

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


def _directories(random_source: random.Random, layer: int, files: int) -> Iterator[tuple[str, int]]:
    """New directories of a layer and how many files each gets."""
    made = number = 0
    while made < files:
        number += 1
        word, other = random_source.choice(_WORDS), random_source.choice(_WORDS)
        path = f"{_PREFIXES[number % len(_PREFIXES)]}/{word}-{layer}{number // 40:x}/{other}/{number % 40:x}"
        count = min(random_source.randint(1, 2 * FILES_A_DIRECTORY - 1), files - made)
        made += count
        yield path, count


def build_layers(layers: Path, entries: int) -> list[str]:
    """Write LAYERS tars into `layers` as NN.tar, about `entries` members in all; returns their commands."""
    layers.mkdir(parents=True, exist_ok=True)
    source = random.Random(20250101)
    below: list[str] = []
    for number in range(LAYERS):
        members = entries // LAYERS
        again = int(members * OVERLAP) if number else 0
        paths: dict[str, int] = {}
        # Of the members about a ninth and a bit are directories.
        for path, count in _directories(source, number, int((members - again) * 0.88)):
            for _ in range(count):
                name = f"{source.choice(_WORDS)}_{source.getrandbits(20):05x}.{source.choice(_EXTENSIONS)}"
                paths[f"{path}/{name}"] = _size(source)
        added = list(paths)
        removed: set[str] = set()
        if below:
            start = source.randrange(len(below))
            # Half in one run, as an upgrade rewrites a directory; half anywhere.
            run = [below[(start + index) % len(below)] for index in range(again // 2)]
            for path in [*run, *source.sample(below, again - again // 2)]:
                # Sizes are a function of the path, so the same path is the same size: half of them change.
                paths[path] = _size(random.Random(path)) + (source.random() < 0.5)
            removed = {path for path in source.sample(below, members // 200) if path not in paths}
        _write(layers / f"{number:02}.tar", paths, removed, FIRST_MTIME_S + 86_400 * number)
        below += added
        print(f"  layer {number}", file=sys.stderr, flush=True)
    return [f"make layer-{number}" for number in range(LAYERS)]


def _size(source: random.Random) -> int:
    """A small size: most files take one block, so that an archive of millions stays within a few gigabytes."""
    return source.choice((0, 40, 120, 200, 300, 400, 480, 500, 510, 1_500))


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
    content = (b"The quick brown fox jumps over the lazy dog. " * 40)[:2048]
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
