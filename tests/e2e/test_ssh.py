"""Over a real ssh: the same tour in every terminal, through tmux, screen and a slow link, and in few bytes."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.benchmarks import tour
from tests.benchmarks.ptydrive import Terminal as MeasuredTerminal
from tests.e2e.reading import wait_until_busy
from tests.e2e.slowlink import SlowLink
from tests.e2e.sshd import Sshd, far_side, layertuis
from tests.e2e.terminal import Terminal, environment, layertui
from tests.e2e.test_session import restored
from tests.e2e.walking import Walk, take_the_tour
from tests.e2e.wire import taken_apart

SIZES = ((80, 24), (200, 50))

TERMS = (
    {"TERM": "screen"},
    {"TERM": "xterm"},
    {"TERM": "linux"},
    {"TERM": "tmux-256color"},
    {"TERM": "xterm-256color"},
    {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
)

DELAY_S = 0.2
"""By which an answer comes later over the slow link: half of it each way."""

PROGRESS_A_SECOND = 2
"""So often progress may be sent over ssh."""

WATCHED_S = 3.0
"""How long progress is counted."""


def variables_for(number: int, size: tuple[int, int]) -> dict[str, str]:
    """A terminal's variables; over both sizes each has NO_COLOR once, as have half of them at each size."""
    return {**TERMS[number], **({"NO_COLOR": "1"} if (number + SIZES.index(size)) % 2 else {})}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_tour_in_every_terminal(size: tuple[int, int], sshd: Sshd, far: dict[str, str]) -> None:
    with ExitStack() as stack:
        walks = []
        for number in range(len(TERMS)):
            variables = variables_for(number, size)
            terminal = Terminal(sshd.ssh(*layertui("demo")), size, {**far, **variables})
            walks.append(Walk(str(variables), stack.enter_context(terminal)))
        take_the_tour(walks)
        for walk in walks:
            assert walk.terminal.wait_for_exit() == 0
            assert walk.terminal.echoes()
            raw = bytes(walk.terminal.raw)
            assert restored(raw) == [], walk.name
            assert bool(taken_apart(raw).colours) != ("NO_COLOR" in walk.name), walk.name
            assert too_large(walk) == {}, walk.name
        without = [walk.total_bytes for walk in walks if "NO_COLOR" in walk.name]
        coloured = [walk.total_bytes for walk in walks if "NO_COLOR" not in walk.name]
        assert max(without) <= 1.1 * min(coloured), "no colours cost more than colours"
        assert far_side(far["FAR_SIDE"]) == {}


def walk_through(ways: Mapping[str, Sequence[str]], variables: Mapping[str, str]) -> None:
    """Take the tour in both sizes on each of the ways, all at once; each way ends with 0 and sends little."""
    with ExitStack() as stack:
        walks = [
            Walk(f"{name}, {size}", stack.enter_context(Terminal(command, size, {"TERM": "xterm", **variables})))
            for name, command in ways.items()
            for size in SIZES
        ]
        take_the_tour(walks)
        for walk in walks:
            assert walk.terminal.wait_for_exit() == 0, walk.name
            assert too_large(walk) == {}, walk.name


def test_the_tour_over_a_slow_link(sshd: Sshd, far: dict[str, str]) -> None:
    with SlowLink(sshd.port, DELAY_S / 2) as link:
        walk_through({"slow": sshd.ssh(*layertui("demo"), port=link.port)}, far)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_the_tour_in_tmux_there_and_here(sshd: Sshd, far: dict[str, str], tmp_path: Path) -> None:
    tmux = str(shutil.which("tmux"))
    there, here = ([tmux, "-f", "/dev/null", "-S", str(tmp_path / name)] for name in ("there", "here"))
    try:
        walk_through(
            {
                "tmux there": sshd.ssh(*there, "new-session", *layertui("demo")),
                "tmux here": [*here, "new-session", *sshd.ssh(*layertui("demo"))],
            },
            far,
        )
    finally:
        for server in (there, here):  # it ends with its last session, unless the test failed
            subprocess.run([*server, "kill-server"], capture_output=True)


@pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen is not installed")
def test_the_tour_in_screen_there_and_here(sshd: Sshd, far: dict[str, str]) -> None:
    screen = [str(shutil.which("screen")), "-c", "/dev/null"]
    home = Path(tempfile.mkdtemp(prefix="lt-screen-", dir="/tmp"))  # a socket's path may not be long
    ways = {
        "screen there": sshd.ssh(*screen, *layertui("demo")),
        "screen here": [*screen, *sshd.ssh(*layertui("demo"))],
    }
    try:
        walk_through(ways, {**far, "SCREENDIR": str(home)})
    finally:
        for socket in home.iterdir():  # each names its process, which is there only if the test failed
            os.kill(int(socket.name.partition(".")[0]), signal.SIGTERM)
        shutil.rmtree(home)


def too_large(walk: Walk) -> dict[str, int]:
    """The keys of the tour that brought more than the budget."""
    return {key: size for key, size in walk.sent_bytes.items() if size > tour.ANY_KEY_BYTES}


def test_cursor_moves_are_cheap(sshd: Sshd, far: dict[str, str]) -> None:
    columns, rows = SIZES[1]
    variables = {**environment(), **far, "COLORTERM": "truecolor"}
    with MeasuredTerminal(sshd.ssh(*layertui("demo")), columns, rows, variables) as terminal:
        tour.wait_until_read(terminal)
        tour.show_everything(terminal)
        moves = tour.cursor_moves(terminal, rows + 10, quiet_s=0.02)
        assert sum(move.size_bytes for move in moves) / len(moves) <= tour.CURSOR_MOVE_BYTES


def test_progress_is_sent_seldom(busy: Path, sshd: Sshd, far: dict[str, str]) -> None:
    """Two layers are read, and say how far they are; the link carries that together."""
    with Terminal(sshd.ssh(*layertui(busy)), variables=far) as terminal:
        wait_until_busy(terminal)
        terminal.settle(limit_s=1)
        (environ,) = (far_side(far["FAR_SIDE"])[process] for process in layertuis(far["FAR_SIDE"]))
        assert environ["SSH_CONNECTION"]
        seen, end_s = [terminal.text], time.monotonic() + WATCHED_S
        while time.monotonic() < end_s:
            if terminal.receive(0.1):
                terminal.settle(quiet_s=0.02, limit_s=0.2)  # one paint can come in several pieces
                seen.append(terminal.text)
        assert 1 < len(seen) - 1 <= PROGRESS_A_SECOND * WATCHED_S + 1
        assert len({text for text in seen if "reading" in text}) == len(seen), "something else was sent"
