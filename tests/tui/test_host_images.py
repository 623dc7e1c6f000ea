"""What a host holds on the screen: images and containers, by image and by ancestry, sorted and filtered."""

from typing import Any

import pytest

from layertui.errors import NotFoundError
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.tui import hosts
from tests.tui.hosts import api, container_entry, host, image_entry, place, usual
from tests.tui.screen import Seen

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
        assert f"ID {image_id[7:19]}  2 layers" in seen.text
        facts = seen.line_with("3 weeks ago")
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


async def test_the_lines_of_ancestry_show_what_hangs_on_what() -> None:
    spec = ImageSpec(layers=(hosts.BASE, hosts.APP, hosts.TOOLS, [file("extra", "e")]), tags=("deep:1",))
    found = [image_entry(spec), api(), hosts.dangling()]
    async with host(place("Docker", [found[0], found[1], container_entry("web", found[1]), found[2]])) as seen:
        await seen.press("t", "g")
        starts = [line[:6] for line in seen.lines[2:8]]
        assert starts == [" v L0 ", "  v L1", "  │├ L", "  ││ L", "  │└ L", "  └ L1"]


async def test_a_container_stands_on_its_image_in_the_order_by_ancestry() -> None:
    async with host(*usual(), keys=["t"]) as seen:
        tree = [line[:31].strip() for line in seen.lines]
        at = next(i for i, line in enumerate(tree) if "L1 api:1.4" in line)
        assert "L2 web" in tree[at + 1]
        assert "failed" in seen.line_with("Podman (root)")
