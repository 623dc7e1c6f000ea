"""Rows about a registry: how little of an image is fetched, and how long listing one takes next to copying it."""

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from tests.benchmarks.build_archive import BenchImage
from tests.benchmarks.coretimes import entries
from tests.benchmarks.measure import Cost, alternate, run
from tests.benchmarks.relay import link
from tests.benchmarks.results import Result, over
from tests.contract.registry_daemon import Registry, why_not
from tests.kit.entries import Entry, directory, file
from tests.kit.estargz import estargz
from tests.kit.seekable import seekable_layout

LISTED = 0.01
"""Listing an eStargz image, over its bytes: tables of contents and nothing else."""

CHUNK_BYTES = 4 << 20
"""eStargz's usual chunk: reading one file takes at most its chunks."""

COPIED = 1.3
"""Listing an image of gzip layers, over `skopeo copy` of it into a directory, where the network is the slower."""

LINK_BYTES_PER_S = 60e6
"""A link of half a gigabit: slower than inflating and hashing on two cores."""

_LAYERS, _FILES, _LARGE_FILES = 5, 2_000, 12
_FILE_BYTES, _LARGE_FILE_BYTES = 25_000, 4_200_000


def bytes_sent() -> list[Result]:
    """What a registry sends of an eStargz image of 500 MB, by its own log: for a listing, and for one file more."""
    if problem := why_not():
        print(f"no registry: {problem}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory, Registry() as registry:
        root = Path(directory)
        source = seekable_layout(root / "layout", [estargz(_noise(number)) for number in range(_LAYERS)], "gzip")
        blobs = sum(path.stat().st_size for path in (root / "layout/blobs/sha256").iterdir())
        registry.push(source, "bench/estargz:1")
        shutil.rmtree(root / "layout")
        ref, home = f"docker://{registry.host}/bench/estargz:1", {"XDG_CACHE_HOME": directory, "HOME": directory}
        layertui = [sys.executable, "-m", "layertui"]
        run([*layertui, "files", ref], home)
        listed = registry.sent_bytes()
        run([*layertui, "cat", ref, "app2/large7"], home)
        read = registry.sent_bytes() - 2 * listed  # it was listed again for it
    what = f"{blobs / 1e6:,.0f} MB, {_LAYERS * (_FILES + _LARGE_FILES):,} files"
    chunks = -(-_LARGE_FILE_BYTES // CHUNK_BYTES)
    return [
        Result(
            f"`layertui files docker://REF`, eStargz, {what}: blobs sent",
            f"{listed:,} B",
            f"its blobs: {blobs:,} B",
            f"{listed / blobs:.2%}",
            f"at most {LISTED:.0%}",
            over(listed / blobs, LISTED),
            "by the registry's log",
        ),
        Result(
            f"`layertui cat docker://REF FILE`, of the same, {_LARGE_FILE_BYTES / 1e6:.1f} MB in {chunks} chunks: more",
            f"{read:,} B",
            f"the file: {_LARGE_FILE_BYTES:,} B",
            f"{read / _LARGE_FILE_BYTES:.3f}",
            "its chunks",
            over(read, _LARGE_FILE_BYTES * 1.001 + 4096),  # as gzip stores what cannot be compressed
            "by the registry's log",
        ),
    ]


def _noise(number: int) -> list[Entry]:
    """A layer of small files and large ones whose content cannot be compressed."""
    source = random.Random(number)
    small = [file(f"app{number}/small{each}", source.randbytes(_FILE_BYTES)) for each in range(_FILES)]
    large = [file(f"app{number}/large{each}", source.randbytes(_LARGE_FILE_BYTES)) for each in range(_LARGE_FILES)]
    return [directory(f"app{number}"), *small, *large]


def times(image: BenchImage) -> list[Result]:
    """`layers` of an image with gzip layers, nothing kept before, next to `skopeo copy` of it into a directory."""
    problem = why_not()
    if problem or image.layout is None:
        print(f"no registry: {problem}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory, Registry() as registry:
        registry.push(f"oci:{image.layout}", "bench/gzip:1")
        return [_listing_beside_copying(image, registry, Path(directory), rate) for rate in (LINK_BYTES_PER_S, None)]


def _listing_beside_copying(image: BenchImage, registry: Registry, directory: Path, rate: float | None) -> Result:
    with link(registry.port, rate) if rate is not None else nullcontext(registry.host) as host:
        ref = f"docker://{host}/bench/gzip:1"
        home = {**os.environ, "XDG_CACHE_HOME": str(directory / "cache"), "HOME": str(directory)}
        ours = [sys.executable, "-m", "layertui", "layers", ref]
        theirs = ["skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false", ref, f"dir:{directory}/copy"]
        rounds = 3
        ratio = alternate(
            partial(_afresh, ours, home, directory / "cache"),
            partial(_afresh, theirs, home, directory / "copy"),
            rounds,
        )
    over_what = f"a link of {rate / 1e6:.0f} MB/s" if rate is not None else "loopback, no limit"
    return Result(
        f"`layertui layers docker://REF`, gzip layers, {over_what}, {entries(image)}",
        f"{ratio.ours.wall_s:.2f} s, CPU {ratio.ours.cpu_s:.2f} s",
        f"`skopeo copy` into a directory: {ratio.theirs.wall_s:.2f} s, CPU {ratio.theirs.cpu_s:.2f} s",
        f"{ratio.wall:.2f}, CPU {ratio.cpu:.2f}",
        f"at most {COPIED:g} times",
        over(ratio.wall, COPIED),
        f"median of {rounds}; nothing was kept before, both digests of each layer verified",
    )


def _afresh(command: Sequence[str], environment: dict[str, str], written: Path) -> Cost:
    shutil.rmtree(written, ignore_errors=True)
    return run(command, environment)
