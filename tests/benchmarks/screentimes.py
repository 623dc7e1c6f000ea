"""Rows about the screen: first frame, memory, and how long a key takes to its last byte."""

import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks import tour
from tests.benchmarks.build_archive import BenchImage
from tests.benchmarks.coretimes import entries, entry_count
from tests.benchmarks.measure import (
    SAMPLE_S,
    Cost,
    Ratio,
    alternate,
    anonymous_bytes,
    percentile,
    process_cpu_s,
    thread_cpu_s,
    warm,
)
from tests.benchmarks.ptydrive import Burst, Terminal
from tests.benchmarks.replay import Replay, files_region
from tests.benchmarks.results import Result, bytes_result, over, ratio_result
from tests.contract.dockerd import Dockerd, why_not
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec

WIDE, NARROW = (200, 50), (80, 24)
"""Columns and lines of the two screens."""

EMPTY = [sys.executable, str(Path(__file__).with_name("emptyapp.py"))]
"""How the app is started that first frames are compared with."""

HELD = 300
"""Images that the engine of a host holds."""

FIRST_FRAMES = 10
"""How often each app is started."""


def app_command(*arguments: str | Path) -> list[str]:
    """How the program is started."""
    return [sys.executable, "-m", "layertui", *map(str, arguments)]


def _first_frame(command: list[str], last: str, variables: Mapping[str, str] | None = None) -> Cost:
    """Start a program, and take the time from the fork to the frame's last text, and the CPU time until then."""
    with Terminal(command, *WIDE, variables) as terminal:
        terminal.wait_for_bytes(last.encode())
        cpu_s = process_cpu_s(terminal.pid)
        terminal.drain(0.02)
        return Cost(terminal.shown_s(last), cpu_s)


def first_frame(image: BenchImage) -> list[Result]:
    """The first whole frame, against an empty Textual app's."""
    warm([image.archive])
    ratio: Ratio = alternate(
        lambda: _first_frame(app_command(image.archive), "q quit"), lambda: _first_frame(EMPTY, "q quit"), FIRST_FRAMES
    )
    work = f"first frame at 200x50, fork to the footer's text, {entries(image)}"
    return [ratio_result(work, ratio, 1.5, "an empty Textual app")]


def first_frame_of_a_host() -> list[Result]:
    """The first whole frame of `layertui` alone, on a host whose Docker engine holds many images."""
    if problem := why_not():
        print(f"no Docker engine: {problem}", file=sys.stderr)
        return []
    base = [file("bin/shell", "s" * 1000)]
    images = [ImageSpec(layers=(base, [file(f"app/{number}")]), tags=(f"app:{number}",)) for number in range(HELD)]
    with Dockerd() as docker, tempfile.TemporaryDirectory() as made:
        archive = Path(made, "images.tar")
        archive.write_bytes(docker_archive(images))
        docker.docker("load", "-q", "-i", archive)
        engine = {"DOCKER_HOST": docker.host}
        ratio: Ratio = alternate(
            lambda: _first_frame(app_command(), "q quit", engine), lambda: _first_frame(EMPTY, "q quit"), FIRST_FRAMES
        )
    work = f"first frame at 200x50 of a host, fork to the footer's text, an engine with {HELD} images"
    return [ratio_result(work, ratio, 1.5, "an empty Textual app")]


def _idle_bytes() -> int:
    with Terminal(app_command("demo"), *WIDE) as terminal:
        tour.wait_until_read(terminal)
        return anonymous_bytes(terminal.pid)


def memory(image: BenchImage) -> list[Result]:
    """RssAnon above an idle app's, an entry: at the peak of opening, and afterwards."""
    warm([image.archive])
    count = entry_count(image)
    idle = _idle_bytes()
    peak = 0
    with Terminal(app_command(image.archive), *WIDE) as terminal:

        def done(seen: Terminal) -> bool:
            nonlocal peak
            peak = max(peak, anonymous_bytes(seen.pid))
            return b"reclaimable" in b"".join(data for _, data in seen.chunks[-40:])

        terminal.wait_for(done, 300, every_s=SAMPLE_S)
        terminal.drain(1.0)
        steady = anonymous_bytes(terminal.pid)
    rows = []
    for what, value, budget in (("steady", steady, 200), ("at the peak", peak, 300)):
        each = (value - idle) / count
        remark = f"{value / 1e6:,.0f} MB, an idle app {idle / 1e6:.0f} MB, {count:,} entries"
        work = f"RssAnon above an idle app's, {what}, {entries(image)}"
        rows.append(Result(work, f"{each:.0f} B an entry", "", "", f"{budget} B", over(each, budget), remark))
    return rows


def _median_text(samples: list[float]) -> str:
    return f"p50 {1000 * statistics.median(samples):.0f} ms, p95 {1000 * percentile(samples, 0.95):.0f} ms"


def key_result(work: str, samples: list[float], budget_ms: float, note: str = "") -> Result:
    """A row for one kind of key; its p95 is judged."""
    p95_ms = 1000 * percentile(samples, 0.95)
    remark = f"{len(samples)} keys" + (f", {note}" if note else "")
    return Result(work, _median_text(samples), "", "", f"p95 {budget_ms:g} ms", over(p95_ms, budget_ms), remark)


def _scripts(short: bool) -> dict[str, list[str]]:
    """Keys by kind. The cursor moves within the pane and past it; folds are those of the largest directories."""
    words = ["so", "test"] if short else ["test", "json", "so", "e"] * 2
    filters = [key for word in words for key in ("/", *word, *["backspace"] * len(word), "escape")]
    times = 5 if short else 20
    return {
        "cursor": ["down"] * 70 + ["up"] * 30,
        "page": ["pagedown"] * 25 + ["pageup"] * 15,
        "layer": ["["] * times + ["]"] * times,
        "fold": ["G", *["left"] * 12, *["space"] * times, "-", "=", "-", "="],
        "filter": filters,
    }


BUDGETS_MS = {
    "real": {"cursor": 16.0, "page": 50.0, "layer": 50.0, "fold": 50.0, "filter": 50.0},
    "1m": {"cursor": 16.0, "page": 50.0, "layer": 100.0, "fold": 100.0, "filter": 250.0},
}
"""Milliseconds at the 95th percentile, by image and kind of key."""

PREPARING = frozenset({"G", "left", "/"})
"""Keys of a script that only lead to what is measured."""

SILENCE_S = {"cursor": 0.06, "page": 0.1, "layer": 0.1, "fold": 0.1, "filter": 0.3}
"""Silence that ends a key's answer; a filter key's echo comes before its result."""


def _press(terminal: Terminal, kind: str, key: str) -> tuple[Burst, float]:
    """Press a key; returns what followed, and the CPU seconds of the screen's thread until it was quiet."""
    before_s = thread_cpu_s(terminal.pid)
    burst = terminal.press(key, SILENCE_S[kind], answer_s=1.0 if key in PREPARING else 6.0)
    return burst, thread_cpu_s(terminal.pid) - before_s


def idle_keys(image: BenchImage) -> list[Result]:
    """Keys in the merged tree of all layers, all directories unfolded, when everything is read."""
    warm([image.archive])
    rows = []
    with Terminal(app_command(image.archive), *WIDE) as terminal:
        tour.wait_until_read(terminal, 300)
        tour.show_everything(terminal)
        terminal.drain(0.5)
        replay = Replay(terminal)
        for kind, keys in _scripts(image.name != "real").items():
            pressed = [(key, *_press(terminal, kind, key)) for key in keys]
            terminal.drain(0.3)
            worst = max(burst.size_bytes for _, burst, _ in pressed)
            counted = [(burst, cpu_s) for key, burst, cpu_s in pressed if key not in PREPARING]
            if kind == "cursor":
                samples = [burst.last_byte_s for burst, _ in counted]
            else:
                samples = [replay.answered_s(burst, files_region) for burst, _ in counted]
            known = [sample for sample in samples if sample is not None]
            cpu_ms = 1000 * percentile([cpu_s for _, cpu_s in counted], 0.95)
            work = f"{kind} key to last byte, idle, {entries(image)}"
            note = f"CPU p95 {cpu_ms:.0f} ms, at most {worst:,} B"
            rows.append(key_result(work, known, BUDGETS_MS[image.name][kind], note))
    return rows


def bytes_sent(image: BenchImage, size: tuple[int, int]) -> list[Result]:
    """What keys send, at one size of the screen."""
    warm([image.archive])
    shown = f"{size[0]}x{size[1]}, {entries(image)}"
    with Terminal(app_command(image.archive), *size) as terminal:
        tour.wait_until_read(terminal, 300)
        tour.show_everything(terminal)
        moves = tour.cursor_moves(terminal)
        tabs = tour.tabs(terminal)
        every = list(tour.every_key(terminal))
    average = sum(press.size_bytes for press in moves) / len(moves)
    tab = max(press.size_bytes for press in tabs)
    largest = max(every, key=lambda press: press.size_bytes)
    above = sum(press.size_bytes > tour.ANY_KEY_BYTES for press in every)
    note = f"{largest.what}" + (f"; {above} of {len(every)} are above" if above else f"; of {len(every)} keys")
    return [
        bytes_result(
            f"a cursor move, {len(moves)} with scrolling, {shown}", average, tour.CURSOR_MOVE_BYTES, "average"
        ),
        bytes_result(f"Tab, {shown}", tab, tour.TAB_BYTES, "largest"),
        bytes_result(f"any key, {shown}", largest.size_bytes, tour.ANY_KEY_BYTES, note),
    ]
