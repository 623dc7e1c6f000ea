"""The screen of one file's content, for the tests of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from layertui.tui.screens.content import ContentScreen
from tests.kit.entries import Entry
from tests.kit.images import ImageSpec
from tests.tui.screen import Seen, opened, running

SIZES = [(80, 24), (200, 50), (60, 20)]


@asynccontextmanager
async def content(
    *layers: Sequence[Entry],
    path: str | bytes = "f",
    layer: int = 0,
    size: tuple[int, int] = (80, 24),
    keys: Sequence[str] = (),
) -> AsyncIterator[Seen]:
    """The screen of a path as a layer has it."""
    async with running(opened(ImageSpec(layers=layers)), size) as seen:
        assert seen.main._stand(layer, path.encode() if isinstance(path, str) else path)
        await seen.press("2", "enter", *keys)
        yield seen


def shown(seen: Seen) -> ContentScreen:
    """The content's screen."""
    assert isinstance(seen.app.screen, ContentScreen)
    return seen.app.screen


async def tap(seen: Seen, *keys: str) -> None:
    """Press keys without waiting for what they begin: the pilot waits until no thread works."""
    for key in keys:
        seen.app.simulate_key(key)
        await asyncio.sleep(0.02)


async def until(seen: Seen, text: str) -> None:
    """Wait until the screen says something."""
    for _ in range(500):
        if text in seen.text:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{text!r} never came:\n{seen.text}")
