"""The main screen: its panes, and what happens between them."""

import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from layertui.present.safetext import safe
from layertui.sources.resolve import Opened
from layertui.tui.actions import BY_NAME, PREFIXES, Place, after_prefix, bindings
from layertui.tui.loading import PROGRESS_SSH_S, Loader
from layertui.tui.messages import Folded, Found, ImageOpened, LayerProgress, LayerRead, Settled
from layertui.tui.screens.arrange import arrange
from layertui.tui.screens.commands import Commands
from layertui.tui.screens.telling import Telling
from layertui.tui.state import ImageState
from layertui.tui.tree_rows import What
from layertui.tui.widgets.bars import Bar
from layertui.tui.widgets.files import FilePane
from layertui.tui.widgets.find import FindPane
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.page import DetailPane, PageView
from layertui.tui.widgets.prompt import Prompt
from layertui.tui.widgets.tree import TreePane

REST_S = 0.15
"""Seconds that the cursor rests before contents in view are compared."""


class MainScreen(Commands, Telling, Screen[object], inherit_bindings=False):
    """Header, images and layers, files, details, footer."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings())
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual draws the whole screen when the focus moves; the panes draw what changes themselves."""

    def __init__(self, opened: Opened, *, low_bandwidth: bool = False) -> None:
        """Show an opened source."""
        super().__init__()
        self.opened = opened
        self.states = [ImageState(entry) for entry in opened.entries]
        self.here: tuple[int, int] | None = None
        """The entry and the layer that are looked at."""
        self.loader = Loader(self)
        if low_bandwidth:
            self.loader.progress_s = PROGRESS_SSH_S
        self.tree = TreePane(id="tree")
        self.files = FilePane(id="files")
        self.find = FindPane(id="find")
        self.page = PageView(id="page")
        self.page_name = ""
        """Which page is open: help, info or file; empty for none."""
        self.side = PageView(id="side")
        self.side.can_focus = False
        self.details = DetailPane(id="details", wrapping=False)
        self.header = Bar(id="header")
        self.footer = Bar(id="footer")
        self.prompt = Prompt(id="prompt")
        self.asking = ""
        """What the prompt asks for: filter or find; empty for nothing."""
        self.prefix = ""
        self.zoomed = False
        self.tree_extra = 0
        self.hits_at = -1
        """Which hit of the last search was gone to; -1 before any."""
        self._rest = None if opened is None else self.set_timer(REST_S, self._rested, pause=True)

    def compose(self) -> ComposeResult:
        """The panes, from the top down."""
        yield self.header
        with Container(id="body"):
            yield self.tree
            yield self.files
            yield self.find
            yield self.page
            yield self.side
        yield self.details
        yield self.footer
        yield self.prompt

    def on_mount(self) -> None:
        """Draw what is known, and begin to read."""
        chosen = self._first_place()
        self.here = (chosen, 0) if chosen is not None else None
        self.tree.show(self.states, frozenset(range(len(self.states))) - {chosen})
        self.arrange()
        self.tree.focus()
        self.show_files()
        self.tell()
        order = sorted(range(len(self.states)), key=lambda place: place != chosen)
        self.loader.describe(
            [(place, self.states[place]) for place in order if self.states[place].entry.kind == "image"]
        )
        for state in self.states:
            if state.entry.kind == "broken":
                state.error = state.entry.problem
        self.tree.rebuild()

    def _first_place(self) -> int | None:
        """The entry that is opened first: what the reference meant, else the first image."""
        entries = self.opened.entries
        if self.opened.chosen is not None:
            for place, entry in enumerate(entries):
                if entry is self.opened.chosen:
                    return place
        images = [place for place, entry in enumerate(entries) if entry.kind == "image"]
        return images[0] if images else (0 if entries else None)

    # What the loader needs

    def start_worker(self, work: Callable[[], None], group: str) -> Worker[None]:
        """Run `work` in a thread that does not end the app when it fails."""
        return self.run_worker(work, group=group, thread=True, exit_on_error=False)

    def call_in(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call back in a while."""
        self.set_timer(delay_s, callback)

    # Layout

    @property
    def pane(self) -> LineList:
        """The pane that has the focus; while the prompt has it, the pane that the prompt works on."""
        focused = self.focused
        if isinstance(focused, LineList):
            return focused
        return self.main_pane

    @property
    def main_pane(self) -> LineList:
        """The file pane, or what is open in its place."""
        if self.asking == "find" or self.find.display:
            return self.find
        return self.page if self.page_name else self.files

    def arrange(self, place: Place | None = None) -> None:
        """Place the panes for the present size and focus."""
        width, height = self.app.size
        place = place or self.pane.place
        where = arrange(width, height, place, self.zoomed, self.tree_extra)
        main = self.main_pane
        self.tree.display = where.tree != 0
        self.tree.styles.width = "1fr" if where.tree < 0 else where.tree
        for pane in (self.files, self.find, self.page):
            pane.display = where.main and pane is main
        self.side.display = where.side
        self.details.display = where.details != 0
        self.details.styles.height = "1fr" if where.details < 0 else where.details
        self.query_one("#body").display = where.tree != 0 or where.main
        self.files.rail_track = self.find.rail_track = self.page.rail_track = "│" if where.side else " "
        self.tree.rail_track = " " if where.tree < 0 else "│"
        self.footer.display = not self.asking
        self.prompt.display = bool(self.asking)

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        self.arrange()
        self.tell()

    def go(self, pane: LineList) -> None:
        """Give a pane the focus, and show it where one pane is shown at a time."""
        self.arrange(pane.place)
        pane.focus(scroll_visible=False)
        self.call_next(self.tell)

    # Keys

    def on_key(self, event: events.Key) -> None:
        """Take the second key of a pair, and take an Alt chord apart: over tmux it is Esc and a key."""
        if self.prefix:
            event.stop()
            event.prevent_default()
            prefix, self.prefix = self.prefix, ""
            action = after_prefix(prefix, event.key)
            self.tell()
            if action is not None:
                self.perform(action.name)
        elif event.key.startswith("alt+"):
            event.stop()
            event.prevent_default()
            self.perform("back")
            self.press(event.key.removeprefix("alt+"))

    def press(self, key: str) -> None:
        """Do what a single key means."""
        for action in BY_NAME.values():
            if key in action.keys:
                self.perform(action.name)
                return
        if key in PREFIXES:
            self.action_prefix(key)

    def action_do(self, name: str) -> None:
        """A key was pressed."""
        self.perform(name)

    def action_prefix(self, key: str) -> None:
        """The first of two keys was pressed."""
        self.prefix = key
        self.tell()

    def perform(self, name: str) -> None:
        """Do an action, if it applies to what has the focus: the pane itself, else the files, else the screen."""
        pane = self.pane
        self.notice = ""
        if pane.place not in BY_NAME[name].places:
            return
        for target in (pane, self, self.files):
            handler = getattr(target, f"do_{name}", None)
            if handler is not None:
                handler()
                break
        self.tell_footer()

    # What the panes say

    def on_line_list_moved(self, message: LineList.Moved) -> None:
        """Another line is under a cursor."""
        if message.pane is self.tree:
            row = self.tree.row
            if row is not None and row.what is What.LAYER and row.layer is not None:
                place = row.place if self.here is None or self.here[0] not in row.places else self.here[0]
                self.look_at(place, row.layer)
            elif row is not None and row.what is What.IMAGE and row.folded is False:
                self.open_image(row.place)
        elif message.pane is self.files:
            self.files.remember()
        self.tell_details()
        self.rest()

    def on_line_list_opened(self, message: LineList.Opened) -> None:
        """A line was clicked twice, or entered."""
        if message.pane is self.tree:
            self.open_tree_row()
        elif message.pane is self.files:
            self.files.do_open()
        elif message.pane is self.find:
            self.go_to_hit(self.find.cursor)

    def on_file_pane_viewed(self) -> None:
        """The files are shown in another way."""
        self.tell()
        self.rest()

    def on_file_pane_asked(self) -> None:
        """A file's page is wanted."""
        self.open_page("file")

    def rest(self) -> None:
        """Begin to wait until the cursor rests."""
        if self._rest is not None:
            self._rest.reset()
            self._rest.resume()

    def _rested(self) -> None:
        if self._rest is not None:
            self._rest.pause()
        state = self.state
        if state is not None and self.files.squash is state.squash:
            self.loader.settle(state, self.files.positions_in_view())

    # What the workers say

    def state_of(self, session: int) -> ImageState | None:
        """The image that a session reads; None for a stale one."""
        return next((state for state in self.states if state.session == session), None)

    def on_image_opened(self, message: ImageOpened) -> None:
        """Manifest and config of an entry are there."""
        state = self.states[message.place]
        state.image, state.error = message.image, message.error
        if self.here is not None and self.here[0] == message.place:
            self.begin(message.place)
        self.tree.rebuild()
        self.tell()

    def on_layer_progress(self, message: LayerProgress) -> None:
        """A layer is further."""
        state = self.state_of(message.session)
        if state is None:
            return
        state.layers[message.layer].done_bytes = message.done_bytes
        self.tree.rebuild()
        if self.files.rows is None and state is self.state:
            self.show_files()
        self.tell_footer()

    def on_layer_read(self, message: LayerRead) -> None:
        """A layer is read, or cannot be."""
        state = self.state_of(message.session)
        if state is None:
            return
        self.loader.read_ended(state, message)
        self.tree.rebuild()
        if self.files.rows is None:
            self.show_files()
        self.tell()

    def on_folded(self, message: Folded) -> None:
        """Layers are folded."""
        state = self.state_of(message.session) or self.state
        if state is None:
            return
        self.loader.fold_ended(state, message)
        if state is self.state and self.here is not None:
            if state.squash_of(self.here[1]) is not self.files.squash or self.files.rows is None:
                self.show_files()
            self.tell()
            self.rest()

    def on_settled(self, message: Settled) -> None:
        """Contents were compared: marks that were `?` may be known."""
        if self.files.squash is message.squash:
            self.files.rebuild()
            self.tell_details()

    def on_found(self, message: Found) -> None:
        """Paths were found."""
        if self.find.query_text == message.query:
            self.find.show(message.query, message.squash, message.hits, False)
            self.hits_at = -1
            self.prompt.say(f"{len(message.hits):,} hits")

    # Progress

    def progress_text(self) -> str:
        """What is being read, how far and how fast, and how to cancel it; empty when nothing is."""
        return self.progress(self.state, self.loader.busy, time.monotonic())

    def label(self) -> str:
        """What the source is called."""
        return safe(self.opened.source.label)
