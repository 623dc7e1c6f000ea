"""Engines that no engine should be: a scripted HTTP server on a Unix socket, and a proxy that records what is asked."""

import json
import shutil
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

Answer = Callable[[socket.socket], None]
"""Answers one request, whose headers have been read; the connection is closed behind it."""

VERSION = {"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10.24"}
"""What Docker 20.10 says of itself."""


def raw(data: bytes) -> Answer:
    """These bytes, be they HTTP or not."""
    return lambda line: line.sendall(data)


def answer(body: object, status: int = 200, kind: str = "application/json") -> Answer:
    """A whole answer; what is no bytes is written as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} Word\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    return raw(head.encode() + data)


def chunked(parts: Callable[[], Iterator[bytes]], *, whole: bool = True) -> Answer:
    """A chunked answer; with `whole` false the connection ends before the last chunk, as when an engine is killed."""

    def send(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in parts():
            line.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if whole:
            line.sendall(b"0\r\n\r\n")

    return send


def hang(before: bytes = b"") -> Answer:
    """Some bytes, and then nothing until the other side gives up."""

    def wait(line: socket.socket) -> None:
        line.sendall(before)
        with suppress(OSError):
            line.recv(1)

    return wait


def endless(chunk: bytes) -> Answer:
    """The same bytes again and again, as one JSON document or tar."""

    def send(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        with suppress(OSError):
            while True:
                line.sendall(chunk)

    return send


class _Listener:
    """A Unix socket, or with TLS a port of this host, and a thread for each connection."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        # A socket's path may have 108 bytes, so it cannot lie in a test's own directory.
        self.directory = Path(tempfile.mkdtemp(prefix="lt-engine-", dir="/tmp"))
        self.path = self.directory / "engine.sock"
        self.requests: list[str] = []
        """Every request line that came, in order."""
        self.open_lines = 0
        """Connections that the other side has not ended."""
        self._tls = tls
        if tls is None:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(str(self.path))
            self.host = f"unix://{self.path}"
        else:
            self._socket = socket.create_server(("127.0.0.1", 0))
            self.host = f"tcp://127.0.0.1:{self._socket.getsockname()[1]}"
        self._socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        self.open_lines += 1
        with suppress(OSError), line:
            served = self._tls.wrap_socket(line, server_side=True) if self._tls is not None else line
            self.serve(served)
            served.close()
        self.open_lines -= 1

    def serve(self, line: socket.socket) -> None:
        """Answer one connection."""
        raise NotImplementedError

    def idle_within(self, seconds: float) -> bool:
        """Whether all connections have ended by then."""
        end_s = time.monotonic() + seconds
        while self.open_lines and time.monotonic() < end_s:
            time.sleep(0.02)
        return not self.open_lines

    def close(self) -> None:
        """Stop listening, and leave nothing behind."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class HostileEngine(_Listener):
    """Answers by a script: path without `/v1.41` to an answer. What is not in it is an error 404."""

    def __init__(self, script: Mapping[str, Answer], tls: ssl.SSLContext | None = None) -> None:
        self.script = {"/version": answer(VERSION), "/_ping": answer(b"OK", kind="text/plain"), **script}
        super().__init__(tls)

    def serve(self, line: socket.socket) -> None:
        """Read one request and answer it."""
        head = b""
        while b"\r\n\r\n" not in head:
            data = line.recv(4096)
            if not data:
                return
            head += data
        request = head.split(b"\r\n")[0].decode()
        self.requests.append(request)
        path = request.split(" ")[1].partition("?")[0].removeprefix("/v1.41")
        self.script.get(path, answer({"message": f"No such thing: {path}"}, 404))(line)


class RecordingProxy(_Listener):
    """Passes everything on to a real engine's socket, and records every request line."""

    def __init__(self, target: Path) -> None:
        self._target = target
        super().__init__()

    def serve(self, line: socket.socket) -> None:
        """Pass bytes on in both directions until one side ends."""
        with socket.socket(socket.AF_UNIX) as other:
            other.connect(str(self._target))
            back = threading.Thread(target=_pass_on, args=(other, line), daemon=True)
            back.start()
            asked = b""
            while data := line.recv(65536):
                asked += data
                *heads, asked = asked.split(b"\r\n\r\n")  # requests without a body stand one behind the other
                self.requests += [head.split(b"\r\n")[0].decode() for head in heads]
                other.sendall(data)
            with suppress(OSError):
                other.shutdown(socket.SHUT_WR)
            back.join(5)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
