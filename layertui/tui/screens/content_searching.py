"""Searching in a content: as someone types, from where they were, and from hit to hit."""

from layertui.errors import LayertuiError
from layertui.present.safetext import safe
from layertui.present.viewing.body import Place as At
from layertui.present.viewing.hits import ContentSearch
from layertui.tui.base import Base
from layertui.tui.messages_contents import ContentFound
from layertui.tui.screens.content_shown import ContentShown
from layertui.tui.version import Version
from layertui.tui.widgets.prompt import Prompt

SEARCH = "search"
"""What the prompt asks for."""

HOW = "/regex/ for a regular expression"
"""The prompt's remark while nothing is typed."""


class ContentSearching(ContentShown):
    """Finds texts in the content, in the background."""

    def __init__(
        self, version: Version, base: Base, *, at: int | None = None, query: str = "", regex: bool = False
    ) -> None:
        """Show a version from a byte on; `query` is looked for already, so that n goes on from there."""
        super().__init__(version, base, at=at)
        self.sought = f"/{query}/" if regex and query else query
        """What is looked for, as it is typed."""
        self._hit = at if query else None
        self._from: tuple[At, int] | None = None
        """The row where the search was begun, and how far down in the window it is."""
        self._looked_for = ""
        self._typed_ahead = False
        """Whether something is to be looked for as soon as the content is open."""

    def shown(self) -> None:
        """Look for the same in another body."""
        if self.sought and self.document is not None:
            self.content.look_for(self._search(self.sought))
            if self._hit is not None:
                self.content.go_to_hit(self._hit)
            elif self._typed_ahead:
                self._find(0, 1)
        self._hit, self._typed_ahead = None, False

    def do_filter(self) -> None:
        """Ask for a text to look for."""
        row = self.content.row
        if row is None and not self.contents.running("open"):
            self.say("There is nothing to search in.")
            return
        self.go(self.content)
        self._from = ((0, 0), 0) if row is None else (row.place, self.content.cursor)
        self.ask(SEARCH, "/")
        self.prompt.say(HOW)

    def prompt_changed(self, text: str) -> None:
        """Look for what is typed."""
        if self.asking == SEARCH:
            self._look_for(text)

    def answered(self, asked: str, done: Prompt.Done) -> None:
        """Enter keeps the search, Esc goes back to where it was begun."""
        if asked != SEARCH:
            super().answered(asked, done)
        elif done.kept and done.text:
            if done.text != self._looked_for:  # keys of one packet end here before the last text was looked for
                self._look_for(done.text)
        else:
            self.contents.cancel("find")
            self._forget()
            if self._from is not None:
                self.content.show_at(*self._from)

    def step_back(self) -> bool:
        """Leave the page of metadata, then the search that was typed here."""
        if self.pane is self.info:
            self.go(self.content)
            return True
        if self._looked_for:  # what the screen was opened with is no step of the person's
            self.contents.cancel("find")
            self._forget()
            return True
        return False

    def _forget(self) -> None:
        self.sought = self._looked_for = ""
        self.content.look_for(None)

    def _search(self, text: str) -> ContentSearch | None:
        """What a typed text means; None where it cannot be looked for, which is said."""
        encoding = self.document.look.encoding if self.document is not None else None
        regex = len(text) > 2 and text.startswith("/") and text.endswith("/")
        try:
            return ContentSearch(text[1:-1] if regex else text, encoding, regex=regex)
        except LayertuiError as error:
            self._tell(safe(error.message))
            return None

    def _look_for(self, text: str) -> None:
        """Look for a text from where the search was begun."""
        self.sought = self._looked_for = text
        self.contents.cancel("find")
        search = self._search(text) if text else None
        self.content.look_for(search)
        if not text:
            self.prompt.say(HOW)
        if search is not None and self._from is not None:
            self._find(self._from[0][0], 1)

    def _find(self, position: int, step: int) -> None:
        body, search = self.content.body, self.content.search
        self._typed_ahead = body is None
        if body is not None and search is not None and self.document is not None:
            self._way = step
            self.contents.find(self.document, body, search, position, step)

    _way = 1
    """Of the last search: 1 towards the end, -1 towards the beginning."""

    def do_next_hit(self) -> None:
        """The next hit."""
        content = self.content
        self._go_on(content.position if content.hit_in_row is None else content.hit_in_row + 1, 1)

    def do_previous_hit(self) -> None:
        """The previous hit."""
        content = self.content
        self._go_on(content.position if content.hit_in_row is None else content.hit_in_row, -1)

    def _go_on(self, position: int, step: int) -> None:
        if self.content.search is None:
            self.say("Nothing is looked for: / searches.")
        else:
            self._find(position, step)

    def on_content_found(self, message: ContentFound) -> None:
        """A search ended."""
        if message.attempt != self.contents.attempt("find"):
            return
        self._progress = ""
        if message.error is not None:
            self._tell(safe(message.error.message))
        elif message.position is None:
            self._tell("No hit." if self.asking else f"{safe(self.sought)} is nowhere in here.")
        else:
            self.content.go_to_hit(message.position)
            around = "From the beginning again." if self._way > 0 else "From the end again."
            self._tell(around if message.around else "")

    def _tell(self, text: str) -> None:
        """Say something in the prompt while that is open, else in the footer."""
        self.prompt.say(text)
        if self.asking:
            return
        if text:
            self.say(text)
        else:
            self.tell_footer()
