"""Stands between us and a registry, as a network does: answers can be held up and slowed down, and are counted."""

import re
import threading
import time

from tests.kit.relay import Relay, to_port

_REQUEST = re.compile(rb"(?:GET|HEAD) (/v2/\S*) HTTP/1\.1\r\n")


class RegistryRelay(Relay):
    """Hands on what goes to a registry and comes from it."""

    def __init__(self, port: int) -> None:
        """Stand in front of the registry at `port` of this host."""
        self.go = threading.Event()
        """Set, as it is at first, answers begin at once; cleared, they wait before their first byte."""
        self.go.set()
        self.rate_bytes_s: float | None = None
        """How fast answers come; None for as fast as they can."""
        self.requests: list[str] = []
        """Paths that were asked for, in order."""
        super().__init__(to_port(port))

    def __exit__(self, *error: object) -> None:
        self.go.set()
        self.rate_bytes_s = None
        super().__exit__(*error)

    def blobs(self) -> list[str]:
        """Digests of the blobs that were asked for, each once."""
        paths = (path.partition("/blobs/") for path in self.requests)
        return list(dict.fromkeys(digest for _, _, digest in paths if digest))

    def asked(self, data: bytes) -> None:
        """Note what is asked for."""
        self.requests += [path.decode() for path in _REQUEST.findall(data)]

    def answered(self, data: bytes) -> None:
        """Hold answers up."""
        self.go.wait()
        if self.rate_bytes_s is not None:
            time.sleep(len(data) / self.rate_bytes_s)
