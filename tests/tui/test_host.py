"""A whole host on the screen: places that answer on their own, what is not there, and what they get wrong."""

import threading
from pathlib import Path
from typing import Any

import pytest

from layertui.errors import LayertuiError, NotFoundError
from layertui.layer.stored import Transfer
from layertui.sources.place import Place
from layertui.tui.loading import asking
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.tui import hosts
from tests.tui.hosts import (
    absent,
    api,
    container_entry,
    exported,
    failing,
    hanging,
    host,
    image_entry,
    place,
    said,
    until,
    usual,
)
from tests.tui.test_hostile import TEXT, assert_safe

# Places


async def test_places_stand_as_roots_with_their_images_and_containers() -> None:
    async with host(*usual()) as seen:
        assert "3 images" in seen.line_with("v Docker")
        for name in ("api:1.4  api:latest", "web  Up 3 hours", "tool:2", "<none>  ", "orphan  Exited"):
            assert name in seen.text
        tree = [line[:30].strip() for line in seen.lines]
        assert tree.index("> web  Up 3 hours") == next(i for i, line in enumerate(tree) if "api:1.4" in line) + 1
        assert "FILES  L" not in seen.text
        assert "its layers are read only then" in said(seen)
        assert "this host" in seen.header
        assert "sock" not in seen.line_with("v Docker")  # what does not fit is left out, and stands in the details
        assert "/var/run/docker.sock" in seen.lines[20]


async def test_a_place_that_fails_says_why_and_what_to_do_and_the_rest_is_usable() -> None:
    async with host(*usual(), keys=["j"] * 6) as seen:
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
            assert "It hangs: restart it" in said(seen)
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


async def test_places_that_are_not_there_have_one_line_and_can_be_asked_all_the_same() -> None:
    come: list[bool] = []

    def answer() -> Any:
        if not come:
            raise NotFoundError("Podman is not there.", "Start it.")
        return hosts.Listing("podman", "Podman", (hosts.tool(),))

    later = Place("podman", "Podman", "CONTAINER_HOST=unix:///run/p.sock", False, "absent", "Start Podman.", answer)
    async with host(place("Docker", [api()]), later, absent("containerd", "/var/lib/containerd")) as seen:
        assert "Podman, containerd" in seen.line_with("> Not found")
        await seen.press("G")
        assert "2 places" in seen.lines[20]
        await seen.press("enter", "j")
        assert "absent  /run/p.sock" in seen.line_with("   Podman  ")
        assert "CONTAINER_HOST=unix:///run/p.sock: absent" in seen.lines[20]
        assert "Start Podman." in seen.lines[21]
        assert "R ask again" in seen.footer
        come.append(True)
        await seen.press("R")
        assert "1 image" in seen.line_with("v Podman")
        assert "tool:2" in seen.text
        assert "Podman" not in seen.line_with("v Not found")
        await seen.press("slash", *"api")
        assert "Not found" not in seen.text


async def test_the_footer_names_the_keys_that_do_something_on_the_line() -> None:
    async with host(*usual()) as seen:
        assert "R ask again" in seen.footer
        assert "i config" not in seen.footer
        await seen.press("j")
        assert "R ask again" not in seen.footer
        assert "i config" in seen.footer
        await seen.press("2")
        assert "open" not in seen.footer
        assert "filter" not in seen.footer


async def test_a_notice_that_is_too_long_ends_with_a_mark() -> None:
    async with host(*usual()) as seen:
        seen.main.say("It is said at length. " * 9)
        await seen.pilot.pause()
        assert seen.footer.startswith(" It is said at length.")
        assert seen.footer.endswith("…")
        seen.main.say("x" * 79 + ".")
        await seen.pilot.pause()
        assert seen.footer == " " + "x" * 79


async def test_a_page_gives_the_focus_back_to_where_it_was_opened() -> None:
    async with host(*usual(), keys=["j"]) as seen:
        for key in ("i", "question_mark"):
            await seen.press(key)
            assert seen.main.focused is seen.main.page
            await seen.press("q")
            assert seen.main.focused is seen.main.images
        await seen.press("2", "question_mark", "escape")
        assert seen.main.focused is seen.main.files
        await seen.press("question_mark", "1", "escape")
        assert seen.main.focused is seen.main.images


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
        tried = "Tried DOCKER_HOST (unset), /var/run/docker.sock (absent)."
        assert f"{tried} Try: layertui ./image.tar, or layertui doctor" in said(seen)
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
            assert "All layers arrive in one export" in seen.text
            assert "%" not in seen.text
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
