"""What a start of the screen takes over from those before it, and leaves to those after it."""

import os
from collections.abc import Sequence

from layertui.settings.chosen import HISTORY, chosen_number
from layertui.settings.places import Environ, state_path
from layertui.tui.screens.panes import PanesScreen


class Memory:
    """Read behind the first frame, which does not wait for it, and written at the end."""

    def __init__(self, environ: Environ, typed: Sequence[str]) -> None:
        """Remember by the variables of this process; `typed` are the references that it was started with."""
        self._environ, self._typed = environ, typed
        self._path = state_path(environ)
        self._wider_cells = 0

    def recall(self, screen: PanesScreen) -> None:
        """Make the left pane as wide as the person made it the last time."""
        if not os.path.exists(self._path):
            return
        from layertui.settings.state import read_state  # with all that reads JSON: the first frame is drawn by now

        self._wider_cells = read_state(self._path).wider_cells
        if self._wider_cells and not screen.images_extra:
            screen.images_extra = self._wider_cells
            screen.place_panes()

    def keep(self, screen: PanesScreen) -> None:
        """Write what is new; nothing is raised."""
        wider_cells = screen.images_extra if screen.images_extra != self._wider_cells else None
        most = chosen_number("history", self._environ)
        most = HISTORY if most is None else most
        opened = [root.typed for root in screen.holdings.roots if root.typed and root.opened is not None]
        references = dict.fromkeys([*self._typed, *opened])
        typed = [_absolute(reference) for reference in references if most and reference.partition(":")[0] != "-"]
        if typed or wider_cells is not None:
            from layertui.settings.state import remember

            remember(self._path, typed, wider_cells, most)


def _absolute(typed: str) -> str:
    """A reference that means the same wherever the shell is."""
    from layertui.errors import LayertuiError
    from layertui.sources.reference import READABLE, parse_reference
    from layertui.sources.resolve import split_path

    try:
        reference = parse_reference(typed)
        if reference.scheme not in (None, *READABLE):
            return typed
        path = split_path(reference)[0]
    except LayertuiError:
        return typed  # an engine's image
    return typed.replace(path, os.path.abspath(path), 1)
