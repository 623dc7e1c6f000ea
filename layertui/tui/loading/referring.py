"""Completing references off the screen's thread: a directory on another machine may not answer."""

import os
from collections.abc import Sequence
from contextlib import suppress

from layertui.settings.places import state_path
from layertui.settings.state import read_state
from layertui.tui.host import Host
from layertui.tui.loading.threads import Task
from layertui.tui.messages_referring import ReferencesFound
from layertui.tui.references import completions


class ReferenceCompleter:
    """Looks for what a reference can be completed to."""

    def __init__(self, host: Host) -> None:
        """Work for `host`."""
        self._host = host

    def complete(self, typed: str, opened: Sequence[str]) -> None:
        """Complete what was typed, out of what was `opened` since the start, the history and the files there are."""

        def work(task: Task) -> None:
            history = read_state(state_path(os.environ)).history
            found = completions(typed, [*opened, *history])
            # The program may have ended meanwhile: then its loop is closed, and nobody listens.
            with suppress(RuntimeError):
                self._host.post_message(ReferencesFound(typed, found))

        Task(work, "complete")
