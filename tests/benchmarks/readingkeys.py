"""Rows about keys while two layers are read: what the program sends about its progress is told from the answer.

The program is started again and again, as reading ends too soon. Everything it sends is kept with its time and put on
a screen afterwards: the answer to a key is the last change to the files or the details before the next key.
"""

from collections.abc import Iterator
from itertools import cycle

import pyte

from tests.benchmarks.build_archive import BenchImage
from tests.benchmarks.measure import warm
from tests.benchmarks.ptydrive import Burst, Terminal
from tests.benchmarks.results import Result
from tests.benchmarks.screentimes import BUDGETS_MS, WIDE, app_command, key_result

STARTS = 4
"""How often the program is started for each row."""

TREE_COLUMNS = 44
"""Columns of the left pane, which shows progress."""

DETAIL_LINES = 6
"""Lines at the bottom, over the whole width: details and the footer; the footer shows progress too."""

KEYS = {
    "cursor": ["down", "down", "down", "up"],
    "page": ["pagedown", "pagedown", "pageup"],
    "fold": ["-", "="],
    "filter": ["t", "e", "backspace", "backspace"],
}
"""What is pressed in turn, by kind; the layer key has a row of its own."""


def _region(screen: pyte.Screen) -> list[str]:
    lines = screen.display
    body = [line[TREE_COLUMNS:] for line in lines[1:-DETAIL_LINES]]
    return body + lines[-DETAIL_LINES:-1]


def answers(terminal: Terminal, bursts: list[tuple[str, Burst]]) -> Iterator[tuple[str, float]]:
    """For each key its kind and the seconds until the last change in answer to it; keys without one are left out."""
    screen = pyte.Screen(terminal.columns, terminal.rows)
    stream = pyte.ByteStream(screen)
    fed = 0
    for kind, burst in bursts:
        while fed < burst.first_chunk:
            stream.feed(terminal.chunks[fed][1])
            fed += 1
        before = _region(screen)
        answered: float | None = None
        for moment_s, data in burst.chunks:
            stream.feed(data)
            fed += 1
            after = _region(screen)
            if after != before:
                before, answered = after, moment_s - burst.began_s
        if answered is not None:
            yield kind, answered


def _is_read(terminal: Terminal) -> bool:
    return any(b"reclaimable" in data for _, data in terminal.chunks[-30:])


def _press_all(image: BenchImage, kind: str, keys: list[str]) -> list[float]:
    """Start the program, wait for the base layer's files, and press keys until all layers are read."""
    with Terminal(app_command(image.archive), *WIDE) as terminal:
        terminal.wait_for(lambda seen: any("usr/" in line for line in seen.lines), 60)
        bursts: list[tuple[str, Burst]] = []
        for key in ("2", "="):
            terminal.press(key, 0.03, least_s=0.3)
        if kind == "filter":
            terminal.press("/", 0.03, least_s=0.1)
        least_s = 0.25 if kind == "filter" else 0.09
        for key in cycle(keys):
            if _is_read(terminal) or terminal.ended:
                break
            bursts.append((kind, terminal.press(key, 0.03, answer_s=0.3, limit_s=0.6, least_s=least_s)))
        return [seconds for _, seconds in answers(terminal, bursts[:-1])]


def keys_beside_reading(image: BenchImage) -> list[Result]:
    """Keys in the base layer of a large image, 150,000 rows unfolded, while two further layers are read."""
    warm([image.archive])
    rows = []
    for kind, keys in KEYS.items():
        samples = [sample for _ in range(STARTS) for sample in _press_all(image, kind, keys)]
        work = f"{kind} key to last byte, while two layers are read, 150,000 rows"
        rows.append(key_result(work, samples, BUDGETS_MS["real"][kind], f"{STARTS} starts"))
    samples = [sample for _ in range(STARTS) for sample in _layer_keys(image)]
    work = "layer key to last byte, while two layers are read, 150,000 rows a layer"
    rows.append(key_result(work, samples, BUDGETS_MS["real"]["layer"], f"{STARTS} starts"))
    return rows


def _layer_keys(image: BenchImage) -> list[float]:
    """Go between the two lowest layers, once both are read."""
    with Terminal(app_command(image.archive), *WIDE) as terminal:
        terminal.wait_for(lambda seen: any("usr/" in line for line in seen.lines), 60)
        terminal.drain(0.03, 1.0)
        for key in ("2", "="):
            terminal.press(key, 0.03, least_s=0.3)
        bursts: list[tuple[str, Burst]] = []
        for key in cycle(["]", "["]):
            if _is_read(terminal) or terminal.ended:
                break
            bursts.append(("layer", terminal.press(key, 0.03, answer_s=0.3, limit_s=0.6, least_s=0.15)))
        return [seconds for _, seconds in answers(terminal, bursts[:-1])]
