"""Build the images that are measured, and keep them in a cache directory outside the checkout.

    python -m tests.benchmarks.build_archive [--dir DIR] [real] [1m] [3m]

Each image lies in DIR/NAME: `image.tar` (a docker-archive), `layers/NN.tar` (the same layers, for GNU tar to list), and
for `real` also `layout` (an OCI layout with gzip layers). What is there already is used as it is.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import generated, packing, realpackages


@dataclass(frozen=True, slots=True)
class BenchImage:
    """One image that is measured."""

    name: str
    archive: Path
    layers: tuple[Path, ...]
    """Layer tars, base to top."""
    layout: Path | None
    """The OCI layout with gzip layers, where there is one."""


BUILDERS: dict[str, Callable[[Path, Path], list[str]]] = {
    "real": realpackages.build_layers,
    "1m": lambda _, layers: generated.build_layers(layers, 1_000_000),
    "3m": lambda _, layers: generated.build_layers(layers, 3_000_000),
}
"""Images by name: each takes the cache directory and the directory for layer tars, and returns the commands."""


def default_directory() -> Path:
    """$XDG_CACHE_HOME/layertui-bench, or /var/tmp/layertui-bench: on disk, as the images take 13 GB."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return Path(cache or "/var/tmp") / "layertui-bench"


def image(directory: Path, name: str) -> BenchImage:
    """The image of this name, built first if it is not there."""
    home = directory / name
    layers = home / "layers"
    commands_file, archive = home / "commands.json", home / "image.tar"
    if not commands_file.exists():
        started = time.monotonic()
        print(f"building the layers of {name}", file=sys.stderr, flush=True)
        home.mkdir(parents=True, exist_ok=True)
        commands = BUILDERS[name](directory, layers)
        commands_file.write_text(json.dumps(commands))
        print(f"{name}: layers built in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    commands = json.loads(commands_file.read_text())
    tars = tuple(layers / f"{number:02}.tar" for number in range(len(commands)))
    if not archive.exists():
        packing.write_docker_archive(archive, tars, commands, f"bench-{name}:1")
    layout = home / "layout" if name == "real" else None
    if layout is not None and not layout.exists():
        print(f"compressing the layers of {name}", file=sys.stderr, flush=True)
        packing.write_gzip_layout(layout, tars, commands, f"bench-{name}:1")
    return BenchImage(name, archive, tars, layout)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build what was asked for."""
    parser = argparse.ArgumentParser(description="Build the images that are measured.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BUILDERS)} (default: all)")
    parser.add_argument("--dir", type=Path, default=default_directory(), help="cache directory (default: %(default)s)")
    options = parser.parse_args(arguments)
    for name in options.names or BUILDERS:
        if name not in BUILDERS:
            parser.error(f"unknown image {name!r}: choose from {', '.join(BUILDERS)}")
        built = image(options.dir, name)
        print(f"{name}: {built.archive}, {built.archive.stat().st_size:,} bytes, {len(built.layers)} layers")


if __name__ == "__main__":
    main()
