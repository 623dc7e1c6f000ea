"""A whole host on the screen: places that answer on their own, their images and containers, and what is not there."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from layertui.errors import LayertuiError, NotFoundError
from layertui.layer.stored import Transfer
from layertui.sources.demo import demo_source
from layertui.sources.place import Place
from layertui.sources.resolve import Opened, open_reference, pick
from layertui.tui.app import LayerApp
from layertui.tui.loading import asking
from layertui.tui.roots import HostView
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.tui import hosts
from tests.tui.hosts import absent, api, container_entry, exported, failing, hanging, image_entry, place, usual
from tests.tui.screen import Seen
from tests.tui.test_hostile import TEXT, assert_safe

PATIENCE_S = 10.0


def open_any(text: str) -> Opened:
    """As the command line opens what is offered."""
    return pick(demo_source()) if text == "demo" else open_reference(text)


@asynccontextmanager
async def host(
    *places: Place, size: tuple[int, int] = (80, 24), keys: Sequence[str] = (), wait: bool = True
) -> AsyncIterator[Seen]:
    """The app on a host; with `wait`, once every place has answered."""
    app = LayerApp(HostView(places), open_reference=open_any)
    async with app.run_test(size=size, notifications=True) as pilot:
        seen = Seen(pilot)
        await pilot.pause(0.1)
        if wait:
            await seen.settle()
            await seen.press(*keys)
        yield seen


async def until(seen: Seen, there: Callable[[], object]) -> None:
    """Wait until something is on the screen."""
    end_s = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end_s, seen.text
        await seen.pilot.pause(0.02)


# Places


async def test_places_stand_as_roots_with_their_images_and_containers() -> None:
    async with host(*usual()) as seen:
        assert "3 images" in seen.line_with("v Docker")
        for name in ("api:1.4  api:latest", "web  Up 3 hours", "tool:2", "<none>  ", "orphan  Exited"):
            assert name in seen.text
        tree = [line[:30].strip() for line in seen.lines]
        assert tree.index("> web  Up 3 hours") == next(i for i, line in enumerate(tree) if "api:1.4" in line) + 1
        assert "FILES  L" not in seen.text
        assert "its layers are read only then" in " ".join(line[32:] for line in seen.lines).replace("  ", " ")
        assert "this host" in seen.header


async def test_a_place_that_fails_says_why_and_what_to_do_and_the_rest_is_usable() -> None:
    async with host(*usual(), keys=["G"]) as seen:
        assert "failed" in seen.line_with("Podman (root)")
        assert "Permission denied" in seen.text
        assert "Join group docker" in seen.text
        assert "Permission denied: /run/podman/podman.sock (root:docker 0660)." in seen.lines[21]
        await seen.press("g", "j", "enter")
        assert "FILES  L0" in seen.text


async def test_a_place_that_hangs_delays_neither_the_frame_nor_the_others_nor_keys() -> None:
    go = threading.Event()
    try:
        async with host(hanging("containerd", go, [hosts.tool()]), place("Docker", [api()]), wait=False) as seen:
            await until(seen, lambda: "api:1.4" in seen.text)
            assert "connecting..." in seen.line_with("containerd")
            await seen.pilot.press("G", "enter")
            await until(seen, lambda: "FILES  L0" in seen.text)
            await seen.pilot.press("question_mark")
            await until(seen, lambda: "KEYS in" in seen.text)
            await seen.pilot.press("escape")
            go.set()
            await until(seen, lambda: "tool:2" in seen.text)
            assert "connecting" not in seen.text
    finally:
        go.set()


async def test_a_place_that_never_answers_is_given_up_and_may_still_answer_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "GIVE_UP_S", 0.2)
    go = threading.Event()
    try:
        async with host(hanging("containerd", go, [api()]), wait=False) as seen:
            await until(seen, lambda: "does not answer" in seen.text)
            assert "failed" in seen.line_with("containerd")
            assert "Restart it." in seen.text
            go.set()
            await until(seen, lambda: "api:1.4" in seen.text)
            assert "failed" not in seen.text
    finally:
        go.set()


async def test_refresh_on_a_place_asks_it_again_and_keeps_what_is_read() -> None:
    asked: list[int] = []

    def answer() -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise NotFoundError("The engine is not there.", "Start it.")
        found = [first] if len(asked) == 2 else [first, hosts.tool()]
        return hosts.Listing("docker-daemon", "Docker", tuple(found))

    first = api()
    async with host(Place("docker-daemon", "Docker", "/s", True, "", "", answer)) as seen:
        assert "Start it." in seen.text
        await seen.press("R")
        assert "Start it." not in seen.text
        await seen.press("j", "enter")
        assert "FILES  L0" in seen.text
        session = seen.main.states[0].session
        await seen.press("g", "R")
        assert "tool:2" in seen.text
        assert "FILES  L0" in seen.text
        assert seen.main.states[0].session == session


async def test_an_image_that_is_gone_after_asking_again_leaves_the_screen() -> None:
    found = [api()]
    source = Place(
        "docker-daemon", "Docker", "/s", True, "", "", lambda: hosts.Listing("docker-daemon", "Docker", tuple(found))
    )
    async with host(source, keys=["j", "enter"]) as seen:
        assert "FILES  L0" in seen.text
        found.clear()
        await seen.press("g", "R")
        assert "api:1.4" not in seen.text
        assert "It holds no image." in seen.text
        assert seen.main.state is None


async def test_a_container_is_read_anew_after_asking_again() -> None:
    async with host(*usual(), keys=["j", "j", "enter"]) as seen:
        session = seen.main.states[1].session
        assert session
        await seen.press("g", "R")
        assert seen.main.state is seen.main.states[1]
        assert seen.main.states[1].session > session
        assert "FILES  L2" in seen.text


async def test_cancel_awaits_no_place_any_more() -> None:
    go = threading.Event()
    try:
        async with host(hanging("containerd", go, [api()]), wait=False) as seen:
            await until(seen, lambda: "connecting" in seen.text)
            await seen.pilot.press("ctrl+c")
            await until(seen, lambda: "stopped" in seen.line_with("containerd"))
            assert "R asks again" in seen.text
            go.set()
            await seen.pilot.pause(0.1)
            assert "api:1.4" not in seen.text
            await seen.pilot.press("R")
            await until(seen, lambda: "api:1.4" in seen.text)
    finally:
        go.set()


# Nothing there


async def test_without_any_engine_it_says_what_was_tried_and_offers_archives_and_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.tar").write_bytes(docker_archive([ImageSpec(layers=([file("f")],), tags=("mine:1",))]))
    (tmp_path / "layout").mkdir()
    (tmp_path / "layout" / "oci-layout").write_text("{}")
    (tmp_path / "notes.txt").write_text("no image")
    monkeypatch.chdir(tmp_path)
    there = (absent("Docker", "DOCKER_HOST", "unset"), absent("Docker", "/var/run/docker.sock"))
    async with host(*there, keys=[]) as seen:
        await until(seen, lambda: "demo" in seen.text)
        said = " ".join(line[32:].strip() for line in seen.lines[2:20]).replace("  ", " ")
        assert "Tried DOCKER_HOST (unset), /var/run/docker.sock (absent). Try: layertui ./image.tar" in said
        assert "mine.tar" in seen.text
        assert "layout" in seen.text
        assert "notes.txt" not in seen.text
        await seen.press("j", "enter")
        assert "layertui  mine:1" in seen.header
        assert "FILES  L0" in seen.text


async def test_the_demo_opens_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with host(absent("Docker", "/var/run/docker.sock")) as seen:
        await until(seen, lambda: "> demo" in seen.text)
        await seen.press("enter")
        assert "layertui  api:1.4" in seen.header
        assert "reclaimable 846 kB" in seen.header


async def test_an_offered_file_that_is_no_image_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.tar").write_bytes(b"no tar")
    monkeypatch.chdir(tmp_path)
    async with host(absent("Docker", "/var/run/docker.sock")) as seen:
        await until(seen, lambda: "bad.tar" in seen.text)
        await seen.press("enter")
        assert "failed" in seen.line_with("v bad.tar")
        assert "./bad.tar" in seen.text


async def test_places_that_all_fail_offer_the_demo_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with host(failing("Docker")) as seen:
        await until(seen, lambda: "> demo" in seen.text)
        assert "Permission denied" in seen.text
        assert "Enter opens one of these:" in seen.text


async def test_nothing_is_offered_where_an_engine_holds_something() -> None:
    async with host(*usual()) as seen:
        assert "demo" not in seen.text


# Images and containers


async def test_layers_are_read_only_when_an_image_is_opened() -> None:
    async with host(*usual(), keys=["j", "l"]) as seen:
        assert "L1 RUN step 1" in seen.text
        assert not any(state.opened for state in seen.main.states.values())
        await seen.press("j", "j")
        assert "FILES  L" not in seen.text
        await seen.press("enter")
        assert "FILES  L1" in seen.text
        assert seen.main.focused is seen.main.files


async def test_manifests_are_read_only_of_what_is_unfolded() -> None:
    opened: list[str] = []

    def one(number: int) -> hosts.ImageEntry:
        entry = image_entry(ImageSpec(layers=(hosts.BASE,), tags=(f"many:{number}",)))

        def opening() -> Any:
            opened.append(entry.reference)
            return entry.open()

        return hosts.replace(entry, open=opening)

    async with host(place("Docker", [one(number) for number in range(40)]), keys=["j", "j", "j", "l"]) as seen:
        await seen.rest()
        assert opened == ["many:2"]


async def test_details_of_an_image_say_id_age_sizes_containers_and_digest() -> None:
    async with host(*usual(), size=(120, 36), keys=["j"]) as seen:
        image_id = str(seen.main.states[0].image_id)
        facts = seen.line_with("3 weeks ago")
        assert image_id[7:19] in facts
        assert "91.2 kB  shared 61.2 kB  unique 30.0 kB (freed if removed)" in facts
        assert "1 container: web" in seen.text
        assert f"api@{image_id}" in seen.text


async def test_a_container_opens_at_its_writable_layer_and_says_what_a_commit_adds() -> None:
    async with host(*usual(), size=(120, 36), keys=["j", "j", "enter"]) as seen:
        assert "FILES  L2" in seen.text
        assert "1.2 kB" in seen.line_with("L2 writable")
        assert "etc/" in seen.text
        assert "A commit would add 1,234 B, in 3 entries." in seen.text
        await seen.press("comma")
        assert "FILES  L1" in seen.text
        await seen.press("i")
        assert "Container ID" in seen.text
        assert "Up 3 hours" in seen.text
        assert "etc/resolv.conf" in seen.text
        assert "put there by the engine, in no layer" in seen.text


async def test_a_container_without_its_image_stands_at_the_end_of_its_place() -> None:
    async with host(*usual(), keys=["j"] * 5) as seen:
        assert "container of an image that is not known" in seen.text
        tree = [line[:30].strip() for line in seen.lines]
        orphan = next(i for i, line in enumerate(tree) if "orphan" in line)
        assert "Podman" in tree[orphan + 1]


async def test_an_image_that_cannot_be_opened_says_so_and_r_tries_again() -> None:
    tries: list[int] = []

    def opening() -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise NotFoundError("The image was removed.", "R asks again.")
        return api().open()

    async with host(place("Docker", [api(opening=opening)]), keys=["j", "enter"]) as seen:
        assert "The image was removed. R asks again." in seen.text.replace("\n", " ")
        await seen.press("g", "j", "R")
        assert "L0 RUN" in seen.text
        assert "FILES  L0" in seen.text


async def test_shared_layers_of_one_place_are_read_once() -> None:
    async with host(*usual(), keys=["j", "enter"]) as seen:
        assert seen.main.states[0].complete
        base = seen.main.states[0].layers[0].tree
        await seen.press("g", "j", "j", "j", "j", "j", "enter")
        assert seen.main.states[2].complete
        assert seen.main.states[2].layers[0].tree is base


# Orders and filter


def names(seen: Seen) -> list[str]:
    found = ("api:1.4", "tool:2", "<none>")
    return [name for line in seen.lines[2:20] for name in found if name in line[:31]]


@pytest.mark.parametrize(
    ("key", "words", "order"),
    [
        ("s", "by size", ["api:1.4", "tool:2", "<none>"]),
        ("n", "by name", ["api:1.4", "tool:2", "<none>"]),
        ("m", "by age", ["api:1.4", "tool:2", "<none>"]),
        ("r", "by unique", ["api:1.4", "tool:2", "<none>"]),
    ],
)
async def test_images_are_sorted_within_their_place_and_again_reversed(key: str, words: str, order: list[str]) -> None:
    async with host(place("Docker", [hosts.dangling(), hosts.tool(), api()])) as seen:
        assert names(seen) == ["<none>", "tool:2", "api:1.4"]
        await seen.press("s", key)
        assert words in seen.lines[1]
        assert names(seen) == order
        await seen.press("s", key)
        assert f"{words} reversed" in seen.lines[1]
        assert names(seen)[0] == ("tool:2" if key == "n" else "<none>")


async def test_slash_filters_the_tree_by_name_id_and_status() -> None:
    async with host(*usual(), keys=["slash", *"web"]) as seen:
        assert "1 of 5" in seen.footer
        assert "1 of 5" in seen.lines[1]
        assert "> web" in seen.text
        assert "api:1.4" in seen.text
        assert "tool:2" not in seen.text
        assert "Podman" not in seen.text
        await seen.press("enter")
        assert seen.main.focused is seen.main.images
        await seen.press("enter")
        assert "layertui  web" in seen.header
        await seen.press("1", "escape")
        assert "tool:2" in seen.text
        await seen.press("slash", *"exited")
        assert "orphan" in seen.text
        assert "tool:2" not in seen.text
        await seen.press("escape")
        assert "tool:2" in seen.text
        image_id = str(seen.main.states[2].image_id)[7:17]
        await seen.press("slash", *image_id)
        assert names(seen) == ["tool:2"]
        await seen.press("ctrl+u", *"nothing-like-it")
        assert "Nothing matches" in seen.text


async def test_ancestry_shows_shared_layers_once_over_all_places() -> None:
    podman = place("Podman", [api(listed=False)], "/run/p.sock")
    async with host(place("Docker", [api(), hosts.tool()]), podman, size=(120, 36), keys=["t"]) as seen:
        await seen.rest()
        tree = [line[:56] for line in seen.lines[2:29]]
        assert sum("L0 " in line for line in tree) == 1
        assert sum("L1 " in line for line in tree) == 2
        line = seen.line_with("L1 api:1.4")
        assert line.count("api:1.4") == 2
        await seen.press("j", "enter")
        assert "FILES  L1" in seen.text


async def test_a_container_stands_on_its_image_in_the_order_by_ancestry() -> None:
    async with host(*usual(), keys=["t"]) as seen:
        tree = [line[:31].strip() for line in seen.lines]
        at = next(i for i, line in enumerate(tree) if "L1 api:1.4" in line)
        assert "L2 web" in tree[at + 1]
        assert "failed" in seen.line_with("Podman (root)")


# Exports


async def test_an_export_says_how_far_it_is_how_it_is_read_and_can_be_cancelled() -> None:
    go = threading.Event()
    transfer = Transfer("export", 412_000_000, 100_000_000)
    try:
        async with host(place("Docker", [exported(go, transfer)]), size=(120, 36), wait=False) as seen:
            await until(seen, lambda: "slow:1" in seen.text)
            await seen.pilot.press("j", "enter")
            await until(seen, lambda: "export 100/412 MB" in seen.footer)
            transfer.done_bytes = 212_000_000
            await until(seen, lambda: "export 212/412 MB" in seen.footer)
            assert "MB/s  eta" in seen.footer
            assert "Ctrl+C cancels" in seen.footer
            assert "read via the engine's export" in seen.text
            await seen.pilot.press("ctrl+c")
            await until(seen, lambda: "stopped" in seen.text)
            assert "export" not in seen.footer
            await seen.pilot.press("R")
            await until(seen, lambda: "export" in seen.footer)
            go.set()
            await seen.settle()
            assert seen.main.states[0].complete
            assert "export" not in seen.footer
    finally:
        go.set()


# Bad input


def hostile() -> tuple[Place, ...]:
    """Names, statuses and sentences that act on a terminal or on markup."""
    bad = image_entry(ImageSpec(layers=(hosts.BASE,), tags=(f"x{TEXT}:1", TEXT)))
    box = container_entry(f"c{TEXT}", bad, f"Up {TEXT}", TEXT[:1])

    def refuse() -> Any:
        raise LayertuiError(f"no {TEXT}", f"try {TEXT}")

    def crash() -> Any:
        raise ValueError(TEXT)

    short = container_entry("short", bad, f"Up {TEXT}", "e")
    broken = hosts.replace(api(), open=refuse)
    return (
        place(f"Docker {TEXT}", [bad, short, box, broken], f"/run/{TEXT}"),
        Place("podman", TEXT, TEXT, True, TEXT, TEXT, refuse),
        Place("containerd", "crashing", TEXT, True, TEXT, TEXT, crash),
    )


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (50, 12)])
async def test_hostile_names_of_engines_images_and_containers_are_only_text(size: tuple[int, int]) -> None:
    async with host(*hostile(), size=size) as seen:
        for key in [*["j"] * 3, "l", "j", "enter", "i", "escape", "1", "g", "j", "enter", "1", "t", "j", "z", "z"]:
            await seen.press(key)
            assert_safe(seen)
        await seen.press("t", "G", "slash", "x")
        assert_safe(seen)
        assert seen.app.is_running


async def test_a_place_that_crashes_is_said_and_the_others_stay() -> None:
    def crash() -> Any:
        raise ValueError("boom")

    bad = Place("containerd", "containerd", "/run/c.sock", True, "present", "", crash)
    async with host(bad, place("Docker", [api()])) as seen:
        assert "ValueError: boom" in seen.text
        assert "api:1.4" in seen.text


async def test_one_pane_at_a_time_on_a_narrow_terminal() -> None:
    async with host(*usual(), size=(50, 14)) as seen:
        assert "api:1.4" in seen.text
        assert "FILES" not in seen.text
        await seen.press("j", "enter", "2")
        assert "FILES  L0" in seen.text


async def test_q_quits_while_a_place_hangs() -> None:
    go = threading.Event()
    try:
        async with host(hanging("containerd", go), wait=False) as seen:
            await seen.pilot.press("q")
            await seen.pilot.pause()
            assert seen.app.return_code == 0
    finally:
        go.set()
