"""The main screen: what keys do, and what happens between panes and workers."""

import time

from textual import events

from layertui.present.safetext import safe
from layertui.tui.messages import Folded, LayerProgress, LayerRead, Settled
from layertui.tui.roots import AskedView, HostView, PairView
from layertui.tui.screens.marking import MarkingScreen
from layertui.tui.shown import AskedPair
from layertui.tui.state import ImageState, Reading
from layertui.tui.tree_pages import layer_trouble
from layertui.tui.tree_rows import ENTRIES, What
from layertui.tui.widgets.lines import LineList


class MainScreen(MarkingScreen):
    """Images and layers at the left, files at the right, details below."""

    _merged = False
    """Whether layers were shown together the last time that the view changed."""

    _further: frozenset[tuple[int, int]] = frozenset()
    """Layers that are further than is shown, each with the session that reads it."""

    def on_mount(self) -> None:
        """Draw what is known, and begin to read."""
        for pane in (self.images, self.files, self.find):
            pane.moved = self.moved
        self.files.unread = self.fetch_shown
        chosen = self._first_place()
        self.here = (chosen, 0) if chosen is not None else None
        if chosen is not None:
            self.images.unfold(chosen)
        self.images.rebuild()
        self.place_panes()
        self.set_focus(self.images)
        if isinstance(self.shown, PairView):
            self.call_later(self.compare_two, self.shown)
        elif self.holdings.host:
            # What it takes to ask an engine is imported only then: the first frame does not wait for it.
            self.call_after_refresh(self.ask_all)
        else:
            self.loader.describe(sorted(self.states.values(), key=lambda state: state.place != chosen))
        self.show_files()
        self.tell()

    def _first_place(self) -> int | None:
        """The entry that is opened first: what the reference meant, else the first image; nothing of a host."""
        if isinstance(self.shown, HostView | AskedView | AskedPair):
            return None
        states = self.states.values()
        meant = self.holdings.meant(self.shown.b if isinstance(self.shown, PairView) else self.shown)
        chosen = [meant.place] if meant is not None else []
        openable = [state.place for state in states if state.openable]
        return next(iter([*chosen, *openable, *self.states]), None)

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        self.place_panes()
        self.tell()

    # Keys

    def key_pressed(self) -> None:
        """Readers give way for a moment."""
        self.loader.key_pressed(time.monotonic())

    def doers(self) -> tuple[object, ...]:
        """The pane that has the focus, the screen, and the files, which the keys of a view are for anywhere."""
        return (self.pane, self, self.files)

    # What the panes say

    def moved(self, pane: LineList) -> None:
        """Another thing is under a pane's cursor."""
        if pane is self.images:
            self._moved_in_tree()
        elif pane is self.files:
            self.files.remember()
        self.tell_details()
        self.rest()

    def _moved_in_tree(self) -> None:
        row = self.images.row
        if row is not None and row.what is What.LAYER and row.layer is not None:
            place = row.place if self.here is None or self.here[0] not in row.places else self.here[0]
            if self._shows_at_once(place):
                self.look_at(place, row.layer)
        elif row is not None and row.what in ENTRIES and row.folded is False:
            if self._shows_at_once(row.place):
                self.open_image(row.place)
            else:
                self.describe(self.states[row.place])
        if self.here is None:
            self.show_files()

    def _shows_at_once(self, place: int) -> bool:
        """Whether the cursor alone shows an image.

        In a file always. Of a host, an image that was opened, unless another is being read: to move over a line must
        neither begin an engine's export nor end one.
        """
        if not self.holdings.host or (self.here is not None and self.here[0] == place):
            return True
        return self.states[place].opened and (self.state is None or not self.state.pending)

    def on_line_list_opened(self, message: LineList.Opened) -> None:
        """A line was clicked twice, or entered."""
        if message.pane is self.images:
            self.open_tree_row()
        elif message.pane is self.files:
            self.files.do_open()
        elif message.pane is self.find:
            self.go_to_hit(self.find.cursor)

    def on_file_pane_viewed(self) -> None:
        """The files are shown in another way: layers together need all of them."""
        if self.files.view.merged is not self._merged:
            self._merged = self.files.view.merged
            self.show_files()
            if self._merged:
                self.fetch_shown()
        self.tell()
        self.rest()

    def on_unmount(self) -> None:
        """Let no thread read on: Python waits for them at its end."""
        self.loader.cancel(None)

    # What the workers say

    def state_of(self, session: int) -> ImageState | None:
        """The image that a session reads; None for a stale one."""
        return next((state for state in self.states.values() if state.session == session), None)

    def on_layer_progress(self, message: LayerProgress) -> None:
        """A layer is further: that is shown soon, together with what the others that are being read say."""
        state = self.state_of(message.session)
        if state is None or state.layers[message.layer].attempt != message.attempt:
            return
        state.layers[message.layer].done_bytes = message.done_bytes
        if not self._further:
            self.call_in(self.loader.progress_s, self._show_progress)
        self._further |= {(message.session, message.layer)}

    def _show_progress(self) -> None:
        further, self._further = self._further, frozenset()
        for session, number in further:
            state = self.state_of(session)
            if state is None or state.layers[number].reading is not Reading.RUNNING:
                continue
            self.images.show_progress(state.place, number, state.layers[number].short())
            if self.files.rows is None and state is self.state:
                self.show_files()
        self.tell_footer()

    def on_layer_read(self, message: LayerRead) -> None:
        """A layer is read, or cannot be."""
        state = self.state_of(message.session)
        self.loader.read_ended(state, message)
        if state is None:
            return
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
        self.loader.fold_ended(state, message)
        if state is not None and state is self.state and self.here is not None:
            if state.squash_of(self.here[1]) is not self.files.squash or self.files.rows is None:
                self.show_files()
            self.find_again()
            self.tell()
            self.rest()

    def on_settled(self, message: Settled) -> None:
        """Contents were compared: marks that were `?` may be known."""
        if self.files.squash is message.squash:
            self.files.rows = None  # rows narrow down what earlier rows knew, and that is out of date
            self.files.rebuild()
            self.tell_details()
            self.rest()
