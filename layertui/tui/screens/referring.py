"""Opening by reference: what the person asks for in the prompt, and what a registry may have that is not here."""

from functools import partial
from typing import TYPE_CHECKING

from textual import events

from layertui.errors import LayertuiError, NotFoundError, UsageError
from layertui.present.safetext import safe
from layertui.tui.roots import Asking, Root
from layertui.tui.screens.hosting import HostingScreen
from layertui.tui.screens.panes import OPEN
from layertui.tui.tree_rows import What
from layertui.tui.widgets.hosttree import HostTree
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from layertui.tui.loading.referring import ReferenceCompleter
    from layertui.tui.messages_referring import ReferencesFound

OFFER = "open from a registry"
"""What the offer is called that stands beneath a bare name which is not on this host."""

TURNS = {"tab": 1, "down": 1, "shift+tab": -1, "up": -1}
"""Keys in the prompt that lead to another completion, and how many steps."""


class ReferringScreen(HostingScreen):
    """Opens references."""

    _asked_at: LineList | None = None
    """The pane that had the focus before the prompt."""
    _completer: "ReferenceCompleter | None" = None
    """Made when something is to be completed."""
    _completions: tuple[str, ...] = ()
    _completion = 0
    """Which of the completions stands in the prompt."""

    # Asking

    def do_open_reference(self) -> None:
        """Ask what to open."""
        if self.open_reference is not None:
            self._asked_at, self._completions = self.pane, ()
            self.ask(OPEN, "open: ")

    async def take(self, event: events.Key) -> None:
        """Tab completes a reference, and Ctrl+C drops it."""
        if self.asking == OPEN and event.key in TURNS:
            self._complete(TURNS[event.key])
        elif self.asking == OPEN and event.key == "ctrl+c":
            done = Prompt.Done(self.prompt.text, False)
            self.leave_prompt(done)
            self.prompt_answered(OPEN, done)
        else:
            await super().take(event)

    def _complete(self, step: int) -> None:
        """Another completion of what was typed; the first are looked for."""
        if self._completions and self.prompt.text == self._completions[self._completion]:
            self._show_completion((self._completion + step) % len(self._completions))
            return
        if self._completer is None:
            from layertui.tui.loading.referring import ReferenceCompleter

            self._completer = ReferenceCompleter(self)
        opened = [root.typed for root in reversed(self.holdings.roots) if root.typed and root.opened is not None]
        self._completer.complete(self.prompt.text, opened)

    def on_references_found(self, message: "ReferencesFound") -> None:
        """What was typed can be completed, unless something else was typed meanwhile."""
        if self.asking != OPEN or message.typed != self.prompt.text:
            return
        self._completions = tuple(message.found)
        if self._completions:
            self._show_completion(0)
        else:
            self.prompt.say("nothing begins so")

    def _show_completion(self, number: int) -> None:
        self._completion = number
        self.prompt.ask(self.prompt.label, self._completions[number])
        if len(self._completions) > 1:
            self.prompt.say(f"{number + 1} of {len(self._completions)}  Tab: next")

    def prompt_answered(self, asked: str, done: Prompt.Done) -> None:
        """Open what was typed, as one more place of the tree."""
        if asked != OPEN:
            super().prompt_answered(asked, done)
            return
        self.go(self._asked_at or self.images)
        text = done.text.strip()
        if not done.kept or not text:
            return
        try:
            root = self._root_of(text)
        except LayertuiError as problem:
            self.say(safe(f"{problem.message} {problem.hint}".strip()))
            return
        self.opening = self._add(root)

    def _root_of(self, text: str) -> Root:
        """The place of what was typed; raises UsageError where that can be nothing."""
        from layertui.sources.reference import REMOTE, parse_reference

        reference, opener = parse_reference(text), self.open_reference
        if reference.name == "-" or reference.name.startswith("-:"):
            raise UsageError("Standard input is what the keys come from.", "Give a file, or a name.")
        assert opener is not None, "nothing is asked for without it"
        opens = partial(opener, text)
        if reference.scheme not in REMOTE:
            return Root.of_reference(text, text, opens)
        from layertui.sources.registry.names import parse_name

        name = parse_name(reference.name)
        return Root.of_reference(name.text, text, opens, name.repository.host)

    async def _add(self, root: Root) -> None:
        """Put a place beneath the others, and ask it."""
        if not self.holdings.host:
            await self._show_places()
        number = self.holdings.add(root)
        self.loader.ask(number, root)
        self.images.rebuild()
        self.go(self.images)
        rows = enumerate(self.images.rows)
        line = next((at for at, row in rows if row.what is What.ROOT and row.root == number), None)
        if line is not None:
            self.images.move_to(line)
        self.tell()

    async def _show_places(self) -> None:
        """Let the tree of one file be one of places, each with a line."""
        self.holdings.host = True
        before, after = self.images, HostTree(self.holdings, id="tree")
        after.view, after.moved = before.view, before.moved
        self.images = after
        await before.remove()
        await self.body.mount(after, before=self.files)
        self._placed = None
        self.place_panes()
        self.show_mark()

    def show_mark(self) -> None:
        """Draw the mark in the tree."""
        raise NotImplementedError

    # Offering

    def not_opened(self, root: Root) -> None:
        """Offer to ask a registry for a bare name that is not on this host; it is not asked before that is accepted."""
        opener = self.open_reference
        if opener is None or not root.typed or not isinstance(root.error, NotFoundError):
            return
        from layertui.sources.registry.names import bare_name

        name = bare_name(root.typed)
        if name is None or any(other.heading and other.name == name.text for other in self.holdings.roots):
            return
        typed = f"docker://{root.typed}"
        offer = Root.of_reference(name.text, typed, partial(opener, typed), name.repository.host)
        offer.asking, offer.heading = Asking.OFFERED, OFFER
        self.holdings.add(offer)
