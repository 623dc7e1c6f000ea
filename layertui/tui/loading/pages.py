"""Reading what a pane shows next, off the screen's thread: a source may hang, or be on another machine."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from textual.message import Message

from layertui.errors import Cancelled, LayertuiError
from layertui.present.viewing.body import Place, Row
from layertui.tui.host import guarded

PATIENCE_S = 0.03
"""How long the screen waits for rows, so that nearly all are drawn with the key that asked for them.

Reading a page takes a millisecond or two; whoever waits longer than this shows what was there, and takes keys.
"""


class PageRead(Message):
    """Rows were read, or could not be."""

    def __init__(self, page: "Page") -> None:
        super().__init__()
        self.page = page


class View(NamedTuple):
    """What a pane shows."""

    rows: list[Row]
    place: Place | None = None
    """Of the row that the cursor belongs on; None where whoever asked knows."""
    character: int = 0
    """The character of that row's text that is meant."""


class Page:
    """Rows that are asked for."""

    def __init__(self, work: Callable[[], View], then: Callable[[View], None]) -> None:
        """Made by `work`, taken by `then` in the screen's thread."""
        self.then = then
        self.view = View([])
        self.error: LayertuiError | None = None
        self.ended = threading.Event()
        self._work = work

    def read(self) -> None:
        """Read the rows."""
        try:
            self.view = self._work()
        except Cancelled:
            self.error = LayertuiError("Reading was cancelled.")
        # A content is somebody else's data, and its source may do anything: the pane says it and stays.
        except Exception as error:
            self.error = guarded(error)
        self.ended.set()


class PageReader:
    """One thread that reads the page asked for last; one that was asked for before and is not begun is dropped.

    It is no worker of Textual, whose threads Python waits for at its end (see threads.py).
    """

    def __init__(self, post: Callable[[Message], object]) -> None:
        """Post a PageRead for each page that was read."""
        self._post = post
        self._wanted: Page | None = None
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ended = False

    def ask(self, page: Page) -> bool:
        """Read a page; whether that ended within the screen's patience. A message comes either way."""
        with self._changed:
            self._wanted = page
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pages", daemon=True)
                self._thread.start()
            self._changed.notify()
        return page.ended.wait(PATIENCE_S)

    def end(self) -> None:
        """Read nothing more."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._wanted is not None)
                page, self._wanted = self._wanted, None
            if self._ended or page is None:
                return
            page.read()
            # The program may have ended while the thread read: then its loop is closed, and nobody listens.
            with suppress(RuntimeError):
                self._post(PageRead(page))
