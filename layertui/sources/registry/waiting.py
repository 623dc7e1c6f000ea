"""Work that waits for a network, done in a thread of its own: whoever waits for it can be cancelled at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from layertui.errors import Cancelled, UnreachableError
from layertui.layer.window import Tick

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

T = TypeVar("T")

BEAT_S = 0.1
"""Between two looks whether the work was cancelled."""


class Halt:
    """How work in another thread is told to stop, and how that thread shows that it lives."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._response: BaseHTTPResponse | None = None
        self.heard_s = time.monotonic()
        """When something arrived last, by the monotonic clock."""

    @property
    def stopped(self) -> bool:
        """Whether the work is to stop."""
        return self._stopped.is_set()

    def beat(self) -> None:
        """Something arrived; raises Cancelled once the work is to stop."""
        self.heard_s = time.monotonic()
        if self.stopped:
            raise Cancelled

    def pause(self, seconds: float) -> None:
        """Wait; raises Cancelled as soon as the work is to stop."""
        if self._stopped.wait(seconds):
            raise Cancelled
        self.heard_s = time.monotonic()

    @contextmanager
    def holding(self, response: "BaseHTTPResponse") -> Iterator[None]:
        """While this lasts, stopping the work ends a read of the answer."""
        with self._lock:
            self._response = response
        try:
            self.beat()
            yield
        finally:
            with self._lock:
                self._response = None

    def stop(self) -> None:
        """End the work; whatever it raises from now on nobody hears.

        The lock is not waited for. Whoever holds it looks at `stopped` next, or is done; and a stream can be forgotten
        where waiting never ends: at Python's own end, when the thread that held it runs no more.
        """
        if self.stopped:
            return
        self._stopped.set()
        if not self._lock.acquire(blocking=False):
            return
        try:
            with suppress(OSError, ValueError, RuntimeError):  # it may have ended by itself just now
                if self._response is not None:
                    self._response.shutdown()
        finally:
            self._lock.release()


def wait_for(work: Callable[[Halt], T], who: str, silence_s: float, tick: Tick | None = None) -> T:
    """Do work in a thread of its own; `tick` is called with 0 while it lasts, and may raise Cancelled.

    Raises what the work raises, and UnreachableError, beginning with `who`, where it showed no life for `silence_s`:
    there are answers that never end and never arrive.
    """
    halt, future = Halt(), Future[T]()

    def run() -> None:
        try:
            future.set_result(work(halt))
        # Whatever it is, it belongs to the thread that waits, a bug included.
        except BaseException as problem:
            future.set_exception(problem)

    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    threading.Thread(target=run, name="registry", daemon=True).start()
    try:
        while not done.wait(BEAT_S):
            if tick is not None:
                tick(0)
            if time.monotonic() - halt.heard_s > silence_s:
                raise silent(who, silence_s)
    except BaseException:
        halt.stop()
        raise
    return future.result()


def silent(who: str, silence_s: float) -> UnreachableError:
    """The sentence for an answer that does not come."""
    return UnreachableError(
        f"{who} sent nothing of use for {silence_s:g} s.", "It hangs, or something between does. Try again later."
    )
