"""A link to a port of this host on which everything takes its time, both ways, as over an ocean."""

import queue
import socket
import threading
import time
from contextlib import suppress

from tests.kit.relay import CHUNK_BYTES, Relay, to_port


class SlowLink(Relay):
    """Hands on what comes, each piece `delay_s` after it came; as many at a time as are under way."""

    def __init__(self, port: int, delay_s: float) -> None:
        """Stand in front of a port."""
        self._delay_s = delay_s
        super().__init__(to_port(port))

    def serve(self, client: socket.socket, server: socket.socket) -> None:
        """Hand on each way in two threads, one that takes and one that gives later."""
        for taken_from, given_to in ((client, server), (server, client)):
            pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
            threading.Thread(target=self._take, args=(taken_from, pieces), daemon=True).start()
            threading.Thread(target=self._give, args=(given_to, pieces), daemon=True).start()

    def _take(self, one: socket.socket, pieces: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
        data = b"first"
        while data:
            data = b""
            with suppress(OSError):
                data = one.recv(CHUNK_BYTES)
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
