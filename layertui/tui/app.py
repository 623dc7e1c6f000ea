"""The app: it shows the main screen, in a theme that fits the terminal."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import ClassVar

os.environ.setdefault("ESCDELAY", "25")  # milliseconds; Textual reads it when it is imported

from textual import events
from textual.app import App, ScreenError
from textual.binding import BindingType
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES

from layertui.sources.opened import Opened
from layertui.tui import theme as themes
from layertui.tui.roots import HostView
from layertui.tui.screens.keyed import KeyScreen
from layertui.tui.screens.main import MainScreen
from layertui.tui.terminal import ask_background

SWITCH_INTERVAL_S = 0.0001
"""How long a thread may keep the interpreter: keys stay quick beside two layers that are read."""


PATIENCE_S = 1.0
"""How long ending may take after a signal; then the process ends as it is."""

SIGNAL_EXIT = 128
"""What a shell adds to a signal's number for the exit code."""


class LayerApp(App[int], inherit_bindings=False):
    """One opened source, or everything that a host holds, on the screen."""

    TITLE = "layertui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False  # the main screen opens it, with our own actions in it
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        shown: Opened | HostView,
        *,
        open_reference: Callable[[str], Opened] | None = None,
        theme: str | None = None,
        low_bandwidth: bool | None = None,
    ) -> None:
        """Show an opened source, or a host; `theme` and `low_bandwidth` win over what the environment says.

        `open_reference` opens an archive or the demo, which are offered where a host holds nothing.
        """
        themes.tidy()
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        for made in themes.themes():
            self.register_theme(made)
        self._shown = shown
        self._open_reference = open_reference
        if theme is None or self.get_theme(theme) is None:
            theme = themes.pick(os.environ, None)
        self.theme = theme
        self.animation_level = "none"
        over_ssh = bool(os.environ.get("SSH_CONNECTION"))
        self.low_bandwidth = over_ssh if low_bandwidth is None else low_bandwidth
        """Whether to send little: progress seldom."""

    def on_mount(self) -> None:
        """Give the terminal back when the process is told to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Only the main thread of a process can; anywhere else the default stays.
            with suppress(ValueError):
                signal.signal(number, lambda number, _: self._told_to_end(loop, number))
        self.call_after_refresh(self._begun)

    def _begun(self) -> None:
        """The first frame is drawn: collect garbage, if that was put off; what is there by now stays."""
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    def _told_to_end(self, loop: asyncio.AbstractEventLoop, number: int) -> None:
        """End by way of the loop, or without it where it hangs: a terminal that is gone blocks who writes to it."""
        watchdog = threading.Timer(PATIENCE_S, os._exit, (SIGNAL_EXIT + number,))
        watchdog.daemon = True
        watchdog.start()
        loop.call_soon_threadsafe(partial(self.exit, return_code=SIGNAL_EXIT + number))

    async def on_event(self, event: events.Event) -> None:
        """Take keys in order, each done before the next is looked at.

        By way of the focused widget, as Textual has it, keys that come in one packet overtake what the first of them
        does: the second letter of `sr` and the text behind `/` would act as commands.
        """
        if isinstance(event, events.Key) and not event.is_forwarded and isinstance(top := self._top(), KeyScreen):
            self.app_focus = True
            await top.take(event)
        else:
            await super().on_event(event)

    def _top(self) -> Screen[object] | None:
        """The screen that keys are for; None before there is one."""
        try:
            return self.screen
        except ScreenError:
            return None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The marks' colours, which no theme of Textual has."""
        return themes.mark_colours(self.current_theme)

    def get_default_screen(self) -> Screen[object]:
        """The one screen there is; pages and prompts are panes in it."""
        return MainScreen(self._shown, open_reference=self._open_reference, low_bandwidth=self.low_bandwidth)


def run(
    shown: Opened | HostView,
    *,
    open_reference: Callable[[str], Opened] | None = None,
    theme: str | None = None,
    low_bandwidth: bool | None = None,
    mouse: bool = True,
) -> int:
    """Show an opened source, or a host, until the person quits; returns the exit code.

    `open_reference` opens what is offered where a host holds nothing; it is called in a thread, must print nothing,
    and raises LayertuiError.
    """
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        themes.tidy()
        picked = themes.pick(os.environ, theme, lambda: ask_background(os.environ))
        app = LayerApp(shown, open_reference=open_reference, theme=picked, low_bandwidth=low_bandwidth)
        app.run(mouse=mouse)
        return app.return_code or 0
    finally:
        sys.setswitchinterval(before_s)


def theme_names() -> Sequence[str]:
    """What `--theme` takes: ours, and Textual's own."""
    return (*themes.NAMES, *BUILTIN_THEMES)
