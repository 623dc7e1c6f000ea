"""Parts of a blob for which every read is a request: few, exact, and ahead only where the reading runs on."""

from layertui.errors import DamagedError
from layertui.image.blob import Blob

REQUEST_BYTES = 4 << 20
"""The most that one request asks for: what bounds memory, and how long nobody can cancel."""

AHEAD_BYTES = 64 << 10
"""What is asked for beyond what is needed, once reading runs on; doubled each time it goes on running."""

GAP_BYTES = 16 << 10
"""Reading runs on where it goes on this close behind the end of the last request: headers lie between contents."""


class Ranges:
    """A blob's bytes by requests of which the last is kept; one thread at a time."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._start = 0
        self._data = b""
        """What the last request brought, from `_start` on."""
        self._ahead = 0

    def take(self, start: int, end: int, goal: int, limit: int) -> bytes:
        """The bytes from `start` up to `end`; a request brings those up to `goal` too, as they are needed next.

        Where reading runs on, more is brought, but none from `limit` on. Raises DamagedError where the blob ends
        early, and what reading it raises.
        """
        reach = self._start + len(self._data)
        if self._start <= start and end <= reach:
            return self._data[start - self._start : end - self._start]
        kept = self._data[start - self._start :] if self._start <= start < reach else b""
        begin = start + len(kept)
        if reach and 0 <= begin - reach <= GAP_BYTES:
            self._ahead = min(max(2 * self._ahead, AHEAD_BYTES), REQUEST_BYTES)
        else:
            self._ahead = 0
        stop = max(end, min(goal, begin + REQUEST_BYTES), min(begin + self._ahead, limit))
        data = self._blob.read_at(begin, stop - begin)
        if len(data) < end - begin:
            raise DamagedError(
                f"{self._blob.label} ends at byte {begin + len(data):,}, before the content that was listed.",
                "It is incomplete. Fetch it again.",
            )
        self._start, self._data = start, kept + data
        return self._data[: end - start]


class StoredPart:
    """A part of a blob that is read by `Ranges`, as a blob for whoever inflates it."""

    __slots__ = ("_goal", "_limit", "_ranges", "_start", "label", "size_bytes")

    def __init__(self, ranges: Ranges, start: int, end: int, goal: int, limit: int, label: str) -> None:
        self._ranges = ranges
        self._start = start
        self._goal = goal
        self._limit = limit
        self.size_bytes = end - start
        self.label = label

    def read_at(self, offset: int, length: int) -> bytes:
        """See Blob.read_at."""
        length = min(length, self.size_bytes - offset)
        if offset < 0 or length <= 0:
            return b""
        start = self._start + offset
        # What is needed for certain ends at the goal; a piece beyond it is asked for only once that was not enough.
        end = start + length if start >= self._goal else min(start + length, self._goal)
        return self._ranges.take(start, end, self._goal, self._limit)
