"""Marking side A, and comparing it with what is under the cursor."""

from layertui.tui.actions import Place
from layertui.tui.nextimage import older_and_newer
from layertui.tui.roots import PairView, Root
from layertui.tui.screens.viewing import ViewingScreen
from layertui.tui.shown import AskedPair
from layertui.tui.state import ImageState
from layertui.tui.tree_rows import ENTRIES, What
from layertui.tui.version import Version
from layertui.tui.want import Want

NOT_A_SIDE = "That is no image, container or layer: nothing to compare."
"""Said of lines of the tree that are none of these."""


class MarkingScreen(ViewingScreen):
    """Compares what is marked."""

    _paused_state: ImageState | None = None
    """The image whose reading waits while another screen reads."""

    def do_mark(self) -> None:
        """Mark what is under the cursor as side A; the same again unmarks it."""
        want = self._want()
        if isinstance(want, str):
            self.say(want)
            return
        if self.base.side == want:
            self.base.side = None
            self.say("Unmarked.")
        else:
            self.base.side = want
            self.say(f"A is {want.title}. c compares it with what is under the cursor; b again unmarks.")
        self.show_mark()

    def show_mark(self) -> None:
        """Draw the mark in the tree."""
        side = self.base.side
        if not isinstance(side, Want):
            self.images.mark(None, None)
            return
        numbers = side.numbers(side.state.image) if side.state.image is not None and not side.is_whole else None
        self.images.mark(side.state.place, None if numbers is None else numbers[-1])

    def do_compare(self) -> None:
        """Compare what is marked, or what lies below, with what is under the cursor."""
        a = self.base.side
        if isinstance(a, Version):
            self._compare_version(a)
            return
        b = self._want()
        if isinstance(b, str):
            self.say(b)
            return
        if a is None:
            below = self._below(b)
            if isinstance(below, str):
                self.say(below)
                return
            a, b = below
        if a == b:
            self.say(f"A is {a.title} itself. Put the cursor on another image or layer, or unmark with b.")
            return
        self.open_compare(a, b)

    def compare_two(self, shown: PairView) -> None:
        """Compare what two references mean, the layers that they name."""
        a, b = self.holdings.meant(shown.a), self.holdings.meant(shown.b)
        if a is not None and b is not None:
            self.open_compare(Want(a, shown.a.layers), Want(b, shown.b.layers))

    def place_opened(self, root: Root) -> None:
        """A place was opened: compare, where two references are compared and this was the last of them."""
        if not isinstance(self.shown, AskedPair) or root not in self.holdings.roots[:2]:
            super().place_opened(root)
            return
        wants = []
        for one in self.holdings.roots[:2]:
            chosen = self.holdings.chosen_in(one)
            if chosen is not None and one.opened is not None:
                wants.append(Want(chosen, one.opened.layers))
        if len(wants) == 2:
            self.open_compare(*wants)

    def open_compare(self, a: Want, b: Want) -> None:
        """Open the compare screen; nothing else is read while it is open."""
        from layertui.tui.screens.compare import CompareScreen

        path = self.files.path if self.pane is not self.images else None
        self._paused_state = self.state
        self.loader.pause(self._paused_state)
        self.show_screen(CompareScreen(a, b, self.base, holdings=self.holdings, loader=self.loader, path=path))

    def on_screen_resume(self) -> None:
        """The screens above are closed: show what they read and marked, and read on."""
        if self.loader.paused:
            self.loader.resume(self._paused_state)
            if self.state is not None:
                self.describe(self.state)
            self.images.rebuild()
            state = self.state
            shown = state.squash_of(self.here[1]) if state is not None and self.here is not None else None
            if shown is None or shown is not self.files.squash:
                self.show_files()
            self.tell()
        self.show_mark()

    def _compare_version(self, a: Version) -> None:
        squash, position, state = self.files.squash, self.files.position, self.state
        if self.pane is self.images or squash is None or position is None or state is None or state.image is None:
            self.say(f"A is {a.title}. Put the cursor on a file to compare it with, or mark something else.")
            return
        b = Version(state.image, squash, position)
        if not b.has_content:
            self.say("That is no file: it has no content to compare.")
        elif (b.squash, b.position) == (a.squash, a.position):
            self.say("A is this very version. Put the cursor on another one.")
        else:
            from layertui.tui.screens.hunks import HunksScreen

            self.show_screen(HunksScreen(a, b, self.base))

    def _want(self) -> Want | str:
        """What is under the cursor as a side of a comparison; a sentence where it is none."""
        if self.pane.place is not Place.TREE:
            state = self.state
            if state is None or self.here is None or not self.has_layers:
                return "No layer is open: Enter on an image opens it."
            return Want(state).of_layer(self.here[1], merged=self.files.view.merged)
        row = self.images.row
        state = self.images.state
        if row is None or state is None or row.what not in {*ENTRIES, What.LAYER}:
            return NOT_A_SIDE
        if not state.openable:
            return f"This is an {state.entry.kind}, no image."
        return Want(state) if row.layer is None else Want(state).of_layer(row.layer)

    def _below(self, b: Want) -> tuple[Want, Want] | str:
        """What is compared where nothing is marked, the lower or older one first; a sentence where there is none."""
        if b.selector is None:
            return older_and_newer(self.holdings, b)
        layer = b.selector.last
        if not layer:
            return "This is the base: no layer is below it. b marks something else to compare it with."
        return b.of_layer(layer - 1, merged=b.merged), b
