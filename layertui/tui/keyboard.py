"""What the keyboard sends: bytes that are no UTF-8 are left out, where Textual would end."""

from codecs import IncrementalDecoder, getincrementaldecoder
from functools import partial

from textual.drivers import linux_driver


def _decoder(encoding: str) -> partial[IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), "ignore")


def take_any_bytes() -> None:
    """Let no byte end the app: a terminal of another encoding sends letters so, a line that is noisy anything."""
    setattr(linux_driver, "getincrementaldecoder", _decoder)  # noqa: B010  (the driver has no other way to say it)
