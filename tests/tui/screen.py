"""Runs the app without a terminal, presses keys, and reads what the screen says."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from textual import _wait
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from layertui.image.blob import BytesBlob
from layertui.sources import docker_archive as docker_archives
from layertui.sources.demo import demo_source
from layertui.sources.resolve import Opened, open_reference, pick
from layertui.sources.target import Target
from layertui.tui.app import LayerApp
from layertui.tui.roots import HostView
from layertui.tui.screens.browsing import REST_S
from layertui.tui.screens.main import MainScreen
from tests.kit.docker import docker_archive
from tests.kit.images import ImageSpec

_wait.SLEEP_GRANULARITY = 0.004
_wait.SLEEP_IDLE = 0.001
# Seconds: Textual's pilot looks after every key, and twice, whether 20 ms went by without work; that would be most of
# the time these tests take.


def demo() -> Opened:
    """The built-in images."""
    return pick(demo_source())


def opened(*images: ImageSpec, compression: str = "plain") -> Opened:
    """Images in a docker-archive in memory."""
    return opened_bytes(docker_archive(images, compression=compression))


def opened_bytes(data: bytes) -> Opened:
    """A docker-archive in memory."""
    return pick(docker_archives.open_source(Target.of_blob(BytesBlob(data, "image.tar"), "image.tar", lambda _: None)))


def opened_file(path: Path, selector: str = "") -> Opened:
    """What a file on disk holds."""
    return open_reference(f"{path}{selector}")


class Seen:
    """A running app as a person sees it."""

    def __init__(self, pilot: Pilot[int]) -> None:
        """Look at a pilot's app."""
        self.pilot = pilot
        app = pilot.app
        assert isinstance(app, LayerApp)
        self.app = app

    @property
    def main(self) -> MainScreen:
        """The main screen."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def lines(self) -> list[str]:
        """The screen's lines, without spaces at their ends."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines)

    @property
    def header(self) -> str:
        """The first line."""
        return self.lines[0]

    @property
    def footer(self) -> str:
        """The last line."""
        return self.lines[-1]

    def line_with(self, text: str) -> str:
        """The first line that holds a text."""
        for line in self.lines:
            if text in line:
                return line
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    async def press(self, *keys: str) -> None:
        """Press keys one after another, and wait for all that follows."""
        for key in keys:
            await self.pilot.press(key)
        await self.settle()

    async def type(self, text: str) -> None:
        """Type letters."""
        await self.press(*text)

    async def settle(self) -> None:
        """Wait until everything is read and drawn."""
        for _ in range(100):
            with suppress(WorkerCancelled):  # a newer search, or a reading that was cancelled
                await self.app.workers.wait_for_complete()
            await self.pilot.pause()
            state = self.main.state
            loader = self.main.loader
            waiting = state is not None and state.opened and state.pending and not loader.paused
            waiting = waiting or getattr(self.app.screen, "busy", False)
            idle = not loader.busy and not loader.waiting and all(worker.is_finished for worker in self.app.workers)
            if idle and not waiting:
                break
        await self.pilot.pause()

    async def rest(self) -> None:
        """Let the cursor rest, so that contents in view are compared."""
        await self.pilot.pause(REST_S + 0.05)
        await self.settle()


@asynccontextmanager
async def running(
    source: Opened | HostView,
    size: tuple[int, int] = (80, 24),
    *,
    keys: Sequence[str] = (),
    theme: str | None = None,
    wait: bool = True,
) -> AsyncIterator[Seen]:
    """The app on a screen of so many columns and lines; with `wait`, once everything is read."""
    app = LayerApp(source, theme=theme)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        seen = Seen(pilot)
        if wait:
            await pilot.pause()  # the places of a host are asked behind the first frame
            await seen.settle()
            await seen.press(*keys)
        else:
            await pilot.pause(0.2)
        yield seen
