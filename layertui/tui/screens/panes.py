"""The panes of the main screen: which there are, where they stand, and which one has the focus."""

from textual.app import ComposeResult

from layertui.present.glyphs import LINE
from layertui.stack.squash import Squash
from layertui.tui.actions import Place
from layertui.tui.base import Base
from layertui.tui.loading import Loader
from layertui.tui.roots import Holdings
from layertui.tui.screens.arrange import Arrangement, arrange
from layertui.tui.screens.taking import EXTRACT, TakingScreen
from layertui.tui.shown import Opener, Shown
from layertui.tui.state import ImageState
from layertui.tui.subject import Subject
from layertui.tui.tree_rows import ENTRIES, What
from layertui.tui.widgets.files import FilePane
from layertui.tui.widgets.find import FindPane
from layertui.tui.widgets.hosttree import HostTree
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Still
from layertui.tui.widgets.page import DetailPane, PageView
from layertui.tui.widgets.tree import TreePane

OPEN = "open"
"""What the prompt asks for while it asks for a reference."""

CUT_DETAILS = 3
"""Lines of details that are too few to wrap anything."""


class PanesScreen(TakingScreen):
    """Header, images and layers, files, details, footer."""

    def __init__(
        self,
        shown: Shown,
        *,
        open_reference: Opener | None = None,
        low_bandwidth: bool = False,
    ) -> None:
        """Show an opened source, two that are compared, a host, or what a reference leads to.

        `open_reference` opens what the person asks for later, and what is offered where a host holds nothing.
        """
        super().__init__()
        self.shown = shown
        self.open_reference = open_reference
        self.holdings: Holdings = Holdings.of(shown)
        self.states = self.holdings.states
        """Everything that can be looked at, by number."""
        self.here: tuple[int, int] | None = None
        """The entry and the layer that are looked at."""
        self.in_haste = True
        self.base = Base()
        self.loader = Loader(self, low_bandwidth=low_bandwidth)
        self.body = Still(classes="body")
        kind = HostTree if self.holdings.host else TreePane
        self.images: TreePane = kind(self.holdings, id="tree")
        self.files = FilePane(id="files", classes="pane")
        self.find = FindPane(id="find", classes="pane")
        self.page = PageView(id="page", classes="pane")
        self.find.display = self.page.display = False
        self.page_name = ""
        """What is open in the place of the files: help, info, file or find; empty for nothing."""
        self.page_from: LineList = self.files
        """Where the focus was when the page was opened."""
        self.side = PageView(id="side")
        self.side.can_focus = False
        self.details = DetailPane(id="details", wrapping=False)
        self.zoomed = False
        self._placed: tuple[Arrangement, LineList, bool] | None = None
        self.images_extra = 0
        self.hits_at = -1
        """Which hit of the last search was gone to; -1 before any."""
        self.jump_when_found = False
        """Whether Enter was pressed before the search had ended."""

    def compose(self) -> ComposeResult:
        """The panes, from the top down."""
        yield self.header
        with self.body:
            yield self.images
            yield self.files
            yield self.find
            yield self.page
            yield self.side
        yield self.details
        yield self.footer
        yield self.prompt

    @property
    def state(self) -> ImageState | None:
        """The image that is looked at."""
        return self.states.get(self.here[0]) if self.here is not None else None

    @property
    def has_layers(self) -> bool:
        """Whether there is a layer to look at."""
        state = self.state
        return state is not None and state.image is not None and bool(state.image.layers)

    # Layout

    @property
    def pane(self) -> LineList:
        """The pane that has the focus; while the prompt has it, the pane that the prompt works on."""
        focused = self.focused
        if isinstance(focused, LineList):
            return focused
        if self.asking == EXTRACT and self.asked_from is not None:
            return self.asked_from
        return self.images if self.asking in ("tree", OPEN) else self.main_pane

    @property
    def main_pane(self) -> LineList:
        """The file pane, or what is open in its place."""
        if self.page_name == "find":
            return self.find
        return self.page if self.page_name else self.files

    def place_panes(self, place: Place | None = None) -> None:
        """Place the panes for the present size and focus."""
        width, height = self.app.size
        main = self.main_pane
        where = arrange(
            width,
            height,
            place or self.pane.place,
            self.zoomed,
            self.images_extra,
            host=self.holdings.host,
            finding=main is self.find,
        )
        placed = (where, main, bool(self.asking))
        if placed == self._placed:
            return  # to set a style is to lay out anew, whatever it was before
        self._placed = placed
        self.images.display = where.tree != 0
        self.images.styles.width = "1fr" if where.tree < 0 else where.tree
        for pane in (self.files, self.find, self.page):
            pane.display = where.main and pane is main
        self.side.display = where.side
        self.details.display = where.details != 0
        self.details.wrapping = where.details != CUT_DETAILS
        self.details.styles.height = "1fr" if where.details < 0 else where.details
        self.body.display = where.tree != 0 or where.main
        self.files.rail_track = self.find.rail_track = self.page.rail_track = LINE if where.side else " "
        self.images.rail_track = " " if where.tree < 0 else LINE
        self.footer.display = not self.asking
        self.prompt.display = bool(self.asking)

    def go(self, pane: LineList) -> None:
        """Give a pane the focus, and show it where one pane is shown at a time."""
        self.place_panes(pane.place)
        before = self.focused
        self.set_focus(pane, scroll_visible=False)
        for changed in (before, pane):
            if isinstance(changed, LineList):
                changed.draw_focus()

    def ask(self, what: str, label: str, text: str = "") -> None:
        """Begin to ask in the prompt, which stands in the place of the footer."""
        place = self.pane.place
        self.asking = what
        self.prompt.ask(label, text)
        self.place_panes(place)
        self.set_focus(self.prompt, scroll_visible=False)

    # What is under the cursor

    def subject(self) -> Subject | None:
        """A line of the tree, a file, or a hit, whichever the pane that has the focus is about."""
        position, squash = self.files.position, self.files.squash
        if self.pane is self.find:
            hit, squash = self.find.hit, self.find.squash
            return None if hit is None or squash is None else self._path_subject(squash, hit.position, merged=False)
        if self.pane is self.images or position is None or squash is None:
            return self._tree_subject()
        return self._path_subject(squash, position, merged=self.files.view.merged)

    def _path_subject(self, squash: Squash, position: int, *, merged: bool) -> Subject | None:
        state = self.state
        if state is None or self.here is None:
            return None
        layer = self.here[1] if merged else squash.layer(position)
        return Subject(state.entry.reference, state.image, layer, merged, squash, position, state)

    def _tree_subject(self) -> Subject | None:
        row = self.images.row
        if row is None or row.place not in self.states:
            return None
        if row.what in ENTRIES:
            state = self.states[row.place]
            return Subject(state.entry.reference, state.image, squash=state.squash, state=state)
        if row.what is not What.LAYER or row.layer is None:
            return None
        place = row.place if self.here is None or self.here[0] not in row.places else self.here[0]
        state = self.states[place]
        return Subject(state.entry.reference, state.image, row.layer, squash=state.squash_of(row.layer), state=state)

    def forget_hits(self) -> None:
        """Drop the last search, so that n and N go through changed rows again."""
        raise NotImplementedError

    def close_page(self) -> None:
        """Close the page, or the find pane; from it, the focus goes back to where it was."""
        pane, back = self.pane, self.page_from
        if pane is not self.main_pane:
            back = pane
        self.page_name, self.page_from = "", self.files
        self.go(back)
