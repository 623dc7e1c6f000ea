"""AboveScreen: what every screen above the main one does: one pane or a few, help in their place, and back."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from layertui.tui.actions import Place
from layertui.tui.pages import KEYS_WIDTH, help_page
from layertui.tui.screens.taking import TakingScreen
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Still
from layertui.tui.widgets.page import DetailPane, PageView
from layertui.tui.widgets.prompt import Prompt


class AboveScreen(TakingScreen):
    """Header, panes one behind the other, details below, footer; `q` and Esc lead back to the screen below."""

    DETAIL_LINES: ClassVar[int] = 0
    """Lines of details below the panes."""

    def __init__(self) -> None:
        """Make the frame; `panes` makes what stands in it."""
        super().__init__()
        self.page = PageView(classes="pane")
        self.body = Still(classes="body")
        self.details = DetailPane(wrapping=True)
        self._shown: LineList | None = None
        """The pane in front; the help where that is open."""
        self._help_from: LineList | None = None
        """The pane that the help was opened from."""

    def panes(self) -> Sequence[LineList]:
        """The panes, of which one is shown at a time, in the order of Tab; the first is shown first."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The frame, from the top down."""
        for pane in (*self.panes(), self.page):
            pane.display = pane is self.panes()[0]
        self.details.display = self.DETAIL_LINES > 0
        self.details.styles.height = self.DETAIL_LINES
        self.prompt.display = False
        yield self.header
        with self.body:
            yield from self.panes()
            yield self.page
        yield self.details
        yield self.footer
        yield self.prompt

    def on_mount(self) -> None:
        """Show the first pane."""
        for pane in self.panes():
            pane.moved = self.moved
        self.go(self.panes()[0])
        self.begin()
        self.tell()

    def begin(self) -> None:
        """Start what the screen needs; it is there by now."""

    def moved(self, pane: LineList) -> None:
        """Another thing is under a pane's cursor."""
        self.tell()

    def on_resize(self, event: events.Resize) -> None:
        """The bars are made for a width."""
        self.tell()

    @property
    def pane(self) -> LineList:
        """The pane in front."""
        return self._shown or self.panes()[0]

    def go(self, pane: LineList) -> None:
        """Bring a pane to the front."""
        if pane is not self._shown:
            self._shown = pane
            for other in (*self.panes(), self.page):
                other.display = other is pane
        self.set_focus(pane, scroll_visible=False)
        pane.draw_focus()
        self.tell()

    def ask(self, what: str, label: str, text: str = "") -> None:
        """Begin to ask in the prompt, which stands in the place of the footer."""
        self.asking = what
        self.prompt.ask(label, text)
        self._show_prompt(True)
        self.set_focus(self.prompt, scroll_visible=False)

    def leave_prompt(self, done: Prompt.Done) -> None:
        """Give the focus back; what was typed is for `answered`."""
        asked, self.asking = self.asking, ""
        self._show_prompt(False)
        self.go(self.pane)
        self.answered(asked, done)

    def answered(self, asked: str, done: Prompt.Done) -> None:
        """What was asked for is answered, or dropped."""

    def prompt_left(self) -> None:
        """The footer comes back."""
        self._show_prompt(False)
        self.tell()

    def _show_prompt(self, shown: bool) -> None:
        self.prompt.display, self.footer.display = shown, not shown

    def useless(self) -> set[str]:
        """What is asked again is on the main screen; one pane needs no Tab."""
        return {"refresh", "next_pane"} if len(self.panes()) == 1 else {"refresh"}

    # Actions

    def do_next_pane(self) -> None:
        """The next pane."""
        self._step(1)

    def do_previous_pane(self) -> None:
        """The previous pane."""
        self._step(-1)

    def _step(self, step: int) -> None:
        panes = list(self.panes())
        if self.pane in panes:
            self.go(panes[(panes.index(self.pane) + step) % len(panes)])

    def do_help(self) -> None:
        """The keys; the same again closes them."""
        if self._help_from is not None:
            self.close_help()
            return
        place: Place = self.pane.place
        self._help_from = self.pane
        self.page.show(f"KEYS  {place.value}", lambda width: help_page(place), KEYS_WIDTH + 3)
        self.go(self.page)

    def close_help(self) -> None:
        """Close the help; the pane that it was opened from comes back."""
        back, self._help_from = self._help_from, None
        self.go(back or self.panes()[0])

    def do_back(self) -> None:
        """Close the help, else what the screen itself has open, else the screen."""
        if self._help_from is not None:
            self.close_help()
        elif not self.step_back():
            self.leave()

    def step_back(self) -> bool:
        """Take back one thing, such as a filter; False where there is nothing to take back."""
        return False

    def do_quit(self) -> None:
        """Close the help, or the screen."""
        if self._help_from is not None:
            self.close_help()
        else:
            self.leave()

    def leave(self) -> None:
        """Go back to the screen below."""
        self.ended()
        self.opening = self.app.pop_screen()

    def ended(self) -> None:
        """Stop what runs for this screen; it is about to be left."""

    def on_unmount(self) -> None:
        """Let no thread work on: Python waits for them at its end."""
        self.ended()

    def do_refresh(self) -> None:
        """Draw everything anew."""
        self.refresh()
        self.tell()
        self.say("Drawn anew.")

    def do_cancel(self) -> None:
        """Cancel what runs."""
        self.say("Nothing is running. q goes back.")
