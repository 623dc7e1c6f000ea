"""Measure processes side by side: wall and CPU time of each, one after the other in turn, and the median of each."""

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WARM_BYTES = 1 << 24
"""Read at a time to bring a file into the page cache."""

SAMPLE_S = 0.02
"""Seconds between two looks at a process's memory."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    wall_s: float
    cpu_s: float
    """User and system time of the process and all its children."""
    rss_bytes: int = 0
    """The largest resident size, mapped files included."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours against theirs, by medians."""

    ours: Cost
    theirs: Cost
    rounds: int

    @property
    def wall(self) -> float:
        """Ours over theirs, by the clock."""
        return self.ours.wall_s / self.theirs.wall_s

    @property
    def cpu(self) -> float:
        """Ours over theirs, in CPU time, which other work on the machine disturbs less."""
        return self.ours.cpu_s / self.theirs.cpu_s


Measured = Callable[[], Cost]


def warm(paths: Sequence[Path]) -> None:
    """Read files, or all below a directory, into the page cache."""
    for path in paths:
        files = [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]
        for file in files:
            with file.open("rb", buffering=0) as source:
                while source.read(WARM_BYTES):
                    pass


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None, *, may_fail: bool = False) -> Cost:
    """Run a command with its output thrown away; raises CalledProcessError if it fails and may not.

    dive fails where an image wastes more than its rules allow, after all the work is done.
    """
    with open(os.devnull, "wb") as nowhere:
        began_s = time.monotonic()
        variables = {**os.environ, **environment} if environment else None
        process = subprocess.Popen(list(command), stdout=nowhere, stdin=subprocess.DEVNULL, env=variables)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and not may_fail:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def run_each(commands: Sequence[Sequence[str | Path]]) -> Cost:
    """Run commands one after another, and add up what they took."""
    costs = [run(command) for command in commands]
    largest = max(cost.rss_bytes for cost in costs)
    return Cost(sum(cost.wall_s for cost in costs), sum(cost.cpu_s for cost in costs), largest)


def report(arguments: Sequence[str | Path]) -> Cost:
    """Run a Python module of ours that prints its own wall and CPU seconds, so that its imports do not count."""
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True, text=True)
    wall, cpu = done.stdout.split()[:2]
    return Cost(float(wall), float(cpu))


def own_cpu_s() -> float:
    """CPU seconds that this process has used so far, in all threads."""
    return time.process_time()


def alternate(ours: Measured, theirs: Measured, rounds: int) -> Ratio:
    """Run both in turn, after one of each that does not count; the medians of wall and CPU time."""
    if rounds > 1:
        ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return Ratio(median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs]), rounds)


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(cost.wall_s for cost in costs),
        statistics.median(cost.cpu_s for cost in costs),
        int(statistics.median(cost.rss_bytes for cost in costs)),
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(part * 1000) * len(ordered) // 1000) - 1))]


def anonymous_bytes(pid: int) -> int:
    """RssAnon of a process: what it holds itself, without mapped files, which RSS counts too."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def process_cpu_s(pid: int) -> float:
    """CPU seconds that a running process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def thread_cpu_s(pid: int) -> float:
    """CPU seconds of a process's first thread, in nanosecond steps; an app draws its screen there."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9
