"""The content comparison alone on the screen, of two contents that a test gives."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from textual.worker import WorkerCancelled

from layertui.image.image import Image
from layertui.stack.load import load
from layertui.tui.app import LayerApp
from layertui.tui.base import Base
from layertui.tui.screens.hunks import HunksScreen
from layertui.tui.version import Version
from tests.kit.entries import Entry, file
from tests.kit.images import ImageSpec
from tests.tui.screen import Seen, demo, opened


def versions(image: Image, path: bytes) -> list[Version]:
    """The versions of a path that have a content, base to top."""
    squash = load(image).squash
    found = (Version(image, squash, position) for position in squash.history(path))
    return [version for version in found if version.has_content]


def pair(a: bytes | Entry, b: bytes | Entry, *, compression: str = "plain") -> tuple[Version, Version]:
    """Two versions of a file `f` in two layers of one image."""
    layers = [[side if isinstance(side, Entry) else file("f", side)] for side in (a, b)]
    low, high = versions(opened(ImageSpec(layers=layers), compression=compression).entries[0].open(), b"f")
    return low, high


OLD = "".join(f"line {number}\n" for number in range(200)).encode()
"""A text."""

NEW = OLD.replace(b"line 40\n", b"line forty\n").replace(b"line 150\n", b"").replace(b"line 180\n", b"line  180\n")
"""The same with a line changed, one gone, and one that differs in white space alone."""


def demo_config() -> list[Version]:
    """All versions of a config file in the newer built-in image."""
    return versions(demo().entries[0].open(), b"etc/app/config.yaml")


class SeenHunks(Seen):
    """A content comparison as a person sees it."""

    @property
    def hunks(self) -> HunksScreen:
        """The screen."""
        screen = self.app.screen
        assert isinstance(screen, HunksScreen)
        return screen

    async def settle(self) -> None:
        """Wait until everything is compared and drawn."""
        for _ in range(100):
            with suppress(WorkerCancelled):
                await self.app.workers.wait_for_complete()
            await self.pilot.pause()
            if all(worker.is_finished for worker in self.app.workers):
                break
        await self.pilot.pause()

    @property
    def said(self) -> str:
        """What the details say, as one line."""
        return " ".join(" ".join(self.lines[1:-1]).split())

    @property
    def cursor_row(self) -> int:
        """Where on the screen the cursor is."""
        pane = self.hunks.pane
        return 1 + pane.cursor - pane.top

    @property
    def cursor_line(self) -> str:
        """The line under the cursor, without the rail."""
        return self.lines[self.cursor_row].rstrip(" ║")


@asynccontextmanager
async def comparing(
    a: Version, b: Version, size: tuple[int, int] = (80, 24), *, keys: Sequence[str] = (), wait: bool = True
) -> AsyncIterator[SeenHunks]:
    """The comparison of two versions on a screen of so many columns and lines, above the main one."""
    app = LayerApp(demo())
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        seen = SeenHunks(pilot)
        await pilot.pause()
        await app.push_screen(HunksScreen(a, b, Base()))
        if wait:
            await seen.settle()
            await seen.press(*keys)
        yield seen
