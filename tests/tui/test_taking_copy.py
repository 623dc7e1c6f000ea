"""What `y` copies, and what it says of it."""

import base64
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from layertui.opening import open_quietly
from layertui.sources.resolve import Opened
from tests.kit.docker import docker_archive
from tests.kit.entries import file, whiteout
from tests.kit.images import ImageSpec
from tests.tui.hosts import host, usual
from tests.tui.screen import Seen, demo, opened, opened_file, running
from tests.tui.test_hostile import assert_safe, hostile_image

SPECS = (
    ImageSpec(
        layers=([file("app/run.sh", "run"), file("etc/motd", "hello")], [whiteout("etc/motd"), file("app/x", "x")]),
        tags=("api:1.4", "api:latest"),
        history=[{"created_by": "ADD base  /"}, {"created_by": "RUN " + "very long " * 30 + "end"}],
    ),
    ImageSpec(layers=([file("other", "2")],), tags=("api:1.3",)),
)


def listening(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The texts that the terminal was asked to take so far."""
    sent: list[str] = []
    monkeypatch.setattr(seen.app._driver, "write", sent.append)
    for name in ("TMUX", "STY", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return lambda: [
        base64.b64decode(code).decode() for code in re.findall("\x1b]52;c;(.*?)\x07", "".join(sent), re.DOTALL)
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "image.tar").write_bytes(docker_archive(SPECS))
    return tmp_path / "image.tar"


async def test_the_four_of_a_file(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = opened_file(archive, ":api:1.4")
    async with running(source, (120, 24), keys=["full_stop", "2", "equals_sign", "j"]) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("y", "p")
        assert seen.footer.startswith(" Copied: app/x  (if the terminal allows it)")
        await seen.press("y", "d")
        assert seen.footer.startswith(" Copied the diff ID of L1: sha256:")
        await seen.press("y", "c")
        assert seen.footer.startswith(" Copied the command of L1: RUN very long")
        assert " end  (if the terminal allows it)" in seen.footer, "its end is seen, though it is long"
        await seen.press("y", "r")
        path, digest, command, reference = copied()
        image = seen.main.state.image if seen.main.state is not None else None
        assert image is not None
        assert (path, digest) == ("app/x", str(image.layers[1].diff_id))
        assert command == "RUN " + "very long " * 30 + "end"
        assert reference == f"'docker-archive:{archive}:api:1.4#1'"


@pytest.mark.parametrize("tag", ["api:1.4", "api:1.3"])
async def test_a_copied_reference_opens_what_was_looked_at(
    tag: str, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(archive.parent)
    async with running(opened_file(Path("image.tar"), f":{tag}")) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("y", "r", "k", "y", "r", "2", "v", "y", "r")
        layer, image, merged = (open_again(text) for text in copied())
        assert image.layers is None
        assert layer.layers is not None
        assert (layer.layers.text, layer.layers.merged) == ("0", False)
        assert merged.layers is None or merged.layers.text == "0..0"
        for found in (layer, image, merged):
            assert found.chosen is not None
            assert tag in found.chosen.tags


def open_again(text: str) -> Opened:
    """What a shell would open."""
    (word,) = shlex.split(text)
    return open_quietly(word)


async def test_the_demo_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(demo()) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("y", "r")
        (text,) = copied()
        again = open_again(text)
        assert again.chosen is not None
        assert (again.chosen.reference, again.layers is not None) == ("api:1.4", True)


async def test_an_image_is_told_by_its_id(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(opened_file(archive, ":api:1.4"), keys=["k"]) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("y", "d")
        assert "the image's ID: sha256:" in seen.footer
        await seen.press("y", "p")
        assert "No path is under the cursor" in seen.footer
        await seen.press("y", "c")
        assert "No layer is under the cursor" in seen.footer
        image = seen.main.state.image if seen.main.state is not None else None
        assert image is not None
        assert copied() == [str(image.image_id)]


async def test_a_found_path_is_copied_with_its_own_layer(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(opened_file(archive, ":api:1.4"), keys=["2", "equals_sign", "slash", *"run", "enter"]) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("G", "y", "p", "full_stop", "v", "y", "d")
        image = seen.main.state.image if seen.main.state is not None else None
        assert image is not None
        assert copied() == ["app/run.sh", str(image.layers[0].diff_id)], "in the merged view the layer that holds it"


async def test_hostile_texts_are_copied_as_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(opened(hostile_image()), keys=["2", "equals_sign"]) as seen:
        copied = listening(seen, monkeypatch)
        said = []
        for _ in range(24):
            await seen.press("y", "p")
            said.append(seen.footer)
            assert_safe(seen)
            await seen.press("y", "c", "y", "r", "j")
        assert len(copied()) > 50
        assert all(text.isprintable() for text in copied())
        assert any(line.startswith(" Copied with escapes: ") and "\\x1b" in line for line in said)
        assert any(line.startswith(" Copied: ") for line in said)


async def test_looking_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(opened(hostile_image())) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("2", "equals_sign", "pagedown", "y", "escape", "3", "j", "1", "i", "q", "f", "e", "enter")
        assert copied() == []


async def test_what_no_terminal_takes_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ImageSpec(layers=([file("a", "a")],), tags=("big:1",), history=[{"created_by": "RUN " + "x" * 60_000}])
    async with running(opened(spec)) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("y", "c")
        assert "Not copied, as terminals do not take that much: 60,004 characters." in seen.footer
        assert copied() == []


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 50)])
async def test_it_says_so_at_any_width(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(demo(), size) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("y", "d")
        assert copied()[0][-8:] in seen.footer, "its end is seen"
        assert "(if the terminal allows it)" in seen.footer or "(perhaps)" in seen.footer


async def test_on_the_screens_above(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(
        opened_file(archive, ":api:1.4"), (120, 24), keys=["full_stop", "2", "equals_sign", "j"]
    ) as seen:
        copied = listening(seen, monkeypatch)
        await seen.press("enter", "y", "p", "y", "r")
        assert seen.app.screen is not seen.main
        assert copied() == ["app/x", f"'docker-archive:{archive}:api:1.4#1'"]
        await seen.press("q", "1", "c")
        assert seen.app.screen is not seen.main
        await seen.press("G", "y", "p", "y", "r")
        assert copied()[3] in (f"'docker-archive:{archive}:api:1.4#{number}'" for number in (0, 1))


async def test_an_engines_images_before_they_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    async with host(*usual()) as seen:
        await seen.press("j")
        row = seen.main.images.row
        assert row is not None
        state = seen.main.states[row.place]
        copied = listening(seen, monkeypatch)
        await seen.press("y", "r", "y", "d", "y", "p")
        assert copied() == [f"docker-daemon:{state.entry.reference}", str(state.image_id)]
        await seen.press("g", "y", "r")
        assert "There is nothing under the cursor that could be copied." in seen.footer
        await seen.press("x")
        assert "There is nothing under the cursor that could be extracted." in seen.footer
