"""Copying: what reaches the terminal, tmux's buffer, and the terminal that GNU screen runs in."""

import base64
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.hostile import hostile_image
from tests.e2e.terminal import Terminal, layertui
from tests.e2e.test_tmux import Tmux
from tests.e2e.test_tmux import start as start
from tests.e2e.wire import taken_apart
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec


def copied(raw: bytes) -> list[str]:
    """The texts that a terminal was asked to take, in order."""
    return [base64.b64decode(code).decode() for code in re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", raw)]


def test_a_copy_reaches_the_terminal_and_is_said(tmp_path: Path) -> None:
    with Terminal(layertui("demo")) as terminal:
        terminal.wait_until_read()
        terminal.press("2", "=", "j")
        assert not [osc for osc in taken_apart(bytes(terminal.raw)).osc if osc.startswith("52")]
        before = len(terminal.raw)
        terminal.press("y")
        assert copied(bytes(terminal.raw)) == [], "the first of two keys sends nothing"
        terminal.press("p")
        (path,) = copied(bytes(terminal.raw))
        assert f" Copied: {path}  (if the terminal allows it)" in terminal.text
        assert path in terminal.cursor_line()
        assert len(terminal.raw) - before < 2_000
        terminal.press("y", "r")
        assert copied(bytes(terminal.raw))[1] == "'demo:api:1.4#0'"
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0


def test_a_name_that_is_looked_at_or_copied_acts_on_nothing(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([hostile_image()]))
    with Terminal(layertui(path), (120, 36)) as terminal:
        terminal.wait_until_read()
        terminal.press("2", "=", "pagedown", "G", "g", "3", "1", "i", "q", "2")
        assert copied(bytes(terminal.raw)) == []
        for _ in range(12):
            terminal.press("j", "y", "p")
        texts = copied(bytes(terminal.raw))
        assert len(texts) == 12
        assert all(text.isprintable() for text in texts)
        assert not [osc for osc in taken_apart(bytes(terminal.raw)).osc if not osc.startswith(("52;c;", "22;"))]


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_tmux_has_it_in_its_buffer(start: Callable[[list[str]], Tmux]) -> None:
    tmux = start(layertui("demo"))  # with set-clipboard external, as it is by default: OSC 52 alone is dropped
    tmux.wait_until(lambda text: "q quit" in text and " usr/" in text)
    assert tmux.run("list-buffers") == ""
    tmux.press("y", "d")
    tmux.wait_until(lambda text: "Copied the diff ID of L0: sha256:" in text)
    end_s = time.monotonic() + 10
    while not (buffers := tmux.run("list-buffers")) and time.monotonic() < end_s:
        time.sleep(0.05)  # tmux is told behind the screen's back
    assert len(buffers.splitlines()) == 1
    assert re.fullmatch("sha256:[0-9a-f]{64}", tmux.run("show-buffer"))
    tmux.press("q")
    tmux.wait_until(lambda text: "ended with 0" in text)


@pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen is not installed")
def test_screen_hands_it_through(tmp_path: Path) -> None:
    home = Path(f"/tmp/lts-{os.getpid()}")  # a socket's path may not be long
    home.mkdir(mode=0o700)
    variables = {"SCREENDIR": str(home), "TERM": "xterm", "HOME": str(tmp_path)}
    path = tmp_path / "image.tar"
    made_by = "RUN " + "x" * 700
    path.write_bytes(
        docker_archive([ImageSpec(layers=([file("a/b", "")],), tags=("a:1",), history=[{"created_by": made_by}])])
    )
    command = [str(shutil.which("screen")), "-c", "/dev/null", "-S", "lt", *layertui(path)]
    try:
        with Terminal(command, (80, 24), variables) as terminal:
            terminal.wait_until_read()
            terminal.press("2", "=", "j", "y", "p")
            terminal.wait_for("Copied: a/b ")
            assert copied(bytes(terminal.raw)) == ["a/b"]
            terminal.press("y", "c")
            terminal.wait_for("Copied the command of L0: RUN xxx")
            assert copied(bytes(terminal.raw)) == ["a/b", made_by], "longer than screen hands through at once"
            terminal.send(b"q")
            terminal.wait_for_exit()
    finally:
        shutil.rmtree(home, ignore_errors=True)
