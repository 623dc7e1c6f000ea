"""A few whole screens, as text. `LAYERTUI_UPDATE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py` writes them anew."""

import os
from pathlib import Path

import pytest

from layertui.tui.roots import HostView
from tests.tui.hosts import usual
from tests.tui.screen import demo, running

HERE = Path(__file__).parent / "snapshots"

SCREENS: dict[str, tuple[tuple[int, int], list[str]]] = {
    "main-80x24": ((80, 24), [*["full_stop"] * 5, "2", "j"]),
    "main-120x36": ((120, 36), [*["full_stop"] * 3, "2", "j", "j"]),
    "main-200x50": ((200, 50), ["f", *"models.bin", "enter"]),
    "ancestry-80x24": ((80, 24), ["t"]),
    "find-80x24": ((80, 24), ["f", *"api.py"]),
    "file-80x24": ((80, 24), ["f", *"pip.tgz", "enter", "i"]),
    "content-80x24": ((80, 24), ["f", *"etc/motd", "enter", "enter"]),
    "secret-120x36": ((120, 36), ["f", "tab", "tab", "tab", *"secret", "enter"]),
    "compare-80x24": ((80, 24), ["g", "c", "j", "n"]),
    "pairs-120x36": ((120, 36), ["g", "c", "1"]),
    "hunks-80x24": ((80, 24), ["g", "c", "j", "n", "enter"]),
    "hunks-120x36": ((120, 36), ["g", "c", "j", "n", "enter"]),
    "help-80x24": ((80, 24), ["2", "question_mark"]),
}

HOSTS: dict[str, tuple[tuple[int, int], list[str]]] = {
    "host-80x24": ((80, 24), ["j"]),
    "host-120x36": ((120, 36), ["j", "enter"]),
}
"""The same of a host with two engines, of which one may not be read."""


@pytest.mark.parametrize("name", [*SCREENS, *HOSTS])
async def test_screen(name: str) -> None:
    size, keys = (SCREENS | HOSTS)[name]
    async with running(demo() if name in SCREENS else HostView(usual()), size, keys=keys) as seen:
        await seen.rest()
        text = seen.text + "\n"
    path = HERE / f"{name}.txt"
    if os.environ.get("LAYERTUI_UPDATE_SNAPSHOTS"):
        path.write_text(text)
    assert text == path.read_text()
