"""Finding in all layers: what the find prompt asks for, and going to what was found."""

from textual import events

from layertui.errors import UsageError
from layertui.present.safetext import safe
from layertui.present.ways import Way, contents_needle, names_matcher
from layertui.tui.actions import Place
from layertui.tui.messages_searching import FoundSome, SearchEnded
from layertui.tui.screens.fetching import FetchingScreen
from layertui.tui.screens.keyed import LEAST_KEYS
from layertui.tui.screens.telling import fraction_text
from layertui.tui.version import Version
from layertui.tui.widgets.find import Asked, hits_text
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.prompt import Prompt

TURNS = {"tab": 1, "shift+tab": -1}
"""Keys in the prompt that lead to another way to look, and how many steps."""


class FindingScreen(FetchingScreen):
    """Looks for names and contents."""

    way = Way.FUZZY
    """How is looked for what is typed."""
    _searched = ""
    """How far the search in contents is."""
    _find_from: LineList | None = None
    """Where the focus was when the find pane was opened."""
    _was_open = False
    """Whether the find pane was open already when the prompt was."""

    # Asking

    def do_find(self) -> None:
        """Ask what to look for, in the whole image; the last question stands there, and typing replaces it."""
        if not self.has_layers:
            return
        pane, self._was_open = self.pane, self.page_name == "find"
        if not self._was_open:
            self._find_from = self.page_from = pane if not self.page_name else self.files
        self.page_name = self.asking = "find"
        query = ""
        if self.find.asked is not None:
            self.way, query = self.find.asked.way, self.find.asked.query
        self.prompt.ask(_label(self.way), query, selected=True)
        self.find.changed()
        self.place_panes(Place.FIND)
        self.set_focus(self.prompt, scroll_visible=False)
        self.fetch_all()
        self.find_typed(query)

    def find_again(self) -> None:
        """More layers are here: look for what stands in the prompt in them too."""
        fetched = self.state is not None and any(layer.fetched for layer in self.state.layers)
        if self.asking == "find" and fetched and not self.way.in_contents:
            self.find_typed(self.prompt.text)

    async def take(self, event: events.Key) -> None:
        """Tab in the prompt leads to the next way to look."""
        if self.asking == "find" and event.key in TURNS:
            self.key_pressed()
            self.way = self.way.step(TURNS[event.key])
            self.prompt.relabel(_label(self.way))
            self.find_typed(self.prompt.text)
        else:
            await super().take(event)

    def find_typed(self, query: str) -> None:
        """This stands in the prompt: names are looked for at once."""
        with self.find.typing(self.way, query, self._problem(query)):
            asked = self._asked(query)
            if asked is not None and not self.way.in_contents and asked != self.find.asked:
                self._begin(asked)
        self.say_hits()
        self.tell_details()

    def _problem(self, query: str) -> str:
        """Why this cannot be looked for; safe, empty where it can."""
        try:
            if query.strip() and self.way.in_contents:
                contents_needle(self.way, query)
            elif query.strip() and self.way is not Way.FUZZY:
                names_matcher(self.way, query)
        except UsageError as error:
            return safe(error.message)
        return ""

    def _asked(self, query: str) -> Asked | None:
        """What this asks for; None where it asks for nothing, or cannot be asked."""
        state = self.state
        squash = self.files.squash if state is None or state.squash is None else state.squash
        if squash is None or not query.strip() or self.find.problem:
            return None
        return Asked(self.way, query, squash)

    def _begin(self, asked: Asked) -> None:
        state = self.state
        if state is None or state.image is None:
            return
        searcher, self._searched = self.loader.searcher, ""
        if asked.way.in_contents:
            needle = contents_needle(asked.way, asked.query)
            self.find.begin(searcher.contents(state.image, asked.squash, needle), asked)
        else:
            self.find.begin(searcher.names(asked.squash, asked.way, asked.query), asked)
        self.hits_at = -1

    def say_hits(self) -> None:
        """Say at the right of the prompt how many hits there are, or what Enter does."""
        find, query = self.find, self.prompt.text
        if not query.strip() or find.problem:
            self.prompt.say("")
        elif find.hidden:
            self.prompt.say("Enter searches")
        else:
            self.prompt.say(hits_text(len(find.hits), limited=find.limited))

    def leave_find(self, done: Prompt.Done) -> None:
        """Enter goes to the best hit of names, and begins to look into contents; Esc leaves things as they were."""
        if done.kept:
            self.find_typed(done.text)  # keys of one packet end here before the last text was looked for
        if done.kept and self.find.problem:
            self.asking = "find"
            return
        asked = self._asked(done.text) if done.kept else None
        self.find.leave()
        if asked is None:
            self._leave_prompt()
        elif asked.way.in_contents:
            if asked != self.find.asked or self.find.cancelled:
                self._begin(asked)
            self.go(self.find)
        elif self.find.searching:
            self.jump_when_found = True
            self.go(self.find)
        elif self.find.hits:
            self.go_to_hit(self.find.cursor)
        else:
            self.close_page()

    def _leave_prompt(self) -> None:
        if self._was_open and self.find.hits:
            self.go(self.find)
        else:
            self.close_page()

    # What was found

    def on_found_some(self, message: FoundSome) -> None:
        """A search in contents is further."""
        if message.search != self.find.search:
            return
        self.find.add(message.matches)
        self._searched = f"L{message.layer} {fraction_text(message.done_bytes, message.total_bytes)}"
        self._tell_found()

    def on_search_ended(self, message: SearchEnded) -> None:
        """A search has ended."""
        find = self.find
        if message.search != find.search or find.asked is None:
            return
        if find.asked.way.in_contents or not message.cancelled:
            find.add(message.matches)
        find.end(
            [safe(f"{problem.message} {problem.hint}".strip()) for problem in message.problems],
            limited=message.limited,
            cancelled=message.cancelled,
        )
        if find.asked.way.in_contents:
            self.notice = " ".join(find.remarks[:2])
        self._tell_found()
        jump, self.jump_when_found = self.jump_when_found, False
        if jump and find.hits and not find.asked.way.in_contents:
            self.go_to_hit(0)

    def _tell_found(self) -> None:
        if self.asking == "find":
            self.say_hits()
        self.tell_details()
        self.tell_footer()

    def go_to_hit(self, index: int) -> None:
        """Go to a hit: of a name to its row in its layer; of a content to the content, on a screen of its own."""
        squash, state = self.find.squash, self.state
        if squash is None or state is None or state.image is None or not 0 <= index < len(self.find.hits):
            return
        position, hit = self.find.hits[index]
        if self.page_name == "find":
            self.find.move_to(index)
        else:
            self.find.cursor = index
        if hit is not None and self.find.shown is not None:
            # What shows contents takes a while to import, and most sessions do without it.
            from layertui.tui.screens.content import ContentScreen

            shown, version = self.find.shown, Version(state.image, squash, position)
            self.show_screen(
                ContentScreen(version, self.base, at=hit.offset_bytes, query=shown.query, regex=shown.way.is_regex)
            )
            return
        self.asking = self.page_name = ""
        self.hits_at = index
        found = self._stand(squash.layer(position), squash.path(position))
        self.go(self.files)
        more = ": n N go on." if len(self.find.hits) > 1 else "."
        self.say(f"Hit {index + 1} of {len(self.find.hits)}{more}" if found else "This view cannot show that hit.")

    def do_winner(self) -> None:
        """Of a hit: from its row."""
        self._leave_for_row()
        super().do_winner()

    def do_cycle(self) -> None:
        """Of a hit: from its row."""
        self._leave_for_row()
        super().do_cycle()

    def _leave_for_row(self) -> None:
        hit, squash = self.find.hit, self.find.squash
        if self.pane is self.find and hit is not None and squash is not None:
            self.close_page()
            self._stand(squash.layer(hit.position), squash.path(hit.position))
            self.go(self.files)

    # Leaving

    def stop_search(self) -> bool:
        """Cancel the search in contents; returns whether one was running."""
        asked = self.find.asked
        if asked is None or not asked.way.in_contents or not self.find.searching:
            return False
        self.loader.searcher.cancel()
        return True

    def forget_hits(self) -> None:
        """Drop the last search."""
        self.loader.searcher.cancel()
        self.hits_at, self.jump_when_found = -1, False
        self.find.forget()

    def close_page(self) -> None:
        """Close the page, or the find pane, whose search ends; a page over the find pane leads back to it."""
        if self.page_name == "find":
            self.stop_search()
        elif self.page_from is self.find:
            self.page_name, self.page_from = "find", self._find_from or self.files
            self.go(self.find)
            return
        super().close_page()

    # What the bars say

    def progress_text(self) -> str:
        """How far the search in contents is; else what is being read."""
        asked = self.find.asked
        if asked is None or not asked.way.in_contents or not self.find.searching:
            return super().progress_text()
        said = f"searching {self._searched}".rstrip()
        whole = f"{said}  Ctrl+C cancels"
        return whole if len(whole) <= self.app.size.width - LEAST_KEYS else said

    def useless(self) -> set[str]:
        """Among hits, what is about the files behind them."""
        useless = super().useless()
        return useless - {"next_hit"} | {"merged", "next_layer"} if self.pane is self.find else useless


def _label(way: Way) -> str:
    place, _, kind = way.title.partition(", ")
    return f"find {kind}: " if not way.in_contents else f"find {kind} in {place}: "
