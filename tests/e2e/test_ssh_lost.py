"""A connection that is lost, and a program that is killed over there: nothing runs on, and the terminal can be used."""

import os
import shlex
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.archives import huge_archive
from tests.e2e.reading import wait_until_busy
from tests.e2e.sshd import Sshd, far_side, layertuis
from tests.e2e.terminal import Terminal, layertui
from tests.e2e.test_session import restored

ENDS_WITHIN_S = 2.0
"""So long a program may go on after its connection is lost."""


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two images that differ in times alone, and whose contents keep whoever reads them busy."""
    home = tmp_path_factory.mktemp("huge")
    return huge_archive(home / "a.tar"), huge_archive(home / "b.tar", modified_s=1)


def into_search(terminal: Terminal) -> None:
    terminal.wait_until_read()
    terminal.press("f", "tab", "tab", "tab", "z")
    terminal.send_key("enter")
    terminal.wait_for("searching L0")


def into_pager(terminal: Terminal) -> None:
    terminal.wait_until_read()
    terminal.press("2", "=", "j")
    terminal.send_key("p")
    terminal.wait_for("00000000  00 00")


def into_extraction(terminal: Terminal, folder: Path) -> None:
    terminal.wait_until_read()
    terminal.press("2", "=", "j", "x", "ctrl+u")
    terminal.type(f"{folder}/a\r")
    terminal.wait_for("extracting")


def busy_sessions(
    stack: ExitStack, sshd: Sshd, far: Mapping[str, str], busy: Path, huge: tuple[Path, Path], folder: Path
) -> list[Terminal]:
    """Sessions that are in the middle of something, each of another thing."""

    def begin(*arguments: str | Path) -> Terminal:
        return stack.enter_context(Terminal(sshd.ssh(*layertui(*arguments)), variables={**far, "PAGER": "less"}))

    reading, comparing, searching, extracting = begin(busy), begin(*huge), begin(huge[0]), begin(huge[0])
    sessions = [reading, comparing, searching, extracting]
    if shutil.which("less"):
        sessions.append(begin(huge[0]))
        into_pager(sessions[-1])
    wait_until_busy(reading)
    comparing.wait_for("comparing contents")
    into_search(searching)
    into_extraction(extracting, folder)
    return sessions


def kill_clients(sessions: list[Terminal], sshd: Sshd) -> None:
    for session in sessions:
        os.kill(session.pid, signal.SIGKILL)


def kill_servers(sessions: list[Terminal], sshd: Sshd) -> None:
    for process in sshd.children:
        os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("lose", [kill_clients, kill_servers], ids=["the client is killed", "the server is killed"])
def test_nothing_runs_on_when_the_connection_is_lost(
    lose: Callable[[list[Terminal], Sshd], None],
    sshd: Sshd,
    far: dict[str, str],
    busy: Path,
    huge: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "extracted"
    folder.mkdir()
    with ExitStack() as stack:
        sessions = busy_sessions(stack, sshd, far, busy, huge, folder)
        assert len(layertuis(far["FAR_SIDE"])) == len(sessions)
        lost_s = time.monotonic()
        lose(sessions, sshd)
        while left := far_side(far["FAR_SIDE"]):
            assert time.monotonic() - lost_s < ENDS_WITHIN_S, f"still there: {[commands(one) for one in left]}"
            time.sleep(0.02)

    assert list(folder.iterdir()) == []


def commands(process: int) -> str:
    """The command line of a process."""
    return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")


def test_a_program_that_is_told_to_end_gives_the_terminal_back(sshd: Sshd, far: dict[str, str]) -> None:
    with Terminal(sshd.ssh(*layertui("demo")), variables=far) as terminal:
        terminal.wait_until_read()
        (program,) = layertuis(far["FAR_SIDE"])
        os.kill(program, signal.SIGTERM)
        assert terminal.wait_for_exit(ENDS_WITHIN_S) == 128 + signal.SIGTERM
        assert terminal.echoes()
    assert restored(bytes(terminal.raw)) == []
    assert far_side(far["FAR_SIDE"]) == {}


PROMPT = "here$ "


@pytest.fixture
def shell(sshd: Sshd, far: dict[str, str]) -> Iterator[Terminal]:
    """A shell on this side, in which ssh shows the program."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("reset") is None:
        pytest.skip("bash or reset is not installed")
    variables = {**far, "PS1": PROMPT, "HISTFILE": ""}
    with Terminal([bash, "--norc", "--noprofile", "-i"], (80, 24), variables) as terminal:
        terminal.wait_for(PROMPT.strip())
        terminal.type(shlex.join(sshd.ssh(*layertui("demo"))) + "\r")
        terminal.wait_until_read()
        yield terminal


@pytest.mark.parametrize("killed", ["the program there", "ssh here"])
def test_a_terminal_that_nobody_could_give_back_is_sane_after_reset(
    killed: str, shell: Terminal, far: dict[str, str]
) -> None:
    """Who is killed cannot switch the mouse off, nor leave the second screen; the shell runs on, and takes `reset`."""
    (program,) = layertuis(far["FAR_SIDE"])
    (ssh,) = (process for process in shell.left_behind() if process != shell.pid)
    start = len(shell.raw)
    os.kill(program if killed == "the program there" else ssh, signal.SIGKILL)
    shell.wait_until(lambda: PROMPT.encode() in shell.raw[start:], what="the prompt")
    assert "1000" in restored(bytes(shell.raw))
    start = len(shell.raw)
    shell.send(b"reset\r")
    shell.wait_until(lambda: b"\x1bc" in shell.raw[start:], what="a terminal that is reset")  # RIS: all modes are off
    shell.wait_for(PROMPT.strip())
    shell.type("echo works a''gain\r")
    shell.wait_for("works again")
    assert "FILES" not in shell.text
    assert far_side(far["FAR_SIDE"]) == {}
