"""Registries that no registry should be: a scripted HTTP server on this host, with or without TLS."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from layertui.image.digest import Digest

PATH = "team/api"
"""The repository that scripts are about."""

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Request:
    """What came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")

    @property
    def range(self) -> tuple[int, int | None] | None:
        """First byte and last byte asked for."""
        first, dash, last = self.headers.get("range", "").removeprefix("bytes=").partition("-")
        return (int(first), int(last) if last else None) if dash else None


class Hangup(Exception):
    """Ends the connection."""


Answer = Callable[[socket.socket, Request], None]
"""Answers one request; the connection is kept unless it raises Hangup."""


def raw(data: bytes) -> Answer:
    """These bytes, be they HTTP or not, and the end of the connection."""

    def send(line: socket.socket, request: Request) -> None:
        line.sendall(data)
        raise Hangup

    return send


def answer(body: object = b"", status: int = 200, kind: str = "application/json", **headers: str) -> Answer:
    """A whole answer; what is no bytes is written as JSON. Names of headers have `_` for `-`."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def send(line: socket.socket, request: Request) -> None:
        said = {"Content-Type": kind, "Content-Length": str(len(data))}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = f"HTTP/1.1 {status} Word\r\n" + "".join(f"{name}: {value}\r\n" for name, value in said.items())
        line.sendall(head.encode("latin-1") + b"\r\n" + (b"" if request.method == "HEAD" else data))
        if said["Content-Length"] != str(len(data)) and request.method != "HEAD":
            raise Hangup

    return send


def document(data: bytes, kind: str = MANIFEST_TYPE, **headers: str) -> Answer:
    """A manifest as a registry sends it."""
    return answer(data, kind=kind, **{"Docker-Content-Digest": Digest.of(data), **headers})


def blob(data: bytes) -> Answer:
    """A blob, by ranges where they are asked for."""

    def send(line: socket.socket, request: Request) -> None:
        if request.range is None:
            answer(data, kind="application/octet-stream")(line, request)
            return
        first, last = request.range
        if first >= len(data):
            answer(status=416)(line, request)
            return
        part = data[first : None if last is None else last + 1]
        said = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        answer(part, 206, "application/octet-stream", Content_Range=said)(line, request)

    return send


def parts(pieces: Callable[[], Iterable[bytes]], *, length: int | None = None, head: str = "200 OK") -> Answer:
    """A body in pieces, chunked unless it is said to have a length; behind it the connection ends."""

    def send(line: socket.socket, request: Request) -> None:
        said = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        line.sendall(f"HTTP/1.1 {head}\r\nContent-Type: {MANIFEST_TYPE}\r\n{said}\r\n\r\n".encode())
        for piece in pieces():
            line.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if length is None else piece)
        if length is None:
            line.sendall(b"0\r\n\r\n")
        raise Hangup

    return send


def endless(piece: bytes = b" " * 65536) -> Iterator[bytes]:
    """The same again and again."""
    while True:
        yield piece


def dripping(piece: bytes = b" ", pause_s: float = 0.05) -> Iterator[bytes]:
    """The same again and again, slowly."""
    while True:
        yield piece
        time.sleep(pause_s)


def hang(before: bytes = b"") -> Answer:
    """Some bytes, and then nothing until the other side gives up."""

    def wait(line: socket.socket, request: Request) -> None:
        line.sendall(before)
        with suppress(OSError):
            line.recv(1)
        raise Hangup

    return wait


def redirect(url: str, status: int = 307) -> Answer:
    """Elsewhere."""
    return answer(status=status, Location=url)


def challenge(text: str, status: int = 401) -> Answer:
    """Wants to be logged in to."""
    errors = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
    return answer(errors, status, WWW_Authenticate=text)


def refuse(status: int, code: str = "", message: str = "", **headers: str) -> Answer:
    """An error as the specification has it."""
    return answer({"errors": [{"code": code, "message": message}]}, status, **headers)


def when(holds: Callable[[Request], object], yes: Answer, no: Answer) -> Answer:
    """One answer or the other."""
    return lambda line, request: (yes if holds(request) else no)(line, request)


def _read(line: socket.socket) -> Request | None:
    """The next request; None at the end, and for what is not HTTP, such as TLS."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = line.recv(65536)
        if not data or (head or data)[:1] == b"\x16":
            return None
        head += data
    top, _, body = head.partition(b"\r\n\r\n")
    first, *rest = top.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += line.recv(65536)
    url = urlsplit(target)
    return Request(method, url.path, dict(parse_qsl(url.query)), headers, body)


class MockRegistry:
    """Answers by a script: for each path an answer, or several of which each is given once and the last for ever.

    Paths are what stands behind `/v2/team/api/`, or begin with a slash. What is not in it is an error 404.
    """

    def __init__(self, script: Mapping[str, list[Answer] | Answer], tls: ssl.SSLContext | None = None):
        self.script = dict(script)
        self.requests: list[Request] = []
        """Every request that came, in order."""
        self.lines = 0
        """How many connections are open."""
        self.accepted = 0
        """How many there were in all."""
        self._lock = threading.Lock()
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        self.name = f"{self.host}/{PATH}"
        threading.Thread(target=self._accept, daemon=True).start()

    def asked(self, path: str) -> list[Request]:
        """The requests for a path."""
        return [request for request in self.requests if request.path == self._full(path)]

    def idle_within(self, seconds: float) -> bool:
        """Whether all connections have ended by then."""
        end_s = time.monotonic() + seconds
        while self.lines and time.monotonic() < end_s:
            time.sleep(0.02)
        return not self.lines

    @staticmethod
    def _full(path: str) -> str:
        return path if path.startswith("/") else f"/v2/{PATH}/{path}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with self._lock:
            self.lines += 1
            self.accepted += 1
        with suppress(OSError, Hangup), line:
            served = self._tls.wrap_socket(line, server_side=True) if self._tls is not None else line
            try:
                while (request := _read(served)) is not None:
                    with self._lock:
                        self.requests.append(request)
                    self._answer_to(request)(served, request)
            finally:
                served.close()
        with self._lock:
            self.lines -= 1

    def _answer_to(self, request: Request) -> Answer:
        for path, found in self.script.items():
            if self._full(path) != request.path:
                continue
            if isinstance(found, list):
                return found.pop(0) if len(found) > 1 else found[0]
            return found
        return refuse(404, "MANIFEST_UNKNOWN", "manifest unknown")

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
