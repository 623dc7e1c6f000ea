"""Stands between a client and an engine, as a network does: exports can be held up, slowed down and cut off."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

BUFFER_BYTES = 1 << 14


class Relay:
    """Hands on what goes to an engine and comes from it, at an address of its own, where no disk is at hand."""

    def __init__(self, engine: Path) -> None:
        """Listen, and hand on to the engine's socket."""
        self.go = threading.Event()
        """Set, as it is at first, exports begin at once; cleared, they wait before their first byte."""
        self.go.set()
        self.rate_bytes_s: float | None = None
        """How fast exports come; None for as fast as they can."""
        self.cut_bytes: int | None = None
        """After how many bytes an export is cut off; None for never."""
        self._engine = engine
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host(self) -> str:
        """For DOCKER_HOST."""
        return f"tcp://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        for one in (self._listening, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client = self._listening.accept()[0]
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(str(self._engine))
                self._sockets += [client, engine]
                threading.Thread(target=self._serve, args=(client, engine), daemon=True).start()

    def _serve(self, client: socket.socket, engine: socket.socket) -> None:
        exporting = threading.Event()

        def ask() -> None:
            with suppress(OSError):
                while data := client.recv(BUFFER_BYTES):
                    if b"/get HTTP/" in data:
                        exporting.set()
                    engine.sendall(data)
                engine.shutdown(socket.SHUT_WR)

        threading.Thread(target=ask, daemon=True).start()
        with suppress(OSError):
            self._answer(client, engine, exporting)
        for one in (client, engine):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _answer(self, client: socket.socket, engine: socket.socket, exporting: threading.Event) -> None:
        passed = 0
        while data := engine.recv(BUFFER_BYTES):
            if exporting.is_set():
                self.go.wait()
                if self.rate_bytes_s is not None:
                    time.sleep(len(data) / self.rate_bytes_s)
                passed += len(data)
                if self.cut_bytes is not None and passed > self.cut_bytes:
                    return
            client.sendall(data)
