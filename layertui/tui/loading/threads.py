"""Threads that nobody waits for."""

import threading
from collections.abc import Callable


class Task:
    """Work that may hang: on a socket, on a directory of another machine.

    It is no worker of Textual, whose threads Python waits for at its end: `q` must end the program all the same, and
    engines that hang must not use up the threads that layers are read in.
    """

    def __init__(self, work: Callable[["Task"], None], name: str) -> None:
        """Begin to work; `work` looks at `cancelled` between its steps."""
        self.cancelled = False
        self.finished = False
        self._work = work
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        try:
            self._work(self)
        finally:
            self.finished = True

    def cancel(self) -> None:
        """Ask it to stop; what it brings afterwards is dropped."""
        self.cancelled = True
