"""CopyingScreen: what can be copied to the clipboard from any screen."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from layertui.errors import LayertuiError, NotFoundError
from layertui.present.safetext import cell_width, crop_middle, safe
from layertui.tui.roots import Holdings
from layertui.tui.screens.keyed import KeyScreen
from layertui.tui.state import ImageState
from layertui.tui.subject import Subject

if TYPE_CHECKING:
    from layertui.tui.copies import Copy

PERHAPS = ("  (if the terminal allows it)", "  (perhaps)")
"""What is said behind a copied text, as no terminal tells whether it took it; the second where there is less room."""

LEAST_TEXT = 20
"""Cells of a copied text that are shown at least, before what is said behind it is cut short."""


class CopyingScreen(KeyScreen):
    """Copies what is under the cursor: OSC 52, tmux's buffer, and always the footer."""

    holdings: Holdings | None = None
    """All that is open; None on a screen above the one that holds it."""

    def subject(self) -> Subject | None:
        """What is under the cursor; None where that is nothing that could be taken along."""
        return None

    def state_of_subject(self, subject: Subject) -> ImageState | None:
        """How far its image is read; None where it is not among what is open any more."""
        if subject.state is not None:
            return subject.state
        states = self._all_open().states.values()
        same = [state for state in states if state.image is subject.image]
        if not same and subject.image is not None:  # it was opened once more, for a comparison
            image_id = subject.image.image_id
            same = [
                state for state in states if (state.entry.reference, state.image_id) == (subject.reference, image_id)
            ]
        return next(iter(same), None)

    def _all_open(self) -> Holdings:
        """All that is open, which the main screen has."""
        screens = (screen for screen in self.app.screen_stack if isinstance(screen, CopyingScreen))
        return next(screen.holdings for screen in screens if screen.holdings is not None)

    def do_copy_path(self) -> None:
        """The path of a file or a directory."""
        from layertui.tui.copies import path_of

        self._copy_what(path_of)

    def do_copy_digest(self) -> None:
        """The digest that tells a layer or an image apart."""
        from layertui.tui.copies import digest_of

        self._copy_what(digest_of)

    def do_copy_command(self) -> None:
        """All of the command that made the layer."""
        from layertui.tui.copies import command_of

        self._copy_what(command_of)

    def do_copy_reference(self) -> None:
        """What to type behind `layertui` to get here again."""
        self._copy_what(self._reference_of)

    def _reference_of(self, subject: Subject) -> "Copy":
        from layertui.sources.typed import typed
        from layertui.tui.copies import Copy, layers_of

        state, holdings = self.state_of_subject(subject), self._all_open()
        source = holdings.roots[state.root].source if state is not None else None
        if state is None or source is None:
            raise NotFoundError("This image is not among what is open any more.")
        before = [root.source for root in holdings.roots[: state.root] if root.source is not None]
        return Copy(typed(source, state.entry, layers_of(subject), before=before))

    def _copy_what(self, make: "Callable[[Subject], Copy]") -> None:
        """Copy what `make` makes of what is under the cursor; raises nothing."""
        subject = self.subject()
        if subject is None:
            self.say("There is nothing under the cursor that could be copied.")
            return
        try:
            copy = make(subject)
        except LayertuiError as problem:
            self.say(safe(problem.message))
            return
        text = safe(copy.text, exact=True)
        raw = copy.text if isinstance(copy.text, str) else copy.text.decode("utf-8", "surrogateescape")
        escaped = " with escapes" if raw != text else ""
        if self._give_terminal(text):
            what = f" {copy.what}" if copy.what else ""
            self.say(_told(f"Copied{escaped}{what}: ", text, self.app.size.width))
        else:
            self.say(f"Not copied, as terminals do not take that much: {len(text):,} characters.")

    def _give_terminal(self, text: str) -> bool:
        """Give a safe text to the terminal, and to tmux; False where it is too long."""
        from layertui.tui.clipboard import is_tmux, sequence
        from layertui.tui.loading.copying import hand_to_tmux

        sent = sequence(text)
        if sent is None:
            return False
        driver = self.app._driver  # Textual's own way to the clipboard knows nothing of GNU screen
        if driver is not None:
            driver.write(sent)
        if is_tmux(os.environ):
            hand_to_tmux(text)
        return True


def _told(before: str, text: str, width: int) -> str:
    """What the footer says of a copied text: as much of it as there is room for, its end in any case."""
    for behind in PERHAPS:
        room = width - 1 - cell_width(before) - cell_width(behind)
        if room >= min(LEAST_TEXT, cell_width(text)):
            break
    return f"{before}{crop_middle(text, max(room, 1))}{behind}"
