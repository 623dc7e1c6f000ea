"""How long a registry is waited for, and how often it is asked again."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from layertui.errors import LayertuiError
from layertui.image.bounds import Bound

CONNECT_S = 5.0
"""How long a connection may take: a host that is not there must not hold anything up."""

READ_S = Bound("LAYERTUI_REGISTRY_TIMEOUT_S", 30, "seconds")
"""How long a registry may send nothing: some make an answer ready only when it is asked for."""

RETRY_S = Bound("LAYERTUI_REGISTRY_RETRY_S", 60, "seconds")
"""How long a question is repeated in all while a registry is busy; a person is waiting."""

SLOWEST_BYTES = 1024
"""What must arrive within READ_S once an answer has begun: what drips is as good as broken."""

_ATTEMPTS = 6
"""How often a question is asked at most."""

_FIRST_S = 0.25
"""The first pause; each further one is twice as long."""


class Broken(Exception):
    """What went wrong may well go right the next time: a busy registry, a broken connection."""

    def __init__(self, problem: LayertuiError, after_s: float | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        """What is said when it does not."""
        self.after_s = after_s
        """How many seconds the registry asks to be left alone (Retry-After); None where it does not say."""


@dataclass(slots=True)
class Patience:
    """The pauses of one question."""

    _count: int = 0
    _end_s: float = field(default_factory=lambda: time.monotonic() + RETRY_S.value)

    def next_pause(self, broken: Broken) -> float:
        """Seconds to wait before asking again; raises the problem itself when there is no more use."""
        self._count += 1
        pause_s = max(_FIRST_S * (1 << self._count - 1), broken.after_s or 0.0)
        if self._count >= _ATTEMPTS or time.monotonic() + pause_s > self._end_s:
            raise broken.problem
        return pause_s


def silence_s() -> float:
    """How long nothing at all may arrive, redirects, tokens and pauses included."""
    return RETRY_S.value + 3.0 * READ_S.value


def retry_after_s(text: str | None) -> float | None:
    """What a Retry-After header says, in seconds or as a date (RFC 9110, 10.2.3); None where it makes no sense."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    from email.utils import parsedate_to_datetime  # rarely needed, and slow to import

    try:
        when = parsedate_to_datetime(text)
        return max(0.0, (when - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
