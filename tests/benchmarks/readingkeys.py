"""Rows about keys while two layers are read: what the program sends about its progress is told from the answer.

The program is started again and again, as reading ends too soon. Everything it sends is kept with its time and put on
a screen afterwards: the answer to a key is the last change to the files or the details before the next key.
"""

from itertools import cycle

from tests.benchmarks.build_archive import BenchImage
from tests.benchmarks.measure import warm
from tests.benchmarks.ptydrive import Burst, Terminal
from tests.benchmarks.replay import Replay, reading_region
from tests.benchmarks.results import Result
from tests.benchmarks.screentimes import BUDGETS_MS, WIDE, app_command, key_result

STARTS = 4
"""How often the program is started for each row."""

KEYS = {
    "cursor": ["down", "down", "down", "up"],
    "page": ["pagedown", "pagedown", "pageup"],
    "fold": ["-", "="],
    "layer": ["]", "["],
    "filter": ["t", "e", "backspace", "backspace"],
}
"""What is pressed in turn, by kind."""

LEAST_S = {"cursor": 0.09, "page": 0.12, "fold": 0.3, "layer": 0.3, "filter": 0.4}
"""How long the answer to a key is waited for, at least: progress is shown meanwhile, so silence says little."""


def answers(terminal: Terminal, bursts: list[Burst]) -> list[float]:
    """Seconds from each key to its answer; keys without one are left out."""
    replay = Replay(terminal)
    found = [replay.answered_s(burst, reading_region) for burst in bursts]
    return [seconds for seconds in found if seconds is not None]


def _is_read(terminal: Terminal) -> bool:
    return any(b"reclaimable" in data for _, data in terminal.chunks[-30:])


def _start(image: BenchImage) -> Terminal:
    """The program, with the base layer's files unfolded, while further layers are read."""
    terminal = Terminal(app_command(image.archive), *WIDE)
    terminal.wait_for(lambda seen: any("usr/" in line for line in seen.lines), 60)
    for key in ("2", "="):
        terminal.press(key, 0.03, least_s=0.3)
    return terminal


def _press_all(image: BenchImage, kind: str, keys: list[str]) -> list[float]:
    """Press keys in turn until all layers are read."""
    with _start(image) as terminal:
        if kind == "filter":
            terminal.press("/", 0.03, least_s=0.1)
        bursts: list[Burst] = []
        for key in cycle(keys):
            if _is_read(terminal) or terminal.ended:
                break
            bursts.append(terminal.press(key, 0.03, answer_s=0.3, limit_s=0.6, least_s=LEAST_S[kind]))
        return answers(terminal, bursts[:-1])


def keys_beside_reading(image: BenchImage) -> list[Result]:
    """Keys in the base layer of a large image, 150,000 rows unfolded, while two further layers are read."""
    warm([image.archive])
    rows = []
    for kind, keys in KEYS.items():
        samples = [sample for _ in range(STARTS) for sample in _press_all(image, kind, keys)]
        work = f"{kind} key to last byte, while two layers are read, 150,000 rows"
        rows.append(key_result(work, samples, BUDGETS_MS["real"][kind], f"{STARTS} starts"))
    return rows
