"""A link to a port of this host on which everything takes its time, both ways, as over an ocean."""

import queue
import socket
import threading
import time
from contextlib import suppress
from typing import Self

BUFFER_BYTES = 1 << 16


class SlowLink:
    """Hands on what comes, each piece `delay_s` after it came; as many at a time as are under way."""

    def __init__(self, port: int, delay_s: float) -> None:
        """Stand in front of a port."""
        self._port, self._delay_s = port, delay_s
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it is connected to."""
        number: int = self._listening.getsockname()[1]
        return number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listening, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near = self._listening.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [near, far]
                for taken_from, given_to in ((near, far), (far, near)):
                    pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                    threading.Thread(target=self._take, args=(taken_from, pieces), daemon=True).start()
                    threading.Thread(target=self._give, args=(given_to, pieces), daemon=True).start()

    def _take(self, one: socket.socket, pieces: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
        data = b"first"
        while data:
            data = b""
            with suppress(OSError):
                data = one.recv(BUFFER_BYTES)
            pieces.put((time.monotonic() + self._delay_s, data))

    def _give(self, one: socket.socket, pieces: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
        with suppress(OSError):
            while True:
                due_s, data = pieces.get()
                time.sleep(max(0.0, due_s - time.monotonic()))
                if not data:
                    one.shutdown(socket.SHUT_WR)
                    return
                one.sendall(data)
