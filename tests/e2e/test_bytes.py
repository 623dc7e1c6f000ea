"""What keys send to the terminal: few bytes, so that the screen is quick over a slow line.

The budgets are bytes, which every machine counts alike; times are measured by tests/benchmarks and tested nowhere.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks import tour
from tests.benchmarks.generated import build_layers
from tests.benchmarks.packing import write_docker_archive
from tests.benchmarks.ptydrive import Terminal

pytest.importorskip("pty", reason="needs a pseudo-terminal")

SIZES = [(200, 50), (80, 24)]
"""Columns and lines."""

ENTRIES = 20_000
"""Of the generated archive: enough for scrollbars, counts with commas and shadowed versions."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A docker-archive of 20 layers, a thousand entries each, some written again and some removed."""
    home = tmp_path_factory.mktemp("bytes")
    commands = build_layers(home / "layers", ENTRIES)
    layers = sorted((home / "layers").glob("*.tar"))
    write_docker_archive(home / "image.tar", layers, commands, "generated:1")
    return home / "image.tar"


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The screen's columns and lines."""
    columns, rows = request.param
    return columns, rows


@pytest.fixture(params=["demo", "generated"])
def terminal(request: pytest.FixtureRequest, size: tuple[int, int], archive: Path) -> Iterator[Terminal]:
    """The program with everything read and every directory of the merged tree unfolded."""
    reference = "demo" if request.param == "demo" else str(archive)
    with Terminal([sys.executable, "-m", "layertui", reference], *size) as running:
        tour.wait_until_read(running)
        tour.show_everything(running)
        yield running


def test_a_cursor_move_sends_little_on_average_with_scrolling(terminal: Terminal) -> None:
    moves = tour.cursor_moves(terminal)
    assert sum(move.size_bytes for move in moves) / len(moves) <= tour.CURSOR_MOVE_BYTES
    assert max(move.size_bytes for move in moves) <= tour.ANY_KEY_BYTES


def test_tab_sends_no_screen(terminal: Terminal) -> None:
    presses = tour.tabs(terminal)
    assert all(press.size_bytes for press in presses), "a pane was not reached"
    assert too_large(presses, tour.TAB_BYTES) == []


@pytest.mark.parametrize(
    ("size", "terminal"),
    [((200, 50), "generated"), ((80, 24), "demo")],
    indirect=True,
    ids=["200x50-generated", "80x24-demo"],
)
def test_no_key_sends_more_than_the_budget(terminal: Terminal) -> None:
    presses = list(tour.every_key(terminal, quiet_s=0.06))
    assert not terminal.ended
    assert too_large(presses, tour.ANY_KEY_BYTES) == []


def test_a_letter_draws_the_hits_once() -> None:
    """Those of the letters before stay until the new ones are found, and are not drawn again for that."""
    with Terminal([sys.executable, "-m", "layertui", "demo"], 80, 24) as running:
        tour.wait_until_read(running)
        for key in "fc":
            running.press(key, quiet_s=0.15)
        assert running.press("o", quiet_s=0.15).data.count(b"\x1b[5;1H") == 1


def too_large(presses: list[tour.Press], budget_bytes: int) -> list[str]:
    """The keys above a budget, each with what it sent."""
    return [f"{press.what}: {press.size_bytes:,} B" for press in presses if press.size_bytes > budget_bytes]
