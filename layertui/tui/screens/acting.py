"""What keys do to panes and pages."""

from layertui.tui.pages import KEYS_WIDTH, NAME_WIDTH, config_page, help_page
from layertui.tui.screens.arrange import arrange, usual_tree
from layertui.tui.screens.referring import ReferringScreen
from layertui.tui.state import ImageState
from layertui.tui.tree_pages import layers_text
from layertui.tui.tree_rows import ENTRIES, What
from layertui.tui.widgets.hosttree import HostTree
from layertui.tui.widgets.lines import LineList

WIDER_CELLS = 4
"""Cells that a key makes the tree wider or narrower by."""


class ActingScreen(ReferringScreen):
    """Pages, panes, and the actions of the program as a whole."""

    def do_open(self) -> None:
        """Open what is under the cursor."""
        pane = self.pane
        if pane is self.find:
            self.go_to_hit(self.find.cursor)
        elif pane is self.images:
            self.open_tree_row()

    def open_tree_row(self) -> None:
        """Open an image, or a layer's files."""
        row = self.images.row
        if row is None:
            return
        if row.what is What.LAYER and row.layer is not None:
            if self.here is None or self.here[0] not in row.places:
                self.look_at(row.place, row.layer)
            self.go(self.main_pane)
            self.fetch_shown()
        elif row.what in ENTRIES:
            if row.folded:
                self.images.unfold(row.place)
            self.open_image(row.place)
        elif row.what is What.ROOT:
            self.open_root(row.root)
        elif row.what is What.MISSING:
            if row.missing is None:
                self.images.do_fold()
            else:
                self.say(self.ask_missing(row.missing))
        elif row.what is What.NOTE and self._is_offer(row):
            self.open_root(row.root)
        elif row.what is What.NOTE and self.here is None:
            self.go(self.main_pane)

    # Pages

    def open_page(self, name: str) -> None:
        """Open a page in the place of the files; the same again closes it."""
        if self.page_name == name:
            self.close_page()
            return
        state, place = self.state_under_cursor(), self.pane.place
        if name == "info" and state is None:
            return
        if self.page_name in ("", "find"):
            self.page_from = self.pane
        self.page_name = name
        if name == "help":
            self.page.show(f"KEYS in the {place.value} pane", lambda width: help_page(place), KEYS_WIDTH + 3)
        elif name == "info" and state is not None:
            root = self.holdings.roots[state.root]
            warnings = root.source.warnings if root.source is not None else ()
            self.describe(state)
            self.page.show("CONFIG AND HISTORY", lambda width: config_page(state, root.name, warnings), NAME_WIDTH + 2)
        else:
            self.page.show("FILE", lambda width: self._file_lines(), NAME_WIDTH + 2)
        self.go(self.page)

    def state_under_cursor(self) -> ImageState | None:
        """The image that the cursor of the tree is in, when the tree has the focus; else the one that is looked at."""
        return (self.images.state if self.pane is self.images else None) or self.state

    def do_help(self) -> None:
        """The keys."""
        self.open_page("help")

    def do_info(self) -> None:
        """Metadata and history of a file; config and history of an image where no file is meant."""
        on_file = self.pane is not self.images and self._path_meant()[1] is not None
        if self.page_name in ("info", "file"):
            self.close_page()
        else:
            self.open_page("file" if on_file else "info")

    def do_back(self) -> None:
        """Close the page, else the zoom, else the filter."""
        if self.page_name:
            self.close_page()
        elif self.zoomed:
            self.do_zoom()
        elif isinstance(self.pane, HostTree) and self.pane.view.query:
            self.pane.filter("")
        elif self.files.view.query:
            self.files.filter("")
        elif self.hits_at >= 0:
            self.hits_at = -1
        elif self.pane is not self.images:
            self.go(self.images)

    def do_quit(self) -> None:
        """Close the page, or leave."""
        if self.page_name:
            self.close_page()
        else:
            self.loader.cancel(self.state)
            self.app.exit(0)

    def do_cancel(self) -> None:
        """Stop searching, or else reading, or else await no answer any more."""
        self.stay_away()
        if self.stop_search():
            self.say("Cancelling the search...")
        elif self.loader.cancel(self.state):
            self.images.rebuild()
            self.show_files()
            self.say("Cancelled. R reads the rest.")
        elif self.cancel_asking():
            self.say("Cancelled. R on a line asks again.")
        else:
            self.say("Nothing is running. q quits.")

    def do_refresh(self) -> None:
        """Ask a place again, or read again what failed, and draw everything."""
        row, state = self.images.row, self.state
        in_tree = self.pane is self.images or self.here is None
        if in_tree and row is not None and row.missing is not None:
            said = self.ask_missing(row.missing)
        elif in_tree and row is not None and row.root >= 0:
            said = self.ask_again(row.root)
        elif self.try_again(self.images.state if in_tree else state):
            said = "Opening it again."
        else:
            count = self.loader.again(state) if state is not None and state.opened else 0
            said = f"Reading {layers_text(count)}." if count else "Drawn anew."
        self.images.rebuild()
        self.show_files()
        self.refresh()
        self.tell_details()
        self.say(said)

    # Panes

    def panes(self) -> list[LineList]:
        """What Tab goes through."""
        return [self.images, self.main_pane, self.details]

    def do_next_pane(self) -> None:
        """The next pane."""
        panes = self.panes()
        self.go(panes[(panes.index(self.pane) + 1) % len(panes)])

    def do_previous_pane(self) -> None:
        """The previous pane."""
        panes = self.panes()
        self.go(panes[(panes.index(self.pane) - 1) % len(panes)])

    def do_pane_tree(self) -> None:
        """The images and layers."""
        self.go(self.images)

    def do_pane_files(self) -> None:
        """The files, or the page in their place."""
        self.go(self.main_pane)

    def do_pane_details(self) -> None:
        """The details."""
        self.go(self.details)

    def do_narrower(self) -> None:
        """Narrow the tree."""
        self._widen(-WIDER_CELLS)

    def do_wider(self) -> None:
        """Widen the tree."""
        self._widen(WIDER_CELLS)

    def _widen(self, cells: int) -> None:
        width = self.app.size.width
        host = self.holdings.host
        extra = self.images_extra + cells
        where = arrange(width, self.app.size.height, self.pane.place, self.zoomed, extra, host=host)
        if where.tree > 0:
            self.images_extra = where.tree - usual_tree(width, host=host)
            self.place_panes()

    def do_zoom(self) -> None:
        """One pane, or all."""
        self.zoomed = not self.zoomed
        self.place_panes()
        self.tell()
