"""Rows about the compare screen in a pseudo-terminal: until it stands there, its keys to their last byte, and bytes."""

import time

from tests.benchmarks import tour
from tests.benchmarks.build_archive import BenchImage
from tests.benchmarks.coretimes import entries
from tests.benchmarks.measure import percentile, thread_cpu_s, warm
from tests.benchmarks.ptydrive import Burst, Terminal
from tests.benchmarks.replay import Replay
from tests.benchmarks.results import Result, bytes_result, over
from tests.benchmarks.screentimes import WIDE, app_command, key_result

APPEARS_MS = 500
"""From the key until the screen stands there, both sides being indexed."""

KEY_MS = 50
"""What a key may take, at the 95th percentile."""

FOOT_LINES = 4
"""Lines of details and footer at the bottom; the footer shows progress too."""

SCRIPTS = {
    "next difference": ["n"] * 30 + ["N"] * 10,
    "fold": ["g", *["space"] * 20, "-", "=", "-", "="],
    "filter": [key for word in ("test", "so", "json") for key in ("/", *word, *["backspace"] * len(word), "escape")],
    "exchange": ["e"] * 6,
    "cursor": ["down"] * 70 + ["up"] * 30,
}
"""Keys by kind, pressed where everything is shown and every directory is open."""

PREPARING = frozenset({"g", "/"})
"""Keys that only lead to what is measured."""


def _rows(lines: list[str]) -> object:
    """The header's count, the rows and a prompt: what every key changes."""
    return [lines[0], *lines[1:-FOOT_LINES], lines[-1]]


def keys(image: BenchImage) -> list[Result]:
    """The lower layers of an image, merged, against all of them, everything shown."""
    warm([image.archive])
    count = len(image.layers)
    lower = count * 2 // 3 - 1
    made = []
    with Terminal(app_command(image.archive), *WIDE) as terminal:
        tour.wait_until_read(terminal, 300)
        for key in (*["]"] * lower, "2", "v", "b", *["]"] * (count - 1 - lower)):
            terminal.press(key, 0.1)
        began_s = time.monotonic()
        terminal.send("c")
        terminal.wait_for(lambda seen: "diff" in seen.lines[0], every_s=0.005)
        appears_ms = 1000 * (time.monotonic() - began_s)
        work = f"the compare screen appears, {entries(image)}"
        made.append(
            Result(
                work, f"{appears_ms:.0f} ms", "", "", f"{APPEARS_MS} ms", over(appears_ms, APPEARS_MS), "indexed before"
            )
        )
        terminal.wait_for(lambda seen: "Ctrl+C" not in seen.lines[-1], 120)
        for key in ("u", "="):
            terminal.press(key, 0.3)
        replay = Replay(terminal)
        largest = Burst(0.0, 0)
        for kind, pressed in SCRIPTS.items():
            samples, cpu_s = [], []
            size_bytes = 0
            for key in pressed:
                before_s = thread_cpu_s(terminal.pid)
                burst = terminal.press(key, 0.3 if kind == "filter" else 0.08, answer_s=0.5)
                size_bytes += burst.size_bytes
                largest = max(largest, burst, key=lambda one: one.size_bytes)
                if key not in PREPARING:
                    answered_s = burst.last_byte_s if kind == "cursor" else replay.answered_s(burst, _rows)
                    samples += [] if answered_s is None else [answered_s]
                    cpu_s.append(thread_cpu_s(terminal.pid) - before_s)
            note = f"CPU p95 {1000 * percentile(cpu_s, 0.95):.0f} ms, {size_bytes / len(pressed):,.0f} B a key"
            work = f"{kind} key of the compare screen to last byte, {entries(image)}"
            made.append(key_result(work, samples, 16 if kind == "cursor" else KEY_MS, note))
        work = f"any key of the compare screen, 200x50, {entries(image)}"
        made.append(bytes_result(work, largest.size_bytes, tour.ANY_KEY_BYTES, "largest"))
    return made
