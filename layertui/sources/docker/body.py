"""A long answer of an engine, read by a thread of its own, so that whoever waits for it can be cancelled at once."""

import queue
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException

from layertui.errors import LayertuiError
from layertui.image.bounds import SPOOL_BYTES, Bound
from layertui.layer.window import Tick
from layertui.sources.docker.client import Client, parts_of

_CHUNKS_AHEAD = 16
"""How many parts of at most 256 KiB are read before anyone asked for them: what bounds memory."""

_BEAT_S = 0.1
"""How long to wait for a chunk before asking whether the work was cancelled."""


class Body:
    """The bytes of one answer. An engine may take its time before the first: it is asked for a sign of life then."""

    def __init__(self, client: Client, path: str, what: str) -> None:
        """Send the request, in the background; `what` is what messages call what is asked for."""
        self._client = client.again()
        self._path, self._what = path, what
        self._arrived: queue.Queue[bytes | LayertuiError] = queue.Queue(_CHUNKS_AHEAD)
        self._closed = threading.Event()
        self._sign: threading.Thread | None = None
        self._dead: LayertuiError | None = None
        threading.Thread(target=self._pump, name="engine answer", daemon=True).start()

    def chunks(self, tick: Tick, bound: Bound = SPOOL_BYTES) -> Iterator[bytes]:
        """Yield the bytes as they come; `tick` is called with 0 while waiting, and may raise Cancelled.

        Raises LayertuiError where the answer ends early, is refused, exceeds `bound`, or the engine gives no sign of
        life.
        """
        heard_s, done = time.monotonic(), 0
        while True:
            try:
                item = self._arrived.get(timeout=_BEAT_S)
            except queue.Empty:
                tick(0)
                if self._dead is not None:
                    raise self._dead from None
                if time.monotonic() - heard_s > self._client.timeout_s and self._is_silent():
                    heard_s = time.monotonic()
                continue
            heard_s = time.monotonic()
            if isinstance(item, LayertuiError):
                raise item
            if not item:
                return
            tick(0)
            done += len(item)
            if done > bound.value:
                raise bound.exceeded(f"{self._client.who}: {self._what} is so long that it")
            yield item

    def close(self) -> None:
        """End the request; the engine stops working for it."""
        self._closed.set()
        self._client.close()

    def _is_silent(self) -> bool:
        """Ask for a sign of life unless that is being done; returns whether it has begun now."""
        if self._sign is not None and self._sign.is_alive():
            return False

        def ask() -> None:
            self._dead = self._client.ping()

        self._sign = threading.Thread(target=ask, name="engine sign of life", daemon=True)
        self._sign.start()
        return True

    def _pump(self) -> None:
        import requests
        import urllib3

        try:
            with self._client.start(self._path, self._what, wait_s=None) as response:
                for part in parts_of(response):
                    if not self._put(part):
                        return
            self._put(b"")
        except LayertuiError as problem:
            self._put(problem)
        except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as problem:
            self._put(self._client.said(problem))
        # Cutting the connection under a library's feet raises whatever it likes; without a cut it is a bug, and said.
        except Exception as problem:
            self._put(self._client.said(problem))

    def _put(self, item: bytes | LayertuiError) -> bool:
        while not self._closed.is_set():
            try:
                self._arrived.put(item, timeout=_BEAT_S)
            except queue.Full:
                continue
            return True
        return False
