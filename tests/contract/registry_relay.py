"""Stands between us and a registry, as a network does: answers can be held up and slowed down, and are counted."""

import re
import socket
import threading
import time
from contextlib import suppress
from typing import Self

BUFFER_BYTES = 1 << 14

_REQUEST = re.compile(rb"(?:GET|HEAD) (/v2/\S*) HTTP/1\.1\r\n")


class RegistryRelay:
    """Hands on what goes to a registry and comes from it, at a port of its own."""

    def __init__(self, port: int) -> None:
        """Listen, and hand on to a port of this host."""
        self.go = threading.Event()
        """Set, as it is at first, answers begin at once; cleared, they wait before their first byte."""
        self.go.set()
        self.rate_bytes_s: float | None = None
        """How fast answers come; None for as fast as they can."""
        self.asked: list[str] = []
        """Paths that were asked for, in order."""
        self._port = port
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        """How names begin that are asked for here."""
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        self.rate_bytes_s = None
        for one in (self._listening, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def blobs(self) -> list[str]:
        """Digests of the blobs that were asked for, each once."""
        paths = (path.partition("/blobs/") for path in self.asked)
        return list(dict.fromkeys(digest for _, _, digest in paths if digest))

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client = self._listening.accept()[0]
                server = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [client, server]
                threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(BUFFER_BYTES):
                self.asked += [path.decode() for path in _REQUEST.findall(data)]
                server.sendall(data)
        _end(client, server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(BUFFER_BYTES):
                self.go.wait()
                if self.rate_bytes_s is not None:
                    time.sleep(len(data) / self.rate_bytes_s)
                client.sendall(data)
        _end(client, server)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
