"""`layertui` without arguments in a real terminal, on a host with a real engine beside dead and hanging ones."""

import hashlib
import json
import os
import random
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.sources.host import look
from tests.contract import dockerd
from tests.contract.dockerd import Dockerd
from tests.e2e.relay import EngineRelay
from tests.e2e.terminal import Terminal, environment, layertui
from tests.e2e.test_session import CANCELS_WITHIN_S, ENDS_WITHIN_S, restored
from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file
from tests.kit.images import ImageSpec

LAYER_BYTES = 3_000_000
"""Content of each of the two layers that are exported."""

WIDE = (120, 36)

needs_engine = pytest.mark.skipif(dockerd.why_not() is not None, reason=str(dockerd.why_not()))


@pytest.fixture
def private() -> Iterator[Path]:
    """A directory for sockets, whose paths must be short, and for all that would be the user's own."""
    with tempfile.TemporaryDirectory(prefix="lt-host-", dir="/tmp") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def engine() -> Iterator[Dockerd]:
    """An engine with an image of two layers, and a container that was changed."""
    contents = random.Random(7)
    layers = [[directory("app"), file(f"app/{name}", contents.randbytes(LAYER_BYTES))] for name in ("base", "top")]
    try:
        with Dockerd() as started, tempfile.TemporaryDirectory() as made:
            archive = Path(made, "image.tar")
            archive.write_bytes(docker_archive([ImageSpec(layers=layers, tags=("shop:2", "shop:latest"))]))
            started.docker("load", "-i", archive)
            started.docker("create", "--network", "none", "--name", "till", "shop:2", "/app/base")
            Path(made, "receipt").write_bytes(b"r" * 4321)
            started.docker("cp", Path(made, "receipt"), "till:/app/receipt")
            yield started
    except RuntimeError as error:
        pytest.skip(f"no engine starts here: {error}")


def variables(private: Path, **more: str) -> dict[str, str]:
    """An environment in which nothing of the user's own is found."""
    (private / "storage.conf").write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{private}/none"\n')
    return {
        "HOME": str(private),
        "DOCKER_CONFIG": str(private / "docker"),
        "CONTAINERS_STORAGE_CONF": str(private / "storage.conf"),
        "XDG_RUNTIME_DIR": str(private),
        "XDG_DATA_HOME": str(private),
        "DOCKER_CONTEXT": "",
        "CONTAINER_HOST": "",
        "DOCKER_HOST": f"unix://{private}/absent.sock",
        **more,
    }


def hanging(private: Path) -> tuple[socket.socket, str]:
    """An engine that takes calls and never answers, and its address."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(private / "hang.sock"))
    listening.listen(20)
    return listening, f"unix://{private}/hang.sock"


def dead_context(private: Path) -> None:
    """A Docker context whose engine has gone and left its socket behind."""
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(private / "dead.sock"))
    left.close()
    meta = private / "docker/contexts/meta" / hashlib.sha256(b"gone").hexdigest()
    meta.mkdir(parents=True)
    endpoints = {"docker": {"Host": f"unix://{private}/dead.sock"}}
    (meta / "meta.json").write_text(json.dumps({"Name": "gone", "Metadata": {}, "Endpoints": endpoints}))


def tree(terminal: Terminal) -> list[str]:
    """The lines of the tree pane."""
    return [line.partition("│")[0].strip() for line in terminal.lines()[2:-6]]


def said(terminal: Terminal) -> str:
    """What the pane at the right says, its lines joined."""
    return " ".join(line.partition("│")[2].strip() for line in terminal.lines()[2:-6])


def stand_on(terminal: Terminal, text: str) -> None:
    """Put the cursor on the first line of the tree that begins with a text."""
    terminal.press("1", "g")
    for _ in range(40):
        if terminal.cursor_line().strip().startswith(text):
            return
        terminal.press("down")
    raise AssertionError(f"no line {text!r}:\n{terminal.text}")


@needs_engine
def test_images_and_containers_of_a_live_engine_beside_a_dead_and_a_hanging_one(engine: Dockerd, private: Path) -> None:
    dead_context(private)
    listening, address = hanging(private)
    with (
        listening,
        Terminal(layertui(), WIDE, variables(private, DOCKER_HOST=engine.host, CONTAINER_HOST=address)) as terminal,
    ):
        terminal.wait_for("> shop:2")
        assert "connecting..." in terminal.line_with("Podman (CONTAINER_HOST)")
        terminal.wait_for("nothing listens there")
        assert "failed" in terminal.line_with("Docker (context gone)")
        assert "> till  created" in tree(terminal)[2]

        stand_on(terminal, "> shop:2")
        assert "2 layers" in terminal.text
        assert "FILES  L" not in terminal.text  # nothing of it is read before it is opened
        terminal.press("enter")
        terminal.wait_for("FILES  L0")
        assert "read via Docker's books (tar-split)" in terminal.text
        terminal.wait_until(lambda: "base" in terminal.text.partition("FILES")[2], what="the base layer's file")
        terminal.press("]")
        terminal.wait_for("FILES  L1")
        terminal.wait_until(lambda: "top" in terminal.text.partition("FILES")[2], what="the top layer's file")

        stand_on(terminal, "> till")
        terminal.press("enter")
        terminal.wait_for("A commit would add 4,321 B")
        assert "receipt" in terminal.text
        terminal.press("q")
        assert terminal.wait_for_exit(ENDS_WITHIN_S) == 0
        assert terminal.left_behind() == []


def test_the_first_frame_and_q_wait_for_no_engine(private: Path) -> None:
    listening, address = hanging(private)
    with listening, Terminal(layertui(), (80, 24), variables(private, DOCKER_HOST=address)) as terminal:
        terminal.wait_for("q quit")
        assert "connecting..." in terminal.line_with("v Docker")
        terminal.press("?")
        assert "KEYS in the tree pane" in terminal.text
        terminal.press("q")
        began_s = time.monotonic()
        terminal.send(b"q")
        assert terminal.wait_for_exit(ENDS_WITHIN_S) == 0
        assert time.monotonic() - began_s < 1.0
    assert restored(bytes(terminal.raw)) == []


def test_without_any_engine_it_says_what_was_tried_and_enter_opens_the_demo(private: Path) -> None:
    alone = variables(private)
    if found := [place.where for place in look(environment(**alone)) if place.found]:
        pytest.skip(f"this host has {', '.join(found)}")
    with Terminal(layertui(), WIDE, alone) as terminal:
        terminal.wait_for("> demo")
        assert "No engine was found." in terminal.text
        assert f"Tried DOCKER_HOST=unix://{private}/absent.sock (absent)" in said(terminal)
        assert "or layertui doctor" in said(terminal)
        terminal.press("enter")
        terminal.wait_until_read()
        assert "layertui  api:1.4" in terminal.lines()[0]


# Where layers come through the engine's export


def exporting(terminal: Terminal) -> None:
    """Open the image, whose export begins."""
    terminal.wait_for("> shop:2")
    stand_on(terminal, "> shop:2")
    terminal.press("enter")
    terminal.wait_for("Ctrl+C cancels")


@needs_engine
def test_an_export_is_cancelled_before_its_first_byte_and_read_again(engine: Dockerd, private: Path) -> None:
    with EngineRelay(engine.socket) as relay:
        relay.go.clear()
        with Terminal(layertui(), WIDE, variables(private, DOCKER_HOST=relay.host)) as terminal:
            exporting(terminal)
            assert "export 0 B of 6" in terminal.text
            assert "read via the engine's export" in terminal.text
            terminal.send(b"\x03")
            terminal.wait_until(lambda: terminal.text.count("stopped") == 2, CANCELS_WITHIN_S, "two layers stopped")
            relay.rate_bytes_s = 3e6
            relay.go.set()
            terminal.press("R")
            terminal.wait_until(lambda: "MB/s  eta" in terminal.text, what="the rate")
            terminal.wait_for("reclaimable 0 B")
            assert terminal.text.count("3 MB") >= 2


def ends(terminal: Terminal) -> list[str]:
    """What stands behind the layers in the tree, sorted: a unit of their sizes, or how far they are."""
    return sorted(line.rpartition(" ")[2] for line in tree(terminal) if line.startswith("L"))


@needs_engine
def test_an_engine_that_dies_in_an_export_is_said_and_what_is_read_stays(engine: Dockerd, private: Path) -> None:
    with EngineRelay(engine.socket) as relay:
        relay.cut_bytes = LAYER_BYTES * 3 // 2  # one of the layers, whichever comes first, and half of the other
        with Terminal(layertui(), WIDE, variables(private, DOCKER_HOST=relay.host)) as terminal:
            terminal.wait_for("> shop:2")
            stand_on(terminal, "> shop:2")
            terminal.press("enter")
            terminal.wait_until(lambda: "closed the connection" in said(terminal), what="what happened")
            terminal.wait_until(lambda: ends(terminal) == ["MB", "failed"], what="one layer read, the other failed")
            relay.cut_bytes = None
            terminal.press("R")
            terminal.wait_for("reclaimable 0 B")
            assert "failed" not in terminal.text


@needs_engine
@pytest.mark.parametrize("end", ["q", "SIGHUP", "closed terminal"])
def test_it_ends_while_an_export_runs(end: str, engine: Dockerd, private: Path) -> None:
    with EngineRelay(engine.socket) as relay:
        relay.rate_bytes_s = 2e5
        with Terminal(layertui(), WIDE, variables(private, DOCKER_HOST=relay.host)) as terminal:
            exporting(terminal)
            if end == "q":
                terminal.send(b"q")
            elif end == "SIGHUP":
                os.kill(terminal.pid, signal.SIGHUP)
            else:
                terminal.hang_up()
            code = terminal.wait_for_exit(ENDS_WITHIN_S, reading=end != "closed terminal")
            assert (code == 0) == (end == "q")
            assert terminal.left_behind() == []
