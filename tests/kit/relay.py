"""What stands between a client and a server of this host, as a network does: bytes pass through our hands."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Self

CHUNK_BYTES = 1 << 16
"""Read at a time, at most."""


def to_port(port: int) -> Callable[[], socket.socket]:
    """Connects to a port of this host."""
    return lambda: socket.create_connection(("127.0.0.1", port))


class Relay:
    """Hands on what comes, at a port of its own; leaving the `with` block breaks all connections."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        """Listen; `connect` makes a connection to the server for each client."""
        self._connect = connect
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        """Where to connect to."""
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        end(self._listening)
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """Break all connections that there are."""
        end(*list(self._sockets))

    def serve(self, client: socket.socket, server: socket.socket) -> None:
        """Hand on between two ends until one of them closes, each way in a thread of its own."""
        asking = threading.Thread(target=self.pass_on, args=(client, server, self.asked), daemon=True)
        asking.start()
        self.pass_on(server, client, self.answered)

    def asked(self, data: bytes) -> None:
        """Bytes of a client are handed on."""

    def answered(self, data: bytes) -> None:
        """Bytes of the server are handed on once this returns; OSError breaks the connection instead."""

    @staticmethod
    def pass_on(source: socket.socket, target: socket.socket, look: Callable[[bytes], None]) -> None:
        """Hand on what comes one way, each piece once `look` has seen it; then break the connection."""
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                look(data)
                target.sendall(data)
        end(source, target)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, server = self._listening.accept()[0], self._connect()
                self._sockets += [client, server]
                threading.Thread(target=self.serve, args=(client, server), daemon=True).start()


class Link(Relay):
    """All answers together come no faster than a rate, as over one line."""

    def __init__(self, port: int, bytes_per_s: float) -> None:
        """Stand in front of the server at `port` of this host."""
        self.sent_bytes = 0
        """What was passed on of answers."""
        self._bytes_per_s = bytes_per_s
        self._lock = threading.Lock()
        self._free_s = time.monotonic()
        super().__init__(to_port(port))

    def answered(self, data: bytes) -> None:
        """Wait until a line of this speed would have carried so many bytes more."""
        with self._lock:
            self.sent_bytes += len(data)
            self._free_s = max(self._free_s, time.monotonic()) + len(data) / self._bytes_per_s
            until_s = self._free_s
        time.sleep(max(0.0, until_s - time.monotonic()))


def end(*sockets: socket.socket) -> None:
    """Break connections, also where another thread waits on them."""
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
