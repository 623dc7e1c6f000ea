"""Images of a real registry on the screen: what is asked for and when, how far it is, and what goes wrong."""

import json
import random
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from layertui.opening import open_quietly
from layertui.settings.state import remember
from layertui.showing import pair_of, view_of
from layertui.sources.opened import Opened
from layertui.tui.app import LayerApp
from layertui.tui.screens.fetching import PASSING_S
from layertui.tui.shown import Shown
from tests.contract.registry_daemon import Registry, why_not
from tests.contract.registry_relay import RegistryRelay
from tests.kit.certificates import make_certificates
from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file, whiteout
from tests.kit.estargz import estargz
from tests.kit.images import ImageSpec
from tests.kit.oci import oci_layout
from tests.kit.seekable import seekable_layout
from tests.tui.hosts import said, until
from tests.tui.screen import Seen, demo

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

ANSWERS_WITHIN_S = 0.5
"""A key, and a cancelled request."""

random_bytes = random.Random(11).randbytes
BASE = [directory("etc"), file("etc/os-release", "debian"), file("bin", random_bytes(900_000))]
APP = [file("app", random_bytes(600_000)), file("etc/os-release", "ours")]
TOP = [whiteout("app"), file("top", random_bytes(300_000))]
OTHER = [file("other", random_bytes(200_000))]


def spec(*more: list[object], architecture: str = "amd64") -> ImageSpec:
    return ImageSpec(layers=(BASE, APP, [file("tiny", "t")], TOP, *more), architecture=architecture)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    root = tmp_path_factory.mktemp("images")
    (root / "api.tar").write_bytes(docker_archive([spec()]))
    (root / "old.tar").write_bytes(docker_archive([spec(OTHER)]))
    oci_layout(root / "index", [spec(), spec(OTHER, architecture="arm64")], nested=True)
    with Registry() as started:
        for tag in ("1.10", "latest", "1"):
            started.push(f"docker-archive:{root}/api.tar", f"team/api:{tag}")
        for tag in ("1.9", "1.2"):
            started.push(f"docker-archive:{root}/old.tar", f"team/api:{tag}")
        started.push(f"oci:{root}/index:image:1", "team/many:1", "--all")
        layout = seekable_layout(root / "seekable", [estargz(BASE), estargz(APP)], "gzip")
        started.push(layout, "team/seekable:1")
        yield started


@pytest.fixture
def relay(registry: Registry) -> Iterator[RegistryRelay]:
    with RegistryRelay(registry.port) as started:
        yield started


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is kept from another test, and nobody's credentials are used."""
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "DOCKER_CONFIG"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@asynccontextmanager
async def app(shown: Shown, size: tuple[int, int] = (100, 24), *, wait: bool = True) -> AsyncIterator[Seen]:
    """The app on what a command line means."""

    def opener(text: str, cancelled: Callable[[], bool] = lambda: False, /) -> Opened:
        return open_quietly(text, cancelled=cancelled)

    running = LayerApp(shown, open_reference=opener)
    async with running.run_test(size=size, notifications=True) as pilot:
        seen = Seen(pilot)
        await pilot.pause(0.05)
        if wait:
            await seen.settle()
        yield seen


def blobs_of(registry: Registry, name: str) -> list[str]:
    """Digests of an image's layers, base to top."""
    return [layer["digest"] for layer in json.loads(registry.raw_manifest(name))["layers"]]


async def rest_on_layer(seen: Seen) -> None:
    await seen.pilot.pause(PASSING_S + 0.1)
    await seen.settle()


async def test_layers_are_listed_after_two_requests(registry: Registry, relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest")) as seen:
        assert [line.split("│")[0].split()[:4] for line in seen.lines[4:8]] == [
            ["L0", "RUN", "step", "0"],
            ["L1", "RUN", "step", "1"],
            ["L2", "RUN", "step", "2"],
            ["L3", "RUN", "step", "3"],
        ]
        base, app_layer, tiny, top = blobs_of(registry, "team/api:latest")
        asked = [path for path in relay.requests if path != "/v2/" and tiny not in path]
        assert len(asked) == 2  # manifest and config; the layer of a few bytes costs as little
        assert not {base, app_layer, top} & set(relay.blobs())
        assert "This layer is not fetched: 903 kB. Enter fetches it." in said(seen)
        assert ">= 1 B" in seen.header


async def test_enter_fetches_the_layer_and_no_other(registry: Registry, relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest")) as seen:
        await seen.press("down", "enter")
        assert "etc/" in said(seen)
        base, app_layer, _, top = blobs_of(registry, "team/api:latest")
        assert app_layer in relay.blobs()
        assert not {base, top} & set(relay.blobs())


async def test_a_layer_is_fetched_where_the_cursor_rests_and_not_where_it_passes(
    registry: Registry, relay: RegistryRelay
) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest")) as seen:
        await seen.pilot.press("down", "down", "down")
        await rest_on_layer(seen)
        base, app_layer, _, top = blobs_of(registry, "team/api:latest")
        assert top in relay.blobs()
        assert not {base, app_layer} & set(relay.blobs())
        assert "top" in said(seen)


async def test_a_layer_that_the_reference_names_is_fetched(registry: Registry, relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest#1")) as seen:
        base, app_layer, _, _ = blobs_of(registry, "team/api:latest")
        assert app_layer in relay.blobs()
        assert base not in relay.blobs()
        assert "etc/" in said(seen)


async def test_merged_layers_are_fetched_up_to_it_and_the_footer_says_how_much(
    registry: Registry, relay: RegistryRelay
) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest")) as seen:
        relay.go.clear()
        await seen.pilot.press("down", "v")
        await until(seen, lambda: "on the way" in said(seen))
        assert "Fetching 2 layers, 1.5 MB." in seen.footer
        assert "L0 to L1 together: 2 layers, 1.5 MB, on the way." in said(seen)
        relay.go.set()
        await seen.settle()
        base, app_layer, _, top = blobs_of(registry, "team/api:latest")
        await until(seen, lambda: "bin" in said(seen))
        assert "app" in said(seen)
        assert {base, app_layer} <= set(relay.blobs())
        assert top not in relay.blobs()


async def test_find_fetches_all_and_looks_into_what_arrives(registry: Registry, relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest")) as seen:
        await seen.press("f", *"top")
        await seen.settle()
        assert set(blobs_of(registry, "team/api:latest")) <= set(relay.blobs())
        await until(seen, lambda: "hits: 1" in seen.footer)


async def test_a_winner_among_unfetched_layers_is_said_to_be_one(relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest"), (140, 24)) as seen:
        await seen.press("down", "enter")
        await seen.press("w")
        assert "wins, of the layers that are read. f fetches 2 layers, 1.2 MB more." in seen.footer


async def test_layers_with_a_table_of_contents_are_read_at_once(registry: Registry, relay: RegistryRelay) -> None:
    before = registry.sent_bytes()
    async with app(view_of(f"docker://{relay.host}/team/seekable:1")) as seen:
        assert "bin" in said(seen)
        assert "not fetched" not in seen.text
        assert ">=" not in seen.header
        assert registry.sent_bytes() - before < 100_000


async def test_fetching_is_told_and_cancelled_at_once(registry: Registry, relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest"), (120, 24)) as seen:
        relay.rate_bytes_s = 200_000
        await seen.pilot.press("enter")
        await until(seen, lambda: "fetching" in seen.footer and "kB/s" in seen.footer)
        assert "/903 kB" in seen.footer
        assert "Ctrl+C cancels" in seen.footer
        began_s = time.monotonic()
        await seen.pilot.press("ctrl+c")
        await until(seen, lambda: "Cancelled. R reads the rest." in seen.footer and not seen.main.loader.busy)
        assert time.monotonic() - began_s < ANSWERS_WITHIN_S
        assert "stopped" in seen.text
        await seen.pilot.press("full_stop", "ctrl+c")
        await rest_on_layer(seen)
        assert "stopped" in seen.text  # what was cancelled is not fetched again by itself
        assert blobs_of(registry, "team/api:latest")[1] not in relay.blobs()
        relay.rate_bytes_s = None
        await seen.press("comma", "R")
        assert "os-release" in seen.text


async def test_a_layer_that_another_image_brought_is_not_fetched_again(relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:latest")) as seen:
        await seen.press("enter")
    relay.requests.clear()
    async with app(view_of(f"docker://{relay.host}/team/api:1.9")) as seen:
        assert "os-release" in seen.text
        assert len(relay.blobs()) <= 2  # its config, and what is too small to ask for


async def test_a_registry_that_hangs_leaves_a_screen_that_takes_keys(relay: RegistryRelay) -> None:
    relay.go.clear()
    async with app(view_of(f"docker://{relay.host}/team/api:latest"), wait=False) as seen:
        await until(seen, lambda: f"asking {relay.host}" in seen.footer)
        assert f"Asking {relay.host} for" in said(seen)
        await seen.pilot.press("question_mark")
        await until(seen, lambda: "KEYS in" in seen.text)
        began_s = time.monotonic()
        await seen.pilot.press("q", "ctrl+c")
        await until(seen, lambda: "stopped" in seen.text)
        await until(seen, lambda: not any(thread.name == "ask" for thread in threading.enumerate()))
        assert time.monotonic() - began_s < ANSWERS_WITHIN_S
        assert "R asks again" in said(seen)
        relay.go.set()
        await seen.press("R")
        assert "L3 RUN step 3" in seen.text


async def test_platforms_of_an_index_are_rows_and_only_one_of_them_is_opened(relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/many:1", "linux/arm64")) as seen:
        images = [row.label for row in seen.main.images.rows if row.what.name == "IMAGE"]
        assert sorted(images) == ["linux/amd64", "linux/arm64"]
        assert "L4 RUN step 4" in seen.text  # what was asked for, unfolded
        assert len([path for path in relay.requests if "/manifests/" in path]) == 2
        line = next(at for at, row in enumerate(seen.main.images.rows) if row.label == "linux/amd64")
        seen.main.images.move_to(line)
        await seen.rest()
        assert len([path for path in relay.requests if "/manifests/" in path]) == 2
        await seen.press("enter")
        assert len([path for path in relay.requests if "/manifests/" in path]) == 3
        assert "linux/amd64" in seen.header


async def test_what_is_not_there_is_said_and_asked_for_again(relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api:7")) as seen:
        assert "failed" in seen.lines[2]
        assert "has no tag '7'. It has latest" in said(seen)
        before = len(relay.requests)
        await seen.press("2", "R")
        assert len(relay.requests) > before
        assert "has no tag '7'" in said(seen)


async def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    async with app(view_of(f"docker://127.0.0.1:{port}/team/api:1")) as seen:
        await until(seen, lambda: "failed" in seen.text)
        assert f"127.0.0.1:{port} refuses connections" in said(seen)


async def test_a_login_that_is_missing_is_said() -> None:
    with Registry("htpasswd") as closed:
        async with app(view_of(f"docker://{closed.host}/team/api:1")) as seen:
            assert "failed" in seen.lines[2]
            assert "credentials" in said(seen)


async def test_a_certificate_of_nobody_known_is_said(tmp_path: Path) -> None:
    with Registry(tls=make_certificates(tmp_path / "tls")) as secured:
        async with app(view_of(f"docker://{secured.host}/team/api:1")) as seen:
            assert "failed" in seen.lines[2]
            assert "certs.d" in said(seen)


# Tags


async def test_tags_are_rows_sorted_as_versions_and_together_once_they_are_known(relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api", all_tags=True), wait=False) as seen:
        await until(seen, lambda: "5 tags" in seen.text)
        await seen.rest()
        await until(seen, lambda: len(seen.main.images.rows) == 3 and not seen.main.holdings.roots[0].looking)
        assert [row.names for row in seen.main.images.rows[1:]] == [("latest", "1.10", "1"), ("1.9", "1.2")]
        assert {row.label for row in seen.main.images.rows[1:]} == {"linux/amd64"}
        assert all(row.age for row in seen.main.images.rows[1:])


async def test_nothing_is_asked_about_tags_before_the_cursor_rests(relay: RegistryRelay) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api", all_tags=True), wait=False) as seen:
        await until(seen, lambda: "5 tags" in seen.text)
        assert not [path for path in relay.requests if "/manifests/" in path]


async def test_a_tag_is_opened_when_asked_and_stays_when_another_turns_out_to_be_the_same(
    relay: RegistryRelay,
) -> None:
    async with app(view_of(f"docker://{relay.host}/team/api", all_tags=True), wait=False) as seen:
        await until(seen, lambda: "5 tags" in seen.text)
        await seen.pilot.press("down", "down", "enter")  # 1.10, before it is known to be latest
        await until(seen, lambda: "L0 RUN step 0" in seen.text)
        here = seen.main.here
        await seen.rest()
        await until(seen, lambda: len(seen.main.holdings.roots[0].members) == 2)
        assert seen.main.here == here
        assert "L0 RUN step 0" in seen.text
        assert "latest" in seen.text


# Two references


async def test_two_references_are_compared_once_both_are_open(relay: RegistryRelay) -> None:
    relay.go.clear()
    latest, old = (f"docker://{relay.host}/team/api:{tag}" for tag in ("latest", "1.9"))
    async with app(pair_of(latest, old), wait=False) as seen:
        await until(seen, lambda: f"asking {relay.host}" in seen.footer)
        relay.go.set()
        await until(seen, lambda: "other" in seen.text and ">" in seen.text)
        assert "latest" in seen.header
        assert "i:1.9" in seen.header


# By reference


async def test_a_reference_is_opened_beside_what_is_open(relay: RegistryRelay) -> None:
    async with app(demo(), (120, 36)) as seen:
        await seen.press("O")
        assert seen.footer.strip() == "open:"
        await seen.press(*f"docker://{relay.host}/team/api:latest")
        await seen.press("enter")
        await seen.press("end")
        assert "step 3" in seen.main.images.rows[-1].label
        assert "demo" in seen.main.images.rows[0].names[0]
        await seen.press("slash", *"api:latest", "enter")
        assert "of" in seen.lines[1]  # images are filtered, as where a host is shown


async def test_a_reference_is_completed_from_the_history_and_from_files(home: Path) -> None:
    opened = ["docker://one.example.com/a:1", "docker://two.example.com/b:2"]
    remember(str(home / "layertui/state.json"), opened, None, 9)
    (home / "docs.tar").write_bytes(docker_archive([spec()]))
    async with app(demo()) as seen:
        await seen.press("O", *"docker", "tab")
        await until(seen, lambda: "docker://two.example.com/b:2" in seen.footer)
        await seen.press("tab")
        assert "docker://one.example.com/a:1" in seen.footer
        await seen.press("ctrl+u", *"doc", "shift+tab")
        await seen.press("ctrl+u", *"docs", "tab")
        await until(seen, lambda: "docs.tar" in seen.footer)
        await seen.press("enter")
        await until(seen, lambda: "docs.tar" in seen.header and "bin" in said(seen))


async def test_what_cannot_be_opened_is_said_beneath_its_line(home: Path) -> None:
    async with app(demo()) as seen:
        await seen.press("O", *"-", "enter")
        assert "Standard input is what the keys come from." in seen.footer
        await seen.press("O", *"./none.tar", "enter")
        await until(seen, lambda: "There is no file or directory ./none.tar." in " ".join(seen.text.split()))
        assert "There is no file or" in "".join(line.partition("│")[0] for line in seen.lines)  # scrolled into view
        assert not any(root.is_offer for root in seen.main.holdings.roots)


async def test_ctrl_c_drops_the_prompt() -> None:
    async with app(demo()) as seen:
        await seen.press("O", *"abc", "ctrl+c")
        assert "abc" not in seen.footer
        assert len(seen.main.holdings.roots) == 1


async def test_a_bare_name_that_is_not_here_is_offered_from_a_registry_and_not_asked_for(
    relay: RegistryRelay,
) -> None:
    async with app(view_of(f"{relay.host}/team/api:latest")) as seen:
        await seen.rest()
        assert "open from a registry" in seen.text
        assert f"Enter asks {relay.host} for {relay.host}/team/api:latest" in said(seen)
        assert relay.requests == []
        await seen.press("enter")
        assert "L3 RUN step 3" in seen.text
        assert "open from a registry" not in seen.text


async def test_what_is_opened_later_is_remembered(relay: RegistryRelay, home: Path) -> None:
    from layertui.settings.state import read_state
    from layertui.tui.memory import Memory

    reference = f"docker://{relay.host}/team/api:latest"
    async with app(view_of(reference)) as seen:
        await seen.press("O", *"none.tar", "enter")
        Memory({"XDG_STATE_HOME": str(home)}, ()).keep(seen.main)
    assert read_state(str(home / "layertui/state.json")).history == [reference]


async def test_reading_a_tag_list_that_hangs_is_cancelled(relay: RegistryRelay) -> None:
    relay.go.clear()
    async with app(view_of(f"docker://{relay.host}/team/api", all_tags=True), wait=False) as seen:
        await until(seen, lambda: "asking" in seen.footer)
        await seen.pilot.press("ctrl+c")
        await until(seen, lambda: "stopped" in seen.text)
