"""What the keyboard sends: bytes that are no UTF-8 are left out, where Textual would end, and Esc is told early."""

import selectors
from codecs import IncrementalDecoder, getincrementaldecoder
from functools import partial
from types import SimpleNamespace

from textual import constants
from textual.drivers import linux_driver


class _Selector(selectors.SelectSelector):
    """Waits no longer for a key than it takes to tell an Esc from the beginning of a sequence.

    Textual looks only after each wait, of 0.1 s, whether an Esc that came was meant alone.
    """

    _came = False
    """Whether something came before this wait."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See BaseSelector.select."""
        if self._came and timeout is not None:
            timeout = min(timeout, constants.ESCAPE_DELAY)
        found = super().select(timeout)
        self._came = bool(found)
        return found


def _decoder(encoding: str) -> partial[IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), "ignore")


def take_any_bytes() -> None:
    """Let no byte end the app: a terminal of another encoding sends letters so, a line that is noisy anything."""
    setattr(linux_driver, "getincrementaldecoder", _decoder)  # noqa: B010  (the driver has no other way to say it)


def tell_escape_early() -> None:
    """Let a lone Esc take as long as ESCDELAY says, and no longer."""
    early = SimpleNamespace(SelectSelector=_Selector, EVENT_READ=selectors.EVENT_READ)
    setattr(linux_driver, "selectors", early)  # noqa: B010  (as above)
