"""A link of a certain speed to a server on this host, in a process of its own.

    python -m tests.benchmarks.relay PORT BYTES_PER_SECOND

Prints where to connect to, and passes bytes on until its standard input ends.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.kit.relay import Link


@contextmanager
def link(port: int, bytes_per_s: float) -> Iterator[str]:
    """A link while this lasts; gives where to connect to. Its time is not that of whoever measures."""
    command = [sys.executable, "-m", "tests.benchmarks.relay", str(port), str(bytes_per_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def main() -> None:
    """Stand in front of a server until nobody wants it any more."""
    with Link(int(sys.argv[1]), float(sys.argv[2])) as relay:
        print(relay.host, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
