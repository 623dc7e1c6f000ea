"""Extracting what is under the cursor, in the background."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from textual.message import Message
from textual.worker import get_current_worker

from layertui.errors import Cancelled, LayertuiError
from layertui.extract.contents import Progress
from layertui.layer.read import Cancel
from layertui.tui.destinations import completed
from layertui.tui.host import Host, guarded
from layertui.tui.loading.taking import Request, extracted, layer_saved, measured
from layertui.tui.loading.threads import Task
from layertui.tui.messages_taking import (
    DestinationCompleted,
    Ending,
    ExtractionEnded,
    ExtractionMeasured,
    ExtractionProgress,
)


@dataclass(slots=True)
class _Run:
    """One piece of work. A worker of Textual that is cancelled counts as finished while its thread still tidies up."""

    cancelled: bool = False
    finished: bool = False


class Extractor:
    """Extracts one thing at a time, for one screen."""

    def __init__(self, host: Host, progress_s: float) -> None:
        """Work for `host`, and say every `progress_s` seconds how far it is."""
        self._host = host
        self._progress_s = progress_s
        self._measuring = self._extracting = _Run(finished=True)
        self.attempt = 0
        """Which extraction is asked for or runs."""

    def cancel(self) -> bool:
        """Stop everything; returns whether an extraction ran that was not cancelled already.

        How it ended is said in a message nevertheless, once nothing of it is left.
        """
        ran = not self._extracting.finished and not self._extracting.cancelled
        self._measuring.cancelled = self._extracting.cancelled = True
        return ran

    def measure(self, request: Request) -> None:
        """Find out how much an extraction would be, while its destination is asked for."""
        self.attempt += 1
        attempt = self.attempt

        def work(cancelled: Cancel) -> None:
            # What is wrong is said when the extraction itself meets it.
            with suppress(LayertuiError):
                self._post(ExtractionMeasured(attempt, measured(request, cancelled)))

        self._measuring = self._start(work)

    def complete(self, typed: str) -> None:
        """Complete a destination; a directory on another machine may not answer, and nobody waits for it."""
        attempt = self.attempt

        def work(task: Task) -> None:
            self._post(DestinationCompleted(attempt, typed, completed(typed)))

        Task(work, "complete")

    def extract(self, request: Request, target: Path, shown: str) -> None:
        """Extract to a path, which messages call `shown`."""
        self._measuring.cancelled = True
        self.attempt += 1
        attempt = self.attempt

        def work(cancelled: Cancel) -> None:
            progress = self._throttled(lambda done, total: ExtractionProgress(attempt, done, total))
            try:
                carry_out = layer_saved if request.tar else extracted
                ending = carry_out(request, target, shown, progress, cancelled)
            except Cancelled:
                ending = Ending("Cancelled. Nothing was written.", cancelled=True)
            # A layer is somebody else's data: one that breaks the extractor must not take the screen along.
            except Exception as failure:
                ending = failed(guarded(failure))
            self._post(ExtractionEnded(attempt, ending))

        self._extracting = self._start(work)

    def _start(self, work: Callable[[Cancel], None]) -> _Run:
        run = _Run()

        def begin() -> None:
            worker = get_current_worker()
            try:
                with suppress(Cancelled):
                    work(lambda: run.cancelled or worker.is_cancelled)
            finally:
                run.finished = True

        # Python waits for such a thread at its end: what is not whole is gone before the program is.
        self._host.start_worker(begin, "extract")
        return run

    def _throttled(self, message: Callable[[int, int], Message]) -> Progress:
        said_s = time.monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal said_s
            if time.monotonic() - said_s >= self._progress_s:
                said_s = time.monotonic()
                self._post(message(done, total))

        return progress

    def _post(self, message: Message) -> None:
        # The program may have ended meanwhile: then its loop is closed, and nobody listens.
        with suppress(RuntimeError):
            self._host.post_message(message)


def failed(problem: LayertuiError) -> Ending:
    """The ending where nothing could be done."""
    return Ending(problem.message, lines=(problem.hint,) if problem.hint else (), problems=1)
