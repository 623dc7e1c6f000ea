"""Stands between a client and an engine, as a network does: exports can be held up, slowed down and cut off."""

import socket
import threading
import time
from pathlib import Path

from tests.kit.relay import Relay


class EngineRelay(Relay):
    """Hands on what goes to an engine and comes from it, at an address of its own, where no disk is at hand."""

    def __init__(self, engine: Path) -> None:
        """Stand in front of the engine's socket."""
        self.go = threading.Event()
        """Set, as it is at first, exports begin at once; cleared, they wait before their first byte."""
        self.go.set()
        self.rate_bytes_s: float | None = None
        """How fast exports come; None for as fast as they can."""
        self.cut_bytes: int | None = None
        """After how many bytes an export is cut off; None for never."""
        self._engine = engine
        super().__init__(self._to_engine)
        self.host = f"tcp://{self.host}"

    def __exit__(self, *error: object) -> None:
        self.go.set()
        super().__exit__(*error)

    def _to_engine(self) -> socket.socket:
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(str(self._engine))
        return engine

    def serve(self, client: socket.socket, server: socket.socket) -> None:
        """Look out for exports, each on a connection of its own."""
        exporting, passed = threading.Event(), 0

        def ask(data: bytes) -> None:
            if b"/get HTTP/" in data:
                exporting.set()

        def answer(data: bytes) -> None:
            nonlocal passed
            if exporting.is_set():
                self.go.wait()
                if self.rate_bytes_s is not None:
                    time.sleep(len(data) / self.rate_bytes_s)
                passed += len(data)
                if self.cut_bytes is not None and passed > self.cut_bytes:
                    raise ConnectionAbortedError

        threading.Thread(target=self.pass_on, args=(client, server, ask), daemon=True).start()
        self.pass_on(server, client, answer)
