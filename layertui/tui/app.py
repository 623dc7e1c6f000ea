"""The app: it shows the main screen, in a theme that fits the terminal."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import ClassVar

os.environ.setdefault("ESCDELAY", "25")  # milliseconds; Textual reads it when it is imported

from textual import events
from textual.app import App, ScreenError
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES

from layertui.present.safetext import begin_screen, end_screen
from layertui.settings.chosen import chosen_flag, chosen_text
from layertui.tui import theme as themes
from layertui.tui.actions import keymap
from layertui.tui.keyboard import take_any_bytes, tell_escape_early
from layertui.tui.memory import Memory
from layertui.tui.screens.keyed import KeyScreen
from layertui.tui.screens.main import MainScreen
from layertui.tui.shown import Opener, Shown
from layertui.tui.stopping import Stopping, has_shell, stop
from layertui.tui.terminal import ask_background, environ_at_start, glyphs_for, mouse_for

SWITCH_INTERVAL_S = 0.0001
"""How long a thread may keep the interpreter: keys stay quick beside two layers that are read."""


PATIENCE_S = 1.0
"""How long ending may take after a signal; then the process ends as it is."""

STOP_KEY = "ctrl+z"
"""What stops a program in any shell, as far as no action has that key."""

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
        shown: Shown,
        *,
        open_reference: Opener | None = None,
        theme: str | None = None,
        low_bandwidth: bool | None = None,
        glyphs: str = "unicode",
    ) -> None:
        """Show an opened source, or a host; `theme` and `low_bandwidth` win over what the environment says.

        `glyphs` is one of those that `glyphs_for` gives.

        `open_reference` opens what the person asks for later, and what is offered where a host holds nothing.
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
        self._filters_last: tuple[LineFilter, ...] = ()
        if self.no_color:
            from layertui.tui.nocolour import NoColour

            self._filters_last = (NoColour(),)
        if glyphs != "unicode":
            from layertui.tui.fewglyphs import FewGlyphs

            self._filters_last += (FewGlyphs(glyphs),)
        over_ssh = bool(os.environ.get("SSH_CONNECTION"))
        self.low_bandwidth = over_ssh if low_bandwidth is None else low_bandwidth
        """Whether to send little: progress seldom."""
        self.memory: Memory | None = None
        """What is taken over from the start before; None where nothing is."""
        self.main: MainScreen | None = None
        """The screen below all others; None before there is one."""

    def on_mount(self) -> None:
        """Give the terminal back when the process is told to end, or to stop."""
        loop = asyncio.get_running_loop()
        # Only the main thread of a process can; anywhere else the default stays.
        with suppress(ValueError):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda number, _: self._told_to_end(loop, number))
            if self._driver is not None and self._driver.can_suspend:
                Stopping(self._driver, self._draw_anew)
        self.call_after_refresh(self._begun)

    def _begun(self) -> None:
        """The first frame is drawn: collect garbage, if that was put off; what is there by now stays."""
        if self.memory is not None and self.main is not None:
            self.memory.recall(self.main)
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
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        top = self._top()
        if event.key == STOP_KEY and STOP_KEY not in keymap().by_key:
            self._stop(top)
        elif isinstance(top, KeyScreen):
            self.app_focus = True
            await top.take(event)
        else:
            await super().on_event(event)

    def _draw_anew(self) -> None:
        """Draw everything: something else was on the terminal."""
        self.refresh(layout=True)

    def _stop(self, top: Screen[object] | None) -> None:
        """Stop, where a shell lets us go on again."""
        if self._driver is not None and self._driver.can_suspend and has_shell():
            stop()
        elif isinstance(top, KeyScreen):
            top.say("There is no shell to go back to. q quits.")

    def _top(self) -> Screen[object] | None:
        """The screen that keys are for; None before there is one."""
        try:
            return self.screen
        except ScreenError:
            return None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What changes each line before it is sent: colours as Textual does it, or none at all; then glyphs."""
        return [*super().get_line_filters(), *self._filters_last]

    def panic(self, *renderables: object) -> None:
        """End; Textual would print a traceback with all variables, and so what came out of a file."""
        self._exception = self._exception or RuntimeError("Textual gave up")
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        """End, as above: the command line says what happened."""
        self._close_messages_no_wait()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The marks' colours, which no theme of Textual has."""
        return themes.mark_colours(self.current_theme)

    def get_default_screen(self) -> Screen[object]:
        """The one screen there is; pages and prompts are panes in it."""
        self.main = MainScreen(self._shown, open_reference=self._open_reference, low_bandwidth=self.low_bandwidth)
        return self.main


def run(
    shown: Shown,
    *,
    open_reference: Opener | None = None,
    theme: str | None = None,
    low_bandwidth: bool | None = None,
    mouse: bool | None = None,
    glyphs: str | None = None,
    typed: Sequence[str] = (),
) -> int:
    """Show what a start is about until the person quits; returns the exit code.

    What is None is as the environment says. `typed` are the references that led here: they are remembered.

    `open_reference` opens what the person asks for, and what is offered where a host holds nothing.
    """
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        themes.tidy()
        wanted = theme or chosen_text("theme", os.environ)
        picked = themes.pick(os.environ, wanted, lambda: ask_background(os.environ))
        if low_bandwidth is None:
            low_bandwidth = chosen_flag("low_bandwidth", os.environ)
        if mouse is None:
            mouse = chosen_flag("mouse", os.environ)
        if mouse is None:
            mouse = mouse_for(os.environ)
        glyphs = glyphs_for(environ_at_start(), glyphs or chosen_text("glyphs", os.environ))
        app = LayerApp(shown, open_reference=open_reference, theme=picked, low_bandwidth=low_bandwidth, glyphs=glyphs)
        take_any_bytes()
        tell_escape_early()
        begin_screen(ascii_only=glyphs == "ascii")
        app.memory = memory = Memory(os.environ, typed)
        app.run(mouse=mouse)
        if app._exception is not None:
            raise app._exception
        if app.main is not None:
            memory.keep(app.main)
        return app.return_code or 0
    finally:
        end_screen()
        sys.setswitchinterval(before_s)


def theme_names() -> Sequence[str]:
    """What `--theme` takes: ours, and Textual's own."""
    return (*themes.NAMES, *BUILTIN_THEMES)
