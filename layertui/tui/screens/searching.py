"""Filtering the files, finding paths in all layers, and going from hit to hit."""

from layertui.tui.actions import Place
from layertui.tui.messages import Found
from layertui.tui.screens.browsing import BrowsingScreen
from layertui.tui.widgets.find import hits_text
from layertui.tui.widgets.hosttree import HostTree
from layertui.tui.widgets.prompt import Prompt


class SearchingScreen(BrowsingScreen):
    """What the prompt asks for, and what is done with it."""

    def do_filter(self) -> None:
        """Ask for a filter: of the files, or of a host's images where those have the focus."""
        if isinstance(self.pane, HostTree):
            self.asking = "tree"
            self.prompt.ask("/", self.images.view.query)
            self.prompt.say(self.pane.matches)
            self.place_panes(Place.TREE)
            self.set_focus(self.prompt, scroll_visible=False)
            return
        if self.page_name:
            self.close_page()
        self.asking = "filter"
        self.prompt.ask("/", self.files.view.query)
        self._say_matches()
        self.place_panes(Place.FILES)
        self.set_focus(self.prompt, scroll_visible=False)

    def do_find(self) -> None:
        """Ask for a path anywhere in the image."""
        if not self.has_layers:
            return
        self.page_name = self.asking = "find"
        self.prompt.ask("find: ")
        self.place_panes(Place.FIND)
        self.set_focus(self.prompt, scroll_visible=False)
        self._search("")

    def _search(self, query: str) -> None:
        state = self.state
        squash = self.files.squash if state is None or state.squash is None else state.squash
        if state is None or squash is None or not query.strip():
            self.find.show(query, squash, ())
            self.prompt.say("")
            return
        self.find.search(query)
        self.loader.find(state, squash, query)

    def _say_matches(self) -> None:
        rows = self.files.rows
        self.prompt.say(f"{rows.matched:,} of {rows.total:,}" if rows is not None else "")

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Another text stands in the prompt; of several keys that waited, only the last text counts."""
        if message.text != self.prompt.text:
            return
        if self.asking == "filter":
            self.files.filter(message.text)
            self._say_matches()
        elif self.asking == "tree" and isinstance(self.images, HostTree):
            self.images.filter(message.text)
            self.prompt.say(self.images.matches)
        elif self.asking == "find":
            self._search(message.text)

    def on_prompt_key(self, message: Prompt.Key) -> None:
        """Move in the list that the prompt filters."""
        pane = {"find": self.find, "tree": self.images}.get(self.asking, self.files)
        getattr(pane, f"do_{message.action}")()

    def leave_prompt(self, message: Prompt.Done) -> None:
        """Enter keeps what was typed, Esc drops it."""
        asked, self.asking = self.asking, ""
        if asked == "filter":
            # Keys of one packet end here before the last text was looked for.
            self.files.filter(message.text if message.kept else "")
        elif asked == "tree" and isinstance(self.images, HostTree):
            self.images.filter(message.text if message.kept else "")
            self.go(self.images)
            return
        elif asked == "find":
            if message.kept and message.text != self.find.query_text:
                self._search(message.text)
            self._leave_find(message.kept)
            return
        self.go(self.main_pane)

    def _leave_find(self, kept: bool) -> None:
        if kept and self.find.searching:
            self.jump_when_found = True  # what was typed last was not searched for yet
            self.go(self.find)
        elif kept and self.find.hits:
            self.go_to_hit(self.find.cursor)
        else:
            self.forget_hits()
            self.close_page()

    def prompt_left(self) -> None:
        """The panes are placed without the prompt."""
        self.place_panes()
        self.tell()

    def go_to_hit(self, index: int) -> None:
        """Go to a hit of the last search, in its layer."""
        squash = self.find.squash
        if squash is None or not 0 <= index < len(self.find.hits):
            return
        self.asking = self.page_name = ""
        self.find.cursor = self.hits_at = index
        position = self.find.hits[index].position
        found = self._stand(squash.layer(position), squash.path(position))
        self.go(self.files)
        more = ": n N go on." if len(self.find.hits) > 1 else "."
        said = f"Hit {index + 1} of {len(self.find.hits)}{more}" if found else "This view cannot show that hit."
        self.say(said)

    def _step(self, step: int) -> None:
        count = len(self.find.hits)
        if self.hits_at >= 0 and count:
            self.go_to_hit((self.hits_at + step) % count)
        elif not self.files.step_changed(step):
            self.say("No changed row follows." if step > 0 else "No changed row comes before.")

    def do_next_hit(self) -> None:
        """The next hit, or changed row."""
        self._step(1)

    def do_previous_hit(self) -> None:
        """The previous hit, or changed row."""
        self._step(-1)

    def on_found(self, message: Found) -> None:
        """Paths were found."""
        state = self.state
        if self.find.query_text != message.query or state is None or state.session != message.session:
            return
        self.find.show(message.query, message.squash, message.hits)
        self.hits_at = -1
        self.prompt.say(hits_text(len(message.hits)))
        self.tell_details()
        jump, self.jump_when_found = self.jump_when_found, False
        if jump and message.hits:
            self.go_to_hit(0)
