"""`layertui docker://...` in a real terminal: a slow registry, keys while it is asked, progress, and cancelling."""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.registry_daemon import Registry, why_not
from tests.contract.registry_relay import RegistryRelay
from tests.e2e.terminal import Terminal, environment, layertui
from tests.e2e.test_session import restored
from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file
from tests.kit.images import ImageSpec

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

ANSWERS_WITHIN_S = 0.5
"""Until a cancelled request is given up, and until the program ends."""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    root = tmp_path_factory.mktemp("images")
    contents = random.Random(5)
    layers = [[directory("app"), file(f"app/{name}", contents.randbytes(2_000_000))] for name in ("base", "top")]
    (root / "image.tar").write_bytes(docker_archive([ImageSpec(layers=layers)]))
    with Registry() as started:
        started.push(f"docker-archive:{root}/image.tar", "team/api:1")
        yield started


@pytest.fixture
def relay(registry: Registry) -> Iterator[RegistryRelay]:
    with RegistryRelay(registry.port) as started:
        yield started


def variables(home: Path) -> dict[str, str]:
    """An environment in which nothing of the user's own is found."""
    names = ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
    return {**dict.fromkeys(names, str(home)), "DOCKER_HOST": f"unix://{home}/none.sock"}


def test_a_registry_that_hangs_holds_up_no_key(relay: RegistryRelay, tmp_path: Path) -> None:
    relay.go.clear()
    with Terminal(layertui(f"docker://{relay.host}/team/api:1"), (100, 24), variables(tmp_path)) as screen:
        screen.wait_for(f"asking {relay.host}...")
        screen.press("?")
        assert "KEYS in" in screen.text
        screen.press("q", "ctrl+c")
        screen.wait_for("stopped", ANSWERS_WITHIN_S)
        screen.press("R")
        screen.wait_for(f"asking {relay.host}...")
        began_s = time.monotonic()
        screen.send_key("q")
        assert screen.wait_for_exit() == 0
        assert time.monotonic() - began_s < 2 * ANSWERS_WITHIN_S  # the interpreter's own end included
        assert restored(bytes(screen.raw)) == []


def test_a_layer_is_fetched_when_asked_told_and_cancelled(relay: RegistryRelay, tmp_path: Path) -> None:
    with Terminal(layertui(f"docker://{relay.host}/team/api:1"), (120, 24), variables(tmp_path)) as screen:
        screen.wait_for("This layer is not fetched: 2.0 MB. Enter fetches it.")
        relay.rate_bytes_s = 400_000
        screen.press("enter")
        screen.wait_until(lambda: "fetching" in screen.lines()[-1] and "kB/s" in screen.lines()[-1], what="a rate")
        began_s = time.monotonic()
        screen.send_key("ctrl+c")
        screen.wait_for("Cancelled. R reads the rest.")
        assert time.monotonic() - began_s < ANSWERS_WITHIN_S
        relay.rate_bytes_s = None
        screen.press("R")
        screen.wait_for("base")
        screen.press("q")
        assert screen.wait_for_exit() == 0
        assert restored(bytes(screen.raw)) == []


def test_a_bare_name_that_is_not_here_is_not_pulled(relay: RegistryRelay, tmp_path: Path) -> None:
    with Terminal(layertui(f"{relay.host}/team/api:1"), (100, 24), variables(tmp_path)) as screen:
        screen.wait_for("open from a registry")
        assert relay.requests == []
        screen.press("enter")
        screen.wait_for("RUN step 1")


def piped(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program where there is no terminal."""
    environ = environment(**variables(home))
    return subprocess.run(layertui(*arguments), env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_without_a_terminal_a_bare_name_is_not_found_and_the_hint_names_the_registry(
    relay: RegistryRelay, tmp_path: Path
) -> None:
    ran = piped(tmp_path, f"{relay.host}/team/api:1")
    assert ran.returncode == 3
    assert f"From a registry: layertui docker://{relay.host}/team/api:1" in ran.stderr
    assert relay.requests == []


def test_without_a_terminal_all_tags_are_listed(relay: RegistryRelay, tmp_path: Path) -> None:
    ran = piped(tmp_path, f"docker://{relay.host}/team/api", "--all-tags")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "team/api" in ran.stdout


@pytest.mark.parametrize("words", [("image.tar", "--all-tags"), ("--all-tags",)])
def test_all_tags_are_for_a_repository(words: tuple[str, ...], tmp_path: Path) -> None:
    with Terminal(layertui(*words), (100, 24), variables(tmp_path)) as screen:
        assert screen.wait_for_exit() == 2
        assert "--all-tags is for" in screen.text
