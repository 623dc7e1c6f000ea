"""Brings the bytes of a blob to whoever waits for them, taking it up again where the connection breaks."""

import queue
from collections.abc import Iterator

from layertui.errors import Cancelled, DamagedError, UnreachableError
from layertui.image.digest import Digest
from layertui.sources.registry.asking import Line, Lines
from layertui.sources.registry.patience import Broken, Patience
from layertui.sources.registry.ranges import check_partial, check_whole, too_long
from layertui.sources.registry.transport import Answer
from layertui.sources.registry.waiting import BEAT_S, Halt

_PROGRESS_BYTES = 64 << 10
"""What must have arrived for a connection that breaks to count as the first that does."""

_BREAKS = 100
"""How often a blob is taken up again in all: each time it costs the registry a request."""


class Pump:
    """One blob. It knows nothing of the stream that it is for, so that one which nobody has any more can end it."""

    def __init__(
        self,
        lines: Lines,
        label: str,
        digest: Digest,
        size_bytes: int,
        halt: Halt,
        out: "queue.Queue[bytes | BaseException]",
    ) -> None:
        """`out` gets the parts, then b"" or what went wrong."""
        self._lines, self._label, self._digest, self._size_bytes = lines, label, digest, size_bytes
        self._halt, self._out = halt, out

    def run(self, offset: int) -> None:
        """Bring the bytes from an offset on, until the end or until the halt."""
        try:
            for part in self._parts(offset):
                self._put(part)
            self._put(b"")
        except Cancelled:
            return
        # Whatever it is, it belongs to the thread that waits, a bug included.
        except BaseException as problem:
            try:
                self._put(problem)
            except Cancelled:
                return

    def _parts(self, position: int) -> Iterator[bytes]:
        patience: Patience | None = None
        breaks = 0
        while position < self._size_bytes:
            start = position
            try:
                for part in self._go_on(position):
                    position += len(part)
                    yield part
            except Broken as broken:
                breaks += 1
                if patience is None or position - start >= _PROGRESS_BYTES:
                    patience = Patience()
                if breaks > _BREAKS:
                    raise broken.problem from None
                self._halt.pause(patience.next_pause(broken))

    def _go_on(self, position: int) -> Iterator[bytes]:
        """The rest of the blob, as far as one connection brings it; raises Broken where that is not far enough."""
        answer = self._lines.ask(lambda line: self._open(line, position), self._halt, by_digest=True)
        end = self._size_bytes
        at = 0 if answer.status == 200 else position  # one that knows no ranges begins anew
        for part in answer.parts():
            skipped = max(0, position - at)
            at += len(part)
            if at > end:
                raise too_long(self._label, end)
            if skipped < len(part):
                yield part[skipped:] if skipped else part
        if at < end:
            raise Broken(UnreachableError(f"{self._label} ended at byte {at:,} of {end:,}.", "Try again later."))

    def _open(self, line: Line, position: int) -> Answer:
        headers = {"Range": f"bytes={position}-"} if position else {}
        what = f"the blob {self._digest}"
        answer = line.get(f"blobs/{self._digest}", what, self._halt, headers=headers, accepted=(200, 206, 416))
        with answer.closing():
            if answer.status == 416:
                raise DamagedError(f"{self._label} ends before byte {position:,}.", "It was promised to be longer.")
            if answer.status == 206:
                check_partial(answer.header, position, self._size_bytes, self._size_bytes, self._label)
            else:
                check_whole(answer.header, self._size_bytes, self._label)
        return answer

    def _put(self, item: bytes | BaseException) -> None:
        while True:
            if self._halt.stopped:
                raise Cancelled
            try:
                self._out.put(item, timeout=BEAT_S)
            except queue.Full:
                continue
            self._halt.beat()  # it waited for the one who reads, and not for the registry
            return
