"""The command palette: every action by its sentence."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Provider
from textual.content import Content

from layertui.tui.actions import Action, Group, keymap


class ActionProvider(Provider):
    """Finds actions for the palette."""

    def _offered(self) -> Iterator[tuple[Action, Callable[[], object]]]:
        perform = getattr(self.screen, "perform", None)
        if perform is not None:
            # Everybody knows how to move: what has no obvious key comes first.
            for action in sorted(keymap().actions, key=lambda action: action.group is Group.MOVE):
                if action.name != "palette":
                    yield action, partial(perform, action.name)

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """Everything, before anything is typed."""
        for action, run in self._offered():
            yield DiscoveryHit(Content(action.help), run, action.help, action.shown)

    async def search(self, query: str) -> AsyncIterator[Hit]:
        """What matches."""
        matcher = self.matcher(query)
        for action, run in self._offered():
            score = matcher.match(action.help)
            if score > 0:
                yield Hit(score, matcher.highlight(action.help), run, action.help, action.shown)
