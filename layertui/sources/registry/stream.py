"""A blob as it arrives, read ahead by a thread of its own, so that whoever waits for it can be cancelled at once."""

import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from layertui.errors import Cancelled, LayertuiError
from layertui.image.digest import Digest
from layertui.sources.registry.patience import silence_s
from layertui.sources.registry.waiting import BEAT_S, Halt, silent

if TYPE_CHECKING:
    from layertui.sources.registry.asking import Lines

Check = Callable[[], None]
"""Called while something is waited for; raises Cancelled to stop."""

_CHUNKS_AHEAD = 16
"""How many parts of at most 256 KiB are read before anyone asked for them: what bounds memory."""


class Stream:
    """The bytes of one blob from an offset on; closing it ends the request, as does forgetting it."""

    def __init__(self, lines: "Lines", label: str, digest: Digest, size_bytes: int, offset: int) -> None:
        """Send the request, in the background; `label` is what messages call the blob."""
        from layertui.sources.registry.pump import Pump

        self.position = offset
        """The offset in the blob of the next byte that `read` returns."""
        self._label = label
        self._arrived: queue.Queue[bytes | BaseException] = queue.Queue(_CHUNKS_AHEAD)
        self._halt = Halt()
        self._left = memoryview(b"")
        self._end: BaseException | None = None
        self._ended = False
        pump = Pump(lines, label, digest, size_bytes, self._halt, self._arrived)
        threading.Thread(target=pump.run, args=(offset,), name="registry blob", daemon=True).start()

    def read(self, length: int, check: Check | None = None) -> bytes:
        """Up to `length` bytes, as many as are there at once; b"" at the end of the blob.

        `check` is called at least every 0.25 s while nothing is there, and may raise Cancelled. Raises LayertuiError;
        Cancelled where the stream was closed.
        """
        if not self._left and not self._ended:
            self._take(check)
        if self._end is not None:
            raise _afresh(self._end)
        part, self._left = bytes(self._left[:length]), self._left[length:]
        self.position += len(part)
        return part

    def close(self) -> None:
        """End the request; may be called twice, and from any thread."""
        self._halt.stop()

    def __del__(self) -> None:
        self.close()

    def _take(self, check: Check | None) -> None:
        """Wait for the next part."""
        while True:
            if check is not None:
                check()
            if self._halt.stopped:
                raise Cancelled
            try:
                item = self._arrived.get(timeout=BEAT_S)
            except queue.Empty:
                if time.monotonic() - self._halt.heard_s < silence_s():
                    continue
                self._halt.stop()
                item = silent(self._label, silence_s())
            if isinstance(item, BaseException):
                self._end, self._ended = item, True
            elif item:
                self._left = memoryview(item)
            else:
                self._ended = True
            return


def _afresh(problem: BaseException) -> BaseException:
    """The same problem each time it is raised, so that no traceback grows on it."""
    return type(problem)(problem.message, problem.hint) if isinstance(problem, LayertuiError) else problem
