"""A link of a certain speed to a server on this host: what tests put in front of a registry."""

import contextlib
import socket
import threading
import time
from typing import Self

_CHUNK_BYTES = 64 << 10


class Relay:
    """Passes bytes between whoever connects to `host` and a server, all answers together at no more than a rate.

    Leaving the `with` block closes all connections.
    """

    def __init__(self, port: int, bytes_per_s: float) -> None:
        """Stand in front of the server at `port` of 127.0.0.1."""
        self.sent_bytes = 0
        """What was passed on of answers."""
        self._port, self._bytes_per_s = port, bytes_per_s
        self._lock = threading.Lock()
        self._free_s = time.monotonic()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        """Where to connect to."""
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """Break all connections that there are."""
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                return
            self._open |= {client, server}
            for source, target, is_answer in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass, args=(source, target, is_answer), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK_BYTES):
                if is_answer:
                    self._wait(len(data))
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _wait(self, size_bytes: int) -> None:
        """Wait until a link of this speed would have carried so many bytes more."""
        with self._lock:
            self.sent_bytes += size_bytes
            self._free_s = max(self._free_s, time.monotonic()) + size_bytes / self._bytes_per_s
            until_s = self._free_s
        time.sleep(max(0.0, until_s - time.monotonic()))
