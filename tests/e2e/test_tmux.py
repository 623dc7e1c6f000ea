"""The program inside tmux with tmux's own defaults, which is how it is met on most servers."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import join

import pytest

from tests.e2e.hostile import hostile_image
from tests.e2e.terminal import CHECKOUT, PATIENCE_S, environment, layertui
from tests.kit.docker import docker_archive

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Tmux:
    """A tmux server of our own with one window of 80 by 24."""

    def __init__(self, name: str, command: list[str]) -> None:
        """Start the server under a name that nobody else uses, and `command` in it."""
        self.tmux = ("tmux", "-f", "/dev/null", "-L", name)
        self.run("new-session", "-d", "-x", "80", "-y", "24", f"{join(command)}; echo ended with $?; exec cat")

    def run(self, *words: str) -> str:
        """One command of tmux."""
        variables = environment()
        done = subprocess.run([*self.tmux, *words], capture_output=True, text=True, env=variables, cwd=CHECKOUT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def text(self) -> str:
        """What the window shows."""
        return self.run("capture-pane", "-p")

    def wait_until(self, seen: Callable[[str], bool]) -> str:
        """Wait until the window shows something; returns all of it."""
        end_s = time.monotonic() + PATIENCE_S
        while not seen(text := self.text):
            assert time.monotonic() < end_s, text
            time.sleep(0.05)  # tmux has no way to tell that a window changed
        return text

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.run("send-keys", *keys)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[list[str]], Tmux]]:
    servers: list[Tmux] = []

    def begin(command: list[str]) -> Tmux:
        servers.append(Tmux(f"layertui-{os.getpid()}-{tmp_path.name}", command))
        return servers[-1]

    yield begin
    for server in servers:
        server.run("kill-server")


def test_the_screen_is_whole_and_keys_work(start: Callable[[list[str]], Tmux]) -> None:
    tmux = start(layertui("demo"))
    text = tmux.wait_until(lambda text: "q quit" in text and " usr/" in text)
    lines = text.splitlines()
    assert len(lines) == 24
    assert lines[0].startswith("layertui  api:1.4")
    assert " S  Out    Size" in lines[2]
    assert all(len(line) <= 80 for line in lines)
    tmux.press("2", "/")
    tmux.wait_until(lambda text: "83 of 83" in text)
    tmux.press("-l", "motd")
    tmux.press("Enter")
    tmux.wait_until(lambda text: "1 of 83" in text and "x6" in text)
    # tmux holds an Esc back, and the key after it arrives as one Alt chord.
    tmux.press("M-v")
    tmux.wait_until(lambda text: "1 of 83" not in text and "FILES  L0  merged" in text)
    tmux.press("?")
    tmux.wait_until(lambda text: "KEYS in" in text)
    tmux.press("BSpace")
    tmux.wait_until(lambda text: "KEYS in" not in text)
    tmux.run("resize-window", "-x", "60", "-y", "20")
    tmux.wait_until(lambda text: "IMAGES" not in text and len(text.splitlines()) == 20 and "? help" in text)
    tmux.press("q")
    text = tmux.wait_until(lambda text: "ended with" in text)
    assert "ended with 0" in text
    assert "FILES" not in text


def test_hostile_names_reach_neither_clipboard_nor_title(start: Callable[[list[str]], Tmux], tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([hostile_image()]))
    tmux = start(layertui(path))
    tmux.run("set-option", "-s", "set-clipboard", "on")
    before = tmux.run("display-message", "-p", "#{pane_title} #{window_name}")
    tmux.wait_until(lambda text: "q quit" in text and "d00" in text)
    for key in ("2", "=", "NPage", "G", "Enter", "i", "NPage", "G", "q", "q", "3", "q"):
        tmux.press(key)
    tmux.wait_until(lambda text: "ended with" in text)
    assert tmux.run("list-buffers") == ""
    assert tmux.run("display-message", "-p", "#{pane_title} #{window_name}") == before
