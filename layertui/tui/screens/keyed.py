"""KeyScreen: what every screen does with keys: one at a time, as the registry says, prefixes and the prompt first."""

from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from layertui.present.safetext import cell_width, crop_end
from layertui.tui.actions import BY_NAME, Place, after_prefix, footer, keymap, prefix_hint
from layertui.tui.widgets.bars import Bar
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import LOOK_CLASSES, Line, cells, spread
from layertui.tui.widgets.prompt import Prompt

LEAST_KEYS = 18
"""Cells that `? help  q quit` takes in the footer, whatever else is said there, with its margins."""


class KeyScreen(Screen[object], inherit_bindings=False):
    """A screen with a header, a footer and a prompt, whose keys come from the registry."""

    COMPONENT_CLASSES = LOOK_CLASSES

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual draws the whole screen when the focus moves; the panes draw what changes themselves."""

    def __init__(self) -> None:
        """Make it with nothing asked and nothing said."""
        super().__init__()
        self.header = Bar(classes="header")
        self.footer = Bar(classes="footer")
        self.prompt = Prompt(classes="prompt")
        self.opening: Awaitable[object] | None = None
        """A screen that is being opened or left: the next key is for the one that shows then."""
        self.asking = ""
        """What the prompt asks for; empty for nothing."""
        self.prefix = ""
        self.notice = ""
        """One sentence in the footer, until the next key."""
        self.in_haste = False
        """Whether what there is, is drawn at once, though all will be laid out and drawn anew: the very first frame."""

    @property
    def pane(self) -> LineList:
        """The pane that has the focus; while the prompt has it, the pane that the prompt works on."""
        raise NotImplementedError

    def doers(self) -> tuple[object, ...]:
        """Who may have a `do_NAME` for an action, in this order."""
        return (self.pane, self)

    def _compositor_refresh(self) -> None:
        """Draw once: where all is to be laid out and drawn anew, Textual draws what there is first, and then all."""
        if self.in_haste or not (self._layout_required and self._repaint_required):
            self.in_haste = False
            super()._compositor_refresh()

    # What workers need

    def start_worker(self, work: Callable[[], None], group: str) -> Worker[None]:
        """Run `work` in a thread that does not end the app when it fails."""
        return self.run_worker(work, group=group, thread=True, exit_on_error=False)

    def call_in(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call back in a while."""
        self.set_timer(delay_s, callback)

    # Keys

    async def take(self, event: events.Key) -> None:
        """Do what a key means now, before the next one is looked at: the app hands keys over one by one.

        A pair's second key, and all that is typed into the prompt, go before what keys mean otherwise; an Alt chord is
        taken apart: over tmux it is Esc and a key.
        """
        self.key_pressed()
        key = event.key
        if self.asking and key != "ctrl+c":
            before, asked, done = self.prompt.text, self.asking, self.prompt.take(event)
            if done is None and self.prompt.text != before:
                self._typed()
            elif done is not None:
                self.leave_prompt(done)
                self.prompt_answered(asked, done)
                if done.key:
                    self.press(done.key)
        elif self.prefix:
            prefix, self.prefix = self.prefix, ""
            action = after_prefix(prefix, key)
            self.tell()
            if action is not None:
                self.perform(action.name)
        elif key.startswith("alt+"):
            self.perform("back")
            self.press(key.removeprefix("alt+"))
        else:
            self.press(key)
        opening, self.opening = self.opening, None
        if opening is not None:
            with self.app.batch_update():  # one frame of what is opened or left, not one for each step of that
                await opening

    @property
    def is_current(self) -> bool:
        """Whether it is drawn: where one of our screens covers it, which leaves nothing of it to be seen, it is not.

        Textual would draw the screen above anew whenever something changes below.
        """
        return super().is_current and (self.app.screen is self or not isinstance(self.app.screen, KeyScreen))

    def press(self, key: str) -> None:
        """Do what a single key means."""
        action = keymap().by_key.get(key)
        if action is not None:
            self.perform(action.name)
        elif key in keymap().prefixes:
            self.begin_prefix(key)

    def begin_prefix(self, key: str) -> None:
        """The first of two keys was pressed."""
        self.prefix = key
        self.tell()

    def perform(self, name: str) -> None:
        """Do an action, if it applies to what has the focus: the first of `doers` that can does it."""
        self.notice = ""
        if self.pane.place not in BY_NAME[name].places:
            return
        for target in self.doers():
            handler = getattr(target, f"do_{name}", None)
            if handler is not None:
                handler()
                break
        self.tell_footer()

    def do_palette(self) -> None:
        """Any action by its name."""
        # Textual's palette takes a while to import, and most sessions do without it.
        from textual.command import CommandPalette

        from layertui.tui.palette import ActionProvider

        self.show_screen(CommandPalette(providers=[ActionProvider], placeholder="Find an action"))

    def key_pressed(self) -> None:
        """A key came: what works in the background may give way to it."""

    def _typed(self) -> None:
        """Follow what is typed at once, so that text and list are one frame; while more keys wait, only then."""
        if self.app.message_queue_size:
            self.post_message(Prompt.Changed(self.prompt.text))
        else:
            self.prompt_changed(self.prompt.text)

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Something was pasted, or several keys came together: only the last text counts."""
        message.stop()
        if self.asking and message.text == self.prompt.text:
            self.prompt_changed(message.text)

    def prompt_changed(self, text: str) -> None:
        """Another text stands in the prompt."""

    def leave_prompt(self, done: Prompt.Done) -> None:
        """The prompt was left."""
        self.asking = ""

    def prompt_answered(self, asked: str, done: Prompt.Done) -> None:
        """The prompt was left, and stands there no more: what it asked for is answered, or dropped."""

    # Screens above this one

    def show_screen(self, screen: Screen[Any]) -> None:
        """Open a screen above this one; the next key is for it."""
        self.opening = self.app.push_screen(screen)

    # What the bars say

    def tell(self) -> None:
        """Say everything anew; only what changed is drawn."""
        self.tell_footer()

    def say(self, notice: str) -> None:
        """Say one sentence in the footer, until the next key."""
        self.notice = notice
        self.tell_footer()

    def useless(self) -> set[str]:
        """Actions that the footer leaves out: they would do nothing here."""
        return set()

    def progress_text(self) -> str:
        """What is being done in the background, how far, and how to cancel it; empty when nothing is."""
        return ""

    def footer_progress(self) -> str:
        """What of all that is being done is said in the footer."""
        return self.progress_text()

    def tell_footer(self) -> None:
        """The keys; or a notice, what can follow a prefix, and what is being done."""
        width = self.app.size.width
        progress = self.footer_progress()
        right: Line = [("key", f"{progress} ")] if progress else []
        if self.prefix:
            self.footer.show([("key", f" {prefix_hint(self.prefix)}")])
        elif self.notice:
            least = [("dim", f"{footer(Place.PAGE, LEAST_KEYS - 4)} ")]
            whole = cell_width(self.notice) < width
            notice = self.notice if whole else crop_end(self.notice.removesuffix("."), width - 1)
            self.footer.show(spread([("win", f" {notice}")], right or least, width))
        else:
            text = footer(self.pane.place, width - 1 - (cells(right) + 2 if right else 0), self.useless())
            self.footer.show(spread([("dim", f" {text}")], right, width))

    def on_prompt_left(self, message: Message) -> None:
        """The mouse gave the focus to a pane: what was typed stays."""
        message.stop()
        if self.asking and isinstance(self.focused, LineList):  # and not because the terminal lost the focus
            self.asking = ""
            self.prompt_left()

    def prompt_left(self) -> None:
        """What is to be done where the mouse left the prompt."""
        self.tell()
