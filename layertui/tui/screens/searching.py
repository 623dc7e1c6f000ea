"""Filtering what the panes list, and going from hit to hit."""

from layertui.tui.actions import Place
from layertui.tui.screens.finding import FindingScreen
from layertui.tui.screens.panes import OPEN
from layertui.tui.screens.taking import EXTRACT
from layertui.tui.widgets.hosttree import HostTree
from layertui.tui.widgets.prompt import Prompt


class SearchingScreen(FindingScreen):
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

    def _say_matches(self) -> None:
        rows = self.files.rows
        self.prompt.say(f"{rows.matched:,} of {rows.total:,}" if rows is not None else "")

    def prompt_changed(self, text: str) -> None:
        """Filter or find as someone types."""
        if self.asking == "filter":
            self.files.filter(text)
            self._say_matches()
        elif self.asking == "tree" and isinstance(self.images, HostTree):
            self.images.filter(text)
            self.prompt.say(self.images.matches)
        elif self.asking == "find":
            self.find_typed(text)

    def on_prompt_key(self, message: Prompt.Key) -> None:
        """Move in the list that the prompt filters."""
        if self.asking in (EXTRACT, OPEN):
            return  # it filters nothing
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
            self.leave_find(message)
            return
        self.go(self.main_pane)

    def prompt_left(self) -> None:
        """The panes are placed without the prompt."""
        self.find.leave()
        self.place_panes()
        self.tell()

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
