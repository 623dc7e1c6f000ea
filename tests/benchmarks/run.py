"""Measure everything that architecture budgets, or some rows of it, and write the table into README.md.

    python -m tests.benchmarks.run [--rows NAME,NAME] [--dir DIR] [--dive PROGRAM] [--write]

Each row measures both sides in turn, in one run, with the files in the page cache. Rows that are not asked for keep
what was last measured.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks import comparekeys, comparetimes, coretimes, enginetimes, readingkeys, registrytimes, screentimes
from tests.benchmarks.build_archive import BenchImage, default_directory, image
from tests.benchmarks.results import Result, save, table, write_table

README = Path(__file__).with_name("README.md")
"""Where the table is written."""

Row = Callable[[Callable[[str], BenchImage]], list[Result]]
"""What measures a row, given a way to get an image by its name."""


ROWS: dict[str, Row] = {
    "index-real": lambda images: coretimes.index_and_fold(images("real")),
    "index-1m": lambda images: coretimes.index_and_fold(images("1m")),
    "index-3m": lambda images: coretimes.index_and_fold(images("3m")),
    "commands-real": lambda images: coretimes.whole_commands(images("real")),
    "commands-1m": lambda images: coretimes.whole_commands(images("1m")),
    "gzip": lambda images: coretimes.gzip_layers(images("real")),
    "engine": lambda images: enginetimes.listing(images("real")),
    "registry-bytes": lambda images: registrytimes.bytes_sent(),
    "registry-time": lambda images: registrytimes.times(images("real")),
    "dive": lambda images: [],
    "compare-real": lambda images: comparetimes.steps(images("real")),
    "compare-1m": lambda images: comparetimes.steps(images("1m")),
    "compare-keys": lambda images: comparekeys.keys(images("real")),
    "diff": lambda images: comparetimes.whole_command(images("real")),
    "memory-1m": lambda images: screentimes.memory(images("1m")),
    "memory-3m": lambda images: screentimes.memory(images("3m")),
    "first-frame": lambda images: screentimes.first_frame(images("real")),
    "first-frame-host": lambda images: screentimes.first_frame_of_a_host(),
    "keys-real": lambda images: screentimes.idle_keys(images("real")),
    "keys-1m": lambda images: screentimes.idle_keys(images("1m")),
    "keys-reading": lambda images: readingkeys.keys_beside_reading(images("3m")),
    "bytes-wide": lambda images: screentimes.bytes_sent(images("real"), screentimes.WIDE),
    "bytes-narrow": lambda images: screentimes.bytes_sent(images("real"), screentimes.NARROW),
}
"""Rows by name, in the order of the table. A name's beginning chooses all that begin so."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the rows that were asked for, print them, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="", help=f"names or their beginnings, of: {', '.join(ROWS)} (default: all)")
    parser.add_argument("--dir", type=Path, default=default_directory(), help="cache directory (default: %(default)s)")
    parser.add_argument("--dive", type=Path, help="dive 0.13.1's program; its row takes a quarter of an hour")
    parser.add_argument("--write", action="store_true", help="write the table into README.md")
    options = parser.parse_args(arguments)
    # An installed program has its bytecode: neither side compiles anything, whatever the caller's environment says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(options.dir / "bytecode")
    rows = dict(ROWS)
    if options.dive is None:
        del rows["dive"]
    else:
        rows["dive"] = lambda images: coretimes.dive(images("real"), options.dive)
    wanted = [name for name in options.rows.split(",") if name]
    chosen = [name for name in rows if not wanted or any(name.startswith(beginning) for beginning in wanted)]
    for name in wanted:
        if not any(row.startswith(name) for row in rows):
            parser.error(f"no row begins with {name!r}: choose from {', '.join(rows)}")
    for name in chosen:
        found = rows[name](lambda wanted_image: image(options.dir, wanted_image))
        save(options.dir, name, found)
        for row in found:
            parts = (row.work, row.ours, row.against, row.ratio, row.budget, row.verdict, row.remark)
            print(" | ".join(part for part in parts if part), flush=True)
    if options.write:
        write_table(README, table(options.dir, list(ROWS)))
        print(f"written: {README}", file=sys.stderr)


if __name__ == "__main__":
    main()
