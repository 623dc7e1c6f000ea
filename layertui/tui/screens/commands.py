"""What the screen itself does for an action: layers, pages, the prompt, panes."""

from typing import TYPE_CHECKING

from textual.command import CommandPalette

from layertui.errors import LayertuiError
from layertui.present.safetext import safe
from layertui.tui.actions import Place
from layertui.tui.pages import config_page, help_page
from layertui.tui.palette import ActionProvider
from layertui.tui.state import ImageState
from layertui.tui.tree_rows import What
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from layertui.tui.screens.main import MainScreen

WIDER_CELLS = 4
"""Cells that a key makes the tree wider or narrower by."""


class Commands:
    """The part of the main screen that acts."""

    # Images and layers

    @property
    def state(self: "MainScreen") -> ImageState | None:
        """The image that is looked at."""
        return self.states[self.here[0]] if self.here is not None else None

    @property
    def has_layers(self: "MainScreen") -> bool:
        """Whether there is a layer to look at."""
        state = self.state
        return state is not None and state.image is not None and bool(state.image.layers)

    def open_image(self: "MainScreen", place: int) -> None:
        """Look at another image: its layers begin to be read."""
        if self.here is not None and self.here[0] == place:
            return
        self.look_at(place, 0)

    def look_at(self: "MainScreen", place: int, layer: int) -> None:
        """Show a layer; one of another image opens that."""
        before = self.state
        same = self.here is not None and self.here[0] == place
        if not same and before is not None:
            self.loader.leave(before)
        self.here = (place, layer)
        self.loader.wanted = layer
        state = self.states[place]
        if not same:
            if state.opened:
                self.loader.again(state)
            elif state.image is not None:
                self.begin(place)
        elif state.opened:
            self.loader.pump(state)
        self.show_files()
        self.tell()

    def begin(self: "MainScreen", place: int) -> None:
        """Begin to read an image whose manifest and config are known."""
        state = self.states[place]
        image = state.image
        if image is None:
            return
        first = 0
        if self.opened.layers is not None and self.opened.chosen is state.entry:
            try:
                meant = self.opened.layers.resolve(image)
                first = meant[-1]
                if self.opened.layers.merged:
                    self.files.do_merged()
            except LayertuiError as error:
                self.notice = safe(error.message)
        self.here = (place, first)
        self.loader.wanted = first
        self.loader.open(state, self.states)
        self.tree.rebuild()
        if image.layers:
            self.tree.select(place, first)
        self.show_files()

    def show_files(self: "MainScreen") -> None:
        """Show the layer that is looked at."""
        state = self.state
        if state is None or self.here is None:
            self.files.show(None, 0, 0, "There is no image in this file.")
            return
        layer = self.here[1]
        problem = state.error or state.entry.problem
        if problem is not None:
            self.files.show(None, layer, 0, safe(f"{problem.message} {problem.hint}"))
        elif state.entry.kind != "image":
            self.files.show(None, layer, 0, f"This is an {state.entry.kind}, no image.")
        elif state.image is None:
            self.files.show(None, layer, 0, "Opening the image...")
        elif not state.image.layers:
            self.files.show(None, layer, 0, "This image has no layers. i shows its config.")
        else:
            message = safe(state.layers[layer].sentence()) if layer < len(state.layers) else ""
            self.files.show(state.squash_of(layer), layer, len(state.image.layers), message)

    def to_layer(self: "MainScreen", layer: int) -> bool:
        """Look at another layer of the same image, tree included; False where there is none such."""
        state = self.state
        if state is None or state.image is None or self.here is None or not 0 <= layer < len(state.image.layers):
            return False
        self.tree.select(self.here[0], layer)
        self.look_at(self.here[0], layer)
        return True

    def do_previous_layer(self: "MainScreen") -> None:
        """The layer below."""
        if self.here is not None and not self.to_layer(self.here[1] - 1):
            self.say("This is the base: no layer is below it.")

    def do_next_layer(self: "MainScreen") -> None:
        """The layer above."""
        if self.here is not None and not self.to_layer(self.here[1] + 1):
            self.say("This is the top layer.")

    def do_open(self: "MainScreen") -> None:
        """Open what is under the cursor."""
        pane = self.pane
        if pane is self.find:
            self.go_to_hit(self.find.cursor)
        elif pane is self.tree:
            self.open_tree_row()

    def open_tree_row(self: "MainScreen") -> None:
        """Open an image, or a layer's files."""
        row = self.tree.row
        if row is None:
            return
        if row.what is What.LAYER:
            self.go(self.main_pane)
        elif row.what is What.IMAGE:
            if row.folded and not self.tree.ancestry:
                self.tree.do_fold()
            self.open_image(row.place)

    # One path in several layers

    def _stand(self: "MainScreen", layer: int, path: bytes) -> bool:
        """Go to a layer, and there to a path; what hides the path is taken back."""
        self.files.wanted = path
        if not self.to_layer(layer):
            return False
        if self.files.stand_at(path):
            return True
        self.files.show_everything()
        if self.files.stand_at(path):
            return True
        if self.files.view.merged:
            self.files.do_merged()
        return self.files.stand_at(path)

    def do_winner(self: "MainScreen") -> None:
        """Jump to the layer whose version a container sees."""
        squash, path = self.files.squash, self.files.path
        if squash is None or path is None:
            return
        position = squash.winner(path)
        if position is None:
            self.say("No container sees this path: its last version was removed.")
        elif self._stand(squash.layer(position), path):
            note = "" if squash.is_complete else ", of the layers that are read"
            self.say(f"L{squash.layer(position)} wins{note}.")

    def do_cycle(self: "MainScreen") -> None:
        """Jump to the next layer that holds the path."""
        squash, path = self.files.squash, self.files.path
        if squash is None or path is None or self.here is None:
            return
        layers = sorted({squash.layer(position) for position in squash.history(path)})
        if not layers or layers == [self.here[1]]:
            self.say("No other layer holds this path.")
            return
        layer = next((number for number in layers if number > self.here[1]), layers[0])
        if self._stand(layer, path):
            self.say(f"L{layer}, one of {len(layers)} layers that hold this path.")

    # Filter and find

    def do_filter(self: "MainScreen") -> None:
        """Ask for a filter."""
        if self.page_name or self.find.display:
            self.close_page()
        self.asking = "filter"
        self.prompt.ask("/", self.files.view.query)
        self._say_matches()
        self.arrange(Place.FILES)
        self.prompt.focus(scroll_visible=False)

    def do_find(self: "MainScreen") -> None:
        """Ask for a path anywhere in the image."""
        if not self.has_layers:
            return
        self.page_name = ""
        self.asking = "find"
        self.prompt.ask("find: ", self.find.query_text)
        self.arrange(Place.FIND)
        self.prompt.focus(scroll_visible=False)
        self._search(self.find.query_text)

    def _search(self: "MainScreen", query: str) -> None:
        state = self.state
        squash = self.files.squash if state is None or state.squash is None else state.squash
        if state is None or squash is None or not query.strip():
            self.find.show(query, squash, (), False)
            self.prompt.say("")
            return
        self.find.show(query, self.find.squash, self.find.hits, True)
        self.loader.find(state, squash, query)

    def _say_matches(self: "MainScreen") -> None:
        rows = self.files.rows
        self.prompt.say(f"{rows.matched:,} of {rows.total:,}" if rows is not None else "")

    def on_prompt_changed(self: "MainScreen", message: Prompt.Changed) -> None:
        """Another text stands in the prompt; of several keys that waited, only the last text counts."""
        if message.text != self.prompt.text:
            return
        if self.asking == "filter":
            self.files.filter(message.text)
            self._say_matches()
        elif self.asking == "find":
            self._search(message.text)

    def on_prompt_key(self: "MainScreen", message: Prompt.Key) -> None:
        """Move in the list that the prompt filters."""
        pane = self.find if self.asking == "find" else self.files
        getattr(pane, f"do_{message.action}")()

    def on_prompt_done(self: "MainScreen", message: Prompt.Done) -> None:
        """The prompt is left."""
        asked, self.asking = self.asking, ""
        if asked == "find" and message.kept and self.find.hits:
            self.go_to_hit(self.find.cursor)
        else:
            if asked == "filter" and not message.kept:
                self.files.filter("")
            if asked == "find" and not message.kept:
                self.find.show("", None, (), False)
            self.find.display = False
            self.go(self.main_pane)
        if message.key:
            self.press(message.key)

    def go_to_hit(self: "MainScreen", index: int) -> None:
        """Go to a hit of the last search, in its layer."""
        squash = self.find.squash
        if squash is None or not 0 <= index < len(self.find.hits):
            return
        self.asking = self.page_name = ""
        self.find.display = False
        self.find.cursor = self.hits_at = index
        position = self.find.hits[index].position
        found = self._stand(squash.layer(position), squash.path(position))
        self.go(self.files)
        said = f"Hit {index + 1} of {len(self.find.hits)}: n N go on." if found else "This view cannot show that hit."
        self.call_next(self.say, said)

    def _step(self: "MainScreen", step: int) -> None:
        count = len(self.find.hits)
        if self.hits_at >= 0 and count:
            self.go_to_hit((self.hits_at + step) % count)
        elif not self.files.step_changed(step):
            self.say("No changed row follows." if step > 0 else "No changed row comes before.")

    def do_next_hit(self: "MainScreen") -> None:
        """The next hit, or changed row."""
        self._step(1)

    def do_previous_hit(self: "MainScreen") -> None:
        """The previous hit, or changed row."""
        self._step(-1)

    # Pages

    def open_page(self: "MainScreen", name: str) -> None:
        """Open a page in the place of the files; the same again closes it."""
        if self.page_name == name:
            self.close_page()
            return
        state, place = self.state, self.pane.place
        if name == "info" and state is None:
            return
        self.find.display = False
        self.page_name = name
        if name == "help":
            self.page.show(f"KEYS in the {place.value} pane", lambda width: help_page(place), 21)
        elif name == "info" and state is not None:
            label = self.opened.source.label
            self.page.show("CONFIG AND HISTORY", lambda width: config_page(state, label), 18)
        else:
            self.page.show("FILE", lambda width: self._file_lines(), 18)
        self.go(self.page)

    def close_page(self: "MainScreen") -> None:
        """Close the page, or the find pane."""
        self.page_name = ""
        self.find.display = False
        self.go(self.files)

    def do_help(self: "MainScreen") -> None:
        """The keys."""
        self.open_page("help")

    def do_info(self: "MainScreen") -> None:
        """Config and history."""
        self.open_page("info")

    @property
    def closable(self: "MainScreen") -> bool:
        """Whether `back` has something to go back from."""
        return bool(self.page_name or self.find.display or self.zoomed or self.files.view.query or self.hits_at >= 0)

    def do_back(self: "MainScreen") -> None:
        """Close the page, else the zoom, else the filter."""
        if self.page_name or self.find.display:
            self.close_page()
        elif self.zoomed:
            self.do_zoom()
        elif self.files.view.query:
            self.files.filter("")
        elif self.hits_at >= 0:
            self.hits_at = -1
            self.find.show("", None, (), False)
        elif self.pane is not self.tree:
            self.go(self.tree)

    def do_quit(self: "MainScreen") -> None:
        """Close the page, or leave."""
        if self.page_name or self.find.display:
            self.close_page()
        else:
            self.loader.cancel(self.state)
            self.app.exit(0)

    def do_cancel(self: "MainScreen") -> None:
        """Stop reading."""
        if self.loader.cancel(self.state):
            self.tree.rebuild()
            self.show_files()
            self.say("Cancelled. R reads the rest.")
        else:
            self.say("Nothing is running. q quits.")

    def do_refresh(self: "MainScreen") -> None:
        """Read again what failed, and draw everything."""
        state = self.state
        count = self.loader.again(state) if state is not None and state.opened else 0
        self.tree.rebuild()
        self.show_files()
        self.refresh()
        self.say(f"Reading {count} layers." if count else "Drawn anew.")

    def do_palette(self: "MainScreen") -> None:
        """Any action by its name."""
        self.app.push_screen(CommandPalette(providers=[ActionProvider], placeholder="Find an action"))

    def do_long_lines(self: "MainScreen") -> None:
        """Wrap or cut the details' lines."""
        self.details.do_long_lines()
        self.side.do_long_lines()

    # Panes

    def panes(self: "MainScreen") -> list[LineList]:
        """What Tab goes through."""
        return [self.tree, self.main_pane, self.details]

    def do_next_pane(self: "MainScreen") -> None:
        """The next pane."""
        panes = self.panes()
        self.go(panes[(panes.index(self.pane) + 1) % len(panes)])

    def do_previous_pane(self: "MainScreen") -> None:
        """The previous pane."""
        panes = self.panes()
        self.go(panes[(panes.index(self.pane) - 1) % len(panes)])

    def do_pane_tree(self: "MainScreen") -> None:
        """The images and layers."""
        self.go(self.tree)

    def do_pane_files(self: "MainScreen") -> None:
        """The files, or the page in their place."""
        self.go(self.main_pane)

    def do_pane_details(self: "MainScreen") -> None:
        """The details."""
        self.go(self.details)

    def do_narrower(self: "MainScreen") -> None:
        """Narrow the tree."""
        self._widen(-WIDER_CELLS)

    def do_wider(self: "MainScreen") -> None:
        """Widen the tree."""
        self._widen(WIDER_CELLS)

    def _widen(self: "MainScreen", cells: int) -> None:
        before = self.tree.size.width
        self.tree_extra += cells
        self.arrange()
        self.call_after_refresh(self._widened, before, cells)

    def _widened(self: "MainScreen", before: int, cells: int) -> None:
        if self.tree.size.width == before:
            self.tree_extra -= cells

    def do_zoom(self: "MainScreen") -> None:
        """One pane, or all."""
        self.zoomed = not self.zoomed
        self.arrange()
        self.tell()
