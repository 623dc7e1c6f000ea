"""The main screen: what keys do, and what happens between panes and workers."""

import time
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.timer import Timer

from layertui.present.safetext import safe
from layertui.tui.actions import BY_NAME, PREFIXES, after_prefix, bindings
from layertui.tui.messages import Folded, ImageOpened, LayerProgress, LayerRead, Settled
from layertui.tui.pages import layer_trouble
from layertui.tui.screens.acting import ActingScreen
from layertui.tui.state import ImageState
from layertui.tui.tree_rows import What
from layertui.tui.widgets.lines import LineList

REST_S = 0.15
"""Seconds that the cursor rests before contents in view are compared."""


class MainScreen(ActingScreen, inherit_bindings=False):
    """Images and layers at the left, files at the right, details below."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings())

    _rest: Timer | None = None

    def on_mount(self) -> None:
        """Draw what is known, and begin to read."""
        for pane in (self.images, self.files, self.find):
            pane.moved = self.moved
        chosen = self._first_place()
        self.here = (chosen, 0) if chosen is not None else None
        self.images.show(self.states, frozenset(range(len(self.states))) - {chosen})
        self.place_panes()
        self.set_focus(self.images)
        self.show_files()
        self.tell()
        images = [place for place, state in enumerate(self.states) if state.entry.kind == "image"]
        images.sort(key=lambda place: place != chosen)
        self.loader.describe([(place, self.states[place]) for place in images])
        for state in self.states:
            if state.entry.kind == "broken":
                state.error = state.entry.problem
        self.images.rebuild()

    def _first_place(self) -> int | None:
        """The entry that is opened first: what the reference meant, else the first image."""
        entries = self.opened.entries
        if self.opened.chosen is not None:
            for place, entry in enumerate(entries):
                if entry is self.opened.chosen:
                    return place
        images = [place for place, entry in enumerate(entries) if entry.kind == "image"]
        return images[0] if images else (0 if entries else None)

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        self.place_panes()
        self.tell()

    # Keys

    async def take(self, event: events.Key) -> None:
        """Do what a key means now, before the next one is looked at: the app hands keys over one by one.

        A pair's second key, and all that is typed into the prompt, go before what keys mean otherwise; an Alt chord is
        taken apart: over tmux it is Esc and a key.
        """
        self.loader.key_s = time.monotonic()
        key = event.key
        if self.asking and key != "ctrl+c":
            done = self.prompt.take(event)
            if done is not None:
                self.leave_prompt(done)
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
            await opening

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

    def moved(self, pane: LineList) -> None:
        """Another thing is under a pane's cursor."""
        if pane is self.images:
            row = self.images.row
            if row is not None and row.what is What.LAYER and row.layer is not None:
                place = row.place if self.here is None or self.here[0] not in row.places else self.here[0]
                self.look_at(place, row.layer)
            elif row is not None and row.what is What.IMAGE and row.folded is False:
                self.open_image(row.place)
        elif pane is self.files:
            self.files.remember()
        self.tell_details()
        self.rest()

    def on_line_list_opened(self, message: LineList.Opened) -> None:
        """A line was clicked twice, or entered."""
        if message.pane is self.images:
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

    def on_unmount(self) -> None:
        """Let no thread read on: Python waits for them at its end."""
        self.loader.cancel(None)

    def rest(self) -> None:
        """Begin to wait until the cursor rests."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self._rested)

    def _rested(self) -> None:
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
        self.images.rebuild()
        self.tell()

    def on_layer_progress(self, message: LayerProgress) -> None:
        """A layer is further."""
        state = self.state_of(message.session)
        if state is None or state.layers[message.layer].attempt != message.attempt:
            return
        state.layers[message.layer].done_bytes = message.done_bytes
        self.images.rebuild()
        if self.files.rows is None and state is self.state:
            self.show_files()
        self.tell_footer()

    def on_layer_read(self, message: LayerRead) -> None:
        """A layer is read, or cannot be."""
        state = self.state_of(message.session)
        if state is None:
            return
        self.loader.read_ended(state, message)
        trouble = layer_trouble(message.layer, len(state.layers), state.layers[message.layer])
        if trouble:
            self.notice = safe(trouble)
        self.images.rebuild()
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
            self.files.rows = None  # rows narrow down what earlier rows knew, and that is out of date
            self.files.rebuild()
            self.tell_details()
            self.rest()
