"""Index all layers of an image and fold them; print the wall and CPU seconds of that, and the number of versions.

    python -m tests.benchmarks.indexfold REF

What was imported before does not count: `run.py` measures whole commands too.
"""

import sys
import time

from layertui.sources.resolve import open_reference
from layertui.stack.load import load


def main() -> None:
    """Open, read and fold once."""
    began_s, cpu_s = time.perf_counter(), time.process_time()
    opened = open_reference(sys.argv[1])
    entry = opened.chosen or next(entry for entry in opened.entries if entry.kind == "image")
    loaded = load(entry.open())
    wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    if loaded.problems:
        sys.exit(f"not what should be measured: {loaded.problems[0]}")
    print(wall_s, cpu_s, len(loaded.squash))


if __name__ == "__main__":
    main()
