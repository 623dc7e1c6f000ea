"""How long a registry is waited for, and how often it is asked again."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from layertui.errors import UnreachableError
from layertui.sources.registry.patience import Broken, Patience, retry_after_s
from layertui.sources.registry.waiting import Halt

BUSY = UnreachableError("It is busy.")


def test_pauses_grow_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_REGISTRY_RETRY_S", "3600")
    patience = Patience()
    assert [patience.next_pause(Broken(BUSY)) for _ in range(5)] == [0.25, 0.5, 1.0, 2.0, 4.0]
    with pytest.raises(UnreachableError, match="It is busy"):
        patience.next_pause(Broken(BUSY))


def test_a_registry_may_ask_for_a_longer_pause_but_not_for_any() -> None:
    assert Patience().next_pause(Broken(BUSY, 7.0)) == 7.0
    with pytest.raises(UnreachableError, match="It is busy"):
        Patience().next_pause(Broken(BUSY, 61.0))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12.0), ("", None), (None, None), ("-1", None), ("soon", None), ("9" * 400, 999999999.0)],
)
def test_what_a_registry_asks_for(text: str | None, seconds: float | None) -> None:
    assert retry_after_s(text) == seconds


def test_a_pause_until_a_time() -> None:
    then = datetime.now(UTC) + timedelta(seconds=90)
    assert 80 < (retry_after_s(format_datetime(then, usegmt=True)) or 0) <= 90
    assert retry_after_s("Mon, 01 Jan 2001 00:00:00 GMT") == 0.0


def test_ending_a_request_waits_for_no_thread() -> None:
    """At Python's end the thread that lets go of an answer may have stopped for good, its lock held."""
    halt = Halt()
    halt._lock.acquire()
    ending = threading.Thread(target=halt.stop, daemon=True)
    ending.start()
    ending.join(2)
    assert not ending.is_alive()
    assert halt.stopped
