"""The pager in a real terminal: it gets the content made safe, and the screen comes back whole."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal, layertui
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.kit.tar import tar_bytes

TEXT = b"first \x1b]52;c;ZXZpbA==\x07\r\n\x1b[31mred\n" + b"a line of text\n" * 20

CONTENTS = {
    "text": (TEXT, "first \\x1b]52;c;ZXZpbA==\\x07\n\\x1b[31mred\na line of text\n"),
    "bytes": (b"\0\1\2" * 10, "00000000  00 01 02 00 "),
    "archive": (tar_bytes([file("x/\x1b[31mname", b"1")]), "x/\\x1b[31mname\n"),
}

KEEPS = """
import os, sys
with open({kept!r}, "wb") as kept:
    kept.write(sys.stdin.buffer.read())
    kept.write(b"LESSOPEN" if "LESSOPEN" in os.environ else b"")
    kept.write(os.environ.get("LESSSECURE", "not secure").encode())
print("the pager was here")
"""
"""A pager that keeps what it gets, and a few variables of its environment behind it."""

LEFT_EARLY = "import sys; print(sys.stdin.buffer.read(10)); print('the pager was here')"
"""A pager that does not read to the end."""


@contextmanager
def viewing(tmp_path: Path, data: bytes, pager: str) -> Iterator[Terminal]:
    """The program with the cursor on a file."""
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[file("f", data)]])]))
    variables = {"PAGER": pager, "LESSOPEN": "|/bin/false %s", "TMPDIR": str(tmp_path)}
    with Terminal(layertui(path), variables=variables) as terminal:
        terminal.wait_until_read()
        terminal.press("2")
        yield terminal


def python(tmp_path: Path, program: str) -> str:
    """A command line that runs a program."""
    script = tmp_path / "a pager.py"
    script.write_text(program)
    return f"{sys.executable} '{script}'"


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("on_its_screen", [True, False])
def test_the_pager_gets_what_is_safe_and_the_screen_comes_back(name: str, on_its_screen: bool, tmp_path: Path) -> None:
    data, expected = CONTENTS[name]
    kept = tmp_path / "kept"
    with viewing(tmp_path, data, python(tmp_path, KEEPS.format(kept=str(kept)))) as terminal:
        if on_its_screen:
            terminal.press("enter")
            terminal.wait_for("the only copy")
            terminal.settle()
        before = terminal.text
        terminal.send_key("p")
        terminal.wait_for("the pager was here")
        terminal.wait_for("[Enter goes back]")
        terminal.send_key("enter")
        terminal.wait_until(lambda: terminal.text == before, what=before)
        assert expected in kept.read_text()
        assert kept.read_text().endswith("1")
        assert "LESSOPEN" not in kept.read_text()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a pager.py", "image.tar", "kept"]
        terminal.press(*["q"] * on_its_screen)
        terminal.send_key("q")
        assert terminal.wait_for_exit() == 0
    assert b"\x1b]52" not in terminal.raw


def test_a_pager_that_is_left_early_is_fine(tmp_path: Path) -> None:
    with viewing(tmp_path, b"a line of text\n" * 500_000, python(tmp_path, LEFT_EARLY)) as terminal:
        terminal.send_key("p")
        terminal.wait_for("[Enter goes back]")
        terminal.send_key("ctrl+c")  # the terminal's own, for the pager alone
        terminal.send_key("enter")
        terminal.wait_for("q quit")
        assert "exit code" not in terminal.text


@pytest.mark.parametrize(
    ("pager", "said"),
    [
        ("/nonexistent/pager -x", "/nonexistent/pager cannot be started"),
        ("less 'unclosed", "which is no command line"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "ended with exit code 3"),
    ],
)
def test_a_pager_that_cannot_be_run_is_a_sentence(pager: str, said: str, tmp_path: Path) -> None:
    with viewing(tmp_path, b"text\n", pager) as terminal:
        terminal.send_key("p")
        if "exit code" in said:
            terminal.wait_for("[Enter goes back]")
            terminal.send_key("enter")
        terminal.wait_for(said)
        terminal.press("enter")
        terminal.wait_for("   1 text")
