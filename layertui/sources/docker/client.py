"""Questions to an engine: GET requests off a list, answers within bounds of time and size, failures as sentences."""

import re
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from threading import Lock
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlsplit

import msgspec

from layertui.errors import DamagedError, LayertuiError, UnreachableError
from layertui.image.bounds import Bound
from layertui.image.document import decode
from layertui.sources.docker.endpoint import DOCKER, Endpoint, Flavour
from layertui.sources.place import ENGINE_TIMEOUT_S

if TYPE_CHECKING:
    import requests

    from layertui.sources.docker.dialling import Lines

T = TypeVar("T")

ALLOWED = re.compile(
    r"(?:/v1\.\d{1,3})?/(?:_ping|version|info|images/json|containers/json"
    r"|images/sha256:[0-9a-f]{64}/(?:json|history|get)"
    r"|containers/[0-9a-f]{64}/(?:json|changes|export))",
    re.ASCII,
)
"""Paths that are ever asked for: an engine's socket is as good as root, so whatever else is no mistake to be made."""

NEWEST_API = (1, 47)
"""The API that this was written against; a newer engine is spoken to in this version, or in the oldest it knows."""

OLDEST_API = (1, 24)
"""Of Docker 1.12; older engines name layers and images differently."""

ANSWER_BYTES = Bound("LAYERTUI_MAX_ENGINE_ANSWER_BYTES", 64 << 20, "bytes")
"""One answer of an engine: the list of ten thousand images has some ten megabytes."""

SLOW_S = 60.0
"""How long one answer may take in all once it has begun: an engine that trickles must not hold anything up."""

_REFUSAL_BYTES = 64 << 10
"""How much of an error answer is read."""

_CHUNK_BYTES = 256 << 10


class _Version(msgspec.Struct, rename="pascal"):
    version: str = ""
    api_version: str | None = None
    min_a_p_i_version: str | None = msgspec.field(default=None, name="MinAPIVersion")


def check_allowed(method: str, path: str) -> None:
    """Raise UnreachableError for a request that is not on the list."""
    if method != "GET" or not ALLOWED.fullmatch(path):
        raise UnreachableError(f"{method} {path} is not asked of an engine: it is only read, off a list of questions.")


def decode_answer(data: bytes, shape: type[T], where: str) -> T:
    """Read an answer into `shape`; raises DamagedError, beginning with `where`.

    Go writes an empty list as null; where a document is expected, a list is as wrong as that.
    """
    return decode(b"[]" if data.strip() == b"null" else data, shape, where, ANSWER_BYTES)


def parts_of(response: "requests.Response") -> Iterator[bytes]:
    """Yield an answer's body as it comes, without waiting for a full buffer."""
    while part := response.raw.read1(_CHUNK_BYTES, decode_content=False):
        yield part


class Client:
    """Asks one engine. Threads may share it: they take turns."""

    def __init__(self, endpoint: Endpoint, flavour: Flavour = DOCKER, timeout_s: float = ENGINE_TIMEOUT_S) -> None:
        """Prepare to ask; `connect` asks. `timeout_s` holds for the connection, and for each part of an answer."""
        self.endpoint = endpoint
        """Where it listens."""
        self.flavour = flavour
        """What it is called."""
        self.timeout_s = timeout_s
        """Seconds until it is given up."""
        self.who = f"{flavour.name} at {endpoint.shown}"
        """How messages begin."""
        self.version = ""
        """What the engine calls its version; empty before `connect`, and where it does not say."""
        self.prefix = ""
        """`/v1.41`, before every path; empty before `connect`."""
        self._lock = Lock()
        self._session: tuple[requests.Session, str, Lines] | None = None

    @classmethod
    def connect(cls, endpoint: Endpoint, flavour: Flavour = DOCKER, timeout_s: float = ENGINE_TIMEOUT_S) -> Self:
        """Ask an engine for its version and agree on one; raises LayertuiError."""
        client = cls(endpoint, flavour, timeout_s)
        try:
            version = client.get("/version", _Version, "its version")
            client.prefix = "/v{}.{}".format(*client._agree(version))
            client.version = version.version
        except DamagedError as problem:
            from layertui.sources.docker.complaints import not_an_engine

            client.close()
            raise not_an_engine(client.who) from problem
        except LayertuiError:
            client.close()
            raise
        return client

    def _agree(self, version: _Version) -> tuple[int, int]:
        newest, oldest = _number(version.api_version), _number(version.min_a_p_i_version)
        if newest is None:
            from layertui.sources.docker.complaints import not_an_engine

            raise not_an_engine(self.who)
        if newest < OLDEST_API:
            raise UnreachableError(
                f"{self.who} speaks the API {version.api_version}; 1.24 (Docker 1.12) or later is needed.",
                "Update the engine, or save the image: docker save NAME -o image.tar",
            )
        return max(min(newest, NEWEST_API), oldest or OLDEST_API)

    def get(
        self,
        path: str,
        shape: type[T],
        what: str,
        params: Mapping[str, str] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> T:
        """Ask for a JSON document; `what` is what messages call it, such as `the list of images`.

        Raises NotFoundError for what the engine does not have, UnreachableError, DamagedError.
        """
        with self._lock:
            data = self._ask(path, what, params or {}, timeout_s or self.timeout_s)
        return decode_answer(data, shape, f"{self.who}: {what}")

    def ping(self) -> LayertuiError | None:
        """Whether the engine answers at all, on a connection of its own: None, or why not."""
        other = self.again()
        try:
            other._ask("/_ping", "a sign of life", {}, self.timeout_s)
        except LayertuiError as problem:
            return problem
        finally:
            other.close()
        return None

    def again(self) -> "Client":
        """Another client of the same engine, with connections of its own."""
        other = Client(self.endpoint, self.flavour, self.timeout_s)
        other.prefix = self.prefix
        return other

    def close(self) -> None:
        """Cut all connections, those in use too."""
        if self._session is not None:
            session, _, lines = self._session
            lines.cut()
            session.close()

    def start(
        self, path: str, what: str, params: Mapping[str, str] | None = None, *, wait_s: float | None
    ) -> "requests.Response":
        """Send a request and return its answer before the body, once there is one: `wait_s` None waits for good.

        Raises NotFoundError for what the engine does not have, UnreachableError.
        """
        from layertui.sources.docker.complaints import refusal_of

        session, url, _ = self._open()
        target = f"{url}{self.prefix}{path}"
        response = session.get(
            target, params=params, stream=True, timeout=(self.timeout_s, wait_s), allow_redirects=False
        )
        if response.status_code != 200:
            try:
                body: bytes = response.raw.read(_REFUSAL_BYTES)
            finally:
                response.close()
            raise refusal_of(response.status_code, body, what, self.who)
        return response

    def said(self, problem: BaseException) -> LayertuiError:
        """The sentence for anything that a request raised."""
        from layertui.sources.docker.complaints import failure_of

        ssh_said = self._session[2].said() if self._session is not None else ""
        return failure_of(problem, self.endpoint, self.flavour, self.timeout_s, ssh_said)

    def _ask(self, path: str, what: str, params: Mapping[str, str], timeout_s: float) -> bytes:
        import requests
        import urllib3

        end_s = time.monotonic() + max(SLOW_S, timeout_s)
        data = bytearray()
        try:
            with self.start(path, what, params, wait_s=timeout_s) as response:
                for part in parts_of(response):
                    data += part
                    if len(data) > ANSWER_BYTES.value:
                        raise ANSWER_BYTES.exceeded(f"{self.who}: {what} is so long that it")
                    if time.monotonic() > end_s:
                        raise TimeoutError
        except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as problem:
            raise self.said(problem) from problem
        return bytes(data)

    def _open(self) -> "tuple[requests.Session, str, Lines]":
        if self._session is None:
            from layertui.sources.docker.dialling import Lines
            from layertui.sources.docker.transport import open_session

            lines = Lines()
            base = ""

            def refuse(method: str, path: str) -> None:
                check_allowed(method, path.removeprefix(base))

            session, url = open_session(self.endpoint, self.timeout_s, refuse, lines)
            base = urlsplit(url).path.rstrip("/")
            self._session = session, url.rstrip("/"), lines
        return self._session


def _number(version: str | None) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,3})\.(\d{1,3})", version or "", re.ASCII)
    return (int(found[1]), int(found[2])) if found else None
